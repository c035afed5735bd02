//! Which calls are repeated when the connection fails, and how often.

use std::collections::HashSet;
use std::sync::LazyLock;

use lotus_core::Method;
use lotus_core::api::{
    FULL_NODE_V0, FULL_NODE_V1, FULL_NODE_V2, MINER, REMOTE_WALLET, Surface, WORKER,
};

use crate::backoff::Backoff;
use crate::error::{CallError, Error};

/// How a call that is safe to repeat is repeated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retries {
    /// How often it is tried in all.
    pub(crate) attempts: u32,
    /// How long to wait in between.
    pub(crate) backoff: Backoff,
}

impl Retries {
    /// How often a method may be tried.
    pub(crate) fn attempts(&self, method: &str) -> u32 {
        if is_safe(method) { self.attempts } else { 1 }
    }
}

/// Whether a call failed because there is no connection, or no longer: not when the node answered,
/// whatever it said, and not when time ran out.
pub(crate) fn is_connection_failure(error: &CallError) -> bool {
    let CallError::Transport(cause) = error else {
        return false;
    };
    matches!(
        cause.downcast_ref(),
        Some(Error::Unreachable { .. } | Error::Disconnected { .. })
    )
}

/// Every path on which a method may be called.
static SURFACES: [&Surface; 6] = [
    &FULL_NODE_V0,
    &FULL_NODE_V1,
    &FULL_NODE_V2,
    &MINER,
    &WORKER,
    &REMOTE_WALLET,
];

/// Whether Lotus marks a method as safe to repeat, wherever it has it: a client does not know which
/// program it talks to.
fn is_safe(method: &str) -> bool {
    static SAFE: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        let names = |retry: bool| -> HashSet<&'static str> {
            let methods = methods().filter(|method| method.retry == retry);
            methods
                .flat_map(|method| std::iter::once(&method.name).chain(method.aliases))
                .copied()
                .collect()
        };
        &names(true) - &names(false)
    });
    SAFE.contains(method)
}

fn methods() -> impl Iterator<Item = &'static Method> {
    SURFACES
        .iter()
        .flat_map(|surface| surface.layers)
        .flat_map(|layer| layer.iter())
        .flat_map(|group| group.methods)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_is_what_lotus_marks() {
        // Lotus `api/api_storage.go`: `retry:"true"`.
        assert!(is_safe("Filecoin.WorkerConnect"));
        assert!(is_safe("Filecoin.ReturnSealCommit2"));
        assert!(!is_safe("Filecoin.MpoolPushMessage"));
        assert!(!is_safe("Filecoin.ChainHead"));
        assert!(!is_safe("Filecoin.NoSuchMethod"));
    }
}
