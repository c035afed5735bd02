//! The program `lotus-miner`.

use std::process::ExitCode;

fn main() -> ExitCode {
    lotus_cli::lotus_miner(std::env::args_os())
}
