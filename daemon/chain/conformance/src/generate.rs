//! Where messages come from: one file for each actor.

mod datacap;
mod fuzz;
mod init;
mod market;
mod miner;
mod multisig;
mod paych;
mod power;
mod reward;
mod send;

use anyhow::{Result, bail};

use crate::world::{Call, World};

/// A generator.
pub struct Source {
    pub name: &'static str,
    /// How often, against the others'.
    pub weight: u32,
    pub generate: fn(&mut World) -> Option<Call>,
}

/// All of them.
pub const SOURCES: &[Source] = &[
    Source {
        name: "send",
        weight: 30,
        generate: send::generate,
    },
    Source {
        name: "init",
        weight: 10,
        generate: init::generate,
    },
    Source {
        name: "power",
        weight: 8,
        generate: power::generate,
    },
    Source {
        name: "reward",
        weight: 8,
        generate: reward::generate,
    },
    Source {
        name: "multisig",
        weight: 40,
        generate: multisig::generate,
    },
    Source {
        name: "paych",
        weight: 30,
        generate: paych::generate,
    },
    Source {
        name: "miner",
        weight: 40,
        generate: miner::generate,
    },
    Source {
        name: "market",
        weight: 15,
        generate: market::generate,
    },
    Source {
        name: "datacap",
        weight: 30,
        generate: datacap::generate,
    },
    Source {
        name: "fuzz",
        weight: 15,
        generate: fuzz::generate,
    },
];

/// Those with the given names, or all.
pub fn select(names: &[String]) -> Result<Vec<&'static Source>> {
    if names.is_empty() {
        return Ok(SOURCES.iter().collect());
    }
    names
        .iter()
        .map(
            |name| match SOURCES.iter().find(|source| source.name == name) {
                Some(source) => Ok(source),
                None => bail!("there is no generator {name}"),
            },
        )
        .collect()
}
