//! What Ethereum's tools read and write: numbers and bytes in `0x` hex, blocks, transactions, logs
//! and traces (Lotus `chain/types/ethtypes`). Names are in camelCase.

mod address;
mod bigint;
mod block;
mod block_param;
mod bytes;
mod call;
mod fee_history;
mod filter;
mod hash;
mod hex;
mod log;
mod receipt;
mod subscription;
mod syncing;
mod trace;
mod transaction;
mod uint64;

pub use address::{EthAddress, EthAddressError};
pub use bigint::EthBigInt;
pub use block::{EthBlock, EthBlockTransaction};
pub use block_param::{EthBlockNumberOrHash, EthBlockParamError, EthBlockTag};
pub use bytes::EthBytes;
pub use call::EthCall;
pub use fee_history::EthFeeHistory;
pub use filter::{EthFilterMatch, EthFilterSpec, EthTopic};
pub use hash::{EthHash, EthNonce};
pub use hex::HexError;
pub use log::EthLog;
pub use receipt::EthTxReceipt;
pub use subscription::{EthSubscriptionKind, EthSubscriptionParams};
pub use syncing::EthSyncingResult;
pub use trace::{
    EthCallTraceAction, EthCallTraceResult, EthCreateTraceAction, EthCreateTraceResult, EthTrace,
    EthTraceAction, EthTraceFilterCriteria, EthTraceReplay, EthTraceResult, EthTransactionTrace,
};
pub use transaction::EthTx;
pub use uint64::{EthNumberError, EthUint64};
