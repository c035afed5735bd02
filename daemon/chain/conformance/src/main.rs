//! Does our virtual machine compute what the real one does?
//!
//! This program drives two virtual machines side by side: `fvm` 4.8, running the built-in actors'
//! own wasm, and the one in `lotus-chain`, with the same generated messages on the same genesis. After
//! **every** message it compares the exit code, the return value, the root of the events and the
//! **whole state root**. Fees are zero, because gas is the one thing in which the two differ.
//!
//! # How to run it
//!
//! ```text
//! cd daemon/chain/conformance
//! FILECOIN_BUNDLE=builtin-actors-v17-devnet.car.zst cargo run --release
//! ```
//!
//! The bundle is the CAR file of release v17 of the built-in actors for a devnet, as it is or
//! compressed by zstd. `--seeds 1-4` and `--messages 3000` say how much to run, `--only send,init`
//! which generators, `--report ../../../docs/conformance.md` where to write the counts, and
//! `--record ../tests/vectors` where to keep vectors, which the ordinary tests of `lotus-chain` replay
//! without any of this. The exit code is 0 if nothing differs.
//!
//! # How an actor's messages are generated
//!
//! One file in `generate/` for each actor: a function from the [`world::World`] to the next
//! [`world::Call`], with a weight in [`generate::SOURCES`]. The world knows the keys and every actor that
//! exists, and gives access to the state, so that a generator can make calls that succeed as well as
//! all that fail.
//!
//! Nothing here verifies proofs: the stub in `proofs/` refuses each of them.

mod generate;
mod keys;
mod real;
mod report;
mod store;
mod vectors;
mod world;

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;

/// Compares lotus-chain's virtual machine with the real FVM.
#[derive(Parser)]
struct Options {
    /// The bundle of built-in actors (CAR, or CAR compressed by zstd).
    #[arg(long, env = "FILECOIN_BUNDLE")]
    bundle: PathBuf,
    /// Which seeds to run: one, or a range such as 1-4.
    #[arg(long, default_value = "1-4")]
    seeds: String,
    /// How many messages for each seed.
    #[arg(long, default_value_t = 3000)]
    messages: usize,
    /// Only these generators.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Write the counts there.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Write vectors into this directory.
    #[arg(long)]
    record: Option<PathBuf>,
    /// Print the calls that the real machine makes.
    #[arg(long)]
    trace: bool,
    /// Stop at the first difference.
    #[arg(long)]
    stop: bool,
}

fn main() -> Result<()> {
    let options = Options::parse();
    // The FVM needs a large stack; so does ours for calls that nest deeply.
    std::thread::Builder::new()
        .stack_size(1 << 30)
        .spawn(move || run(&options))
        .context("no thread")?
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn run(options: &Options) -> Result<()> {
    let bundle = store::read_bundle(&options.bundle)?;
    let engines = real::engines();
    let mut report = report::Report::default();
    for seed in seeds(&options.seeds)? {
        let sources = generate::select(&options.only)?;
        let mut run = world::Run::new(seed, &bundle, &engines, options.trace)?;
        let start = std::time::Instant::now();
        for _ in 0..options.messages {
            run.step(&sources, &mut report)?;
            if options.stop && !report.differences.is_empty() {
                break;
            }
        }
        eprintln!(
            "seed {seed}: {} messages to epoch {} in {:?}, {} differ so far",
            options.messages,
            run.world.epoch,
            start.elapsed(),
            report.differences.len()
        );
        if let Some(directory) = &options.record {
            run.vector
                .write(&directory.join(format!("seed-{seed}.json")))?;
        }
        report.seeds.push(seed);
    }
    report.print();
    if let Some(path) = &options.report {
        std::fs::write(path, report.markdown()).context("the report cannot be written")?;
    }
    ensure!(
        report.differences.is_empty(),
        "{} messages differ",
        report.differences.len()
    );
    Ok(())
}

fn seeds(text: &str) -> Result<std::ops::RangeInclusive<u64>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Ok(first.parse()?..=last.parse()?)
}
