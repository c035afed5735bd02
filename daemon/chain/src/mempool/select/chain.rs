//! Messages of one sender that go into a block together, because the later ones pay for the earlier
//! (Lotus's `msgChain`).

use std::cmp::Ordering;
use std::sync::Arc;

use fvm_shared::econ;

use super::super::entry::Entry;
use super::super::{Account, checks};
use super::Space;

/// Consecutive messages of one sender.
#[derive(Debug)]
pub(crate) struct Chain {
    entries: Vec<Arc<Entry>>,
    /// What each pays its block's producer.
    rewards: Vec<econ::TokenAmount>,
    reward: econ::TokenAmount,
    gas: u64,
}

impl Chain {
    fn of(entry: Arc<Entry>, base_fee: &econ::TokenAmount) -> Chain {
        let tip = (entry.fee_cap() - base_fee).min(entry.premium().clone());
        let reward = tip * entry.gas_limit();
        Chain {
            gas: entry.gas_limit(),
            entries: vec![entry],
            rewards: vec![reward.clone()],
            reward,
        }
    }

    pub(crate) fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    pub(super) fn into_entries(self) -> Vec<Arc<Entry>> {
        self.entries
    }

    pub(super) fn gas(&self) -> u64 {
        self.gas
    }

    pub(super) fn fits(&self, space: Space) -> bool {
        self.gas <= space.gas && self.entries.len() <= space.messages
    }

    /// Drops messages from the end until the rest fits.
    pub(super) fn trim(&mut self, space: Space) {
        while !self.fits(space)
            && let (Some(entry), Some(reward)) = (self.entries.pop(), self.rewards.pop())
        {
            self.gas -= entry.gas_limit();
            self.reward -= reward;
        }
    }

    fn append(&mut self, mut other: Chain) {
        self.entries.append(&mut other.entries);
        self.rewards.append(&mut other.rewards);
        self.reward += other.reward;
        self.gas += other.gas;
    }

    /// Which pays more for a unit of gas.
    fn cmp_rate(&self, other: &Chain) -> Ordering {
        (&self.reward * other.gas).cmp(&(&other.reward * self.gas))
    }

    /// Which pays more for a unit of gas, and of two that pay the same, which pays more altogether.
    pub(crate) fn cmp_profit(&self, other: &Chain) -> Ordering {
        let rate = self.cmp_rate(other);
        rate.then_with(|| self.reward.cmp(&other.reward))
    }
}

/// What of a sender's messages, in the order of their nonces, a block can have: chains of which each
/// pays more for a unit of gas than those after it.
pub(crate) fn chains<'a>(
    entries: impl Iterator<Item = &'a Arc<Entry>>,
    account: &Account,
    base_fee: &econ::TokenAmount,
    space: Space,
) -> Vec<Chain> {
    let mut chains: Vec<Chain> = Vec::new();
    let mut balance = account.balance.clone();
    let mut left = space;
    let entries = entries.skip_while(|entry| entry.nonce() < account.nonce);
    for (nonce, entry) in (account.nonce..).zip(entries) {
        let gas = entry.gas_limit();
        if entry.nonce() != nonce
            || entry.fee_cap() < base_fee
            || gas < checks::min_gas(entry.chain_length)
            || gas > left.gas
            || left.messages == 0
            || balance < entry.required
        {
            break;
        }
        left.gas -= gas;
        left.messages -= 1;
        balance -= &entry.required + entry.signed.message.value.inner();
        let mut chain = Chain::of(entry.clone(), base_fee);
        // A message that pays better than those before it pulls them along.
        while let Some(mut before) = chains.pop() {
            if chain.cmp_rate(&before) == Ordering::Less {
                chains.push(before);
                break;
            }
            before.append(chain);
            chain = before;
        }
        chains.push(chain);
    }
    chains
}
