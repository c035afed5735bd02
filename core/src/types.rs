//! The JSON shapes of Lotus's API, one file per noun.

mod actor;
mod address;
mod alert;
mod amount;
mod beacon;
mod bigint;
mod bit_field;
mod block;
mod bytes;
mod cid;
mod execution_trace;
mod head_change;
mod invocation;
mod key;
mod message;
mod message_prototype;
mod message_send_spec;
mod msg_lookup;
mod net;
mod network;
mod open_enum;
mod peer_id;
mod receipt;
mod schema;
mod signature;
mod tipset;
mod token;
mod version;

pub use actor::Actor;
pub use address::{Address, AddressError};
pub use alert::{Alert, AlertEvent, AlertType};
pub use amount::{ParseAmountError, TokenAmount};
pub use beacon::BeaconEntry;
pub use bigint::BigInt;
pub use bit_field::BitField;
pub use block::{BlockError, BlockHeader, ElectionProof, PoStProof, Ticket};
pub use bytes::Bytes;
pub use cid::{Cid, CidError};
pub use execution_trace::{
    ActorTrace, ExecutionTrace, GasTrace, MessageTrace, ReturnTrace, TraceIpld, TraceIpldOp,
};
pub use head_change::{HeadChange, HeadChangeType};
pub use invocation::{InvocResult, MsgGasCost};
pub use key::{KeyInfo, KeyType};
pub use message::{Message, MessageError, SignedMessage};
pub use message_prototype::MessagePrototype;
pub use message_send_spec::MessageSendSpec;
pub use msg_lookup::MsgLookup;
pub use net::{
    AddrInfo, BandwidthStats, ConnMgrInfo, Connectedness, ExtendedPeerInfo, NatInfo, NetBlockList,
    NetLimit, NetStat, PeerScore, PubsubScore, Reachability, ScopeStat, TopicScore,
};
pub use network::{Network, NetworkAlreadySet};
pub use peer_id::{PeerId, PeerIdError};
pub use receipt::{Event, EventEntry, MessageReceipt, ReceiptVersion};
pub use signature::{Signature, SignatureError, SignatureType};
pub use tipset::{TipSet, TipSetError, TipSetKey};
pub use token::{
    CreatedToken, LastUse, NewToken, TokenInfo, TokenOrigin, TokenSelector, TokenSelf, TokenStatus,
    Verdict,
};
pub use version::{ApiVersion, Version};
