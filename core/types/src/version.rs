//! `Filecoin.Version`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The versions of a daemon (Lotus `api.APIVersion`).
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Version {
    /// The daemon's own version with its network, `0.1.0+devnet`.
    pub version: String,
    /// The version of the API on the path that answered.
    #[serde(rename = "APIVersion")]
    pub api_version: ApiVersion,
    /// Seconds between two epochs.
    pub block_delay: u64,
    /// The name of the software.
    pub agent: String,
}

impl Default for Version {
    fn default() -> Self {
        Self {
            version: String::new(),
            api_version: ApiVersion(0),
            block_delay: 0,
            agent: String::new(),
        }
    }
}

/// `major << 16 | minor << 8 | patch`. Go clients compare major and minor when they connect.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ApiVersion(pub u32);

impl ApiVersion {
    /// `/rpc/v1` of a full node: 2.3.0, 131840 on the wire.
    pub const FULL_V1: Self = Self::new(2, 3, 0);
    /// `/rpc/v0` of a full node: 1.5.0, 66816 on the wire.
    pub const FULL_V0: Self = Self::new(1, 5, 0);
    /// `/rpc/v0` of a miner: 1.5.0, 66816 on the wire.
    pub const MINER: Self = Self::new(1, 5, 0);
    /// `/rpc/v0` of a worker: 1.7.0, 67328 on the wire.
    pub const WORKER: Self = Self::new(1, 7, 0);

    /// Packs the three numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self(major << 16 | minor << 8 | patch)
    }
}

/// `2.3.0`
impl std::fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}.{}.{}",
            self.0 >> 16,
            self.0 >> 8 & 0xff,
            self.0 & 0xff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_ones_go_clients_compare() {
        assert_eq!(ApiVersion::FULL_V1.0, 131_840);
        assert_eq!(ApiVersion::FULL_V0.0, 66_816);
        assert_eq!(ApiVersion::WORKER.0, 67_328);
        assert_eq!(ApiVersion::FULL_V1.to_string(), "2.3.0");
    }

    #[test]
    fn the_documented_example_round_trips() {
        let text = r#"{"Version":"string value","APIVersion":131840,"BlockDelay":42,"Agent":"string value"}"#;
        let version: Version = serde_json::from_str(text).unwrap();
        assert_eq!(version.api_version, ApiVersion::FULL_V1);
        assert_eq!(serde_json::to_string(&version).unwrap(), text);
    }
}
