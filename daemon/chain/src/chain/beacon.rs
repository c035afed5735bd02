//! The randomness beacon of a local network, which is a fake: whoever knows the genesis can compute
//! all of it in advance.
//!
//! A real network asks drand, which nobody can foresee. Here the entry of an epoch is the
//! blake2b-256 hash of the one before and the epoch, from the entry in the genesis on. So the same
//! genesis always has the same randomness, nothing is asked of the internet, and every block can
//! still be checked. There is an entry for every epoch, its round is the epoch, and a block carries
//! those since its parents, null rounds included.

use lotus_types::{BeaconEntry, Bytes, TipSet};

use super::randomness::blake2b;

/// The entry of the genesis.
pub(super) fn first(network_name: &str, genesis_time: u64) -> BeaconEntry {
    let mut seed = network_name.as_bytes().to_vec();
    seed.extend_from_slice(&genesis_time.to_be_bytes());
    BeaconEntry {
        round: 0,
        data: Bytes(blake2b(&seed).to_vec()),
    }
}

/// The entry after another.
fn next(entry: &BeaconEntry) -> BeaconEntry {
    let round = entry.round + 1;
    let mut input = entry.data.to_vec();
    input.extend_from_slice(&round.to_be_bytes());
    BeaconEntry {
        round,
        data: Bytes(blake2b(&input).to_vec()),
    }
}

/// The last entry that a tipset carries.
pub(super) fn last(tipset: &TipSet) -> BeaconEntry {
    let entries = &tipset.min_ticket_block().beacon_entries;
    entries.last().cloned().unwrap_or_default()
}

/// The entries that a block at `epoch` on these parents carries.
pub(super) fn entries(parents: &TipSet, epoch: i64) -> Vec<BeaconEntry> {
    let mut entries = Vec::new();
    let mut entry = last(parents);
    while i64::try_from(entry.round).is_ok_and(|round| round < epoch) {
        entry = next(&entry);
        entries.push(entry.clone());
    }
    entries
}

/// The entry of an epoch, from one before it.
pub(super) fn entry_at(from: BeaconEntry, epoch: i64) -> BeaconEntry {
    let mut entry = from;
    while i64::try_from(entry.round).is_ok_and(|round| round < epoch) {
        entry = next(&entry);
    }
    entry
}
