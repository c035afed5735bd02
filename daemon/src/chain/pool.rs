//! The messages that wait for a block, as the node's methods use them.

use std::sync::Arc;

use lotus_chain::chain;
use lotus_chain::estimate::{EstimateError, Estimator};
use lotus_chain::mempool::{
    LocalMessages, MempoolError, MessagePool, Origin, PushError, Pusher, Signer,
};
use lotus_core::Error;
use lotus_core::types::{Cid, Message, MessageSendSpec, SignedMessage, TokenAmount};

/// What a message's gas may cost altogether if its sender names no limit, in thousandths of a FIL
/// (Lotus `Fees.DefaultMaxFee`, 0.07 FIL).
const DEFAULT_MAX_FEE: u64 = 70;

/// The messages that wait, and those who fill in and send more.
#[derive(Debug)]
pub(crate) struct Pool {
    messages: Arc<MessagePool>,
    pusher: Pusher,
    /// Where messages can be found by their CIDs before they are in a block, and when others have
    /// replaced them.
    chain: chain::Chain,
}

impl Pool {
    /// The pool on a chain, with the messages that `local` has kept.
    ///
    /// # Errors
    /// The messages or the chain cannot be read.
    pub(crate) fn open(chain: &chain::Chain, local: LocalMessages) -> Result<Self, MempoolError> {
        let view = Arc::new(chain.clone());
        let messages = Arc::new(MessagePool::new(view.clone(), view.clone(), local)?);
        let milli = 1_000_000_000_000_000_u64;
        let max_fee = TokenAmount::from_atto(DEFAULT_MAX_FEE * milli);
        let estimator = Estimator::new(view, messages.clone(), max_fee);
        let pool = Self {
            messages,
            pusher: Pusher::new(estimator),
            chain: chain.clone(),
        };
        for waiting in pool.messages.pending().0 {
            pool.keep(&waiting);
        }
        Ok(pool)
    }

    /// The messages.
    pub(crate) fn messages(&self) -> &Arc<MessagePool> {
        &self.messages
    }

    /// What completes the messages.
    pub(crate) fn estimator(&self) -> &Estimator {
        self.pusher.estimator()
    }

    /// Adds a signed message and returns its CID.
    ///
    /// # Errors
    /// Why it may not wait.
    pub(crate) fn push(&self, signed: SignedMessage, origin: Origin) -> Result<Cid, Error> {
        let cid = self.messages.push(signed.clone(), origin);
        let cid = cid.map_err(Error::other)?;
        self.keep(&signed);
        Ok(cid)
    }

    /// Adds signed messages with one write. Those before the first that is refused wait.
    ///
    /// # Errors
    /// Why the first may not wait that may not.
    pub(crate) fn push_all(
        &self,
        messages: Vec<SignedMessage>,
        origin: Origin,
    ) -> Result<Vec<Cid>, Error> {
        let (accepted, error) = self.messages.push_all(messages.clone(), origin);
        for signed in messages.iter().take(accepted.len()) {
            self.keep(signed);
        }
        match error {
            Some(error) => Err(Error::other(error)),
            None => Ok(accepted),
        }
    }

    /// Completes, signs and adds a message, and returns it.
    ///
    /// # Errors
    /// Why it was not sent.
    pub(crate) fn send(
        &self,
        message: Message,
        spec: Option<&MessageSendSpec>,
        signer: &dyn Signer,
    ) -> Result<SignedMessage, Error> {
        let sent = self.pusher.push(message, spec, signer).map_err(refused)?;
        self.keep(&sent);
        Ok(sent)
    }

    /// [`Pool::send`] for several messages. Those before the first that is refused are sent.
    ///
    /// # Errors
    /// Why the first was not sent that was not.
    pub(crate) fn send_all(
        &self,
        messages: Vec<Message>,
        spec: Option<&MessageSendSpec>,
        signer: &dyn Signer,
    ) -> Result<Vec<SignedMessage>, Error> {
        let (sent, error) = self.pusher.push_all(messages, spec, signer);
        for signed in &sent {
            self.keep(signed);
        }
        match error {
            Some(error) => Err(refused(error)),
            None => Ok(sent),
        }
    }

    /// Puts a message into the store, as Lotus does. That a message is not found by its CID is no
    /// reason not to send it.
    fn keep(&self, signed: &SignedMessage) {
        if let Err(error) = self.chain.put_message(signed) {
            tracing::warn!(target: "mpool", %error, "a message could not be put into the store");
        }
    }
}

fn refused(error: PushError) -> Error {
    Error::other(error)
}

/// An estimate that there is none of, as Lotus's methods answer it.
pub(crate) fn no_estimate(error: EstimateError) -> Error {
    match &error {
        EstimateError::OutOfGas => Error::OutOfGas,
        EstimateError::Failed { data, .. } => Error::ExecutionReverted {
            message: error.to_string(),
            data: format!("0x{}", data_encoding::HEXLOWER.encode(data)),
        },
        _ => Error::other(error),
    }
}
