//! Vectors: what was sent and what came of it, small enough to be kept, for tests without the FVM.

use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD as BASE64;
use cid::Cid;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;
use serde::Serialize;

use crate::run::Outcome;

/// At most this many steps are kept, so that a file stays small.
const MOST_STEPS: usize = 900;

/// One run.
#[derive(Serialize)]
pub struct Vector {
    seed: u64,
    /// What a unit of gas costs, in attoFIL.
    base_fee: u64,
    /// The genesis: addresses and whole FIL.
    accounts: Vec<(String, u64)>,
    genesis: String,
    /// Something has differed: what follows is not recorded.
    #[serde(skip)]
    pub broken: bool,
    pub steps: Vec<Step>,
}

/// One message: epoch, implicit, the message in CBOR, exit code, return value, the first eight bytes
/// of the state root's digest, what was said of signatures.
#[derive(Serialize)]
pub struct Step(ChainEpoch, bool, String, u32, String, String, Vec<bool>);

impl Vector {
    pub fn new(
        seed: u64,
        base_fee: u64,
        accounts: Vec<(Address, TokenAmount)>,
        genesis: Cid,
    ) -> Self {
        let accounts = accounts
            .into_iter()
            .map(|(address, _)| (BASE64.encode(address.to_bytes()), 1_000_000))
            .collect();
        Self {
            seed,
            base_fee,
            accounts,
            genesis: genesis.to_string(),
            broken: false,
            steps: Vec::new(),
        }
    }

    /// Writes it, up to the first difference.
    pub fn write(&self, path: &Path) -> Result<()> {
        if self.broken {
            eprintln!(
                "seed {}: only {} steps recorded",
                self.seed,
                self.steps.len()
            );
        }
        let file = serde_json::json!({
            "seed": self.seed,
            "base_fee": self.base_fee,
            "accounts": self.accounts,
            "genesis": self.genesis,
            "steps": &self.steps[..self.steps.len().min(MOST_STEPS)],
        });
        std::fs::write(path, serde_json::to_vec(&file)?)
            .with_context(|| format!("{} cannot be written", path.display()))
    }
}

impl Step {
    pub fn new(
        epoch: ChainEpoch,
        implicit: bool,
        message: &Message,
        outcome: &Outcome,
        signatures: &[bool],
    ) -> Result<Self> {
        Ok(Self(
            epoch,
            implicit,
            BASE64.encode(fvm_ipld_encoding::to_vec(message)?),
            outcome.exit_code.value(),
            BASE64.encode(&outcome.returned),
            BASE64.encode(&outcome.root.hash().digest()[..8]),
            signatures.to_vec(),
        ))
    }
}
