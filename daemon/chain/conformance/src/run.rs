//! One run of both machines through the same messages.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, ensure};
use cid::Cid;
use fvm::engine::EnginePool;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::crypto::signature::Signature;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::message::Message;
use fvm_shared::version::NetworkVersion;
use lotus_chain::vm::blocks::Blocks;
use lotus_chain::vm::fees::Fees;
use lotus_chain::vm::genesis::Genesis;
use lotus_chain::vm::manifest::{
    ActorKind, BURNT_FUNDS_ACTOR_ID, CRON_ACTOR_ID, FIRST_NON_SINGLETON_ID, REWARD_ACTOR_ID,
};
use lotus_chain::vm::state_tree::StateTree;
use lotus_chain::vm::{Applied, ApplyKind, Context, Externs, Machine};

use crate::calls::{self, Record};
use crate::generate::Source;
use crate::keys::Key;
use crate::real::Real;
use crate::report::{Receiver, Report, Sent};
use crate::store::Shared;
use crate::vectors::{Step, Vector};
use crate::world::{Call, Gas, Sender, World};

pub const NETWORK_VERSION: NetworkVersion = NetworkVersion::V27;
pub const CHAIN_ID: u64 = 31_415_926;

/// What a machine made of a message.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub exit_code: ExitCode,
    pub returned: Vec<u8>,
    pub events: Option<Cid>,
    pub root: Cid,
    pub error: Option<String>,
    /// Every call that was made, the message's own first.
    pub calls: Vec<Record>,
    pub gas_used: u64,
    pub fees: Fees,
}

impl Outcome {
    fn same(&self, other: &Self) -> bool {
        self.exit_code == other.exit_code
            && self.returned == other.returned
            && self.events == other.events
            && self.root == other.root
            && self.calls == other.calls
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

impl Answers {
    fn take(&self) -> Vec<bool> {
        std::mem::take(
            &mut self
                .signatures
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
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

/// Both machines on their way.
pub struct Run<'a> {
    pub world: World,
    pub vector: Vector,
    engines: &'a EnginePool,
    real: Real,
    store: Shared,
    answers: Arc<Answers>,
    root: Cid,
    supply: TokenAmount,
    base_fee: TokenAmount,
    print: bool,
}

fn context(epoch: ChainEpoch, base_fee: &TokenAmount) -> Context {
    Context {
        epoch,
        timestamp: 1_700_000_000 + epoch.unsigned_abs() * 30,
        base_fee: base_fee.clone(),
        circulating_supply: TokenAmount::from_whole(400_000_000),
        network_version: NETWORK_VERSION,
        chain_id: CHAIN_ID,
        tracing: true,
    }
}

impl<'a> Run<'a> {
    /// A network of its own for each seed. With a base fee (in attoFIL), messages pay for their gas.
    pub fn new(
        seed: u64,
        base_fee: u64,
        bundle: &Shared,
        engines: &'a EnginePool,
        print: bool,
    ) -> Result<Self> {
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
        let vector = Vector::new(seed, base_fee, accounts, root);
        let base_fee = TokenAmount::from_atto(base_fee);
        let context = context(0, &base_fee);
        let machine = Machine::new(blocks, &root, context.clone(), answers.clone())?;
        let mut known = Vec::new();
        for id in 0..FIRST_NON_SINGLETON_ID + 11 {
            if let Some(actor) = machine.tree().get(id)?
                && let Some(kind) = ActorKind::of(&actor.code)
            {
                known.push((id, kind));
            }
        }
        Ok(Self {
            world: World {
                rng: fastrand::Rng::with_seed(seed),
                keys,
                epoch: 0,
                machine,
                actors: known,
            },
            vector,
            engines,
            real: Real::new(engines, store.clone(), root, &context)?,
            supply: store.supply(&root)?,
            store,
            answers,
            root,
            base_fee,
            print,
        })
    }

    /// One more message, or the end of an epoch.
    pub fn step(&mut self, sources: &[&Source], report: &mut Report) -> Result<()> {
        if self.world.one_in(12) {
            let ahead = if self.world.one_in(10) {
                self.world.rng.i64(2..3000)
            } else {
                1
            };
            self.cron(report)?;
            return self.go_to(self.world.epoch + ahead);
        }
        let total: u32 = sources.iter().map(|source| source.weight).sum();
        let mut ticket = self.world.rng.u32(..total);
        for source in sources {
            if ticket < source.weight {
                if let Some(call) = (source.generate)(&mut self.world) {
                    let call = self.paying(call);
                    self.send(source.name, call, report)?;
                }
                break;
            }
            ticket -= source.weight;
        }
        Ok(())
    }

    /// The end of the epoch.
    pub fn cron(&mut self, report: &mut Report) -> Result<Outcome> {
        let cron = Call::new(0, Address::new_id(CRON_ACTOR_ID), 2).sender(Sender::System);
        self.send("cron", cron, report)
    }

    /// Goes on to another epoch.
    pub fn go_to(&mut self, epoch: ChainEpoch) -> Result<()> {
        self.world.epoch = epoch;
        let context = context(epoch, &self.base_fee);
        self.world.machine.set_context(context.clone());
        self.real = Real::new(self.engines, self.store.clone(), self.root, &context)?;
        Ok(())
    }

    /// What a call pays where gas costs something: now and then too little to be included at all.
    fn paying(&mut self, call: Call) -> Call {
        if self.base_fee == TokenAmount::default() || call.gas.limit.is_some() {
            return call;
        }
        let rng = &mut self.world.rng;
        let gas = Gas {
            limit: Some(match rng.u8(..30) {
                0 => rng.u64(1..500_000),
                _ => rng.u64(3_000_000_000..10_000_000_000),
            }),
            fee_cap: (&self.base_fee * rng.u64(0..12)).div_floor(4),
            premium: (&self.base_fee * rng.u64(0..4)).div_floor(4),
        };
        call.gas(gas)
    }

    /// Sends a message on both machines and compares what comes of it.
    pub fn send(&mut self, source: &str, call: Call, report: &mut Report) -> Result<Outcome> {
        let (message, implicit) = self.world.message(call)?;
        let kind = match implicit {
            true => ApplyKind::Implicit,
            false => ApplyKind::Explicit {
                chain_length: fvm_ipld_encoding::to_vec(&message)?.len(),
            },
        };
        let receiver = self.receiver(&message.to)?;
        let real = self.real.apply(&message, implicit)?;
        if self.print {
            real.calls
                .iter()
                .for_each(|call| eprintln!("  real: {call}"));
        }
        self.answers.take();
        let applied = self.world.machine.apply(&message, kind)?;
        let signatures = self.answers.take();
        let mut native = self.outcome(applied)?;
        self.check_fees(&message, implicit, &real, &native)?;
        let exact = real.gas_used == native.gas_used || self.base_fee == TokenAmount::default();
        if !exact {
            native.root = self.as_if_for_the_same_gas(&message, &real, &native)?;
        }
        let same = real.same(&native);
        report.count(&Sent {
            source,
            receiver,
            message: &message,
            real: &real,
            native: &native,
            same,
        });
        if real.root != self.root {
            let supply = self.store.supply(&real.root)?;
            ensure!(
                supply == self.supply,
                "{message:?} changes the total supply from {} to {supply}",
                self.supply
            );
        }
        self.root = real.root;
        // Where a message pays for another amount of gas, only this program knows what to expect.
        self.vector.broken |= !(same && exact);
        if !self.vector.broken {
            let epoch = self.world.epoch;
            self.vector
                .steps
                .push(Step::new(epoch, implicit, &message, &native, &signatures)?);
        }
        if !(same && exact) {
            // Go on from what is right.
            let blocks = Blocks::new(Arc::new(self.store.clone()));
            let context = context(self.world.epoch, &self.base_fee);
            self.world.machine = Machine::new(blocks, &self.root, context, self.answers.clone())?;
        }
        self.world.discover()?;
        Ok(real)
    }

    /// What a message is sent to, before it is.
    fn receiver(&self, to: &Address) -> Result<Receiver> {
        let tree = self.world.machine.tree();
        let Some(id) = tree.lookup(to)? else {
            return Ok(Receiver::New);
        };
        let actor = tree.get(id)?;
        Ok(actor
            .and_then(|actor| ActorKind::of(&actor.code))
            .map_or(Receiver::None, Receiver::Actor))
    }

    fn outcome(&mut self, applied: Applied) -> Result<Outcome> {
        Ok(Outcome {
            exit_code: applied.receipt.exit_code,
            returned: applied.receipt.return_data.to_vec(),
            events: applied.receipt.events_root,
            root: self.world.machine.flush()?,
            error: applied.error,
            calls: applied.trace.iter().flat_map(calls::ours).collect(),
            gas_used: applied.receipt.gas_used,
            fees: applied.fees,
        })
    }

    /// The fees must be those of the real machine, for the gas that the real machine has used.
    fn check_fees(
        &self,
        message: &Message,
        implicit: bool,
        real: &Outcome,
        native: &Outcome,
    ) -> Result<()> {
        // What was not valid used no gas, and cost its miner something; implicit messages are free.
        let expected = match (implicit, real.gas_used) {
            (true, _) => Fees::default(),
            (false, 0) => native.fees.clone(),
            (false, used) => Fees::compute(
                used,
                message.gas_limit,
                &self.base_fee,
                &message.gas_fee_cap,
                &message.gas_premium,
            ),
        };
        ensure!(
            implicit || expected == real.fees,
            "{message:?}: fees {:?}, ours {expected:?}",
            real.fees
        );
        Ok(())
    }

    /// The state that our machine's would be if it charged for gas what the real one does.
    fn as_if_for_the_same_gas(
        &self,
        message: &Message,
        real: &Outcome,
        native: &Outcome,
    ) -> Result<Cid> {
        let blocks = self.world.machine.tree().blocks().clone();
        let mut tree = StateTree::load(blocks, &native.root)?;
        let Some(sender) = tree.lookup(&message.from)? else {
            return Ok(native.root);
        };
        let burnt = |fees: &Fees| &fees.base_fee_burn + &fees.over_estimation_burn;
        let (theirs, ours) = (&real.fees, &native.fees);
        for (id, change) in [
            (sender, &theirs.refund - &ours.refund),
            (BURNT_FUNDS_ACTOR_ID, burnt(theirs) - burnt(ours)),
            (REWARD_ACTOR_ID, &theirs.miner_tip - &ours.miner_tip),
        ] {
            let mut actor = tree.expect(id)?;
            actor.balance += change;
            tree.set(id, actor);
        }
        Ok(tree.flush()?)
    }
}
