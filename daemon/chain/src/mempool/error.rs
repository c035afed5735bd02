//! Why a message may not wait.

use lotus_types::{Address, MessageError};

use super::{Invalid, LocalError, ViewError};

/// Why the pool refused a message, or could not do what it was asked; the words are Lotus's.
#[derive(Debug, thiserror::Error)]
pub enum MempoolError {
    /// It is too large.
    #[error("mpool message too large ({0}B): message too big")]
    TooBig(usize),
    /// No block could ever contain it.
    #[error("message not valid for block inclusion: {0}")]
    Invalid(Invalid),
    /// It has no binary form.
    #[error(transparent)]
    Encode(#[from] MessageError),
    /// It sends all the FIL that there is, or more.
    #[error("cannot send more filecoin than will ever exist")]
    ValueTooHigh,
    /// Its fee cap is below the lowest base fee.
    #[error("gas fee cap too low")]
    FeeCapTooLow,
    /// It is not signed by its sender.
    #[error("signature verification failed: failed to validate signature: {0}")]
    Signature(String),
    /// Its sender is not on the chain.
    #[error(
        "failed to look up actor state nonce: resolve address {0}: actor not found: validation failure"
    )]
    NoSender(Address),
    /// Its sender is an actor that cannot send messages.
    #[error("sender actor {0} is not a valid top-level sender")]
    NotASender(Address),
    /// The nonce is used up.
    #[error("minimum expected nonce is {expected}, got {got}: message nonce too low")]
    NonceTooLow {
        /// The nonce of the sender's next message.
        expected: u64,
        /// The message's.
        got: u64,
    },
    /// It does not even pay for being on the chain.
    #[error("verify msg failed: message will not be included in a block: {0}")]
    MinGas(Invalid),
    /// It will not be included soon, and nobody vouches for it.
    #[error(
        "verify msg failed: GasFeeCap doesn't meet base fee lower bound for inclusion in the next 20 \
         blocks (GasFeeCap: {fee_cap}, baseFeeLowerBound: {lower_bound}): validation failure"
    )]
    BaseFee {
        /// The message's fee cap, in attoFIL.
        fee_cap: String,
        /// What it should be at least, in attoFIL.
        lower_bound: String,
    },
    /// The sender cannot pay for its gas.
    #[error(
        "failed to check balance: not enough funds (required: {required}, balance: {balance}): not \
         enough funds to execute transaction"
    )]
    NotEnoughFunds {
        /// The most that its gas may cost.
        required: String,
        /// What the sender has.
        balance: String,
    },
    /// The sender cannot pay for its gas and that of its messages that wait already.
    #[error(
        "failed to check balance: not enough funds including pending messages (required: {required}, \
         balance: {balance}): validation failure"
    )]
    NotEnoughFundsForAll {
        /// The most that the gas of all may cost.
        required: String,
        /// What the sender has.
        balance: String,
    },
    /// Too many nonces before it are missing.
    #[error(
        "failed to add locked: message nonce has too big a gap from expected nonce (Nonce: {nonce}, \
         nextNonce: {next}): unfulfilled nonce gap"
    )]
    NonceGap {
        /// The message's nonce.
        nonce: u64,
        /// The first that is missing.
        next: u64,
    },
    /// It may not replace a message before which nonces are missing.
    #[error(
        "failed to add locked: rejecting replace by fee because of nonce gap (Nonce: {nonce}, \
         nextNonce: {next}): unfulfilled nonce gap"
    )]
    ReplaceBehindGap {
        /// The message's nonce.
        nonce: u64,
        /// The first that is missing.
        next: u64,
    },
    /// It pays too little more than the message that it would replace.
    #[error(
        "failed to add locked: message from {from} with nonce {nonce} already in mpool, increase \
         GasPremium to {needed} from {premium} to trigger replace by fee: replace by fee has too low \
         GasPremium"
    )]
    PremiumTooLow {
        /// Its sender.
        from: Box<Address>,
        /// Its nonce.
        nonce: u64,
        /// The premium that would do, in attoFIL per unit of gas.
        needed: String,
        /// The message's.
        premium: String,
    },
    /// It waits already.
    #[error(
        "failed to add locked: message from {from} with nonce {nonce} already in mpool: message with \
         nonce already exists"
    )]
    Exists {
        /// Its sender.
        from: Address,
        /// Its nonce.
        nonce: u64,
    },
    /// Enough messages of its sender wait.
    #[error("failed to add locked: too many pending messages for actor")]
    TooManyPending,
    /// It could not be kept on the disk, so it does not wait.
    #[error("error persisting local message: {0}")]
    Local(#[from] LocalError),
    /// The chain could not be asked.
    #[error(transparent)]
    View(#[from] ViewError),
}
