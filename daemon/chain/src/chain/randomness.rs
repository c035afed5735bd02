//! The chain's randomness, from tickets and from the beacon (Lotus `chain/rand/rand.go`).

use std::sync::Arc;

use anyhow::Context as _;
use fvm_shared::address::Address as FvmAddress;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::crypto::signature::Signature as FvmSignature;
use lotus_types::{BeaconEntry, Signature, TipSet};

use super::beacon;
use crate::keys;
use crate::store::{ChainStore, NullRound, StoreError};
use crate::vm::Externs;

/// For what randomness is drawn, so that no two uses get the same (go-state-types
/// `crypto.DomainSeparationTag`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub enum Domain {
    /// Tickets.
    TicketProduction = 1,
    /// Election proofs.
    ElectionProofProduction = 2,
    /// The challenge of a winning proof of space-time.
    WinningPoStChallengeSeed = 3,
}

/// blake2b-256.
pub(super) fn blake2b(bytes: &[u8]) -> [u8; 32] {
    let digest = blake2b_simd::Params::new().hash_length(32).hash(bytes);
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_bytes());
    hash
}

/// Draws randomness from a digest for one use (Lotus `rand.DrawRandomnessFromDigest`): the hash of
/// the tag, the digest, the round and the entropy, the numbers as 64 bits, big-endian. `tag` is a
/// [`Domain`] or any other number of go-state-types.
pub fn draw(digest: &[u8; 32], tag: i64, round: i64, entropy: &[u8]) -> [u8; 32] {
    let mut state = blake2b_simd::Params::new().hash_length(32).to_state();
    state
        .update(&tag.to_be_bytes())
        .update(digest)
        .update(&round.to_be_bytes())
        .update(entropy);
    let mut hash = [0; 32];
    hash.copy_from_slice(state.finalize().as_bytes());
    hash
}

/// Draws from the data of a beacon entry or the proof of a ticket (Lotus
/// `rand.DrawRandomnessFromBase`).
pub(super) fn draw_from_base(base: &[u8], domain: Domain, round: i64, entropy: &[u8]) -> [u8; 32] {
    draw(&blake2b(base), domain as i64, round, entropy)
}

/// The randomness of the chain that ends with a tipset.
#[derive(Debug)]
pub(super) struct ChainRandomness {
    pub(super) store: Arc<ChainStore>,
    pub(super) tipset: Arc<TipSet>,
}

impl ChainRandomness {
    /// The tipset of an epoch, or the one after it if that was a null round.
    fn at(&self, epoch: i64) -> Result<Arc<TipSet>, StoreError> {
        self.store
            .tipset_by_height(epoch.max(0), Some(&self.tipset), NullRound::After)
    }

    /// The digest of the ticket of an epoch (Lotus `GetChainRandomness`).
    pub(super) fn ticket_digest(&self, epoch: i64) -> Result<[u8; 32], StoreError> {
        let tipset = self.at(epoch)?;
        let ticket = tipset.min_ticket_block().ticket.as_ref();
        Ok(ticket.map(|ticket| ticket.digest()).unwrap_or_default())
    }

    /// The beacon entry of an epoch (Lotus `extractBeaconEntryForEpoch`).
    pub(super) fn beacon_entry(&self, epoch: i64) -> Result<BeaconEntry, StoreError> {
        let tipset = self.at(epoch)?;
        let entries = &tipset.min_ticket_block().beacon_entries;
        let round = u64::try_from(epoch.max(0)).unwrap_or_default();
        let entry = entries.iter().find(|entry| entry.round == round);
        Ok(entry.cloned().unwrap_or_else(|| beacon::last(&tipset)))
    }

    /// The digest of the beacon entry of an epoch (Lotus `GetBeaconRandomness`).
    pub(super) fn beacon_digest(&self, epoch: i64) -> Result<[u8; 32], StoreError> {
        Ok(blake2b(&self.beacon_entry(epoch)?.data))
    }
}

impl Externs for ChainRandomness {
    fn chain_randomness(&self, epoch: ChainEpoch) -> anyhow::Result<[u8; 32]> {
        self.ticket_digest(epoch)
            .with_context(|| format!("no ticket of epoch {epoch}"))
    }

    fn beacon_randomness(&self, epoch: ChainEpoch) -> anyhow::Result<[u8; 32]> {
        self.beacon_digest(epoch)
            .with_context(|| format!("no beacon entry of epoch {epoch}"))
    }

    fn verify_signature(&self, signature: &FvmSignature, signer: &FvmAddress, data: &[u8]) -> bool {
        let mut bytes = vec![signature.signature_type() as u8];
        bytes.extend_from_slice(signature.bytes());
        Signature::from_bytes(&bytes)
            .is_ok_and(|signature| keys::verify(&signature, &(*signer).into(), data).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The preimage is written out here as go-state-types and Lotus describe it.
    #[test]
    fn it_is_the_hash_of_tag_digest_round_and_entropy() {
        let digest = [7; 32];
        let mut preimage = vec![0, 0, 0, 0, 0, 0, 0, 2];
        preimage.extend_from_slice(&digest);
        preimage.extend_from_slice(&[0, 0, 0, 0, 0, 0, 1, 0]);
        preimage.extend_from_slice(b"entropy");
        let expected = blake2b(&preimage);
        assert_eq!(draw(&digest, 2, 256, b"entropy"), expected);
        let base = b"the base";
        let drawn = draw_from_base(base, Domain::ElectionProofProduction, 256, b"entropy");
        assert_eq!(drawn, draw(&blake2b(base), 2, 256, b"entropy"));
        assert_ne!(
            drawn,
            draw_from_base(base, Domain::TicketProduction, 256, b"entropy")
        );
    }
}
