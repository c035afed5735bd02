//! Block headers, as miners sign them.

use fvm_ipld_encoding::{BytesDe, BytesSer};
use fvm_shared::address as fvm;
use fvm_shared::bigint::bigint_ser::{BigIntDe, BigIntSer};
use fvm_shared::econ;
use serde::Serialize;

use super::{Address, BeaconEntry, BigInt, Bytes, Cid, Signature, SignatureError, TokenAmount};
use crate::object;

/// The header of a block (Lotus `types.BlockHeader`): what its miner claims and signs, with the
/// state *before* its messages are executed.
#[object]
#[derive(Eq)]
pub struct BlockHeader {
    /// The miner's actor, by its ID address.
    pub miner: Address,
    /// The ticket that orders the blocks of a tipset. Blocks of a chain have one.
    pub ticket: Option<Ticket>,
    /// The proof that the miner may make a block in this epoch.
    pub election_proof: Option<ElectionProof>,
    /// The rounds of the randomness beacon since the parents. On the wire none are `null`.
    #[nil]
    pub beacon_entries: Vec<BeaconEntry>,
    /// The proof that the miner still stores what it won with. On the wire none are `null`.
    #[nil]
    #[serde(rename = "WinPoStProof")]
    pub win_po_st_proof: Vec<PoStProof>,
    /// The blocks of the parent tipset, in its order.
    #[nil]
    pub parents: Vec<Cid>,
    /// The weight of the chain that ends with the parents.
    pub parent_weight: BigInt,
    /// The epoch.
    pub height: i64,
    /// The state after the parents' messages.
    #[required]
    pub parent_state_root: Cid,
    /// The receipts of the parents' messages: the root of an AMT.
    #[required]
    pub parent_message_receipts: Cid,
    /// The block's own messages: a `MsgMeta` with the roots of two AMTs.
    #[required]
    pub messages: Cid,
    /// The aggregate of the signatures of its BLS messages.
    #[serde(rename = "BLSAggregate")]
    pub bls_aggregate: Option<Signature>,
    /// When it was made, in seconds since 1970.
    pub timestamp: u64,
    /// The signature of the miner's worker key over [`BlockHeader::signing_bytes`].
    pub block_sig: Option<Signature>,
    /// Reserved for votes on upgrades; always 0.
    pub fork_signaling: u64,
    /// The base fee of the parent tipset, in attoFIL per unit of gas.
    pub parent_base_fee: TokenAmount,
}

/// The output of a verifiable random function that orders blocks (Lotus `types.Ticket`).
#[object]
#[derive(Eq, Hash)]
pub struct Ticket {
    /// The proof; a ticket's rank is the blake2b-256 hash of it.
    #[nil]
    #[serde(rename = "VRFProof")]
    pub vrf_proof: Bytes,
}

/// The proof that a miner was elected (Lotus `types.ElectionProof`).
#[object]
#[derive(Eq, Hash)]
pub struct ElectionProof {
    /// How many times it won the epoch, and so how many rewards it gets.
    pub win_count: i64,
    /// The proof.
    #[nil]
    #[serde(rename = "VRFProof")]
    pub vrf_proof: Bytes,
}

/// A proof of space-time (go-state-types `proof.PoStProof`).
#[object]
#[derive(Eq, Hash)]
pub struct PoStProof {
    /// Its kind (go-state-types `abi.RegisteredPoStProof`).
    #[serde(rename = "PoStProof")]
    pub po_st_proof: i64,
    /// The proof.
    #[nil]
    pub proof_bytes: Bytes,
}

/// A header that has no binary form, or bytes that are no header.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// The miner's address is missing.
    #[error("the block has no Miner address; set it first")]
    NoMiner,
    /// A number is larger than the chain can hold.
    #[error("the block cannot be encoded: {0}")]
    Encode(fvm_ipld_encoding::Error),
    /// It is not the CBOR of a header.
    #[error("not the CBOR of a block header: {0}")]
    Decode(fvm_ipld_encoding::Error),
    /// A signature in it is none.
    #[error("not a block header: {0}")]
    Signature(#[from] SignatureError),
}

impl Ticket {
    /// Its rank: tickets are ordered by this hash (Lotus `Ticket.Less`).
    pub fn digest(&self) -> [u8; 32] {
        let digest = blake2b_simd::Params::new()
            .hash_length(32)
            .hash(&self.vrf_proof);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_bytes());
        bytes
    }
}

type DecodedPair<T> = Vec<(T, BytesDe)>;

/// What a header's CBOR consists of, in order.
type Decoded = (
    fvm::Address,
    Option<(BytesDe,)>,
    Option<(i64, BytesDe)>,
    DecodedPair<u64>,
    DecodedPair<i64>,
    Vec<cid::Cid>,
    BigIntDe,
    i64,
    cid::Cid,
    cid::Cid,
    cid::Cid,
    Option<BytesDe>,
    u64,
    Option<BytesDe>,
    u64,
    econ::TokenAmount,
);

impl BlockHeader {
    /// The header in Filecoin's CBOR: an array of sixteen (Lotus `chain/types/cbor_gen.go`).
    ///
    /// # Errors
    /// The miner is undefined, or a number exceeds the 128 bytes that the chain allows.
    pub fn to_cbor(&self) -> Result<Vec<u8>, BlockError> {
        self.encode(self.block_sig.as_ref())
    }

    /// What the miner signs: the header without its signature (Lotus `BlockHeader.SigningBytes`).
    ///
    /// # Errors
    /// As [`BlockHeader::to_cbor`].
    pub fn signing_bytes(&self) -> Result<Vec<u8>, BlockError> {
        self.encode(None)
    }

    /// The block's CID: that of its CBOR.
    ///
    /// # Errors
    /// As [`BlockHeader::to_cbor`].
    pub fn cid(&self) -> Result<Cid, BlockError> {
        Ok(Cid::of_dag_cbor(&self.to_cbor()?))
    }

    fn encode(&self, block_sig: Option<&Signature>) -> Result<Vec<u8>, BlockError> {
        let ticket = self.ticket.as_ref();
        let election = self.election_proof.as_ref();
        let beacons: Vec<_> = self
            .beacon_entries
            .iter()
            .map(|entry| (entry.round, BytesSer(&entry.data)))
            .collect();
        let proofs: Vec<_> = self
            .win_po_st_proof
            .iter()
            .map(|proof| (proof.po_st_proof, BytesSer(&proof.proof_bytes)))
            .collect();
        let parents: Vec<_> = self.parents.iter().map(Cid::inner).collect();
        let aggregate = self.bls_aggregate.as_ref().map(Signature::to_bytes);
        let signature = block_sig.map(Signature::to_bytes);
        let tuple = (
            self.miner.inner().ok_or(BlockError::NoMiner)?,
            ticket.map(|ticket| (BytesSer(&ticket.vrf_proof),)),
            election.map(|proof| (proof.win_count, BytesSer(&proof.vrf_proof))),
            beacons,
            proofs,
            parents,
            BigIntSer(self.parent_weight.inner()),
            self.height,
            self.parent_state_root.inner(),
            self.parent_message_receipts.inner(),
            self.messages.inner(),
            aggregate.as_deref().map(BytesSer),
            self.timestamp,
            signature.as_deref().map(BytesSer),
            self.fork_signaling,
            self.parent_base_fee.inner(),
        );
        encode(&tuple)
    }

    /// Reads what [`BlockHeader::to_cbor`] wrote.
    ///
    /// # Errors
    /// The bytes are not the CBOR of a header.
    pub fn from_cbor(bytes: &[u8]) -> Result<BlockHeader, BlockError> {
        let (
            miner,
            ticket,
            election_proof,
            beacon_entries,
            win_po_st_proof,
            parents,
            parent_weight,
            height,
            parent_state_root,
            parent_message_receipts,
            messages,
            bls_aggregate,
            timestamp,
            block_sig,
            fork_signaling,
            parent_base_fee,
        ): Decoded = fvm_ipld_encoding::from_slice(bytes).map_err(BlockError::Decode)?;
        let signature = |bytes: Option<BytesDe>| {
            let bytes = bytes.map(BytesDe::into_vec);
            bytes.as_deref().map(Signature::from_bytes).transpose()
        };
        Ok(BlockHeader {
            miner: miner.into(),
            ticket: ticket.map(|(vrf_proof,)| Ticket {
                vrf_proof: Bytes(vrf_proof.0),
            }),
            election_proof: election_proof.map(|(win_count, vrf_proof)| ElectionProof {
                win_count,
                vrf_proof: Bytes(vrf_proof.0),
            }),
            beacon_entries: beacon_entries
                .into_iter()
                .map(|(round, data)| BeaconEntry {
                    round,
                    data: Bytes(data.0),
                })
                .collect(),
            win_po_st_proof: win_po_st_proof
                .into_iter()
                .map(|(po_st_proof, proof)| PoStProof {
                    po_st_proof,
                    proof_bytes: Bytes(proof.0),
                })
                .collect(),
            parents: parents.into_iter().map(Cid::from).collect(),
            parent_weight: parent_weight.0.into(),
            height,
            parent_state_root: parent_state_root.into(),
            parent_message_receipts: parent_message_receipts.into(),
            messages: messages.into(),
            bls_aggregate: signature(bls_aggregate)?,
            timestamp,
            block_sig: signature(block_sig)?,
            fork_signaling,
            parent_base_fee: parent_base_fee.into(),
        })
    }
}

fn encode(tuple: &impl Serialize) -> Result<Vec<u8>, BlockError> {
    fvm_ipld_encoding::to_vec(tuple).map_err(BlockError::Encode)
}
