//! File descriptors: every connection takes one, and so does every file of the repo.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that connections leave to the rest of the daemon: the keystore, the log, the chain.
const RESERVED: usize = 64;

/// How many connections there may be at a time: `wanted` (`[API] MaxConnections`), or fewer where the
/// system does not give the process so many descriptors. Without this bound, clients that merely
/// connect could keep the daemon from opening its own keys.
///
/// First raises the process's soft limit to the hard one, as Go's runtime does for Lotus.
pub(super) fn connections(wanted: usize) -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        Err(_) => current,
    };
    let Some(limit) = limit.and_then(|limit| usize::try_from(limit).ok()) else {
        return wanted;
    };
    let possible = limit.saturating_sub(RESERVED).max(1);
    if possible < wanted {
        tracing::warn!(
            target: "rpc",
            "the process may open {limit} files, so it serves {possible} connections at a time and not the {wanted} of [API] MaxConnections; raise the limit (ulimit -n), or lower the setting"
        );
    }
    possible.min(wanted)
}
