//! What there is to send messages to, and from whom.

use anyhow::{Context as _, Result};
use fvm_ipld_encoding::{CborStore, RawBytes};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;
use fvm_shared::{ActorID, MethodNum};
use lotus_chain::vm::manifest::{
    ActorKind, FIRST_NON_SINGLETON_ID, INIT_ACTOR_ID, SYSTEM_ACTOR_ID,
};
use lotus_chain::vm::{Machine, actors};
use serde::de::DeserializeOwned;

use crate::keys::Key;

/// Of every message that does not say otherwise: more than any needs, on either machine.
const GAS_LIMIT: u64 = 10_000_000_000;
/// Of implicit messages, as many as the chain gives them: cron has to make up for many epochs.
const IMPLICIT_GAS_LIMIT: u64 = 1_000_000_000_000;

/// A message to send.
pub struct Call {
    pub from: Sender,
    pub to: Address,
    pub value: TokenAmount,
    pub method: MethodNum,
    pub params: RawBytes,
    pub gas: Gas,
}

/// What it pays for its execution.
#[derive(Clone, Default)]
pub struct Gas {
    /// None: more than enough.
    pub limit: Option<u64>,
    pub fee_cap: TokenAmount,
    pub premium: TokenAmount,
}

/// Who sends it.
#[derive(Clone, Copy)]
pub enum Sender {
    /// The key with that number, with its next nonce.
    Key(usize),
    /// Anyone, with any nonce: mostly a mistake.
    Any(Address, u64),
    /// The system, implicitly.
    System,
    /// Another actor, implicitly: a call that on a chain comes from within it.
    Actor(ActorID),
}

impl Call {
    /// A call without value or parameters.
    pub fn new(from: usize, to: Address, method: MethodNum) -> Self {
        Self {
            from: Sender::Key(from),
            to,
            value: TokenAmount::default(),
            method,
            params: RawBytes::default(),
            gas: Gas::default(),
        }
    }

    pub fn value(mut self, value: TokenAmount) -> Self {
        self.value = value;
        self
    }

    pub fn params<T: serde::Serialize>(mut self, params: &T) -> Self {
        self.params = fvm_ipld_encoding::to_vec(params)
            .expect("parameters can be encoded")
            .into();
        self
    }

    pub fn sender(mut self, from: Sender) -> Self {
        self.from = from;
        self
    }

    pub fn gas(mut self, gas: Gas) -> Self {
        self.gas = gas;
        self
    }
}

/// What generators choose from.
pub struct World {
    pub rng: fastrand::Rng,
    pub keys: Vec<Key>,
    pub epoch: ChainEpoch,
    /// Our machine, for its state.
    pub machine: Machine,
    /// Every actor that exists, oldest first.
    pub actors: Vec<(ActorID, ActorKind)>,
}

impl World {
    /// The state of an actor.
    pub fn state<T: DeserializeOwned>(&self, id: ActorID) -> Option<T> {
        let actor = self.machine.tree().get(id).ok()??;
        self.machine.tree().blocks().get_cbor(&actor.state).ok()?
    }

    /// The actors of a kind.
    pub fn of(&self, kind: ActorKind) -> Vec<ActorID> {
        self.actors
            .iter()
            .filter(|(_, k)| *k == kind)
            .map(|(id, _)| *id)
            .collect()
    }

    /// One of them.
    pub fn one_of(&mut self, kind: ActorKind) -> Option<ActorID> {
        let all = self.of(kind);
        self.rng.choice(all)
    }

    /// Any actor.
    pub fn any_actor(&mut self) -> (ActorID, ActorKind) {
        self.actors[self.rng.usize(..self.actors.len())]
    }

    /// A key by number.
    pub fn any_key(&mut self) -> usize {
        self.rng.usize(..self.keys.len())
    }

    /// The key whose account has an id address, as a sender.
    pub fn sender_of(&self, id: Address) -> Option<Sender> {
        let tree = self.machine.tree();
        (0..self.keys.len())
            .find(|n| {
                let known = tree.lookup(&self.keys[*n].address);
                matches!(known, Ok(Some(known)) if Address::new_id(known) == id)
            })
            .map(Sender::Key)
    }

    /// Whether to, one time in `n`.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.rng.usize(..n) == 0
    }

    /// An amount: mostly small, sometimes none, negative, or more than anyone has.
    pub fn amount(&mut self) -> TokenAmount {
        match self.rng.u8(..20) {
            0 => TokenAmount::default(),
            1 => TokenAmount::from_whole(3_000_000_000_u64),
            2 => TokenAmount::from_atto(-1),
            3..=8 => TokenAmount::from_atto(self.rng.u64(..)),
            _ => TokenAmount::from_whole(self.rng.u64(1..50)),
        }
    }

    /// Bytes of no meaning.
    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.rng.usize(..=most);
        std::iter::repeat_with(|| self.rng.u8(..))
            .take(length)
            .collect()
    }

    /// The message of a call, and whether it is implicit.
    pub fn message(&mut self, call: Call) -> Result<(Message, bool)> {
        let (from, sequence, implicit) = match call.from {
            Sender::Key(n) => {
                let from = self.keys[n].address;
                let tree = self.machine.tree();
                let actor = match tree.lookup(&from)? {
                    Some(id) => tree.get(id)?,
                    None => None,
                };
                (from, actor.map_or(0, |actor| actor.sequence), false)
            }
            Sender::Any(from, nonce) => (from, nonce, false),
            Sender::System => (Address::new_id(SYSTEM_ACTOR_ID), 0, true),
            Sender::Actor(id) => (Address::new_id(id), 0, true),
        };
        let message = Message {
            version: 0,
            from,
            to: call.to,
            sequence,
            value: call.value,
            method_num: call.method,
            params: call.params,
            gas_limit: call.gas.limit.unwrap_or(if implicit {
                IMPLICIT_GAS_LIMIT
            } else {
                GAS_LIMIT
            }),
            gas_fee_cap: call.gas.fee_cap,
            gas_premium: call.gas.premium,
        };
        Ok((message, implicit))
    }

    /// Learns of actors that were created, and of placeholders that became accounts.
    pub fn discover(&mut self) -> Result<()> {
        let tree = self.machine.tree();
        for (id, kind) in &mut self.actors {
            if *kind == ActorKind::Placeholder
                && let Some(actor) = tree.get(*id)?
                && let Some(now) = ActorKind::of(&actor.code)
            {
                *kind = now;
            }
        }
        let next = self
            .state::<actors::init::State>(INIT_ACTOR_ID)
            .context("the init actor has no state")?
            .next_id;
        let known = self
            .actors
            .last()
            .map_or(0, |(id, _)| *id)
            .max(FIRST_NON_SINGLETON_ID - 1);
        for id in known + 1..next {
            if let Some(actor) = self.machine.tree().get(id)?
                && let Some(kind) = ActorKind::of(&actor.code)
            {
                self.actors.push((id, kind));
            }
        }
        Ok(())
    }
}
