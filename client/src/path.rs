//! The paths under which a node serves the versions of its API.

use std::fmt;

/// A version of the API, which is the last part of the path that is dialled (`/rpc/v1`).
///
/// A full node serves all of them; a miner serves only [`ApiPath::V0`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApiPath {
    /// The older API. Lotus's command line uses it unless a command says otherwise.
    V0,
    /// The current API of a full node.
    V1,
    /// The API of a full node that selects tipsets by tag, height or key.
    V2,
}

impl fmt::Display for ApiPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ApiPath::V0 => "v0",
            ApiPath::V1 => "v1",
            ApiPath::V2 => "v2",
        })
    }
}
