//! The kinds of files that make a sector.

use std::ops::BitOr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of file, or several of them: a mask of bits (Lotus `storiface.SectorFileType`).
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    JsonSchema,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct SectorFileType(pub i64);

impl SectorFileType {
    /// None.
    pub const NONE: Self = Self(0);
    /// The data, as clients gave it.
    pub const UNSEALED: Self = Self(1);
    /// The replica.
    pub const SEALED: Self = Self(2);
    /// What proofs over the replica need besides it.
    pub const CACHE: Self = Self(4);
    /// The replica with a snap deal's data.
    pub const UPDATE: Self = Self(8);
    /// What proofs over that need besides it.
    pub const UPDATE_CACHE: Self = Self(16);
    /// A piece on its way into a sector.
    pub const PIECE: Self = Self(32);

    /// Whether every kind of `other` is in this.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for SectorFileType {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_combine_and_travel_as_a_number() {
        let both = SectorFileType::SEALED | SectorFileType::CACHE;
        assert_eq!(serde_json::to_string(&both).unwrap(), "6");
        assert!(both.contains(SectorFileType::CACHE));
        assert!(!both.contains(SectorFileType::CACHE | SectorFileType::UPDATE));
    }
}
