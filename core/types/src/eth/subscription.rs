//! What a subscription is about.

use super::filter::one_or_many;
use super::{EthAddress, EthTopic};
use crate::object;
use crate::open_enum::text_enum;

text_enum! {
    /// What a subscription reports (Lotus `EthSubscribeEventType…`).
    pub enum EthSubscriptionKind {
        /// Every new block, as an [`EthBlock`](super::EthBlock).
        NewHeads = "newHeads",
        /// Every new log that matches, as an [`EthLog`](super::EthLog).
        Logs = "logs",
        /// Every new pending transaction, as its hash.
        NewPendingTransactions = "newPendingTransactions",
    }
}

/// Which logs a subscription reports (Lotus `EthSubscriptionParams`).
#[object]
#[serde(rename_all = "camelCase")]
#[derive(Eq, Hash)]
pub struct EthSubscriptionParams {
    /// What the log's topics must be, position by position.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<EthTopic>,
    /// The contracts of which one emitted the log; any if there are none. One address may stand
    /// without a list.
    #[nil]
    #[serde(deserialize_with = "one_or_many")]
    pub address: Vec<EthAddress>,
}
