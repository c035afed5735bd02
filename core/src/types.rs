//! The JSON shapes of Lotus's API, one file per noun.

mod address;
mod alert;
mod amount;
mod beacon;
mod bytes;
mod cid;
mod key;
mod message;
mod network;
mod schema;
mod signature;
mod token;
mod version;

pub use address::{Address, AddressError};
pub use alert::{Alert, AlertEvent, AlertType};
pub use amount::{ParseAmountError, TokenAmount};
pub use beacon::BeaconEntry;
pub use bytes::Bytes;
pub use cid::{Cid, CidError};
pub use key::{KeyInfo, KeyType};
pub use message::{Message, MessageError, SignedMessage};
pub use network::{Network, NetworkAlreadySet};
pub use signature::{Signature, SignatureError, SignatureType};
pub use token::{
    CreatedToken, LastUse, NewToken, TokenInfo, TokenOrigin, TokenSelector, TokenSelf, TokenStatus,
    Verdict,
};
pub use version::{ApiVersion, Version};
