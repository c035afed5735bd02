//! The versions of the API that a node serves side by side.

use std::fmt;

/// A version of the API, which is the last part of the path that is dialled (`/rpc/v1`).
///
/// A full node serves both; a miner serves only [`ApiVersion::V0`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApiVersion {
    /// The older API. Lotus's command line uses it unless a command says otherwise.
    V0,
    /// The current API of a full node.
    V1,
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ApiVersion::V0 => "v0",
            ApiVersion::V1 => "v1",
        })
    }
}
