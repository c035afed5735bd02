//! Ethereum addresses, and the Filecoin addresses that they stand for.

use super::hex::fixed_hex;
use crate::Address;

/// The first bytes of an address that stands for an actor's ID (FIP-0055).
const MASKED_ID_PREFIX: [u8; 12] = [0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

fixed_hex! {
    /// An Ethereum address (Lotus `EthAddress`).
    ///
    /// It stands for the Filecoin address `f410f…` of the same 20 bytes, or, if it begins with
    /// `0xff` and eleven zeros, for the actor of the ID that follows.
    pub struct EthAddress([u8; 20]);
}

/// An address that has no counterpart on the other side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EthAddressError {
    /// A Filecoin address of which the Ethereum one does not follow from the address alone.
    #[error(
        "{0} has no Ethereum address by itself: only f0… and f410f… have; \
        a node's FilecoinAddressToEthAddress knows that of its actor"
    )]
    NotEthereum(Address),
    /// It masks an ID above 2^63 - 1, which no actor has.
    #[error("{0} stands for an actor's ID above 9223372036854775807, which none has")]
    IdTooLarge(EthAddress),
}

impl EthAddress {
    /// The address that stands for an actor by its ID.
    pub fn from_actor_id(id: u64) -> EthAddress {
        let mut bytes = [0; 20];
        bytes[..12].copy_from_slice(&MASKED_ID_PREFIX);
        bytes[12..].copy_from_slice(&id.to_be_bytes());
        EthAddress(bytes)
    }

    /// The ID of the actor that it stands for, if it is of that kind.
    pub fn actor_id(&self) -> Option<u64> {
        let id = self.0.strip_prefix(&MASKED_ID_PREFIX)?;
        id.try_into().ok().map(u64::from_be_bytes)
    }

    /// The Ethereum address of a Filecoin one (Lotus `EthAddressFromFilecoinAddress`).
    ///
    /// # Errors
    /// The address is neither `f0…` nor `f410f…` of 20 bytes, or one of these that looks like a
    /// masked ID and would be a second name of that actor.
    pub fn from_filecoin(address: &Address) -> Result<EthAddress, EthAddressError> {
        address
            .to_eth()
            .map(EthAddress)
            .ok_or(EthAddressError::NotEthereum(*address))
    }

    /// The Filecoin address that it stands for (Lotus `EthAddress.ToFilecoinAddress`).
    ///
    /// # Errors
    /// It masks an ID that no actor can have.
    pub fn to_filecoin(&self) -> Result<Address, EthAddressError> {
        match self.actor_id() {
            Some(id) if i64::try_from(id).is_err() => Err(EthAddressError::IdTooLarge(*self)),
            _ => Ok(Address::from_eth(&self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_sides_round_trip(bytes in any::<[u8; 20]>(), id in 0..=i64::MAX as u64) {
            let eth = EthAddress(bytes);
            prop_assert_eq!(eth.to_string().parse::<EthAddress>().unwrap(), eth);
            let filecoin = eth.to_filecoin().unwrap();
            prop_assert_eq!(EthAddress::from_filecoin(&filecoin).unwrap(), eth);
            let eth = EthAddress::from_actor_id(id);
            prop_assert_eq!(eth.to_filecoin().unwrap(), Address::new_id(id));
            prop_assert_eq!(EthAddress::from_filecoin(&Address::new_id(id)).unwrap(), eth);
        }
    }

    #[test]
    fn known_pairs() {
        for (eth, filecoin) in [
            // FRC-0052's and the FVM documentation's example pair.
            (
                "0xd388ab098ed3e84c0d808776440b48f685198498",
                "f410f2oekwcmo2pueydmaq53eic2i62crtbeyuzx2gmy",
            ),
            // Masked IDs, as in FIP-0055: the first actors, and the address manager.
            ("0xff00000000000000000000000000000000000000", "f00"),
            ("0xff0000000000000000000000000000000000000a", "f010"),
            ("0xff00000000000000000000000000000000000065", "f0101"),
            (
                "0xff00000000000000000000007fffffffffffffff",
                "f09223372036854775807",
            ),
        ] {
            let eth: EthAddress = eth.parse().unwrap();
            let filecoin: Address = filecoin.parse().unwrap();
            assert_eq!(eth.to_filecoin().unwrap(), filecoin);
            assert_eq!(EthAddress::from_filecoin(&filecoin).unwrap(), eth);
        }
    }

    #[test]
    fn not_every_address_has_a_counterpart() {
        let key = "f17uoq6tp427uzv7fztkbsnn64iwotfrristwpryy".parse().unwrap();
        let error = EthAddress::from_filecoin(&key).unwrap_err().to_string();
        assert!(error.contains("f17uoq6") && error.contains("FilecoinAddressToEthAddress"));
        assert!(EthAddress::from_filecoin(&Address::UNDEFINED).is_err());
        let error = EthAddress::from_actor_id(1 << 63)
            .to_filecoin()
            .unwrap_err();
        assert_eq!(
            error,
            EthAddressError::IdTooLarge(EthAddress::from_actor_id(1 << 63))
        );
    }
}
