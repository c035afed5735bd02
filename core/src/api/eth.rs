//! Ethereum's JSON-RPC API: the network, accounts, gas, calls and sending. Blocks and transactions,
//! filters and traces are in traits of their own.
//!
//! Lotus answers all but the conversions of addresses only if `[Fevm] EnableEthRPC` is set.

use jsonrpsee::proc_macros::rpc;

use crate::types::{
    Address, EthAddress, EthBigInt, EthBlockNumberOrHash, EthBytes, EthCall, EthFeeHistory,
    EthHash, EthSyncingResult, EthUint64,
};
use crate::{Error, permissioned};

pub mod chain;
pub mod filter;
pub mod trace;

/// Lotus `api/eth_aliases.go` and `api/api_full.go`, group Eth: the network, accounts, gas, calls
/// and sending.
#[permissioned]
#[rpc(client, server, namespace = "Filecoin", namespace_separator = ".")]
pub trait Eth {
    /// Lists the accounts for which the node signs: none, its wallet does not sign transactions.
    #[method(name = "EthAccounts", aliases = ["eth_accounts"], perm = read)]
    async fn eth_accounts(&self) -> Result<Vec<EthAddress>, Error>;

    /// Returns the Filecoin address that an Ethereum one stands for.
    #[method(name = "EthAddressToFilecoinAddress", perm = read)]
    async fn eth_address_to_filecoin_address(&self, address: EthAddress) -> Result<Address, Error>;

    /// Returns the base fee of the next block, in attoFIL per unit of gas.
    #[method(name = "EthBaseFee", aliases = ["eth_baseFee"], perm = read)]
    async fn eth_base_fee(&self) -> Result<EthBigInt, Error>;

    /// Executes a transaction on the state of a block without sending it, and returns what it
    /// returns; an error with the revert's data if it reverts.
    #[method(name = "EthCall", aliases = ["eth_call"], perm = read)]
    async fn eth_call(&self, call: EthCall, block: EthBlockNumberOrHash)
    -> Result<EthBytes, Error>;

    /// Returns the network's number for Ethereum's tools: 314 for mainnet, 314159 for calibration.
    #[method(name = "EthChainId", aliases = ["eth_chainId"], perm = read)]
    async fn eth_chain_id(&self) -> Result<EthUint64, Error>;

    /// Returns how much gas a transaction would need, in gas units.
    ///
    /// It is executed on the state of a block, or of the latest if none is given.
    #[method(name = "EthEstimateGas", aliases = ["eth_estimateGas"], perm = read, optional)]
    async fn eth_estimate_gas(
        &self,
        call: EthCall,
        block: Option<EthBlockNumberOrHash>,
    ) -> Result<EthUint64, Error>;

    /// Returns the fees of up to 1024 blocks that end with the newest one named.
    ///
    /// `newest_block` is a number or a tag. With `reward_percentiles`, numbers that rise from 0 to
    /// 100, the premiums at these percentiles of each block's gas are returned too.
    #[method(name = "EthFeeHistory", aliases = ["eth_feeHistory"], perm = read, optional)]
    async fn eth_fee_history(
        &self,
        block_count: EthUint64,
        newest_block: String,
        reward_percentiles: Option<Vec<f64>>,
    ) -> Result<EthFeeHistory, Error>;

    /// Returns what a unit of gas costs now, premium included, in attoFIL.
    #[method(name = "EthGasPrice", aliases = ["eth_gasPrice"], perm = read)]
    async fn eth_gas_price(&self) -> Result<EthBigInt, Error>;

    /// Returns the balance of an address at a block, in attoFIL; 0 if it has no actor.
    #[method(name = "EthGetBalance", aliases = ["eth_getBalance"], perm = read)]
    async fn eth_get_balance(
        &self,
        address: EthAddress,
        block: EthBlockNumberOrHash,
    ) -> Result<EthBigInt, Error>;

    /// Returns the code of a contract at a block; nothing if the address has none.
    #[method(name = "EthGetCode", aliases = ["eth_getCode"], perm = read)]
    async fn eth_get_code(
        &self,
        address: EthAddress,
        block: EthBlockNumberOrHash,
    ) -> Result<EthBytes, Error>;

    /// Returns the word of 32 bytes that a contract has at a position of its storage at a block.
    #[method(name = "EthGetStorageAt", aliases = ["eth_getStorageAt"], perm = read)]
    async fn eth_get_storage_at(
        &self,
        address: EthAddress,
        position: EthBytes,
        block: EthBlockNumberOrHash,
    ) -> Result<EthBytes, Error>;

    /// Returns how many transactions an account has sent at a block, and so the nonce of its next.
    #[method(name = "EthGetTransactionCount", aliases = ["eth_getTransactionCount"], perm = read)]
    async fn eth_get_transaction_count(
        &self,
        sender: EthAddress,
        block: EthBlockNumberOrHash,
    ) -> Result<EthUint64, Error>;

    /// Returns a premium with which a transaction is taken soon, in attoFIL per unit of gas.
    #[method(
        name = "EthMaxPriorityFeePerGas",
        aliases = ["eth_maxPriorityFeePerGas"],
        perm = read
    )]
    async fn eth_max_priority_fee_per_gas(&self) -> Result<EthBigInt, Error>;

    /// Returns the version of Ethereum's protocol that the node claims to speak.
    #[method(name = "EthProtocolVersion", aliases = ["eth_protocolVersion"], perm = read)]
    async fn eth_protocol_version(&self) -> Result<EthUint64, Error>;

    /// Sends a signed transaction, in RLP, and returns its hash.
    #[method(name = "EthSendRawTransaction", aliases = ["eth_sendRawTransaction"], perm = read)]
    async fn eth_send_raw_transaction(&self, transaction: EthBytes) -> Result<EthHash, Error>;

    /// Sends a signed transaction, in RLP, that comes from someone whom the node does not trust, and
    /// returns its hash. The transaction is not sent again after a restart.
    #[method(name = "EthSendRawTransactionUntrusted", perm = read)]
    async fn eth_send_raw_transaction_untrusted(
        &self,
        transaction: EthBytes,
    ) -> Result<EthHash, Error>;

    /// Returns whether the node is behind the chain, and how far.
    #[method(name = "EthSyncing", aliases = ["eth_syncing"], perm = read)]
    async fn eth_syncing(&self) -> Result<EthSyncingResult, Error>;

    /// Returns the Ethereum address of a Filecoin one.
    ///
    /// That of a key or an actor (`f1`, `f2`, `f3`) is known from the state of a block, where it
    /// must have an ID: a number or a tag; the finalized one if none is given.
    #[method(name = "FilecoinAddressToEthAddress", perm = read, optional)]
    async fn filecoin_address_to_eth_address(
        &self,
        address: Address,
        block: Option<String>,
    ) -> Result<EthAddress, Error>;

    /// Returns whether the node listens for peers.
    #[method(name = "NetListening", aliases = ["net_listening"], perm = read)]
    async fn net_listening(&self) -> Result<bool, Error>;

    /// Returns the network's number, in decimal.
    #[method(name = "NetVersion", aliases = ["net_version"], perm = read)]
    async fn net_version(&self) -> Result<String, Error>;

    /// Returns the node's name and version.
    #[method(name = "Web3ClientVersion", aliases = ["web3_clientVersion"], perm = read)]
    async fn web3_client_version(&self) -> Result<String, Error>;
}
