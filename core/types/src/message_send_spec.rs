//! How a node may fill in what a message to be sent leaves open.

use uuid::Uuid;

use super::TokenAmount;
use crate::object;

/// Limits and identity of a message that the node completes, signs and sends (Lotus
/// `api.MessageSendSpec`).
#[object]
#[derive(Eq, Hash)]
pub struct MessageSendSpec {
    /// The most that its gas may cost altogether, in attoFIL; 0 is the node's configured default.
    pub max_fee: TokenAmount,
    /// Identifies the request: repeated with the same one, a message is not sent twice. All zeros
    /// is none.
    pub msg_uuid: Uuid,
    /// Raise the fee cap to what `max_fee` allows, rather than to what the base fee suggests.
    pub maximize_fee_cap: bool,
}
