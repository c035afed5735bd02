//! Multisig wallets.

use super::{Address, Bytes, TokenAmount};
use crate::object;

/// A proposal that waits for approvals (Lotus `api.MsigTransaction`).
#[object]
#[derive(Eq, Hash)]
pub struct MsigTransaction {
    /// Its number in this wallet.
    #[serde(rename = "ID")]
    pub id: i64,
    /// The actor that is to be called.
    pub to: Address,
    /// What is to be sent along, in attoFIL.
    pub value: TokenAmount,
    /// The number of the method; 0 only sends the value.
    pub method: u64,
    /// The method's parameters, usually CBOR. On the wire no parameters are `null`.
    #[nil]
    pub params: Bytes,
    /// Who has approved, the proposer first. On the wire none are `null`.
    #[nil]
    pub approved: Vec<Address>,
}

/// How a wallet's locked funds become free (Lotus `api.MsigVesting`): linearly.
#[object]
#[derive(Eq, Hash)]
pub struct MsigVesting {
    /// What was locked, in attoFIL.
    pub initial_balance: TokenAmount,
    /// The epoch at which it begins.
    pub start_epoch: i64,
    /// For how many epochs it goes on.
    pub unlock_duration: i64,
}
