//! Life cycles: stories with a plot, where the generators beside this file draw lots. Each has a network
//! of its own, whose seed chooses keys and amounts.

mod beneficiary;
mod channel;
mod constructors;
mod datacap;
mod debt;
mod fees;
mod links;
mod miner;
mod multisig;
mod nested;
mod parameters;
mod power;
mod reward;
mod settlement;
mod signers;
mod vesting;

use std::panic::Location;

use anyhow::{Context as _, Result, ensure};
use fvm_ipld_encoding::RawBytes;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use lotus_chain::vm::actors::init::{self, ExecParams, ExecReturn};
use lotus_chain::vm::manifest::{ActorKind, INIT_ACTOR_ID};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::report::Report;
use crate::run::{Outcome, Run};
use crate::world::{Call, World};

/// A story.
pub struct Life {
    pub name: &'static str,
    /// What a unit of gas costs, in attoFIL.
    pub base_fee: u64,
    pub tell: fn(&mut Stage<'_, '_>) -> Result<()>,
}

/// All of them.
pub const LIVES: &[Life] = &[
    free("channel", channel::tell),
    free("settlement", settlement::tell),
    free("multisig", multisig::tell),
    free("signers", signers::tell),
    free("vesting", vesting::tell),
    free("nested", nested::tell),
    free("miner", miner::tell),
    free("beneficiary", beneficiary::tell),
    free("debt", debt::tell),
    free("reward", reward::tell),
    free("power", power::tell),
    free("datacap", datacap::tell),
    free("constructors", constructors::tell),
    free("links", links::tell),
    free("parameters", parameters::tell),
    Life {
        name: "fees",
        base_fee: 1000,
        tell: fees::tell,
    },
];

const fn free(name: &'static str, tell: fn(&mut Stage<'_, '_>) -> Result<()>) -> Life {
    Life {
        name,
        base_fee: 0,
        tell,
    }
}

/// The most that is leapt at once: cron runs at the end of each leap, as it does not in null rounds.
const LONGEST_LEAP: ChainEpoch = 3000;

/// Where a story is told.
pub struct Stage<'s, 'r> {
    pub run: &'s mut Run<'r>,
    pub report: &'s mut Report,
    pub name: &'static str,
}

impl Stage<'_, '_> {
    pub fn world(&mut self) -> &mut World {
        &mut self.run.world
    }

    pub fn epoch(&self) -> ChainEpoch {
        self.run.world.epoch
    }

    /// The address of a key: 0 to 4 secp256k1, 5 to 8 BLS, 9 to 11 Ethereum, the last without funds.
    pub fn address(&self, key: usize) -> Address {
        self.run.world.keys[key].address
    }

    /// The id of a key that has an actor.
    pub fn id(&self, key: usize) -> Result<Address> {
        let id = self.run.world.machine.tree().lookup(&self.address(key))?;
        Ok(Address::new_id(id.context("the key has no actor")?))
    }

    /// Some different keys with accounts, secp256k1 and BLS.
    pub fn some<const N: usize>(&mut self) -> [usize; N] {
        let mut keys: Vec<usize> = (0..9).collect();
        self.world().rng.shuffle(&mut keys);
        std::array::from_fn(|n| keys[n])
    }

    /// Whatever comes of it, the same on both machines.
    pub fn send(&mut self, call: Call) -> Result<Outcome> {
        self.run.send(self.name, call, self.report)
    }

    /// It must succeed.
    #[track_caller]
    pub fn ok(&mut self, call: Call) -> Result<Outcome> {
        self.exits(0, call)
    }

    /// It must end with that exit code.
    #[track_caller]
    pub fn exits(&mut self, code: u32, call: Call) -> Result<Outcome> {
        let at = Location::caller();
        let outcome = self.send(call)?;
        self.check(at, outcome.exit_code, code, &outcome)?;
        Ok(outcome)
    }

    /// It must succeed, and this is what it returns.
    #[track_caller]
    pub fn returns<T: DeserializeOwned>(&mut self, call: Call) -> Result<T> {
        let at = Location::caller();
        let outcome = self.exits(0, call)?;
        fvm_ipld_encoding::from_slice(&outcome.returned).with_context(|| format!("at {at}"))
    }

    pub fn check(
        &self,
        at: &Location<'_>,
        seen: ExitCode,
        expected: u32,
        outcome: &Outcome,
    ) -> Result<()> {
        ensure!(
            seen.value() == expected,
            "{} in epoch {}: {at} expects exit code {expected}, not {seen} ({:?})",
            self.name,
            self.epoch(),
            outcome.error
        );
        Ok(())
    }

    /// Creates an actor.
    #[track_caller]
    pub fn create(
        &mut self,
        key: usize,
        kind: ActorKind,
        value: TokenAmount,
        params: &impl Serialize,
    ) -> Result<ExecReturn> {
        let call = exec(key, kind, params)?.value(value);
        self.returns(call)
    }

    /// Ends the epoch, with cron, and goes on: with cron wherever it stops on the way.
    pub fn leap(&mut self, epochs: ChainEpoch) -> Result<()> {
        let end = self.epoch() + epochs;
        while self.epoch() < end {
            self.run.cron(self.report)?;
            let next = end.min(self.epoch() + LONGEST_LEAP);
            self.run.go_to(next)?;
        }
        Ok(())
    }
}

/// Creates an actor.
pub fn exec(key: usize, kind: ActorKind, params: &impl Serialize) -> Result<Call> {
    Ok(
        Call::new(key, Address::new_id(INIT_ACTOR_ID), init::EXEC).params(&ExecParams {
            code_cid: kind.code(),
            constructor_params: RawBytes::serialize(params)?,
        }),
    )
}

/// An amount in FIL.
pub fn fil(n: u64) -> TokenAmount {
    TokenAmount::from_whole(n)
}

/// The id in an id address.
pub fn id_of(address: &Address) -> Result<ActorID> {
    address.id().context("not an id address")
}
