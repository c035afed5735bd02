//! The client against a hand-made peer on real sockets, which shows and chooses every byte.

// The helpers of tests fail as tests do.
#![allow(clippy::unwrap_used)]

mod channels;
mod http;
mod peer;
mod ws;
