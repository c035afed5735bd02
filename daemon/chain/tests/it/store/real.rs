//! Real chains: the genesis of mainnet and of calibration, and the first epochs of mainnet. They are
//! read from the directory that `LOTUS_TEST_DATA` names; without it these tests say so and pass.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use fvm_shared::state::StateTreeVersion;
use lotus_chain::store::car::Export;
use lotus_chain::store::state::StateReader;
use lotus_chain::store::{ChainStore, NullRound, StoreError};
use lotus_types::{Address, TokenAmount};

const MAINNET: &str = "bafy2bzacecnamqgqmifpluoeldx7zzglxcljo6oja4vrmtj7432rphldpdmm2";
const CALIBRATION: &str = "bafy2bzacecyaggy24wol5ruvs6qm73gjibs2l2iyhcqmvi7r7a4ph7zx3yqd4";

/// A file of the test data, or `None` and a line on the terminal.
fn data(name: &str) -> Option<PathBuf> {
    let Some(directory) = std::env::var_os("LOTUS_TEST_DATA") else {
        // Past the test harness, which swallows what a test that passes prints.
        let line = format!("SKIPPED: set LOTUS_TEST_DATA to the directory that has {name}\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return None;
    };
    let path = Path::new(&directory).join(name);
    assert!(path.exists(), "{} is missing", path.display());
    Some(path)
}

fn imported(path: &Path) -> ChainStore {
    let store = ChainStore::ephemeral().unwrap();
    store.import_chain(path, &mut |_| {}).unwrap();
    store
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

#[test]
fn the_genesis_of_mainnet_loads_and_answers() {
    let Some(path) = data("genesis-mainnet.car.zst") else {
        return;
    };
    let store = ChainStore::ephemeral().unwrap();
    let mut last = None;
    let head = store
        .import_chain(&path, &mut |progress| last = Some(progress))
        .unwrap();
    let last = last.unwrap();
    assert_eq!((Some(last.bytes), last.epoch), (last.total, Some(0)));
    assert_eq!(last.total, Some(std::fs::metadata(&path).unwrap().len()));

    assert_eq!(head.cids(), [MAINNET.parse().unwrap()]);
    assert_eq!(head.height(), 0);
    assert_eq!(head.min_timestamp(), 1_598_306_400);
    assert_eq!(store.head().unwrap().unwrap(), head);
    assert_eq!(store.genesis().unwrap(), head);
    assert_eq!(store.parent(&head).unwrap(), None);
    let messages = store.block_messages(head.min_ticket_block()).unwrap();
    assert!(messages.bls.is_empty() && messages.secp.is_empty());
    assert!(store.receipts(&head.parent_receipts()).unwrap().is_empty());

    let state = StateReader::open(store.blocks(), &head.parent_state()).unwrap();
    assert_eq!(state.version(), StateTreeVersion::V0);
    assert_eq!(state.network_name().unwrap().unwrap(), "testnetnet");
    let mut balances = BTreeMap::new();
    state
        .for_each(|id, actor| {
            balances.insert(id, TokenAmount::from(actor.balance.clone()));
            Ok(())
        })
        .unwrap();
    assert_eq!(balances.len(), 37);
    let total = balances
        .values()
        .fold(TokenAmount::default(), |sum, balance| {
            TokenAmount::from_atto(sum.atto() + balance.atto())
        });
    assert_eq!(total, TokenAmount::from_whole(2_000_000_000));
    for (id, balance) in &balances {
        let actor = state.actor(&Address::new_id(*id)).unwrap().unwrap();
        assert_eq!(&TokenAmount::from(actor.balance), balance, "f0{id}");
    }
    assert_eq!(state.actor(&address("f0999999")).unwrap(), None);
    assert_eq!(state.actor(&Address::UNDEFINED).unwrap(), None);
}

#[test]
fn balances_are_found_by_every_kind_of_address() {
    let Some(path) = data("genesis-mainnet.car.zst") else {
        return;
    };
    let store = imported(&path);
    let root = store.head().unwrap().unwrap().parent_state();
    let state = StateReader::open(store.blocks(), &root).unwrap();
    for (text, id, fil) in [
        ("f1ojyfm5btrqq63zquewexr4hecynvq6yjyk5xv6q", 110, "10000000"),
        (
            "f3vfs6f7tagrcpnwv65wq3leznbajqyg77bmijrpvoyjv3zjyi3urq25vigfbs3ob6ug5xdihajumtgsxnz2pa",
            100,
            "979113.531910832396036608",
        ),
        (
            "f2hmdbifo3m7mcyummyul3iu3suq2kinid5sdzfna",
            1000,
            "20886.468089167603963392",
        ),
        ("f090", 90, "276400000"),
    ] {
        assert_eq!(state.lookup_id(&address(text)).unwrap(), Some(id));
        let actor = state.actor(&address(text)).unwrap().unwrap();
        assert_eq!(
            TokenAmount::from(actor.balance),
            fil.parse().unwrap(),
            "{text}"
        );
    }
    let unknown = address("f1abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za");
    assert_eq!(state.lookup_id(&unknown).unwrap(), None);
    assert_eq!(state.actor(&unknown).unwrap(), None);
    let mut addresses = 0;
    state
        .for_each_address(|address, id| {
            addresses += 1;
            assert_eq!(state.lookup_id(&address)?, Some(id));
            Ok(())
        })
        .unwrap();
    assert_eq!(addresses, 18);
}

#[test]
fn the_genesis_of_calibration_loads() {
    let Some(path) = data("genesis-calibnet.car.zst") else {
        return;
    };
    let store = imported(&path);
    let genesis = store.genesis().unwrap();
    assert_eq!(genesis.cids(), [CALIBRATION.parse().unwrap()]);
    let state = StateReader::open(store.blocks(), &genesis.parent_state()).unwrap();
    assert_eq!(state.network_name().unwrap().unwrap(), "calibrationnet");
}

/// It has the headers and messages of four epochs, and of states only that of the genesis.
#[test]
fn a_short_chain_loads_and_every_header_keeps_its_cid() {
    let Some(path) = data("chain4.car.zst") else {
        return;
    };
    let store = imported(&path);
    let head = store.heaviest().unwrap();
    assert_eq!(head.height(), 3);
    assert_eq!(store.genesis().unwrap().cids(), [MAINNET.parse().unwrap()]);
    let mut tipset = head.clone();
    for height in (0..=3).rev() {
        assert_eq!(tipset.height(), height);
        for (cid, header) in tipset.cids().iter().zip(tipset.blocks()) {
            let block = store.blocks().block(cid.inner()).unwrap().unwrap();
            assert_eq!(header.to_cbor().unwrap(), block);
            assert_eq!(&header.cid().unwrap(), cid);
        }
        let found = store.tipset_by_height(height, None, NullRound::Before);
        assert_eq!(found.unwrap(), tipset);
        store.messages_in_order(&tipset).unwrap();
        if let Some(parent) = store.parent(&tipset).unwrap() {
            tipset = parent;
        }
    }
    let error = StateReader::open(store.blocks(), &head.parent_state()).unwrap_err();
    assert!(matches!(error, StoreError::Missing { .. }), "{error}");
}

#[test]
fn what_is_exported_is_what_was_imported() {
    let Some(path) = data("genesis-mainnet.car.zst") else {
        return;
    };
    let store = imported(&path);
    let head = store.heaviest().unwrap();
    let dir = tempfile::tempdir().unwrap();
    for name in ["chain.car", "chain.car.zst"] {
        let copy = dir.path().join(name);
        let export = Export {
            recent_epochs: 1,
            skip_old_messages: true,
        };
        let exported = store.export_to(&copy, &head, export, &mut |_| {}).unwrap();
        // The identity CIDs of the original are no blocks, and its old actors' codes are nothing else.
        let blocks = blocks_of(&path);
        let copied = blocks_of(&copy);
        println!(
            "{:?} {:?}",
            blocks.difference(&copied).collect::<Vec<_>>(),
            copied.difference(&blocks).count()
        );
        assert!(copied == blocks);
        assert_eq!(exported.blocks, blocks.len() as u64);
        assert_eq!(imported(&copy).heaviest().unwrap(), head);
    }
    let size = |name: &str| std::fs::metadata(dir.path().join(name)).unwrap().len();
    assert!(size("chain.car.zst") < size("chain.car") / 2);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
}

/// The CIDs of all blocks in a CAR file but those that are their own content.
fn blocks_of(path: &Path) -> std::collections::BTreeSet<cid::Cid> {
    let bytes = std::fs::read(path).unwrap();
    let bytes = match path.extension() {
        Some(zst) if zst == "zst" => zstd::decode_all(bytes.as_slice()).unwrap(),
        _ => bytes,
    };
    let car = fvm_ipld_car::CarReader::new(bytes.as_slice()).unwrap();
    let cids = car.map(|block| block.unwrap().cid);
    cids.filter(|cid| cid.hash().code() != 0).collect()
}
