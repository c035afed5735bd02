//! The JSON shapes of Lotus's API, one file per noun.

mod actor;
mod address;
mod alert;
mod amount;
mod beacon;
mod bigint;
mod block;
mod block_messages;
mod block_template;
mod blockstore;
mod bytes;
mod cid;
mod execution_trace;
mod head_change;
mod index_validation;
mod invocation;
mod ipld_object;
mod key;
mod message;
mod message_check;
mod message_prototype;
mod message_send_spec;
mod mpool;
mod msg_lookup;
mod network;
mod node_status;
mod open_enum;
mod percent;
mod receipt;
mod schema;
mod signature;
mod sync_state;
mod tipset;
mod tipset_selector;
mod token;
mod version;

pub use actor::Actor;
pub use address::{Address, AddressError};
pub use alert::{Alert, AlertEvent, AlertType};
pub use amount::{ParseAmountError, TokenAmount};
pub use beacon::BeaconEntry;
pub use bigint::BigInt;
pub use block::{BlockError, BlockHeader, ElectionProof, PoStProof, Ticket};
pub use block_messages::{BlockMessages, BlockMsg, IncludedMessage};
pub use block_template::{BlockTemplate, ExtendedSectorInfo, MiningBaseInfo};
pub use blockstore::{ChainExportConfig, HotGcOpts, PruneOpts};
pub use bytes::Bytes;
pub use cid::{Cid, CidError};
pub use execution_trace::{
    ActorTrace, ExecutionTrace, GasTrace, MessageTrace, ReturnTrace, TraceIpld, TraceIpldOp,
};
pub use head_change::{HeadChange, HeadChangeType};
pub use index_validation::IndexValidation;
pub use invocation::{InvocResult, MsgGasCost};
pub use ipld_object::{IpldObject, ObjStat};
pub use key::{KeyInfo, KeyType};
pub use message::{Message, MessageError, SignedMessage};
pub use message_check::{CheckStatusCode, MessageCheckStatus};
pub use message_prototype::MessagePrototype;
pub use message_send_spec::MessageSendSpec;
pub use mpool::{MpoolChange, MpoolConfig, MpoolUpdate};
pub use msg_lookup::MsgLookup;
pub use network::{Network, NetworkAlreadySet};
pub use node_status::{NodeChainStatus, NodePeerStatus, NodeStatus, NodeSyncStatus};
pub use percent::Percent;
pub use receipt::{Event, EventEntry, MessageReceipt, ReceiptVersion};
pub use signature::{Signature, SignatureError, SignatureType};
pub use sync_state::{ActiveSync, SyncState, SyncStateStage};
pub use tipset::{TipSet, TipSetError, TipSetKey};
pub use tipset_selector::{
    FinalityStatus, TipSetAnchor, TipSetHeight, TipSetSelector, TipSetSelectorError, TipSetTag,
};
pub use token::{
    CreatedToken, LastUse, NewToken, TokenInfo, TokenOrigin, TokenSelector, TokenSelf, TokenStatus,
    Verdict,
};
pub use version::{ApiVersion, Version};
