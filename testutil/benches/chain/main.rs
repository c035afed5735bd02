//! What the local chain costs: its start, its memory, messages a second, and how all that grows with
//! its length.
//!
//! ```text
//! cargo bench -p lotus-testutil --bench chain
//! cargo bench -p lotus-testutil --bench chain -- start     # or: throughput, growth; short
//! ```
//!
//! Builds the `lotus` that it measures, prints its tables, and writes each into its own part of
//! `docs/performance.md`. `short` sends a tenth of the messages, leaves out the chain of a million
//! epochs, and writes nothing. All of it takes some minutes.

// Its result is what it prints.
#![allow(clippy::print_stdout)]

mod daemon;
mod growth;
mod headers;
mod long;
mod report;
mod rpc;
mod start;
mod statistics;
mod throughput;

use report::Report;

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let named: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let short = named.iter().any(|name| name == "short");
    let all = named.iter().all(|name| name == "short");
    let wanted = |name: &str| all || named.iter().any(|named| named == name);
    let lotus = daemon::build();
    let report = Report::new(!short);
    if wanted("start") {
        start::measure(&lotus, &report);
    }
    if wanted("throughput") {
        throughput::measure(&lotus, &report, short);
    }
    if wanted("growth") {
        growth::measure(&lotus, &report, short);
    }
}
