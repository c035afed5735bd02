//! What is wrong with messages that have not been pushed, or that wait, check by check (Lotus
//! `chain/messagepool/check.go`, which `lotus send` asks before it sends).

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use fvm_shared::econ;
use lotus_types::{Address, CheckStatusCode, Message, MessageCheckStatus, TokenAmount};
use serde_json::{Value, json};

use super::admission::base_fee_lower_bound;
use super::pool::Inner;
use super::{MAX_MESSAGE_SIZE, MIN_FEE_CAP, MempoolError, MessagePool, checks};

/// By which factor the base fee may change while a message waits (Lotus `baseFeeLowerBoundFactor`,
/// `baseFeeUpperBoundFactor`).
const FACTOR: u64 = 10;

/// What a signature adds to a message at most, in bytes.
const SIGNATURE: usize = 128;

/// A sender as it is after the messages that were looked at.
struct Sender {
    balance: econ::TokenAmount,
    next: u64,
    required: econ::TokenAmount,
}

impl MessagePool {
    /// Checks messages as if they were pushed one after the other, after those that wait, and
    /// returns the outcome of every check of each.
    ///
    /// # Errors
    /// The chain's state cannot be read, or a message has no CID by which its checks are named.
    pub fn check(
        &self,
        messages: &[Message],
    ) -> Result<Vec<Vec<MessageCheckStatus>>, MempoolError> {
        self.check_all(messages, true)
    }

    /// Checks the messages of a sender that wait.
    ///
    /// # Errors
    /// As [`MessagePool::check`], and there is no such sender.
    pub fn check_pending(
        &self,
        sender: &Address,
    ) -> Result<Vec<Vec<MessageCheckStatus>>, MempoolError> {
        let (pending, _) = self.pending_of(sender)?;
        let messages: Vec<_> = pending.into_iter().map(|signed| signed.message).collect();
        self.check_all(&messages, false)
    }

    /// Checks the messages that wait of the senders of `messages`, with these in their places.
    ///
    /// # Errors
    /// As [`MessagePool::check_pending`].
    pub fn check_replacements(
        &self,
        messages: &[Message],
    ) -> Result<Vec<Vec<MessageCheckStatus>>, MempoolError> {
        let mut all: BTreeMap<(Address, u64), Message> = BTreeMap::new();
        for message in messages {
            let (pending, _) = self.pending_of(&message.from)?;
            for signed in pending {
                let name = (message.from, signed.message.nonce);
                all.entry(name).or_insert(signed.message);
            }
        }
        for message in messages {
            all.insert((message.from, message.nonce), message.clone());
        }
        let all: Vec<_> = all.into_values().collect();
        self.check_all(&all, false)
    }

    fn check_all(
        &self,
        messages: &[Message],
        after_pending: bool,
    ) -> Result<Vec<Vec<MessageCheckStatus>>, MempoolError> {
        let mut inner = self.lock();
        let mut senders = HashMap::new();
        let mut outcomes = Vec::with_capacity(messages.len());
        for message in messages {
            let sender = match senders.entry(message.from) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    new.insert(self.checked_sender(&mut inner, &message.from, after_pending)?)
                }
            };
            let sender = sender.as_mut();
            outcomes.push(check(message, sender, inner.head.base_fee().inner())?);
        }
        Ok(outcomes)
    }

    fn checked_sender(
        &self,
        inner: &mut Inner,
        from: &Address,
        after_pending: bool,
    ) -> Result<Option<Sender>, MempoolError> {
        let Some(account) = self.account(inner, from)? else {
            return Ok(None);
        };
        let mut sender = Sender {
            balance: account.balance,
            next: account.nonce,
            required: econ::TokenAmount::default(),
        };
        let queue = account.key.and_then(|key| inner.queues.get(&key));
        if let Some(queue) = queue.filter(|_| after_pending) {
            sender.next = queue.next_nonce();
            for entry in queue.messages().values() {
                sender.required += &entry.required + entry.signed.message.value.inner();
            }
        }
        Ok(Some(sender))
    }
}

/// The outcomes of the checks of one message.
fn check(
    message: &Message,
    sender: Option<&mut Sender>,
    base_fee: &econ::TokenAmount,
) -> Result<Vec<MessageCheckStatus>, MempoolError> {
    use CheckStatusCode::*;

    let cid = message.cid()?;
    let mut outcomes = Vec::new();
    let mut say = |code, problem: Option<String>, hint: Option<(&str, Value)>| {
        let hint = hint.map(|(name, value)| (name.to_owned(), value));
        let ok = problem.is_none();
        outcomes.push(MessageCheckStatus {
            cid,
            code,
            ok,
            err: problem.unwrap_or_default(),
            hint: hint.into_iter().collect(),
        });
        ok
    };
    let unless = |ok: bool, problem: &str| (!ok).then(|| problem.to_owned());
    let atto = |amount: &econ::TokenAmount| json!(TokenAmount::from(amount.clone()));

    let Some(sender) = sender else {
        let problem = "error retrieving state nonce: actor not found".to_owned();
        say(MessageGetStateNonce, Some(problem), None);
        return Ok(outcomes);
    };
    let next = sender.next;
    say(MessageGetStateNonce, None, Some(("nonce", json!(next))));
    let balance = ("balance", atto(&sender.balance));
    say(MessageGetStateBalance, None, Some(balance));
    say(MessageSerialize, None, None);
    let length = message.to_cbor()?.len();
    let fits = length + SIGNATURE <= MAX_MESSAGE_SIZE;
    say(MessageSize, unless(fits, "message too big"), None);
    let invalid = checks::check_inclusion(message, 0).err();
    let invalid = invalid.map(|invalid| format!("syntactically invalid message: {invalid}"));
    if !say(MessageValidity, invalid, None) {
        return Ok(outcomes);
    }

    let min_gas = checks::min_gas(length);
    let enough = u64::try_from(message.gas_limit).is_ok_and(|limit| limit >= min_gas);
    let problem = unless(enough, "GasLimit less than epoch minimum gas");
    say(MessageMinGas, problem, Some(("minGas", json!(min_gas))));
    let fee_cap = message.gas_fee_cap.inner();
    let enough = *fee_cap >= econ::TokenAmount::from_atto(MIN_FEE_CAP);
    let problem = unless(enough, "GasFeeCap less than minimum base fee");
    if say(MessageMinBaseFee, problem, None) {
        let problem = unless(fee_cap >= base_fee, "GasFeeCap less than current base fee");
        say(MessageBaseFee, problem, Some(("baseFee", atto(base_fee))));
        let lowest = base_fee_lower_bound(base_fee, FACTOR);
        let problem = "GasFeeCap less than base fee lower bound for inclusion in next 20 epochs";
        let problem = unless(*fee_cap >= lowest, problem);
        let hint = ("baseFeeLowerBound", atto(&lowest));
        if say(MessageBaseFeeLowerBound, problem, Some(hint)) {
            let highest = base_fee * FACTOR;
            let problem =
                "GasFeeCap less than base fee upper bound for inclusion in next 20 epochs";
            let problem = unless(*fee_cap >= highest, problem);
            let hint = ("baseFeeUpperBound", atto(&highest));
            say(MessageBaseFeeUpperBound, problem, Some(hint));
        }
    }

    let follows = message.nonce == next;
    let problem = format!("message nonce doesn't match next nonce ({next})");
    let hint = ("nextNonce", json!(next));
    if say(MessageNonce, unless(follows, &problem), Some(hint)) {
        sender.next = next.saturating_add(1);
    }
    sender.required += fee_cap * message.gas_limit + message.value.inner();
    let problem = unless(sender.balance >= sender.required, "insufficient balance");
    let hint = ("requiredFunds", atto(&sender.required));
    say(MessageBalance, problem, Some(hint));
    Ok(outcomes)
}
