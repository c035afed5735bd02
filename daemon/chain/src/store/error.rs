//! What can go wrong with the store.

use fvm_ipld_encoding::Error as EncodingError;
use lotus_types::{Cid, TipSetKey};

use crate::database::{self, DatabaseError};

/// Why the store could not do what it was asked. After each of them it is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database was written by a newer version of this program.
    #[error(
        "the chain in {place} has format {found}, and this program knows up to {known}; \
         use the version that wrote it"
    )]
    Newer {
        /// The file.
        place: String,
        /// The version of its format.
        found: u64,
        /// The newest version that this program knows.
        known: u64,
    },
    /// The database contradicts itself.
    #[error("the chain in {place} is damaged: {why}; move it away to start with a new one")]
    Damaged {
        /// The file.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// The file could not be read or written, for instance because the disk is full.
    #[error("the chain in {place} cannot be used: {why}")]
    Failed {
        /// The file.
        place: String,
        /// What the system says.
        why: String,
    },
    /// A block of IPLD that is referred to is not there.
    #[error("{what} {cid} is not in the store; a chain from a file has only what the file has")]
    Missing {
        /// What it would be.
        what: &'static str,
        /// Its CID.
        cid: Cid,
    },
    /// A block of IPLD is there, but is not what it should be.
    #[error("{cid} is no {what}: {why}")]
    Malformed {
        /// What it should be.
        what: &'static str,
        /// Its CID.
        cid: Box<Cid>,
        /// What is wrong with it.
        why: String,
    },
    /// Something that was to be stored has no binary form.
    #[error("it cannot be stored: {0}")]
    Encode(#[from] EncodingError),
    /// A message that was to be stored has no binary form.
    #[error("it cannot be stored: {0}")]
    Message(#[from] lotus_types::MessageError),
    /// Blocks that make no tipset.
    #[error(transparent)]
    TipSet(#[from] lotus_types::TipSetError),
    /// A CAR file that cannot be imported.
    #[error("{file} cannot be imported: {why}; nothing of it is kept")]
    Car {
        /// The file, or another source.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// A CAR file cannot be written.
    #[error("the chain cannot be exported: {0}")]
    Export(String),
    /// A chain is to be imported where there is one.
    #[error("there is a chain already; import into a new repo")]
    NotEmpty,
    /// The store is empty.
    #[error("the chain has no head yet; wait for its first block")]
    NoHead,
    /// The key of no tipset.
    #[error("the empty tipset key names no tipset; give the CIDs of its blocks")]
    EmptyKey,
    /// A height above that of the tipset at which the search starts; the words are Lotus's.
    #[error("looking for tipset with height greater than start point")]
    AboveStart,
    /// A height below zero, or below the first tipset that is here.
    #[error("there is no tipset at or before height {0} in this chain")]
    NoSuchHeight(i64),
    /// Two tipsets that have no common ancestor here.
    #[error("{0} and {1} have no common ancestor in the store")]
    Unrelated(TipSetKey, TipSetKey),
}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> StoreError {
        match error {
            DatabaseError::Newer {
                place,
                found,
                known,
            } => StoreError::Newer {
                place,
                found,
                known,
            },
            DatabaseError::Damaged { place, why } => StoreError::Damaged { place, why },
            DatabaseError::Failed { place, why } => StoreError::Failed { place, why },
        }
    }
}

/// Why a transaction of the store was given up.
pub(super) type Failure = database::Failure<StoreError>;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Refused(error)
    }
}

impl StoreError {
    /// What an IPLD library says, which may be an error of the store that passed through it.
    pub(crate) fn from_library(
        what: &'static str,
        cid: &cid::Cid,
        error: impl Into<anyhow::Error>,
    ) -> StoreError {
        passed(what, error.into()).unwrap_or_else(|error| StoreError::Malformed {
            what,
            cid: Box::new((*cid).into()),
            why: format!("{error:#}"),
        })
    }
}

/// An error of the store that passed through a library, or a block that the library has missed.
fn passed(what: &'static str, error: anyhow::Error) -> Result<StoreError, anyhow::Error> {
    use {fvm_ipld_amt::Error as AmtError, fvm_ipld_hamt::Error as HamtError};
    let error = match error.downcast() {
        Ok(AmtError::Dynamic(inner)) => inner,
        Ok(AmtError::CidNotFound(cid)) => HamtError::CidNotFound(cid).into(),
        Ok(other) => other.into(),
        Err(error) => error,
    };
    let error = match error.downcast() {
        Ok(HamtError::Dynamic(inner)) => inner,
        Ok(HamtError::CidNotFound(cid)) => {
            let cid = cid.parse()?;
            return Ok(StoreError::Missing { what, cid });
        }
        Ok(other) => other.into(),
        Err(error) => error,
    };
    error.downcast()
}
