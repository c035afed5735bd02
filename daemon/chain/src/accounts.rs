//! Accounts from a phrase of words, so that a local network has the same ones every time.
//!
//! The phrase is a BIP-39 mnemonic without a passphrase, and the keys are its BIP-32 children:
//!
//! | kind | path | as in |
//! |---|---|---|
//! | secp256k1, `f1` | `m/44'/461'/0'/0/n` | Filecoin wallets: Ledger, Glif |
//! | delegated, `f410f` | `m/44'/60'/0'/0/n` | Ethereum wallets: MetaMask, anvil |
//! | BLS, `f3` | `m/44'/461'/1'/0/n`, its 32 bytes the input of the BLS standard's key generation | nobody: there is no custom |
//! | the network's miner, `f3` | as BLS, `m/44'/461'/2'/0/0` | |
//!
//! Whoever knows the phrase has the keys, and everybody knows [`DEFAULT_PHRASE`]: never send real
//! funds to accounts of it.

use std::fmt;

use bip32::{DerivationPath, XPrv};
use bip39::{Language, Mnemonic};
use lotus_types::{Address, KeyInfo, KeyType};
use zeroize::Zeroizing;

use crate::keys::{self, Key, KeyError};

/// The phrase that everybody uses to test: that of anvil and Hardhat.
pub const DEFAULT_PHRASE: &str = "test test test test test test test test test test test junk";

/// The most accounts that one phrase gives here.
pub const MOST_ACCOUNTS: u32 = 10_000;

/// Why there are no accounts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountsError {
    /// It is no BIP-39 phrase. The text shows none of it.
    #[error("the seed phrase is not valid: {0}; it has 12 to 24 English words of BIP-39's list")]
    Phrase(String),
    /// More than anybody needs.
    #[error("{0} accounts are too many; the most is {MOST_ACCOUNTS}")]
    TooMany(u32),
    /// A child that is no key, which happens once in 2^127 phrases.
    #[error("the seed phrase has no key at {path}: {why}; take another phrase")]
    Derive {
        /// Which.
        path: String,
        /// Why.
        why: String,
    },
    /// The same.
    #[error("the seed phrase has no usable key: {0}; take another phrase")]
    Key(#[from] KeyError),
}

/// An account: its key, and how it was derived.
#[derive(Debug)]
pub struct Account {
    /// The path of the key, as `m/44'/461'/0'/0/0`.
    pub path: String,
    /// The key; it is wiped when dropped, and `Debug` does not show it.
    pub key: Key,
}

impl Account {
    /// The address of its key.
    pub fn address(&self) -> Address {
        self.key.address()
    }
}

/// The accounts of a phrase.
pub struct Accounts {
    seed: Zeroizing<[u8; 64]>,
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts").finish_non_exhaustive()
    }
}

impl Accounts {
    /// The accounts of a phrase. Words may be separated by any white space.
    ///
    /// # Errors
    /// [`AccountsError::Phrase`].
    pub fn from_phrase(phrase: &str) -> Result<Accounts, AccountsError> {
        let words: Vec<&str> = phrase.split_whitespace().collect();
        let phrase = Zeroizing::new(words.join(" ").to_lowercase());
        let mnemonic = Mnemonic::parse_in(Language::English, phrase.as_str())
            .map_err(|error| AccountsError::Phrase(error.to_string()))?;
        Ok(Accounts {
            seed: Zeroizing::new(mnemonic.to_seed("")),
        })
    }

    /// The first `count` accounts that a network gives funds to: secp256k1 ones, and from three on
    /// the last but one is a BLS account and the last a delegated one, so that every kind is there.
    ///
    /// # Errors
    /// There are too many, or the phrase has no such key.
    pub fn funded(&self, count: u32) -> Result<Vec<Account>, AccountsError> {
        if count > MOST_ACCOUNTS {
            return Err(AccountsError::TooMany(count));
        }
        let plain = if count < 3 { count } else { count - 2 };
        let mut accounts = (0..plain)
            .map(|n| self.secp256k1(n))
            .collect::<Result<Vec<_>, _>>()?;
        if count > plain {
            accounts.push(self.bls(0)?);
            accounts.push(self.delegated(0)?);
        }
        Ok(accounts)
    }

    /// The secp256k1 account of this number.
    ///
    /// # Errors
    /// The phrase has no such key.
    pub fn secp256k1(&self, number: u32) -> Result<Account, AccountsError> {
        self.account(KeyType::Secp256k1, format!("m/44'/461'/0'/0/{number}"))
    }

    /// The delegated account of this number: what Ethereum wallets have for the same phrase.
    ///
    /// # Errors
    /// The phrase has no such key.
    pub fn delegated(&self, number: u32) -> Result<Account, AccountsError> {
        self.account(KeyType::Delegated, format!("m/44'/60'/0'/0/{number}"))
    }

    /// The BLS account of this number.
    ///
    /// # Errors
    /// The phrase has no such key.
    pub fn bls(&self, number: u32) -> Result<Account, AccountsError> {
        self.account(KeyType::Bls, format!("m/44'/461'/1'/0/{number}"))
    }

    /// The BLS account that makes the blocks of a local network.
    ///
    /// # Errors
    /// The phrase has no such key.
    pub fn miner(&self) -> Result<Account, AccountsError> {
        self.account(KeyType::Bls, "m/44'/461'/2'/0/0".to_owned())
    }

    fn account(&self, key_type: KeyType, path: String) -> Result<Account, AccountsError> {
        let child = path
            .parse::<DerivationPath>()
            .and_then(|path| XPrv::derive_from_path(&*self.seed, &path));
        let child = child.map_err(|error| AccountsError::Derive {
            path: path.clone(),
            why: error.to_string(),
        })?;
        let child = Zeroizing::new(<[u8; 32]>::from(child.private_key().to_bytes()));
        let private_key = match key_type {
            KeyType::Bls => keys::bls_key_of_seed(&child),
            _ => Zeroizing::new(child.to_vec()),
        };
        let key = Key::new(KeyInfo::new(key_type, private_key))?;
        Ok(Account { path, key })
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use lotus_types::Network;

    use super::*;

    fn accounts() -> Accounts {
        Accounts::from_phrase(DEFAULT_PHRASE).unwrap()
    }

    /// What anvil prints for its accounts 0, 1 and 9, which are derived from the same phrase.
    #[test]
    fn delegated_accounts_are_those_of_anvil() {
        for (number, address, private_key) in [
            (
                0,
                "f39fd6e51aad88f6f4ce6ab8827279cfffb92266",
                "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
            ),
            (
                1,
                "70997970c51812dc3a010c7d01b50e0d17dc79c8",
                "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
            ),
            (
                9,
                "a0ee7a142d267c1f36714e4a8f75612f20a79720",
                "2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
            ),
        ] {
            let account = accounts().delegated(number).unwrap();
            assert_eq!(
                HEXLOWER.encode(&account.address().to_eth().unwrap()),
                address
            );
            assert_eq!(
                HEXLOWER.encode(account.key.info().private_key()),
                private_key
            );
        }
    }

    #[test]
    fn accounts_are_the_same_every_time_and_all_different() {
        let texts = |accounts: &Accounts| -> Vec<String> {
            let mut all = accounts.funded(10).unwrap();
            all.push(accounts.miner().unwrap());
            let text = |account: &Account| account.address().to_string_on(Network::Mainnet);
            all.iter().map(text).collect()
        };
        let all = texts(&accounts());
        assert_eq!(all, texts(&accounts()));
        let mut distinct = all.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), 11);
        let prefixes: Vec<_> = all.iter().map(|address| &address[..2]).collect();
        assert_eq!(prefixes[..8], ["f1"; 8]);
        assert_eq!(prefixes[8..], ["f3", "f4", "f3"]);
        let other = "legal winner thank year wave sausage worth useful legal winner thank yellow";
        assert_ne!(texts(&Accounts::from_phrase(other).unwrap()), all);
    }

    #[test]
    fn few_accounts_are_plain_ones() {
        for (count, kinds) in [(0, ""), (1, "1"), (2, "11"), (3, "134")] {
            let funded = accounts().funded(count).unwrap();
            let kind = |account: &Account| account.address().to_string().chars().nth(1);
            assert_eq!(funded.iter().filter_map(kind).collect::<String>(), kinds);
        }
        let error = accounts().funded(MOST_ACCOUNTS + 1).unwrap_err();
        assert_eq!(error, AccountsError::TooMany(MOST_ACCOUNTS + 1));
    }

    #[test]
    fn a_wrong_phrase_is_refused_and_not_shown() {
        for phrase in [
            "",
            "junk",
            "test test test test test test test test test test test test",
            "test test test test test test test test test test test secretword",
        ] {
            let error = Accounts::from_phrase(phrase).unwrap_err().to_string();
            assert!(error.contains("BIP-39"), "{error}");
            assert!(!error.contains("secretword"), "{error}");
        }
        let spaced = DEFAULT_PHRASE.replace(' ', "\n  ").to_uppercase();
        let one = Accounts::from_phrase(&spaced).unwrap().miner().unwrap();
        assert_eq!(one.address(), accounts().miner().unwrap().address());
    }
}
