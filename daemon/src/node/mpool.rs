//! `Mpool`: the messages that wait for a block.

use std::collections::HashMap;
use std::sync::Arc;

use jsonrpsee::PendingSubscriptionSink;
use jsonrpsee::core::{SubscriptionResult, async_trait};
use lotus_chain::mempool::Origin;
use lotus_core::Error;
use lotus_core::api::mpool::MpoolServer;
use lotus_core::types::{
    Address, Cid, Message, MessageCheckStatus, MessagePrototype, MessageSendSpec, MpoolConfig,
    SignedMessage, TipSetKey,
};
use tokio::sync::broadcast::error::RecvError;

use super::chain::send;
use crate::chain::{Chain, Pool, blocking};
use crate::shutdown::Shutdown;
use crate::wallet::Wallet;

/// The methods of `Mpool`.
pub(crate) struct MpoolRpc {
    pub(crate) chain: Arc<dyn Chain>,
    /// Who signs.
    pub(crate) wallet: Arc<Wallet>,
    pub(crate) shutdown: Shutdown,
}

impl MpoolRpc {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Pool) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        blocking(&self.chain, |chain| work(chain.pool()?)).await
    }

    /// Pushes messages one after the other.
    async fn push_all(
        &self,
        messages: Vec<SignedMessage>,
        origin: Origin,
    ) -> Result<Vec<Cid>, Error> {
        self.run(move |pool| pool.push_all(messages, origin)).await
    }
}

/// The messages of prototypes: those without a nonce get the next ones of their senders.
fn numbered(pool: &Pool, prototypes: Vec<MessagePrototype>) -> Result<Vec<Message>, Error> {
    let mut next: HashMap<Address, u64> = HashMap::new();
    let numbered = prototypes.into_iter().map(|prototype| {
        let mut message = prototype.message;
        if !prototype.valid_nonce {
            let nonce = match next.get(&message.from) {
                Some(nonce) => *nonce,
                None => {
                    let nonce = pool.messages().next_nonce(&message.from);
                    nonce.map_err(Error::other)?
                }
            };
            next.insert(message.from, nonce.saturating_add(1));
            message.nonce = nonce;
        }
        Ok(message)
    });
    numbered.collect()
}

#[async_trait]
impl MpoolServer for MpoolRpc {
    async fn mpool_batch_push(&self, messages: Vec<SignedMessage>) -> Result<Vec<Cid>, Error> {
        self.push_all(messages, Origin::Local).await
    }

    async fn mpool_batch_push_message(
        &self,
        messages: Vec<Message>,
        spec: Option<MessageSendSpec>,
    ) -> Result<Vec<SignedMessage>, Error> {
        let wallet = self.wallet.clone();
        self.run(move |pool| pool.send_all(messages, spec.as_ref(), &*wallet))
            .await
    }

    async fn mpool_batch_push_untrusted(
        &self,
        messages: Vec<SignedMessage>,
    ) -> Result<Vec<Cid>, Error> {
        self.push_all(messages, Origin::Untrusted).await
    }

    async fn mpool_check_messages(
        &self,
        messages: Vec<MessagePrototype>,
    ) -> Result<Vec<Vec<MessageCheckStatus>>, Error> {
        self.run(move |pool| {
            let messages = numbered(pool, messages)?;
            pool.messages().check(&messages).map_err(Error::other)
        })
        .await
    }

    async fn mpool_check_pending_messages(
        &self,
        sender: Address,
    ) -> Result<Vec<Vec<MessageCheckStatus>>, Error> {
        self.run(move |pool| pool.messages().check_pending(&sender).map_err(Error::other))
            .await
    }

    async fn mpool_check_replace_messages(
        &self,
        messages: Vec<Message>,
    ) -> Result<Vec<Vec<MessageCheckStatus>>, Error> {
        self.run(move |pool| {
            let checked = pool.messages().check_replacements(&messages);
            checked.map_err(Error::other)
        })
        .await
    }

    async fn mpool_clear(&self, local: bool) -> Result<(), Error> {
        self.run(move |pool| pool.messages().clear(local).map_err(Error::other))
            .await
    }

    async fn mpool_get_config(&self) -> Result<MpoolConfig, Error> {
        self.run(|pool| Ok(pool.messages().config())).await
    }

    async fn mpool_get_nonce(&self, sender: Address) -> Result<u64, Error> {
        self.run(move |pool| pool.messages().next_nonce(&sender).map_err(Error::other))
            .await
    }

    async fn mpool_pending(&self, tipset: TipSetKey) -> Result<Vec<SignedMessage>, Error> {
        self.run(move |pool| pool.messages().pending_at(&tipset).map_err(Error::other))
            .await
    }

    async fn mpool_push(&self, message: SignedMessage) -> Result<Cid, Error> {
        self.run(move |pool| pool.push(message, Origin::Local))
            .await
    }

    async fn mpool_push_message(
        &self,
        message: Message,
        spec: Option<MessageSendSpec>,
    ) -> Result<SignedMessage, Error> {
        let wallet = self.wallet.clone();
        self.run(move |pool| pool.send(message, spec.as_ref(), &*wallet))
            .await
    }

    async fn mpool_push_untrusted(&self, message: SignedMessage) -> Result<Cid, Error> {
        self.run(move |pool| pool.push(message, Origin::Untrusted))
            .await
    }

    async fn mpool_select(
        &self,
        tipset: TipSetKey,
        _ticket_quality: f64,
    ) -> Result<Vec<SignedMessage>, Error> {
        self.run(move |pool| pool.messages().select_for(&tipset).map_err(Error::other))
            .await
    }

    async fn mpool_set_config(&self, config: MpoolConfig) -> Result<(), Error> {
        self.run(move |pool| pool.messages().set_config(config).map_err(Error::other))
            .await
    }

    async fn mpool_sub(&self, pending: PendingSubscriptionSink) -> SubscriptionResult {
        let mut updates = match self.chain.pool() {
            Ok(pool) => pool.messages().subscribe(),
            Err(error) => {
                pending.reject(error).await;
                return Ok(());
            }
        };
        let sink = pending.accept().await?;
        loop {
            let update = tokio::select! {
                update = updates.recv() => update,
                () = sink.closed() => break,
                () = self.shutdown.begun() => break,
            };
            match update {
                Ok(update) if send(&sink, &update).await => {}
                // Whoever reads too slowly must look at the whole pool again, and is told so by the end.
                Ok(_) | Err(RecvError::Lagged(_) | RecvError::Closed) => break,
            }
        }
        Ok(())
    }
}
