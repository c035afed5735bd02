//! The pool of messages that wait for a block.

use jsonrpsee::core::SubscriptionResult;
use jsonrpsee::proc_macros::rpc;

use crate::types::{
    Address, Cid, Message, MessageCheckStatus, MessagePrototype, MessageSendSpec, MpoolConfig,
    MpoolUpdate, SignedMessage, TipSetKey,
};
use crate::{Error, permissioned};

/// Lotus `api/api_full.go`, group Mpool. An empty tipset key is the head.
#[permissioned]
#[rpc(server, client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Mpool {
    /// Pushes signed messages one after the other, and returns their CIDs. An error leaves those
    /// before it in the pool.
    #[method(name = "MpoolBatchPush", perm = write)]
    async fn mpool_batch_push(&self, messages: Vec<SignedMessage>) -> Result<Vec<Cid>, Error>;

    /// Gives messages nonces and gas, signs them with the node's keys, pushes them one after the
    /// other, and returns them. An error leaves those before it in the pool.
    #[method(name = "MpoolBatchPushMessage", perm = sign)]
    async fn mpool_batch_push_message(
        &self,
        messages: Vec<Message>,
        spec: Option<MessageSendSpec>,
    ) -> Result<Vec<SignedMessage>, Error>;

    /// `MpoolBatchPush` with the stricter checks of `MpoolPushUntrusted`.
    #[method(name = "MpoolBatchPushUntrusted", perm = write)]
    async fn mpool_batch_push_untrusted(
        &self,
        messages: Vec<SignedMessage>,
    ) -> Result<Vec<Cid>, Error>;

    /// Checks messages that have not been pushed, and returns the outcome of every check of each.
    #[method(name = "MpoolCheckMessages", perm = read)]
    async fn mpool_check_messages(
        &self,
        messages: Vec<MessagePrototype>,
    ) -> Result<Vec<Vec<MessageCheckStatus>>, Error>;

    /// Checks the messages of a sender that are in the pool.
    #[method(name = "MpoolCheckPendingMessages", perm = read)]
    async fn mpool_check_pending_messages(
        &self,
        sender: Address,
    ) -> Result<Vec<Vec<MessageCheckStatus>>, Error>;

    /// Checks messages that are to replace those in the pool with the same sender and nonce.
    #[method(name = "MpoolCheckReplaceMessages", perm = read)]
    async fn mpool_check_replace_messages(
        &self,
        messages: Vec<Message>,
    ) -> Result<Vec<Vec<MessageCheckStatus>>, Error>;

    /// Empties the pool; also of the messages that came from this node's users if `local` is set.
    #[method(name = "MpoolClear", perm = write)]
    async fn mpool_clear(&self, local: bool) -> Result<(), Error>;

    /// Returns the limits of the pool.
    #[method(name = "MpoolGetConfig", perm = read)]
    async fn mpool_get_config(&self) -> Result<MpoolConfig, Error>;

    /// Returns the nonce of a sender's next message, after those that wait. It may be taken before
    /// it is used: `MpoolPushMessage` chooses one safely.
    #[method(name = "MpoolGetNonce", perm = read)]
    async fn mpool_get_nonce(&self, sender: Address) -> Result<u64, Error>;

    /// Returns the messages in the pool as of a tipset.
    #[method(name = "MpoolPending", perm = read)]
    async fn mpool_pending(&self, tipset: TipSetKey) -> Result<Vec<SignedMessage>, Error>;

    /// Pushes a signed message to the pool and to the network, and returns its CID.
    #[method(name = "MpoolPush", perm = write)]
    async fn mpool_push(&self, message: SignedMessage) -> Result<Cid, Error>;

    /// Gives a message a nonce, and gas where it has none, signs it with the node's key, pushes it
    /// and returns it. An error if it names a nonce, or if the balance or the limit of fees does
    /// not suffice.
    #[method(name = "MpoolPushMessage", perm = sign)]
    async fn mpool_push_message(
        &self,
        message: Message,
        spec: Option<MessageSendSpec>,
    ) -> Result<SignedMessage, Error>;

    /// `MpoolPush` for messages of strangers: it must follow on the nonces that wait, and pay
    /// enough to be included soon.
    #[method(name = "MpoolPushUntrusted", perm = write)]
    async fn mpool_push_untrusted(&self, message: SignedMessage) -> Result<Cid, Error>;

    /// Returns the messages that pay most in a block on top of a tipset. `ticket_quality`, from 0
    /// to 1, is the chance that the block comes first in its tipset.
    #[method(name = "MpoolSelect", perm = read)]
    async fn mpool_select(
        &self,
        tipset: TipSetKey,
        ticket_quality: f64,
    ) -> Result<Vec<SignedMessage>, Error>;

    /// Changes the limits of the pool, until they are changed again.
    #[method(name = "MpoolSetConfig", perm = admin)]
    async fn mpool_set_config(&self, config: MpoolConfig) -> Result<(), Error>;

    /// A channel of the messages that come into the pool or leave it.
    #[subscription(name = "MpoolSub", perm = read, item = MpoolUpdate)]
    async fn mpool_sub(&self) -> SubscriptionResult;
}
