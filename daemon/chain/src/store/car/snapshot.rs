//! The first block of a snapshot of version 2 (FRC-0108), which names the head where a CAR's roots
//! otherwise do.

use cid::Cid;
use serde::Deserialize;

/// The version of the format that is known; version 1 has no such block.
const VERSION: u64 = 2;

/// What a snapshot says of itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Metadata {
    version: u64,
    /// The blocks of the head.
    pub(super) head_tipset_key: Vec<Cid>,
    /// Finality certificates, in one large block. They are no part of the chain.
    pub(super) f3_data: Option<Cid>,
}

impl Metadata {
    /// Reads the block; `None` if it is another one.
    pub(super) fn read(block: &[u8]) -> Option<Metadata> {
        let metadata: Metadata = fvm_ipld_encoding::from_slice(block).ok()?;
        (metadata.version == VERSION).then_some(metadata)
    }
}
