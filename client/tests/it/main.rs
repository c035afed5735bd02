//! The client against a hand-made peer on real sockets, which shows and chooses every byte, and
//! against the node of this project.

// The helpers of tests fail as tests do.
#![allow(clippy::unwrap_used)]

mod channels;
mod http;
mod items;
mod node;
mod peer;
mod preludes;
mod reconnect;
mod resubscribing;
mod retry;
mod ws;
