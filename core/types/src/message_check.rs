//! Checks of messages before they are sent.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Cid;
use super::open_enum::int_enum;
use crate::object;

/// The outcome of one check of one message (Lotus `api.MessageCheckStatus`).
#[object]
#[derive(Eq)]
pub struct MessageCheckStatus {
    /// The message.
    #[required]
    pub cid: Cid,
    /// What was checked.
    pub code: CheckStatusCode,
    /// Whether it passed.
    #[serde(rename = "OK")]
    pub ok: bool,
    /// Why it did not; empty when it did.
    pub err: String,
    /// Numbers that go with it, such as the base fee. On the wire none are `null`.
    #[nil]
    pub hint: BTreeMap<String, Value>,
}

int_enum! {
    /// What a [`MessageCheckStatus`] is about (Lotus `api.CheckStatusCode`).
    pub enum CheckStatusCode: i64 {
        /// It can be encoded.
        MessageSerialize = 1,
        /// It is not too large.
        MessageSize = 2,
        /// Its fields make sense.
        MessageValidity = 3,
        /// It has enough gas to be included.
        MessageMinGas = 4,
        /// Its fee cap reaches the lowest base fee there can be.
        MessageMinBaseFee = 5,
        /// Its fee cap reaches the base fee.
        MessageBaseFee = 6,
        /// Its fee cap reaches the lowest base fee that is likely soon.
        MessageBaseFeeLowerBound = 7,
        /// Its fee cap reaches the highest base fee that is likely soon.
        MessageBaseFeeUpperBound = 8,
        /// The sender's nonce is known.
        MessageGetStateNonce = 9,
        /// Its nonce has not been used.
        MessageNonce = 10,
        /// The sender's balance is known.
        MessageGetStateBalance = 11,
        /// The balance is enough for it.
        MessageBalance = 12,
    }
}
