//! The program `lotus`.

use std::process::ExitCode;

fn main() -> ExitCode {
    lotus_cli::lotus(std::env::args_os())
}
