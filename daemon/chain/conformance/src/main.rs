//! Does our virtual machine compute what the real one does?
//!
//! This program drives two virtual machines side by side: `fvm` 4.8, running the built-in actors'
//! own wasm, and the one in `lotus-chain`, with the same generated messages on the same genesis. After
//! **every** message it compares the exit code, the return value, the root of the events, every call that
//! one actor made to another, and the **whole state root**; and it checks that no funds were made or lost.
//!
//! Gas is the one thing in which the two differ. So in most runs it is free. In those with fees the state
//! is compared as it would be if our machine had used the gas that the real one has.
//!
//! # How to run it
//!
//! ```text
//! cd daemon/chain/conformance
//! FILECOIN_BUNDLE=builtin-actors-v17-devnet.car.zst cargo run --release
//! ```
//!
//! The bundle is the CAR file of release v17 of the built-in actors for a devnet, as it is or
//! compressed by zstd. `--seeds 1-4` and `--messages 2000` say how much to run, `--only send,channel`
//! which generators and life cycles, `--report ../../../docs/conformance.md` where to write the counts, and
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
//! What draws lots seldom comes far: so there are life cycles as well, one file each in `generate/life/`,
//! which go from a beginning to an end and know which exit code to expect on the way.
//!
//! Nothing here verifies proofs: the stub in `proofs/` refuses each of them.

mod calls;
mod generate;
mod keys;
mod real;
mod report;
mod run;
mod store;
mod vectors;
mod world;

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;

use crate::generate::Source;
use crate::generate::life::{Life, Stage};

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
    #[arg(long, default_value_t = 2000)]
    messages: usize,
    /// Only these generators and life cycles.
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

/// What a unit of gas costs in runs with fees, in attoFIL.
const BASE_FEE: u64 = 100;
/// One message in so many is sent with fees.
const WITH_FEES: usize = 4;
/// Vectors are kept of the first seed's life cycles, and of what is drawn at random by this many seeds.
const RECORDED: u64 = 4;

fn run(options: &Options) -> Result<()> {
    let session = Session {
        options,
        bundle: store::read_bundle(&options.bundle)?,
        engines: real::engines(),
    };
    let (sources, lives) = generate::select(&options.only)?;
    let mut report = report::Report::default();
    for seed in seeds(&options.seeds)? {
        let start = std::time::Instant::now();
        for life in &lives {
            session.live(seed, life, &mut report)?;
        }
        if !sources.is_empty() {
            let messages = options.messages;
            session.draw(seed, 0, messages, &sources, &mut report)?;
            session.draw(seed, BASE_FEE, messages / WITH_FEES, &sources, &mut report)?;
        }
        eprintln!(
            "seed {seed}: {:?}, {} differ so far",
            start.elapsed(),
            report.differences.len()
        );
        report.seeds.push(seed);
        if let Some(path) = &options.report {
            std::fs::write(path, report.markdown()).context("the report cannot be written")?;
        }
    }
    report.print();
    ensure!(
        report.differences.is_empty() && report.failures.is_empty(),
        "{} messages differ, {} life cycles went another way than told",
        report.differences.len(),
        report.failures.len()
    );
    Ok(())
}

/// What all runs share.
struct Session<'a> {
    options: &'a Options,
    bundle: store::Shared,
    engines: fvm::engine::EnginePool,
}

impl Session<'_> {
    /// A life cycle from its beginning to its end.
    fn live(&self, seed: u64, life: &Life, report: &mut report::Report) -> Result<()> {
        let mut run = self.begin(seed, life.base_fee)?;
        let mut stage = Stage {
            run: &mut run,
            report,
            name: life.name,
        };
        // One that does not go as told is wrong about the real machine, or ours is.
        if let Err(error) = (life.tell)(&mut stage) {
            report.fail(format!("{}, seed {seed}: {error:#}", life.name));
        }
        match seed {
            1 => self.record(&run, seed, life.name),
            _ => Ok(()),
        }
    }

    /// Messages drawn at random.
    fn draw(
        &self,
        seed: u64,
        base_fee: u64,
        messages: usize,
        sources: &[&Source],
        report: &mut report::Report,
    ) -> Result<()> {
        let mut run = self.begin(seed, base_fee)?;
        for _ in 0..messages {
            run.step(sources, report)?;
            if self.options.stop && !report.differences.is_empty() {
                break;
            }
        }
        if base_fee == 0 && seed <= RECORDED {
            self.record(&run, seed, "random")?;
        }
        Ok(())
    }

    fn begin(&self, seed: u64, base_fee: u64) -> Result<run::Run<'_>> {
        run::Run::new(
            seed,
            base_fee,
            &self.bundle,
            &self.engines,
            self.options.trace,
        )
    }

    fn record(&self, run: &run::Run<'_>, seed: u64, name: &str) -> Result<()> {
        match &self.options.record {
            Some(directory) => run
                .vector
                .write(&directory.join(format!("{name}-{seed}.json"))),
            None => Ok(()),
        }
    }
}

fn seeds(text: &str) -> Result<std::ops::RangeInclusive<u64>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Ok(first.parse()?..=last.parse()?)
}
