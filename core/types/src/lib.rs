//! The JSON shapes of Lotus's API, one file per noun, and what tokens allow.
//!
//! They are apart from the API's traits (`lotus-core`), so that a change of a method does not compile
//! them, nor the chain, again.

// `#[object]` names this crate by its absolute path, also when it is used in here.
extern crate self as lotus_types;

mod actor;
mod actor_event;
mod actor_state;
mod address;
mod alert;
mod amount;
mod beacon;
mod bigint;
mod bit_field;
mod block;
mod block_messages;
mod block_template;
mod blockstore;
mod bytes;
mod cid;
mod compute_state;
mod deadline;
mod deal;
mod eth;
mod execution_trace;
mod f3;
pub mod go;
mod head_change;
mod index_validation;
mod invocation;
mod ipld_object;
mod key;
mod message;
mod message_check;
mod message_match;
mod message_prototype;
mod message_send_spec;
mod miner_info;
mod miner_process;
mod mpool;
mod msg_lookup;
mod multisig;
mod net;
mod network;
mod network_params;
mod node_status;
mod open_enum;
mod payment_channel;
mod peer_id;
mod percent;
mod permission;
mod piece;
mod power;
mod proving;
mod randomness;
mod reader_stream;
mod receipt;
mod schema;
mod scope;
mod sealing;
mod sector_on_chain;
mod sector_ref;
mod signature;
mod storage;
mod supply;
mod sync_state;
mod tipset;
mod tipset_selector;
mod token;
mod verified_registry;
mod version;
mod voucher;
mod wallet_meta;
mod worker;

use lotus_core_macros::object;

pub use actor::Actor;
pub use actor_event::{ActorEvent, ActorEventBlock, ActorEventFilter};
pub use actor_state::ActorState;
pub use address::{Address, AddressError};
pub use alert::{Alert, AlertEvent, AlertType};
pub use amount::{ParseAmountError, TokenAmount};
pub use beacon::BeaconEntry;
pub use bigint::BigInt;
pub use bit_field::BitField;
pub use block::{BlockError, BlockHeader, ElectionProof, PoStProof, Ticket};
pub use block_messages::{BlockMessages, BlockMsg, IncludedMessage};
pub use block_template::{BlockTemplate, ExtendedSectorInfo, MiningBaseInfo};
pub use blockstore::{ChainExportConfig, HotGcOpts, PruneOpts};
pub use bytes::Bytes;
pub use cid::{Cid, CidError};
pub use compute_state::ComputeStateOutput;
pub use deadline::{Deadline, DeadlineInfo, Partition};
pub use deal::{DealCollateralBounds, DealProposal, MarketBalance, MarketDeal, MarketDealState};
pub use eth::{
    EthAddress, EthAddressError, EthBigInt, EthBlock, EthBlockNumberOrHash, EthBlockParamError,
    EthBlockTag, EthBlockTransaction, EthBytes, EthCall, EthCallTraceAction, EthCallTraceResult,
    EthCreateTraceAction, EthCreateTraceResult, EthFeeHistory, EthFilterMatch, EthFilterSpec,
    EthHash, EthLog, EthNonce, EthNumberError, EthSubscriptionKind, EthSubscriptionParams,
    EthSyncingResult, EthTopic, EthTrace, EthTraceAction, EthTraceFilterCriteria, EthTraceReplay,
    EthTraceResult, EthTransactionTrace, EthTx, EthTxReceipt, EthUint64, HexError,
};
pub use execution_trace::{
    ActorTrace, ExecutionTrace, GasTrace, MessageTrace, ReturnTrace, TraceIpld, TraceIpldOp,
};
pub use f3::{
    F3CertificateExchangeConfig, F3ChainExchangeConfig, F3EcConfig, F3GpbftConfig, F3Manifest,
    F3PartialMessageConfig, F3Participant, F3ParticipationLease, F3Phase, F3Progress,
    F3PubSubConfig, F3TipSet, FinalityCertificate, PowerEntry, PowerTableDelta, SupplementalData,
};
pub use head_change::{HeadChange, HeadChangeType};
pub use index_validation::IndexValidation;
pub use invocation::{InvocResult, MsgGasCost};
pub use ipld_object::{IpldObject, ObjStat};
pub use key::{KeyInfo, KeyType};
pub use message::{Message, MessageError, SignedMessage};
pub use message_check::{CheckStatusCode, MessageCheckStatus};
pub use message_match::MessageMatch;
pub use message_prototype::MessagePrototype;
pub use message_send_spec::MessageSendSpec;
pub use miner_info::{BeneficiaryTerm, Fault, MinerInfo, MinerSectors, PendingBeneficiaryChange};
pub use miner_process::{AddressConfig, MinerSubsystem};
pub use mpool::{MpoolChange, MpoolConfig, MpoolUpdate};
pub use msg_lookup::MsgLookup;
pub use multisig::{MsigTransaction, MsigVesting};
pub use net::{
    AddrInfo, BandwidthStats, ConnMgrInfo, Connectedness, ExtendedPeerInfo, NatInfo, NetBlockList,
    NetLimit, NetStat, PeerScore, PubsubScore, Reachability, ScopeStat, TopicScore,
};
pub use network::{Network, NetworkAlreadySet};
pub use network_params::{ForkUpgradeParams, NetworkParams};
pub use node_status::{NodeChainStatus, NodePeerStatus, NodeStatus, NodeSyncStatus};
pub use payment_channel::{
    ChannelAvailableFunds, ChannelInfo, PaychDirection, PaychGetOpts, PaychStatus, PaymentInfo,
};
pub use peer_id::{PeerId, PeerIdError};
pub use percent::Percent;
pub use permission::{Permission, Permissions, UnknownPermission};
pub use piece::{
    DataActivationNotification, DealSchedule, PieceActivationManifest, PieceDealInfo, PieceInfo,
    SectorPiece, VerifiedAllocationKey,
};
pub use power::{MinerPower, PowerClaim};
pub use proving::{PoStPartition, PostSectorChallenge, SubmitWindowedPoStParams, WindowPoStResult};
pub use randomness::DomainSeparationTag;
pub use reader_stream::{ReaderStream, StreamType};
pub use receipt::{Event, EventEntry, MessageReceipt, ReceiptVersion};
pub use scope::{MAX_PATTERNS, Scope, ScopeError};
pub use sealing::{
    CallError, CallErrorCode, CallId, CommitBatchResult, HttpHeader, NumAssignerMeta,
    PreCommitBatchResult, RemoteSectorMeta, ReplicaUpdateOut, SealRandomness, SealedRef,
    SectorCids, SectorInfo, SectorLocation, SectorLog, SectorOffset, SectorState, TaskType,
    TaskTypes, UnpaddedRange,
};
pub use sector_on_chain::{
    SectorExpiration, SectorOnChainInfo, SectorPartition, SectorPreCommitInfo,
    SectorPreCommitOnChainInfo,
};
pub use sector_ref::{SectorId, SectorRef};
pub use signature::{Signature, SignatureError, SignatureType};
pub use storage::{
    AcquireMode, FsStat, HealthReport, PathType, SectorDeclaration, SectorFileType, SectorLock,
    SectorLocks, SectorStorageInfo, StorageId, StorageInfo, StoragePath,
};
pub use supply::CirculatingSupply;
pub use sync_state::{ActiveSync, SyncState, SyncStateStage};
pub use tipset::{TipSet, TipSetError, TipSetKey};
pub use tipset_selector::{
    FinalityStatus, TipSetAnchor, TipSetHeight, TipSetSelector, TipSetSelectorError, TipSetTag,
};
pub use token::{
    CreatedToken, LastUse, NewToken, TokenInfo, TokenOrigin, TokenSelector, TokenSelf, TokenStatus,
    Verdict,
};
pub use verified_registry::{Allocation, Claim};
pub use version::{ApiVersion, Version};
pub use voucher::{ModVerifyParams, SignedVoucher, VoucherCreateResult, VoucherMerge, VoucherSpec};
pub use wallet_meta::{MsgMeta, MsgType};
pub use worker::{TaskResources, WorkerInfo, WorkerJob, WorkerResources, WorkerStats};
