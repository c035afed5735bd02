//! The JSON shapes of Lotus's API, one file per noun.

mod address;
mod alert;
mod amount;
mod beacon;
mod bigint;
mod block;
mod bytes;
mod cid;
mod key;
mod message;
mod network;
mod receipt;
mod schema;
mod signature;
mod tipset;
mod token;
mod version;

pub use address::{Address, AddressError};
pub use alert::{Alert, AlertEvent, AlertType};
pub use amount::{ParseAmountError, TokenAmount};
pub use beacon::BeaconEntry;
pub use bigint::BigInt;
pub use block::{BlockError, BlockHeader, ElectionProof, PoStProof, Ticket};
pub use bytes::Bytes;
pub use cid::{Cid, CidError};
pub use key::{KeyInfo, KeyType};
pub use message::{Message, MessageError, SignedMessage};
pub use network::{Network, NetworkAlreadySet};
pub use receipt::{Event, EventEntry, MessageReceipt, ReceiptVersion};
pub use signature::{Signature, SignatureError, SignatureType};
pub use tipset::{TipSet, TipSetError, TipSetKey};
pub use token::{
    CreatedToken, LastUse, NewToken, TokenInfo, TokenOrigin, TokenSelector, TokenSelf, TokenStatus,
    Verdict,
};
pub use version::{ApiVersion, Version};
