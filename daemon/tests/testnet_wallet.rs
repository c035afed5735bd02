//! The wallet of a node that is not on mainnet. A process states its network only once, so this has
//! a process of its own.

use std::sync::Arc;

use lotus_core::types::{KeyType, Network};
use lotus_daemon::keystore::Keystore;
use lotus_daemon::wallet::Wallet;

#[test]
fn keys_are_named_for_the_network_and_mainnet_s_are_found() {
    let repo = tempfile::tempdir().expect("a directory");
    let open = || {
        let dir = repo.path().join("keystore");
        Arc::new(Keystore::open(dir, repo.path().to_owned()).expect("a keystore"))
    };

    // A repo that was used on mainnet.
    let keystore = open();
    let wallet = Wallet::new(keystore.clone(), 314);
    let old = wallet.new_key(KeyType::Secp256k1).expect("a key");
    let old_entry = format!("wallet-{}", old.to_string_on(Network::Mainnet));
    assert_eq!(keystore.list().expect("names"), ["default", &old_entry]);

    Network::set_current(Network::Testnet).expect("nobody has set it before");
    let keystore = open();
    let wallet = Wallet::new(keystore.clone(), 31_415_926);
    assert!(old.to_string().starts_with("t1"));
    assert!(wallet.has(&old).expect("readable"));
    assert_eq!(
        wallet.default_address().expect("a default").to_string(),
        old.to_string()
    );

    let new = wallet.new_key(KeyType::Bls).expect("a key");
    assert!(new.to_string().starts_with("t3"));
    let new_entry = format!("wallet-{new}");
    assert_eq!(
        keystore.list().expect("names"),
        ["default", &old_entry, &new_entry]
    );
    assert_eq!(wallet.list().expect("addresses"), [old, new]);

    wallet.delete(&old).expect("it is there");
    let trash = format!("trash-{old}");
    assert!(trash.starts_with("trash-t1"));
    assert_eq!(keystore.list().expect("names"), [trash, new_entry]);
}
