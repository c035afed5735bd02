//! Tipsets and messages in the guise of Ethereum's blocks and transactions.

use jsonrpsee::proc_macros::rpc;

use crate::types::{Cid, EthBlock, EthBlockNumberOrHash, EthHash, EthTx, EthTxReceipt, EthUint64};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group Eth: blocks and transactions. A block's number is an epoch; as
/// text it is in hexadecimal (`0x5`) or decimal digits, or a tag (`earliest`, `pending`, `latest`,
/// `finalized`, `safe`).
#[permissioned]
#[rpc(client, server, namespace = "Filecoin", namespace_separator = ".")]
pub trait EthChain {
    /// Returns the number of the latest block.
    #[method(name = "EthBlockNumber", aliases = ["eth_blockNumber"], perm = read)]
    async fn eth_block_number(&self) -> Result<EthUint64, Error>;

    /// Returns a block by its hash, with whole transactions or their hashes.
    #[method(name = "EthGetBlockByHash", aliases = ["eth_getBlockByHash"], perm = read)]
    async fn eth_get_block_by_hash(
        &self,
        block: EthHash,
        whole_transactions: bool,
    ) -> Result<EthBlock, Error>;

    /// Returns a block by its number, with whole transactions or their hashes; an error if the
    /// epoch was a null round.
    #[method(name = "EthGetBlockByNumber", aliases = ["eth_getBlockByNumber"], perm = read)]
    async fn eth_get_block_by_number(
        &self,
        block: String,
        whole_transactions: bool,
    ) -> Result<EthBlock, Error>;

    /// Returns the receipts of all transactions of a block.
    #[method(name = "EthGetBlockReceipts", aliases = ["eth_getBlockReceipts"], perm = read)]
    async fn eth_get_block_receipts(
        &self,
        block: EthBlockNumberOrHash,
    ) -> Result<Vec<EthTxReceipt>, Error>;

    /// Returns the receipts of all transactions of a block that is at most `limit` epochs behind the
    /// head.
    #[method(name = "EthGetBlockReceiptsLimited", perm = read)]
    async fn eth_get_block_receipts_limited(
        &self,
        block: EthBlockNumberOrHash,
        limit: i64,
    ) -> Result<Vec<EthTxReceipt>, Error>;

    /// Returns how many transactions a block has, by its hash.
    #[method(
        name = "EthGetBlockTransactionCountByHash",
        aliases = ["eth_getBlockTransactionCountByHash"],
        perm = read
    )]
    async fn eth_get_block_transaction_count_by_hash(
        &self,
        block: EthHash,
    ) -> Result<EthUint64, Error>;

    /// Returns how many transactions a block has, by its number.
    #[method(
        name = "EthGetBlockTransactionCountByNumber",
        aliases = ["eth_getBlockTransactionCountByNumber"],
        perm = read
    )]
    async fn eth_get_block_transaction_count_by_number(
        &self,
        block: String,
    ) -> Result<EthUint64, Error>;

    /// Returns the CID of the message that a transaction is, if the node knows it.
    #[method(name = "EthGetMessageCidByTransactionHash", perm = read)]
    async fn eth_get_message_cid_by_transaction_hash(
        &self,
        transaction: EthHash,
    ) -> Result<Option<Cid>, Error>;

    /// Returns a transaction by the hash of its block and its position there.
    #[method(
        name = "EthGetTransactionByBlockHashAndIndex",
        aliases = ["eth_getTransactionByBlockHashAndIndex"],
        perm = read
    )]
    async fn eth_get_transaction_by_block_hash_and_index(
        &self,
        block: EthHash,
        index: EthUint64,
    ) -> Result<Option<EthTx>, Error>;

    /// Returns a transaction by the number of its block and its position there.
    #[method(
        name = "EthGetTransactionByBlockNumberAndIndex",
        aliases = ["eth_getTransactionByBlockNumberAndIndex"],
        perm = read
    )]
    async fn eth_get_transaction_by_block_number_and_index(
        &self,
        block: String,
        index: EthUint64,
    ) -> Result<Option<EthTx>, Error>;

    /// Returns a transaction, pending or in a block; nothing if the node does not know it.
    #[method(name = "EthGetTransactionByHash", aliases = ["eth_getTransactionByHash"], perm = read)]
    async fn eth_get_transaction_by_hash(
        &self,
        transaction: EthHash,
    ) -> Result<Option<EthTx>, Error>;

    /// Returns a transaction, pending or in a block at most `limit` epochs behind the head.
    #[method(name = "EthGetTransactionByHashLimited", perm = read)]
    async fn eth_get_transaction_by_hash_limited(
        &self,
        transaction: EthHash,
        limit: i64,
    ) -> Result<Option<EthTx>, Error>;

    /// Returns the hash of the transaction that a message is, if the node knows it.
    #[method(name = "EthGetTransactionHashByCid", perm = read)]
    async fn eth_get_transaction_hash_by_cid(&self, message: Cid)
    -> Result<Option<EthHash>, Error>;

    /// Returns the outcome of a transaction; nothing if it is in no block yet.
    #[method(
        name = "EthGetTransactionReceipt",
        aliases = ["eth_getTransactionReceipt"],
        perm = read
    )]
    async fn eth_get_transaction_receipt(
        &self,
        transaction: EthHash,
    ) -> Result<Option<EthTxReceipt>, Error>;

    /// Returns the outcome of a transaction; nothing if it is in no block at most `limit` epochs
    /// behind the head.
    #[method(name = "EthGetTransactionReceiptLimited", perm = read)]
    async fn eth_get_transaction_receipt_limited(
        &self,
        transaction: EthHash,
        limit: i64,
    ) -> Result<Option<EthTxReceipt>, Error>;
}
