//! Where messages come from: one file for each actor, drawing lots; and life cycles, which have a plot.

mod datacap;
mod fuzz;
mod init;
pub mod life;
mod market;
mod miner;
mod multisig;
mod paych;
mod power;
mod reward;
mod send;

use anyhow::{Result, ensure};

use crate::world::{Call, World};
use life::{LIVES, Life};

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

/// Generators and life cycles with the given names, or all.
pub fn select(names: &[String]) -> Result<(Vec<&'static Source>, Vec<&'static Life>)> {
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let sources: Vec<_> = SOURCES.iter().filter(|it| wanted(it.name)).collect();
    let lives: Vec<_> = LIVES.iter().filter(|it| wanted(it.name)).collect();
    for name in names {
        let known =
            sources.iter().any(|it| it.name == name) || lives.iter().any(|it| it.name == name);
        ensure!(known, "there is no generator and no life cycle {name}");
    }
    Ok((sources, lives))
}
