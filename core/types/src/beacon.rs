//! Entries of the randomness beacon.

use super::Bytes;
use crate::object;

/// A round of drand as a block carries it (Lotus `chain/types/blockheader.go`).
#[object]
#[derive(Eq, Hash)]
pub struct BeaconEntry {
    /// The round's number at drand.
    pub round: u64,
    /// The round's signature, of which the randomness is the hash.
    #[nil]
    pub data: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_example_round_trips() {
        let json = r#"{"Round":42,"Data":"Ynl0ZSBhcnJheQ=="}"#;
        let entry: BeaconEntry = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&entry).unwrap(), json);
    }
}
