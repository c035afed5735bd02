//! CAR files that are whole, cut off, damaged, and hostile.

use std::fs::File;
use std::path::{Path, PathBuf};

use fvm_ipld_car::{Block, CarHeader, CarReader, CarWriter};
use lotus_chain::store::car::Export;
use lotus_chain::store::{ChainStore, NullRound, StoreError};
use lotus_types::Cid;
use proptest::prelude::*;

use super::builder::{chain, message_cid};

const EVERYTHING: Export = Export {
    recent_epochs: i64::MAX,
    skip_old_messages: false,
};

/// A CAR file of a chain of six tipsets.
fn exported(dir: &Path, name: &str) -> PathBuf {
    let store = ChainStore::ephemeral().unwrap();
    let head = chain(&store, 6);
    let path = dir.join(name);
    store
        .export_to(&path, &head, EVERYTHING, &mut |_| {})
        .unwrap();
    path
}

/// Asserts that the file is refused and nothing of it is kept, and returns the error.
fn refused(path: &Path) -> String {
    let store = ChainStore::ephemeral().unwrap();
    let error = store.import_chain(path, &mut |_| {}).unwrap_err();
    assert!(matches!(error, StoreError::Car { .. }), "{error}");
    assert_eq!(store.head().unwrap(), None);
    let genesis = store.genesis().unwrap_err();
    assert!(matches!(genesis, StoreError::NoHead), "{genesis}");
    let whole = exported(path.parent().unwrap(), "whole.car");
    let bytes = std::fs::read(&whole).unwrap();
    for block in CarReader::new(bytes.as_slice()).unwrap() {
        let cid = block.unwrap().cid;
        assert!(!store.blocks().contains(&cid).unwrap(), "{cid} was kept");
    }
    error.to_string()
}

#[test]
fn a_chain_survives_export_and_import() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["chain.car", "chain.car.zst"] {
        let path = exported(dir.path(), name);
        let store = ChainStore::open(&dir.path().join(format!("{name}.redb"))).unwrap();
        let head = store.import_chain(&path, &mut |_| {}).unwrap();
        assert_eq!(head.height(), 5);
        for height in 0..=5 {
            let tipset = store.tipset_by_height(height, None, NullRound::Before);
            assert_eq!(tipset.unwrap().height(), height);
        }
        for number in 1..=4 {
            let found = store.search_message(&message_cid(number)).unwrap().unwrap();
            let executed = found.executed.unwrap();
            assert_eq!(executed.receipt.gas_used, number);
        }
        let again = store.import_chain(&path, &mut |_| {}).unwrap_err();
        assert!(matches!(again, StoreError::NotEmpty), "{again}");
    }
}

#[test]
fn old_messages_and_states_may_stay_behind() {
    let store = ChainStore::ephemeral().unwrap();
    let head = chain(&store, 6);
    let mut file = Vec::new();
    let export = Export {
        recent_epochs: 2,
        skip_old_messages: true,
    };
    store.export(&head, export, &mut file, &mut |_| {}).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("chain.car");
    std::fs::write(&path, &file).unwrap();
    let copy = ChainStore::ephemeral().unwrap();
    copy.import_chain(&path, &mut |_| {}).unwrap();
    for number in 1..=5 {
        let found = copy.search_message(&message_cid(number)).unwrap();
        assert_eq!(found.is_some(), number >= 4, "message {number}");
    }
    for height in 0..=5 {
        let tipset = copy.tipset_by_height(height, None, NullRound::Before);
        let state = *tipset.unwrap().parent_state().inner();
        let kept = copy.blocks().contains(&state).unwrap();
        assert_eq!(kept, height == 0 || height >= 4, "state of {height}");
    }
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["chain.car", "chain.car.zst"] {
        let whole = std::fs::read(exported(dir.path(), name)).unwrap();
        let path = dir.path().join("cut.car");
        // Every byte of the last blocks, which are those of the genesis, and many before.
        let near_the_end = whole.len().saturating_sub(300)..whole.len();
        for length in (0..whole.len()).step_by(97).chain(near_the_end) {
            std::fs::write(&path, &whole[..length]).unwrap();
            let store = ChainStore::ephemeral().unwrap();
            let Err(error) = store.import_chain(&path, &mut |_| {}) else {
                panic!("{length} bytes of {} were taken for a chain", whole.len());
            };
            assert!(matches!(error, StoreError::Car { .. }), "{error}");
        }
    }
}

#[test]
fn a_file_that_is_cut_off_between_two_blocks_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let whole = std::fs::read(exported(dir.path(), "whole.car")).unwrap();
    let car = CarReader::new(whole.as_slice()).unwrap();
    let roots = car.header.roots.clone();
    let blocks: Vec<Block> = car.map(Result::unwrap).collect();
    let path = dir.path().join("cut.car");
    for length in 0..blocks.len() {
        let mut cut =
            CarWriter::new(CarHeader::from(roots.clone()), File::create(&path).unwrap()).unwrap();
        for Block { cid, data } in &blocks[..length] {
            let (cid, data) = (*cid, data.clone());
            cut.write(Block { cid, data }).unwrap();
        }
        cut.flush().unwrap();
        let error = refused(&path);
        assert!(error.contains("part of it is missing"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn a_file_with_a_wrong_byte_is_refused_or_means_the_same(
        at in any::<prop::sample::Index>(),
        flip in 1u8..,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let whole = exported(dir.path(), "chain.car");
        let expected = ChainStore::ephemeral().unwrap();
        expected.import_chain(&whole, &mut |_| {}).unwrap();
        let mut bytes = std::fs::read(&whole).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let path = dir.path().join("wrong.car");
        std::fs::write(&path, &bytes).unwrap();

        let store = ChainStore::ephemeral().unwrap();
        match store.import_chain(&path, &mut |_| {}) {
            Err(_) => {
                refused(&path);
            }
            // The codec of a CID may be wrong: the hash is what counts.
            Ok(head) => {
                prop_assert_eq!(head, expected.heaviest().unwrap());
                for block in CarReader::new(std::fs::read(&whole).unwrap().as_slice()).unwrap() {
                    let block = block.unwrap();
                    prop_assert_eq!(store.blocks().block(&block.cid).unwrap(), Some(block.data));
                }
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("random.car");
        std::fs::write(&path, &bytes).unwrap();
        refused(&path);
    }
}

/// A CAR file with one root and these blocks.
fn car(dir: &Path, root: Cid, blocks: &[&[u8]]) -> PathBuf {
    let header = fvm_ipld_car::CarHeader::from(vec![*root.inner()]);
    let mut file = Vec::new();
    let mut writer = fvm_ipld_car::CarWriter::new(header, &mut file).unwrap();
    for block in blocks {
        let cid = *Cid::of_dag_cbor(block).inner();
        let data = block.to_vec();
        writer.write(fvm_ipld_car::Block { cid, data }).unwrap();
    }
    let path = dir.join("made.car");
    std::fs::write(&path, file).unwrap();
    path
}

#[test]
fn what_is_no_chain_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let no_header = car(dir.path(), Cid::of_dag_cbor(&[0x80]), &[&[0x80]]);
    assert!(refused(&no_header).contains("no block header"));
    let no_block = car(dir.path(), Cid::of_dag_cbor(&[0x80]), &[]);
    assert!(refused(&no_block).contains("it does not have block header"));
    let absent = refused(&dir.path().join("absent.car"));
    assert!(absent.contains("absent.car"), "{absent}");
    assert!(refused(dir.path()).contains("no file but a directory"));
}

#[test]
fn a_section_without_end_is_refused_before_it_fills_the_memory() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = std::fs::read(car(dir.path(), Cid::of_dag_cbor(&[0x80]), &[])).unwrap();
    // A section of 2^62 bytes, of which zstd makes a few kilobytes.
    file.extend([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]);
    file.resize(file.len() + 64 * 1024 * 1024, 0);
    let path = dir.path().join("bomb.car.zst");
    std::fs::write(&path, zstd::encode_all(file.as_slice(), 0).unwrap()).unwrap();
    let error = refused(&path);
    assert!(error.contains("larger than 8388608 bytes"), "{error}");
}

#[test]
fn a_state_of_nested_arrays_is_refused_and_not_followed_into_the_ground() {
    let dir = tempfile::tempdir().unwrap();
    let store = ChainStore::ephemeral().unwrap();
    let genesis = chain(&store, 1);
    let mut header = genesis.blocks()[0].clone();
    let nested = [0x81; 1024 * 1024];
    header.parent_state_root = Cid::of_dag_cbor(&nested);
    let block = header.to_cbor().unwrap();
    let path = car(dir.path(), Cid::of_dag_cbor(&block), &[&block, &nested]);
    assert!(refused(&path).contains("no DAG-CBOR"));
}

#[test]
fn an_export_that_fails_leaves_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("chain.car");
    std::fs::write(&path, "an older export").unwrap();
    let store = ChainStore::ephemeral().unwrap();
    let genesis = chain(&store, 1);
    let mut header = genesis.blocks()[0].clone();
    header.parent_state_root = Cid::of_dag_cbor(b"nowhere");
    let broken = lotus_types::TipSet::new(vec![header.clone()]).unwrap();
    store.put_header(&header).unwrap();
    let error = store
        .export_to(&path, &broken, EVERYTHING, &mut |_| {})
        .unwrap_err();
    assert!(matches!(error, StoreError::Missing { .. }), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"an older export");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}
