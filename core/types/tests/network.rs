//! The network of a process can be set only once, so this has a process of its own.

use lotus_types::{Address, Network, NetworkAlreadySet};

#[test]
fn a_node_prints_every_address_for_its_own_network() {
    let read: Address = "f01234".parse().expect("an address");
    assert_eq!(read.to_string(), "f01234");
    assert_eq!(Address::new_id(5).to_string(), "f05");

    Network::set_current(Network::Testnet).expect("nobody has set it before");
    assert_eq!(read.to_string(), "t01234");
    assert_eq!(Address::new_id(5).to_string(), "t05");
    assert_eq!(serde_json::to_string(&read).expect("JSON"), r#""t01234""#);
    assert_eq!(
        "f05".parse(),
        Ok(Address::new_id(5)),
        "the other prefix is still read"
    );

    Network::set_current(Network::Testnet).expect("the same again changes nothing");
    let refused = NetworkAlreadySet {
        current: Network::Testnet,
        refused: Network::Mainnet,
    };
    assert_eq!(Network::set_current(Network::Mainnet), Err(refused));
    assert_eq!(Network::current(), Some(Network::Testnet));
}
