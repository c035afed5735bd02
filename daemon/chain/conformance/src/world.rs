//! What there is to send messages to, and one run of both machines through it.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use cid::Cid;
use fvm::engine::EnginePool;
use fvm_ipld_encoding::{CborStore, RawBytes};
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::crypto::signature::Signature;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::message::Message;
use fvm_shared::version::NetworkVersion;
use fvm_shared::{ActorID, MethodNum};
use lotus_chain::vm::blocks::Blocks;
use lotus_chain::vm::genesis::Genesis;
use lotus_chain::vm::manifest::{
    ActorKind, CRON_ACTOR_ID, FIRST_NON_SINGLETON_ID, INIT_ACTOR_ID, SYSTEM_ACTOR_ID,
};
use lotus_chain::vm::{ApplyKind, Context, Externs, Machine, actors};
use serde::de::DeserializeOwned;

use crate::generate::Source;
use crate::keys::Key;
use crate::real::Real;
use crate::report::Report;
use crate::store::Shared;
use crate::vectors::{Step, Vector};

pub const NETWORK_VERSION: NetworkVersion = NetworkVersion::V27;
pub const CHAIN_ID: u64 = 31_415_926;
/// Of every message: more than any needs, on either machine.
const GAS_LIMIT: u64 = 10_000_000_000;

/// A message to send.
pub struct Call {
    pub from: Sender,
    pub to: Address,
    pub value: TokenAmount,
    pub method: MethodNum,
    pub params: RawBytes,
}

/// Who sends it.
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
}

/// What a machine made of a message.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub exit_code: ExitCode,
    pub returned: Vec<u8>,
    pub events: Option<Cid>,
    pub root: Cid,
    pub error: Option<String>,
}

impl Outcome {
    fn same(&self, other: &Self) -> bool {
        self.exit_code == other.exit_code
            && self.returned == other.returned
            && self.events == other.events
            && self.root == other.root
    }
}

/// The same answer for both machines.
pub fn randomness(domain: &[u8], epoch: ChainEpoch) -> [u8; 32] {
    let mut out = [0; 32];
    let hash = blake2b_simd::Params::new()
        .hash_length(32)
        .to_state()
        .update(domain)
        .update(&epoch.to_be_bytes())
        .finalize();
    out.copy_from_slice(hash.as_bytes());
    out
}

/// What our machine asks of the chain; remembers what it said of signatures, for the vectors.
#[derive(Debug, Default)]
struct Answers {
    signatures: Mutex<Vec<bool>>,
}

impl Externs for Answers {
    fn chain_randomness(&self, epoch: ChainEpoch) -> Result<[u8; 32]> {
        Ok(randomness(b"chain", epoch))
    }

    fn beacon_randomness(&self, epoch: ChainEpoch) -> Result<[u8; 32]> {
        Ok(randomness(b"beacon", epoch))
    }

    fn verify_signature(&self, signature: &Signature, signer: &Address, data: &[u8]) -> bool {
        let valid = signature.verify(data, signer).is_ok();
        self.signatures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(valid);
        valid
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

    fn message(&mut self, call: Call) -> Result<(Message, bool)> {
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
            gas_limit: GAS_LIMIT,
            gas_fee_cap: TokenAmount::default(),
            gas_premium: TokenAmount::default(),
        };
        Ok((message, implicit))
    }

    /// Learns of actors that were created, and of placeholders that became accounts.
    fn discover(&mut self) -> Result<()> {
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

/// Both machines on their way.
pub struct Run<'a> {
    pub world: World,
    pub vector: Vector,
    engines: &'a EnginePool,
    real: Real,
    store: Shared,
    answers: Arc<Answers>,
    root: Cid,
    trace: bool,
}

fn context(epoch: ChainEpoch) -> Context {
    Context {
        epoch,
        timestamp: 1_700_000_000 + epoch.unsigned_abs() * 30,
        base_fee: TokenAmount::default(),
        circulating_supply: TokenAmount::from_whole(400_000_000),
        network_version: NETWORK_VERSION,
        chain_id: CHAIN_ID,
        tracing: false,
    }
}

fn traced(epoch: ChainEpoch, tracing: bool) -> Context {
    Context {
        tracing,
        ..context(epoch)
    }
}

impl<'a> Run<'a> {
    pub fn new(seed: u64, bundle: &Shared, engines: &'a EnginePool, trace: bool) -> Result<Self> {
        let store = bundle.copy();
        let keys: Vec<Key> = (0..5)
            .map(|n| Key::secp256k1(seed * 100 + n))
            .chain((5..9).map(|n| Key::bls(seed * 100 + n)))
            .chain((9..12).map(|n| Key::ethereum(seed * 100 + n)))
            .collect();
        let accounts: Vec<_> = keys
            .iter()
            .take(11)
            .map(|key| (key.address, TokenAmount::from_whole(1_000_000)))
            .collect();
        let genesis = Genesis {
            network_name: "conformance".to_owned(),
            accounts: accounts.clone(),
            miners: Vec::new(),
            verifreg_root: None,
        };
        let blocks = Blocks::new(Arc::new(store.clone()));
        let root = genesis.build(&blocks)?;
        blocks.flush(&root)?;
        let answers = Arc::new(Answers::default());
        let machine = Machine::new(blocks, &root, context(0), answers.clone())?;
        let mut known = Vec::new();
        for id in 0..FIRST_NON_SINGLETON_ID + accounts.len() as u64 {
            if let Some(actor) = machine.tree().get(id)?
                && let Some(kind) = ActorKind::of(&actor.code)
            {
                known.push((id, kind));
            }
        }
        let rng = fastrand::Rng::with_seed(seed);
        Ok(Self {
            world: World {
                rng,
                keys,
                epoch: 0,
                machine,
                actors: known,
            },
            vector: Vector::new(seed, accounts, root),
            engines,
            real: Real::new(engines, store.clone(), root, &traced(0, trace))?,
            trace,
            store,
            answers,
            root,
        })
    }

    /// One more message, or the end of an epoch.
    pub fn step(&mut self, sources: &[&Source], report: &mut Report) -> Result<()> {
        if self.world.one_in(12) {
            let cron = Call::new(0, Address::new_id(CRON_ACTOR_ID), 2).sender(Sender::System);
            self.send("cron", cron, report)?;
            let ahead = if self.world.one_in(10) {
                self.world.rng.i64(2..3000)
            } else {
                1
            };
            return self.go_to(self.world.epoch + ahead);
        }
        let total: u32 = sources.iter().map(|source| source.weight).sum();
        let mut ticket = self.world.rng.u32(..total);
        for source in sources {
            if ticket < source.weight {
                if let Some(call) = (source.generate)(&mut self.world) {
                    self.send(source.name, call, report)?;
                }
                break;
            }
            ticket -= source.weight;
        }
        Ok(())
    }

    fn go_to(&mut self, epoch: ChainEpoch) -> Result<()> {
        self.world.epoch = epoch;
        self.world.machine.set_context(context(epoch));
        let context = traced(epoch, self.trace);
        self.real = Real::new(self.engines, self.store.clone(), self.root, &context)?;
        Ok(())
    }

    fn send(&mut self, source: &str, call: Call, report: &mut Report) -> Result<()> {
        let (message, implicit) = self.world.message(call)?;
        let kind = match implicit {
            true => ApplyKind::Implicit,
            false => ApplyKind::Explicit {
                chain_length: fvm_ipld_encoding::to_vec(&message)?.len(),
            },
        };
        let receiver = self.world.machine.tree().lookup(&message.to)?;
        let (real, gas) = self.real.apply(&message, implicit)?;
        self.answers
            .signatures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        let applied = self.world.machine.apply(&message, kind)?;
        let native = Outcome {
            exit_code: applied.receipt.exit_code,
            returned: applied.receipt.return_data.to_vec(),
            events: applied.receipt.events_root,
            root: self.world.machine.flush()?,
            error: applied.error,
        };
        let same = real.same(&native);
        let kind = match receiver {
            Some(id) => self
                .world
                .machine
                .tree()
                .get(id)?
                .and_then(|a| ActorKind::of(&a.code)),
            None => None,
        };
        report.count(source, kind, &message, &real, &native, same);
        report.gas(kind, &message, gas, applied.receipt.gas_used);
        self.root = real.root;
        if same && !self.vector.broken {
            self.vector.steps.push(Step::new(
                self.world.epoch,
                implicit,
                &message,
                &native,
                &self
                    .answers
                    .signatures
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner),
            )?);
        }
        if !same {
            // Go on from what is right.
            let blocks = Blocks::new(Arc::new(self.store.clone()));
            let context = context(self.world.epoch);
            self.world.machine = Machine::new(blocks, &self.root, context, self.answers.clone())?;
            self.vector.broken = true;
        }
        self.world.discover()
    }
}
