//! The real programs, run as a user runs them, each in a home directory of its own.

mod harness;
mod local;
