//! CAR files byte by byte: what is refused, with which words, and that nothing of it is kept.

use std::path::PathBuf;

use cid::multihash::Multihash;
use fvm_ipld_car::{Block, CarHeader, CarWriter};
use fvm_ipld_encoding::to_vec;
use lotus_chain::store::car::Export;
use lotus_chain::store::{ChainStore, StoreError};
use lotus_types::Cid;
use multihash_codetable::{Code, MultihashDigest};
use proptest::prelude::*;
use serde::Serialize;

use super::builder::chain;

/// How a CAR of version 2 begins.
const PRAGMA: &[u8] = b"\x0a\xa1\x67version\x02";

/// A place for a file.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("file.car");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Why these bytes are no chain.
    #[track_caller]
    fn refusal(&self, bytes: &[u8]) -> String {
        let path = self.file(bytes);
        let store = ChainStore::ephemeral().unwrap();
        let error = store.import_chain(&path, &mut |_| {}).unwrap_err();
        assert!(matches!(error, StoreError::Car { .. }), "{error}");
        assert_eq!(store.head().unwrap(), None);
        let text = error.to_string();
        let (start, end) = (path.display().to_string(), "; nothing of it is kept");
        assert!(text.starts_with(&start) && text.ends_with(end), "{text}");
        text
    }
}

fn cid(block: &[u8]) -> cid::Cid {
    *Cid::of_dag_cbor(block).inner()
}

/// A whole CAR file of a small chain, and its roots.
fn whole() -> (Vec<u8>, Vec<cid::Cid>) {
    let store = ChainStore::ephemeral().unwrap();
    let head = chain(&store, 4);
    let everything = Export {
        recent_epochs: i64::MAX,
        skip_old_messages: false,
    };
    let mut bytes = Vec::new();
    let exported = store.export(&head, everything, &mut bytes, &mut |_| {});
    exported.unwrap();
    let roots = head.cids().iter().map(|cid| *cid.inner()).collect();
    (bytes, roots)
}

/// A CAR file with these roots and blocks.
fn car<'a>(
    roots: Vec<cid::Cid>,
    blocks: impl IntoIterator<Item = (cid::Cid, &'a [u8])>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = CarWriter::new(CarHeader::from(roots), &mut bytes).unwrap();
    for (cid, data) in blocks {
        let data = data.to_vec();
        writer.write(Block { cid, data }).unwrap();
    }
    bytes
}

/// The blocks of a CAR file.
fn blocks(bytes: &[u8]) -> Vec<Block> {
    let reader = fvm_ipld_car::CarReader::new(bytes).unwrap();
    reader.map(|block| block.unwrap()).collect()
}

#[test]
fn what_is_no_car_is_told_by_its_first_bytes() {
    let place = Place::new();
    assert!(place.refusal(b"").contains("it is empty"));
    assert!(place.refusal(PRAGMA).contains("a CAR of version 2"));
    for bytes in [
        &b"<!DOCTYPE html><html><body>404 Not Found</body></html>"[..],
        b"PK\x03\x04",
        b"\x1f\x8b\x08\x00",
        b"\0\0\0\0\0\0\0\0",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x3a",
        &[0x28, 0xB5, 0x2F, 0xFD],
        &[0x28, 0xB5, 0x2F, 0xFD, 1, 2, 3, 4, 5, 6],
    ] {
        let text = place.refusal(bytes);
        assert!(text.contains("it is no CAR file: "), "{text}");
    }
    let nothing = zstd::encode_all(&b""[..], 0).unwrap();
    assert!(place.refusal(&nothing).contains("it is empty"));
    assert!(place.refusal(&car(Vec::new(), [])).contains("no roots"));
}

#[test]
fn the_block_that_is_wrong_is_named_with_its_place() {
    let place = Place::new();
    let (bytes, roots) = whole();
    let header = car(roots.clone(), []).len();

    let mut damaged = bytes.clone();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    let count = blocks(&bytes).len();
    let text = place.refusal(&damaged);
    let expected = format!("its block {count}, at byte ");
    assert!(
        text.contains(&expected) && text.contains("is damaged"),
        "{text}"
    );

    let text = place.refusal(&bytes[..header + 20]);
    let expected = format!("it is cut off within its block 1, at byte {header};");
    assert!(text.contains(&expected), "{text}");

    for (tail, why) in [
        (&b"\0\0\0\0"[..], "cannot be read"),
        (b"\x05hello", "cannot be read"),
        (b"garbage that is longer than a section", "cut off"),
        (
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            "cannot be read",
        ),
        (PRAGMA, "cannot be read"),
    ] {
        let text = place.refusal(&[&bytes, tail].concat());
        let number = format!("its block {}, at byte {}", count + 1, bytes.len());
        assert!(text.contains(&number) && text.contains(why), "{text}");
    }
    let garbage = [&zstd::encode_all(&bytes[..], 0).unwrap()[..], b"garbage"].concat();
    assert!(place.refusal(&garbage).contains("cannot be read"));
}

#[test]
fn roots_that_are_not_there_or_no_headers_are_named() {
    let place = Place::new();
    let (bytes, roots) = whole();
    let own = blocks(&bytes);
    let all = || own.iter().map(|block| (block.cid, &block.data[..]));
    let elsewhere = cid(b"elsewhere");
    let text = place.refusal(&car(vec![elsewhere], all()));
    let expected = format!("it does not have block header {elsewhere}");
    assert!(text.contains(&expected), "{text}");

    let message = own.iter().map(|block| block.cid);
    let other = message.rev().find(|cid| !roots.contains(cid)).unwrap();
    let text = place.refusal(&car(vec![other], all()));
    let expected = format!("{other} is no block header");
    assert!(text.contains(&expected), "{text}");

    for height in [0, 3] {
        let inner = cid(&to_vec(&("inner", height)).unwrap());
        let without = all().filter(|(cid, _)| *cid != inner);
        let text = place.refusal(&car(roots.clone(), without));
        let expected = format!("it does not have block of the state {inner}");
        assert!(text.contains(&expected), "{text}");
    }
}

#[test]
fn a_few_bytes_do_not_become_a_full_disk() {
    let place = Place::new();
    // Blocks that are valid, differ, and compress ten thousandfold.
    let blocks: Vec<Vec<u8>> = (0..100u8)
        .map(|number| {
            let mut block = vec![0; 1024 * 1024];
            block[0] = number;
            block
        })
        .collect();
    let sections = blocks.iter().map(|block| (cid(block), &block[..]));
    let bytes = car(vec![cid(b"root")], sections);
    let bomb = zstd::encode_all(&bytes[..], 0).unwrap();
    assert!(bomb.len() < bytes.len() / 1000);
    let text = place.refusal(&bomb);
    assert!(text.contains("more than 100 times as large"), "{text}");
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    version: u64,
    head_tipset_key: Vec<cid::Cid>,
    f3_data: Option<cid::Cid>,
}

#[test]
fn a_snapshot_of_version_2_is_the_chain_that_it_names() {
    let (bytes, roots) = whole();
    let chain = blocks(&bytes);
    let f3 = vec![7; 9 * 1024 * 1024];
    let f3_cid = cid::Cid::new_v1(0x55, Code::Blake2b256.digest(&f3));
    let snapshot = |version: u64| {
        let metadata = to_vec(&Metadata {
            version,
            head_tipset_key: roots.clone(),
            f3_data: Some(f3_cid),
        });
        let metadata = metadata.unwrap();
        let first = [(cid(&metadata), &metadata[..]), (f3_cid, &f3[..])];
        let rest = chain.iter().map(|block| (block.cid, &block.data[..]));
        car(vec![cid(&metadata)], first.into_iter().chain(rest))
    };
    let place = Place::new();
    let store = ChainStore::ephemeral().unwrap();
    let path = place.file(&snapshot(2));
    let head = store.import_chain(&path, &mut |_| {}).unwrap();
    assert_eq!(head.height(), 3);
    assert!(!store.blocks().contains(&f3_cid).unwrap());
    let text = place.refusal(&snapshot(3));
    assert!(text.contains("larger than 8388608 bytes"), "{text}");
}

/// A section as it may be.
#[derive(Clone, Debug)]
enum Section {
    /// A block, and which of the hashes that are known it has.
    Block(Vec<u8>, Hash),
    /// One that is not what its CID says.
    WrongHash(Vec<u8>),
    /// A CID whose hash nobody knows.
    UnknownHash(Vec<u8>),
    /// A length without content.
    Length(Vec<u8>),
}

#[derive(Clone, Copy, Debug)]
enum Hash {
    Blake2b,
    Sha2,
    Identity,
}

impl Section {
    fn is_good(&self) -> bool {
        matches!(self, Section::Block(..))
    }

    fn bytes(&self) -> Vec<u8> {
        let (cid, data) = match self {
            Section::Block(data, hash) => (hash.cid(data), data),
            Section::WrongHash(data) => (cid(&[&data[..], b"!"].concat()), data),
            Section::UnknownHash(data) => {
                let hash = Multihash::wrap(0x1234, &[1; 32]).unwrap();
                (cid::Cid::new_v1(0x71, hash), data)
            }
            Section::Length(bytes) => return bytes.clone(),
        };
        let content = [cid.to_bytes(), data.clone()].concat();
        let mut length = unsigned_varint::encode::usize_buffer();
        let length = unsigned_varint::encode::usize(content.len(), &mut length);
        [length, &content[..]].concat()
    }
}

impl Hash {
    fn cid(self, data: &[u8]) -> cid::Cid {
        let hash = match self {
            Hash::Blake2b => Code::Blake2b256.digest(data),
            Hash::Sha2 => Code::Sha2_256.digest(data),
            Hash::Identity => Multihash::wrap(0, data).unwrap(),
        };
        cid::Cid::new_v1(0x71, hash)
    }
}

fn section() -> impl Strategy<Value = Section> {
    let data = || prop::collection::vec(any::<u8>(), 0..60);
    let hash = prop_oneof![
        4 => Just(Hash::Blake2b),
        1 => Just(Hash::Sha2),
        1 => Just(Hash::Identity),
    ];
    let length = prop_oneof![
        Just(vec![0]),
        Just(vec![0x80, 0x00]),
        Just(vec![0xFF; 12]),
        Just([vec![0xFF; 8], vec![0x7F]].concat()),
        Just(vec![0xFF, 0xFF, 0xFF, 0x7F]),
        Just(vec![1, 1]),
    ];
    prop_oneof![
        20 => (data(), hash).prop_map(|(data, hash)| Section::Block(data, hash)),
        1 => data().prop_map(Section::WrongHash),
        1 => data().prop_map(Section::UnknownHash),
        1 => length.prop_map(Section::Length),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// All blocks of a file, or none, whatever follows what and wherever it ends.
    #[test]
    fn a_file_is_what_its_sections_are(
        sections in prop::collection::vec(section(), 0..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
        compressed in any::<bool>(),
    ) {
        let mut bytes = car(vec![cid(b"root")], []);
        let mut ends = vec![bytes.len()];
        for section in &sections {
            bytes.extend(section.bytes());
            ends.push(bytes.len());
        }
        let length = match cut {
            Some(cut) => ends[0] + cut.index(bytes.len() - ends[0] + 1),
            None => bytes.len(),
        };
        bytes.truncate(length);
        let kept = ends.iter().position(|end| *end == length);
        let expected = kept.filter(|kept| sections[..*kept].iter().all(Section::is_good));
        if compressed {
            bytes = zstd::encode_all(&bytes[..], 0).unwrap();
        }

        let place = Place::new();
        let store = ChainStore::ephemeral().unwrap();
        let imported = store.import_blocks(&place.file(&bytes), &mut |_| {});
        match expected {
            Some(blocks) => {
                let imported = imported.unwrap();
                prop_assert_eq!(imported.blocks, blocks as u64);
                prop_assert_eq!(&imported.roots, &[Cid::from(cid(b"root"))]);
            }
            None => {
                let error = imported.unwrap_err();
                prop_assert!(matches!(error, StoreError::Car { .. }), "{}", error);
            }
        }
        for (index, section) in sections.iter().enumerate() {
            if let Section::Block(data, hash @ (Hash::Blake2b | Hash::Sha2)) = section {
                let found = store.blocks().block(&hash.cid(data)).unwrap();
                match expected {
                    Some(blocks) if index < blocks => prop_assert_eq!(found.as_ref(), Some(data)),
                    Some(_) => {}
                    None => prop_assert_eq!(found, None),
                }
            }
        }
    }
}
