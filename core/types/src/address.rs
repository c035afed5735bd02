//! Filecoin addresses.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use fvm_shared::address as fvm;
use fvm_shared::address::Payload;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Network;
use super::schema::schema;

/// The text of [`Address::UNDEFINED`], as go-address prints it.
const UNDEFINED: &str = "<empty>";

/// The actor that owns the `f410f` namespace: the Ethereum address manager, `f010`.
const EAM_ACTOR_ID: u64 = 10;

/// The first bytes of an Ethereum address that stands for an actor's ID (FIP-0055).
const MASKED_ID_PREFIX: [u8; 12] = [0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// A Filecoin address: an actor's ID (`f0`), the hash of a secp256k1 key (`f1`), an actor (`f2`), a
/// BLS key (`f3`), or an address in an actor's own namespace (`f4`; `f410f…` is an Ethereum one).
///
/// Both prefixes are read, and it prints with that of the process's [`Network`]; in a process that
/// states none, as it was read. Equality, order and hash ignore the prefix. On the wire it is a
/// string; `""`, `"<empty>"` and `null` are read as [`Address::UNDEFINED`].
#[derive(Clone, Copy, Default)]
pub struct Address {
    inner: Option<fvm::Address>,
    /// The prefix it was read with; `None` if it was computed.
    read_as: Option<Network>,
}

/// A text or a key that is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The text does not start with `f` or `t`.
    #[error("invalid address {0:?}: an address starts with f or t, then a digit from 0 to 4")]
    Prefix(String),
    /// The rest of the text is malformed, or its checksum is wrong.
    #[error("invalid address {text:?}: {reason}")]
    Malformed {
        /// The text that was read, shortened if it is very long.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An actor's ID above 2^63 - 1, which no chain can hold.
    #[error("invalid address {0:?}: actor IDs end at 9223372036854775807")]
    IdTooLarge(String),
    /// A public key of the wrong length.
    #[error("a {kind} public key has {wanted} bytes, got {got}")]
    KeyLength {
        /// The kind of key.
        kind: &'static str,
        /// The length in bytes that it must have.
        wanted: usize,
        /// The length in bytes that was given.
        got: usize,
    },
}

impl Address {
    /// No address: Go's zero value, printed as `<empty>`.
    pub const UNDEFINED: Address = Address {
        inner: None,
        read_as: None,
    };

    /// The address of an actor by its ID: `f0…`.
    pub const fn new_id(id: u64) -> Address {
        Address {
            inner: Some(fvm::Address::new_id(id)),
            read_as: None,
        }
    }

    /// The `f1` address of a secp256k1 public key.
    ///
    /// # Errors
    /// The key is not 65 bytes long (uncompressed, SEC 1: `0x04 ‖ x ‖ y`).
    pub fn from_secp256k1(public_key: &[u8]) -> Result<Address, AddressError> {
        let inner = fvm::Address::new_secp256k1(public_key);
        inner
            .map(Address::from)
            .map_err(|_| AddressError::KeyLength {
                kind: "uncompressed secp256k1",
                wanted: fvm::SECP_PUB_LEN,
                got: public_key.len(),
            })
    }

    /// The `f3` address of a BLS public key.
    ///
    /// # Errors
    /// The key is not 48 bytes long (a compressed G1 point).
    pub fn from_bls(public_key: &[u8]) -> Result<Address, AddressError> {
        let inner = fvm::Address::new_bls(public_key);
        inner
            .map(Address::from)
            .map_err(|_| AddressError::KeyLength {
                kind: "BLS",
                wanted: fvm::BLS_PUB_LEN,
                got: public_key.len(),
            })
    }

    /// The Filecoin address of an Ethereum one: `f410f…`, or `f0…` if it masks an actor's ID
    /// (Lotus's `EthAddress.ToFilecoinAddress`).
    pub fn from_eth(eth: &[u8; 20]) -> Address {
        if let Some(id) = eth.strip_prefix(&MASKED_ID_PREFIX) {
            let id = id.iter().fold(0, |id, byte| id << 8 | u64::from(*byte));
            return Address::new_id(id);
        }
        let inner = fvm::Address::new_delegated(EAM_ACTOR_ID, eth)
            .expect("20 bytes are fewer than the 54 that a namespace may use");
        inner.into()
    }

    /// The Ethereum address of this one, if it has one: of `f410f…` its 20 bytes, of `f0…` the
    /// masked ID (Lotus's `EthAddressFromFilecoinAddress`).
    pub fn to_eth(&self) -> Option<[u8; 20]> {
        match self.payload()? {
            Payload::ID(id) => {
                let mut eth = [0; 20];
                eth[..12].copy_from_slice(&MASKED_ID_PREFIX);
                eth[12..].copy_from_slice(&id.to_be_bytes());
                Some(eth)
            }
            Payload::Delegated(delegated) if delegated.namespace() == EAM_ACTOR_ID => {
                let eth: [u8; 20] = delegated.subaddress().try_into().ok()?;
                // Such an address would be a second name of the actor that it masks.
                (!eth.starts_with(&MASKED_ID_PREFIX)).then_some(eth)
            }
            _ => None,
        }
    }

    /// Whether this is [`Address::UNDEFINED`].
    pub fn is_undefined(&self) -> bool {
        self.inner.is_none()
    }

    /// The address as the FVM's own libraries know it; `None` if undefined.
    pub fn inner(&self) -> Option<&fvm::Address> {
        self.inner.as_ref()
    }

    /// What kind of address it is; `None` if undefined.
    pub fn protocol(&self) -> Option<fvm::Protocol> {
        self.inner.map(|inner| inner.protocol())
    }

    /// What it refers to: an ID, a key, the hash of one; `None` if undefined.
    pub fn payload(&self) -> Option<&Payload> {
        self.inner.as_ref().map(fvm::Address::payload)
    }

    /// The text of this address with the prefix of `network`, whatever this process serves.
    pub fn to_string_on(&self, network: Network) -> String {
        match self.inner {
            // The FVM's own text differs in the first letter only.
            Some(inner) => format!("{}{}", network.prefix(), &inner.to_string()[1..]),
            None => UNDEFINED.to_owned(),
        }
    }
}

impl From<fvm::Address> for Address {
    fn from(inner: fvm::Address) -> Address {
        Address {
            inner: Some(inner),
            read_as: None,
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        let (network, parser) = match text.as_bytes().first() {
            None => return Ok(Address::UNDEFINED),
            Some(b'<') if text == UNDEFINED => return Ok(Address::UNDEFINED),
            Some(b'f') => (Network::Mainnet, fvm::Network::Mainnet),
            Some(b't') => (Network::Testnet, fvm::Network::Testnet),
            Some(_) => return Err(AddressError::Prefix(shorten(text))),
        };
        let malformed = |reason: String| AddressError::Malformed {
            text: shorten(text),
            reason,
        };
        let inner = parser
            .parse_address(text)
            .map_err(|error| malformed(error.to_string()))?;
        if text.contains('+') {
            // Rust's integer parser takes a sign, Go's does not.
            return Err(malformed("an actor ID has digits only".to_owned()));
        }
        let id = match inner.payload() {
            Payload::ID(id) => *id,
            Payload::Delegated(delegated) => delegated.namespace(),
            _ => 0,
        };
        if i64::try_from(id).is_err() {
            return Err(AddressError::IdTooLarge(shorten(text)));
        }
        Ok(Address {
            inner: Some(inner),
            read_as: Some(network),
        })
    }
}

/// Errors repeat what was read, but not a megabyte of it.
fn shorten(text: &str) -> String {
    const LONGEST: usize = 150;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let network = Network::current().or(self.read_as).unwrap_or_default();
        f.pad(&self.to_string_on(network))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Address) -> bool {
        self.inner == other.inner
    }
}

impl Eq for Address {}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Address) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Address) -> Ordering {
        self.inner.cmp(&other.inner)
    }
}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Address;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an address such as \"f01234\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Address, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_unit<E>(self) -> Result<Address, E> {
                Ok(Address::UNDEFINED)
            }
        }

        deserializer.deserialize_any(Text).map_err(D::Error::custom)
    }
}

schema!(Address, "Address", {
    "type": "string",
    "description": "An address: `f0…`, `f1…`, `f2…`, `f3…`, `f4…`, or with `t` off mainnet. \
        The undefined address is `<empty>`.",
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // From the address specification's own test vectors (spec.filecoin.io, "Address").
    const SECP: &str = "f17uoq6tp427uzv7fztkbsnn64iwotfrristwpryy";
    const ACTOR: &str = "f24vg6ut43yw2h2jqydgbg2xq7x6f4kub3bg6as6i";
    const BLS: &str =
        "f3vvmn62lofvhjd2ugzca6sof2j2ubwok6cj4xxbfzz4yuxfkgobpihhd2thlanmsh3w2ptld2gqkn2jvlss4a";

    fn any_address() -> impl Strategy<Value = Address> {
        let id = (0..=i64::MAX as u64).prop_map(Address::new_id);
        let secp = prop::collection::vec(any::<u8>(), 65)
            .prop_map(|key| Address::from_secp256k1(&key).unwrap());
        let bls =
            prop::collection::vec(any::<u8>(), 48).prop_map(|key| Address::from_bls(&key).unwrap());
        let delegated = (
            0..=i64::MAX as u64,
            prop::collection::vec(any::<u8>(), 0..=54),
        )
            .prop_map(|(namespace, sub)| {
                fvm::Address::new_delegated(namespace, &sub).unwrap().into()
            });
        let actor = prop::collection::vec(any::<u8>(), 0..64)
            .prop_map(|data| fvm::Address::new_actor(&data).into());
        prop_oneof![id, secp, bls, delegated, actor, Just(Address::UNDEFINED)]
    }

    proptest! {
        #[test]
        fn text_round_trips_on_both_networks(address in any_address()) {
            for network in [Network::Mainnet, Network::Testnet] {
                let text = address.to_string_on(network);
                let read: Address = text.parse().unwrap();
                prop_assert_eq!(read, address);
                // No network is set in this process, so it prints as it was read.
                prop_assert_eq!(read.to_string(), text);
            }
        }

        #[test]
        fn json_round_trips(address in any_address()) {
            let json = serde_json::to_string(&address).unwrap();
            prop_assert_eq!(serde_json::from_str::<Address>(&json).unwrap(), address);
        }

        #[test]
        fn no_text_panics(text in "[ft]?[0-9]?[a-z2-7+f\\PC]{0,160}") {
            let _ = text.parse::<Address>();
        }

        #[test]
        fn a_changed_letter_is_noticed(at in 2usize..40, with in "[a-z2-7]") {
            let mut text = SECP.to_owned();
            text.replace_range(at..=at, &with);
            prop_assume!(text != SECP);
            prop_assert!(text.parse::<Address>().is_err());
        }

        #[test]
        fn ethereum_addresses_round_trip(eth in any::<[u8; 20]>(), id in 0..=i64::MAX as u64) {
            prop_assert_eq!(Address::from_eth(&eth).to_eth(), Some(eth));
            let masked = Address::new_id(id).to_eth().unwrap();
            prop_assert_eq!(Address::from_eth(&masked), Address::new_id(id));
        }
    }

    #[test]
    fn reads_every_protocol_under_either_prefix() {
        for text in ["f00", "f01234", SECP, ACTOR, BLS] {
            let mainnet: Address = text.parse().unwrap();
            assert_eq!(mainnet.to_string(), text);
            let testnet: Address = text.replacen('f', "t", 1).parse().unwrap();
            assert_eq!(testnet, mainnet);
            assert!(testnet.to_string().starts_with('t'));
        }
    }

    #[test]
    fn the_undefined_address_has_three_spellings() {
        for json in [r#""""#, r#""<empty>""#, "null"] {
            assert!(
                serde_json::from_str::<Address>(json)
                    .unwrap()
                    .is_undefined(),
                "{json}"
            );
        }
        assert_eq!(Address::UNDEFINED.to_string(), "<empty>");
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let error = |text: &str| text.parse::<Address>().unwrap_err().to_string();
        assert!(error("x01234").contains("starts with f or t"));
        assert!(error("hello").contains("starts with f or t"));
        assert!(error("f").contains("length"));
        assert!(error("f9aaaa").contains("protocol"));
        assert!(error("f0+5").contains("digits only"));
        assert!(error("f0-5").contains("payload"));
        assert!(error("f09223372036854775808").contains("actor IDs end at"));
        assert!(
            error(&SECP.replace("7uoq", "7uop"))
                .to_lowercase()
                .contains("checksum")
        );
        assert!(error(&"é".repeat(100_000)).len() < 1_000);
        assert!(serde_json::from_str::<Address>("5").is_err());
        assert!(
            Address::from_bls(&[0; 47])
                .unwrap_err()
                .to_string()
                .contains("48 bytes, got 47")
        );
        assert!(Address::from_secp256k1(&[4; 33]).is_err());
    }

    #[test]
    fn an_ethereum_address_becomes_f410f() {
        // FRC-0052's and the FVM documentation's example pair.
        let eth = [
            0xd3, 0x88, 0xab, 0x09, 0x8e, 0xd3, 0xe8, 0x4c, 0x0d, 0x80, 0x87, 0x76, 0x44, 0x0b,
            0x48, 0xf6, 0x85, 0x19, 0x84, 0x98,
        ];
        let text = "f410f2oekwcmo2pueydmaq53eic2i62crtbeyuzx2gmy";
        assert_eq!(Address::from_eth(&eth).to_string(), text);
        assert_eq!(SECP.parse::<Address>().unwrap().to_eth(), None);
    }
}
