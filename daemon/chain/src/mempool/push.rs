//! Messages that the node completes, signs and sends (Lotus `MpoolPushMessage`).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use lotus_types::{
    Address, Message, MessageError, MessageSendSpec, Signature, SignedMessage, TipSetKey,
    TokenAmount,
};

use super::{LocalError, MempoolError, Origin};
use crate::estimate::{EstimateError, Estimator};

/// Signs messages, as the node's wallet does.
pub trait Signer: Send + Sync {
    /// The signature of `key`, an f1, f3 or f410 address, on a message.
    ///
    /// # Errors
    /// The key is not here, or cannot sign it.
    fn sign(&self, message: &Message, key: &Address) -> Result<Signature, SignerError>;
}

/// Why a signer does not sign.
pub type SignerError = Box<dyn std::error::Error + Send + Sync>;

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The node chooses the nonce.
    #[error("MpoolPushMessage expects message nonce to be 0, was {0}")]
    Nonce(u64),
    /// There is no estimate of its gas.
    #[error("GasEstimateMessageGas error: {0}")]
    Estimate(#[from] EstimateError),
    /// Its premium is more than it would pay at all.
    #[error(
        "After estimation, GasPremium is greater than GasFeeCap ({premium} > {fee_cap}); raise the fee \
         cap or the limit of fees"
    )]
    PremiumAboveFeeCap {
        /// The premium, in attoFIL per unit of gas.
        premium: String,
        /// The fee cap.
        fee_cap: String,
    },
    /// The sender has less than the message's value.
    #[error("mpool push: not enough funds: {balance} < {value}")]
    NotEnoughFunds {
        /// What it has.
        balance: TokenAmount,
        /// What it would send.
        value: TokenAmount,
    },
    /// It could not be signed.
    #[error("failed to sign message: {0}")]
    Sign(SignerError),
    /// It has no binary form.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The sender cannot send messages.
    #[error("getting key address: {0}")]
    Sender(MempoolError),
    /// The nonce is not known.
    #[error("failed to create nonce: {0}")]
    NextNonce(MempoolError),
    /// The pool refused it.
    #[error("mpool push: failed to push message: {0}")]
    Push(MempoolError),
    /// Whether it was sent before is not known.
    #[error(transparent)]
    Local(#[from] LocalError),
}

/// Completes, signs and pushes messages, those of one sender one after the other.
pub struct Pusher {
    estimator: Estimator,
    /// Whoever holds a sender's lock chooses its nonce.
    senders: Mutex<HashMap<Address, Weak<Mutex<()>>>>,
}

impl fmt::Debug for Pusher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Pusher");
        debug
            .field("estimator", &self.estimator)
            .finish_non_exhaustive()
    }
}

impl Pusher {
    /// Pushes to the pool of `estimator`.
    pub fn new(estimator: Estimator) -> Pusher {
        Pusher {
            estimator,
            senders: Mutex::default(),
        }
    }

    /// What completes the messages.
    pub fn estimator(&self) -> &Estimator {
        &self.estimator
    }

    /// Gives a message the next nonce, and gas where it has none, signs it, pushes it and returns
    /// it. Of concurrent calls each gets its own nonce; one that fails uses none up. A request that
    /// names the UUID of an earlier one gets that one's message, which is not sent again.
    ///
    /// # Errors
    /// Why it was not sent.
    pub fn push(
        &self,
        mut message: Message,
        spec: Option<&MessageSendSpec>,
        signer: &dyn Signer,
    ) -> Result<SignedMessage, PushError> {
        let pool = self.estimator.pool();
        let key = self
            .estimator
            .key(&message.from)
            .map_err(PushError::Sender)?;
        let lock = self.sender(&key);
        let _sending = locked(&lock);

        let request = spec.map(|spec| spec.msg_uuid.as_u128());
        let request = request.filter(|uuid| *uuid != 0);
        if let Some(request) = request
            && let Some(sent) = pool.local.request(request)?
        {
            return Ok(sent);
        }
        if message.nonce != 0 {
            return Err(PushError::Nonce(message.nonce));
        }
        // Signed is what the chain sees: the address of the key, and not a number that stands for it.
        message.from = key;
        let mut message = self
            .estimator
            .message(message, spec, &TipSetKey::default())?;
        if message.gas_premium > message.gas_fee_cap {
            return Err(PushError::PremiumAboveFeeCap {
                premium: message.gas_premium.atto().to_string(),
                fee_cap: message.gas_fee_cap.atto().to_string(),
            });
        }
        let (_, account) = pool.sender_at_head(&key).map_err(PushError::Sender)?;
        if account.balance < *message.value.inner() {
            return Err(PushError::NotEnoughFunds {
                balance: account.balance.into(),
                value: message.value,
            });
        }
        message.nonce = pool.next_nonce(&key).map_err(PushError::NextNonce)?;
        let signature = signer.sign(&message, &key).map_err(PushError::Sign)?;
        let signed = SignedMessage { message, signature };
        pool.push_request(signed.clone(), Origin::Local, request)
            .map_err(PushError::Push)?;
        Ok(signed)
    }

    /// [`Pusher::push`] for several messages, one after the other. Returns those that were sent,
    /// and why the next one was not. If `spec` names a UUID, the next ones count up from it, so that
    /// the whole request can be repeated.
    pub fn push_all(
        &self,
        messages: Vec<Message>,
        spec: Option<&MessageSendSpec>,
        signer: &dyn Signer,
    ) -> (Vec<SignedMessage>, Option<PushError>) {
        let mut spec = spec.cloned();
        let mut sent = Vec::with_capacity(messages.len());
        for message in messages {
            let result = self.push(message, spec.as_ref(), signer);
            if let Some(spec) = &mut spec
                && !spec.msg_uuid.is_nil()
            {
                let next = spec.msg_uuid.as_u128().wrapping_add(1);
                spec.msg_uuid = uuid::Uuid::from_u128(next);
            }
            match result {
                Ok(signed) => sent.push(signed),
                Err(error) => return (sent, Some(error)),
            }
        }
        (sent, None)
    }

    /// The lock of a sender, which goes with its last holder.
    fn sender(&self, key: &Address) -> Arc<Mutex<()>> {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = senders.get(key).and_then(Weak::upgrade) {
            return lock;
        }
        senders.retain(|_, lock| lock.strong_count() > 0);
        let lock = Arc::default();
        senders.insert(*key, Arc::downgrade(&lock));
        lock
    }
}

fn locked(lock: &Mutex<()>) -> MutexGuard<'_, ()> {
    // It guards no memory that a panic could have left half written.
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
