//! Which links of a block must lead somewhere. The machine stores no block whose links its writer cannot
//! have come across, so that the state is always whole (the FVM's `ipld` and `kernel/blocks.rs`).

use cbor4ii::core::dec::{
    ArrayStart, Decode, Error, IgnoredAny, MapStart, Read, Reference, TagStart, if_major,
};
use cbor4ii::core::major;
use cbor4ii::core::types::Bytes;
use cbor4ii::core::utils::SliceReader;
use cid::Cid;
use fvm_ipld_encoding::{CBOR, DAG_CBOR, IPLD_RAW};
use fvm_shared::IDENTITY_HASH;
use fvm_shared::commcid::{FIL_COMMITMENT_SEALED, FIL_COMMITMENT_UNSEALED};
use multihash_codetable::Code;

/// The tag of a link in DAG-CBOR.
const LINK: u64 = 42;
/// In the first byte of an item: that its length is not given, which DAG-CBOR does not have.
const ENDLESS: u8 = 0x1f;
/// The length of the hashes that blocks are named by, in bytes.
const HASH_LENGTH: u8 = 32;

/// Why a block cannot be stored.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    /// It is no DAG-CBOR.
    #[error("it is not DAG-CBOR: {0}")]
    Malformed(String),
    /// No block can have that CID.
    #[error("it links to {0}, which can be no block of the state")]
    Impossible(Cid),
}

fn malformed(error: impl ToString) -> LinkError {
    LinkError::Malformed(error.to_string())
}

/// The links in a block that its writer must have come across. Not among them are those to pieces and
/// sectors, which are no blocks; of a link that holds its own block (identity hash), the links in that.
///
/// # Errors
/// When the block is no DAG-CBOR, or links to what can be no block.
pub(super) fn required(codec: u64, block: &[u8]) -> Result<Vec<Cid>, LinkError> {
    let mut found = Vec::new();
    scan(codec, block, &mut found)?;
    Ok(found)
}

fn scan(codec: u64, block: &[u8], found: &mut Vec<Cid>) -> Result<(), LinkError> {
    if codec != DAG_CBOR {
        return Ok(());
    }
    let mut reader = SliceReader::new(block);
    let mut left = 1_usize;
    while left > 0 {
        left -= 1;
        let more = item(&mut reader, found)?;
        left = left
            .checked_add(more)
            .ok_or_else(|| malformed("too many items"))?;
    }
    match next(&mut reader)? {
        None => Ok(()),
        Some(_) => Err(malformed("something follows it")),
    }
}

fn next(reader: &mut SliceReader<'_>) -> Result<Option<u8>, LinkError> {
    let (Reference::Long(bytes) | Reference::Short(bytes)) = reader.fill(1).map_err(malformed)?;
    Ok(bytes.first().copied())
}

/// Goes over one item, but not over those in it; how many these are.
fn item(reader: &mut SliceReader<'_>, found: &mut Vec<Cid>) -> Result<usize, LinkError> {
    let byte = next(reader)?.ok_or_else(|| malformed("it ends too early"))?;
    let endless = || malformed("a length is missing");
    match if_major(byte) {
        major::BYTES | major::STRING if byte & ENDLESS == ENDLESS => Err(endless()),
        major::ARRAY => decode::<ArrayStart>(reader)?.0.ok_or_else(endless),
        major::MAP => decode::<MapStart>(reader)?
            .0
            .ok_or_else(endless)?
            .checked_mul(2)
            .ok_or_else(|| malformed("too many items")),
        major::TAG => {
            if decode::<TagStart>(reader)?.0 != LINK {
                return Ok(1);
            }
            let Bytes(bytes) = decode::<Bytes<&[u8]>>(reader)?;
            let cid = bytes
                .strip_prefix(&[0])
                .ok_or_else(|| malformed("a link does not begin with 0"))?;
            follow(Cid::try_from(cid).map_err(malformed)?, found)?;
            Ok(0)
        }
        _ => decode::<IgnoredAny>(reader).map(|_| 0),
    }
}

fn decode<'a, T: Decode<'a>>(reader: &mut SliceReader<'a>) -> Result<T, LinkError> {
    T::decode(reader).map_err(|error: Error<_>| malformed(error))
}

fn follow(cid: Cid, found: &mut Vec<Cid>) -> Result<(), LinkError> {
    match cid.codec() {
        FIL_COMMITMENT_UNSEALED | FIL_COMMITMENT_SEALED => return Ok(()),
        DAG_CBOR | CBOR | IPLD_RAW => {}
        _ => return Err(LinkError::Impossible(cid)),
    }
    let hash = cid.hash();
    if hash.code() == IDENTITY_HASH {
        return scan(cid.codec(), hash.digest(), found);
    }
    if hash.code() != u64::from(Code::Blake2b256) || hash.size() != HASH_LENGTH {
        return Err(LinkError::Impossible(cid));
    }
    found.push(cid);
    Ok(())
}

#[cfg(test)]
mod tests {
    use cid::multihash::Multihash;
    use multihash_codetable::MultihashDigest;

    use super::*;

    fn block() -> Cid {
        Cid::new_v1(DAG_CBOR, Code::Blake2b256.digest(b"block"))
    }

    fn links(value: &impl serde::Serialize) -> Result<Vec<Cid>, LinkError> {
        required(DAG_CBOR, &fvm_ipld_encoding::to_vec(value).unwrap())
    }

    fn inline(bytes: &[u8]) -> Cid {
        Cid::new_v1(DAG_CBOR, Multihash::wrap(IDENTITY_HASH, bytes).unwrap())
    }

    #[test]
    fn links_are_found_wherever_they_are() {
        let nested = (1, ("a", block()), vec![block()], Some(-5_i64), 1.5, true);
        assert_eq!(links(&nested).unwrap(), [block(), block()]);
        let inner = inline(&fvm_ipld_encoding::to_vec(&(3, block())).unwrap());
        assert_eq!(links(&(inner,)).unwrap(), [block()]);
        assert_eq!(required(IPLD_RAW, b"anything").unwrap(), []);
    }

    #[test]
    fn pieces_need_not_be_there_and_other_codecs_cannot() {
        let hash = Code::Sha2_256.digest(b"data");
        let piece = Cid::new_v1(FIL_COMMITMENT_UNSEALED, hash);
        assert_eq!(links(&piece).unwrap(), []);
        for impossible in [Cid::new_v1(0x70, hash), Cid::new_v1(DAG_CBOR, hash)] {
            assert!(matches!(
                links(&impossible),
                Err(LinkError::Impossible(cid)) if cid == impossible
            ));
        }
    }

    #[test]
    fn what_is_not_cbor_is_refused_and_what_only_resembles_it_is_not() {
        for bad in [
            &[][..],
            &[0xff],
            &[0x80, 0x80],
            &[0x5f, 0x41, 0, 0xff],
            &[0x9f, 0xff],
            &[0xd8, 0x2a, 1],
            &[0x82, 1],
            &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert!(links(&inline(bad)).is_err(), "{bad:x?}");
        }
        for odd in [&[0xc1, 1][..], &[0xa1, 1, 2], &[0x18, 1], &[0xf9, 0x3c, 0]] {
            assert_eq!(links(&inline(odd)).unwrap(), [], "{odd:x?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = required(DAG_CBOR, &bytes);
        }
    }
}
