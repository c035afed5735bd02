//! The wallet: the keys of a node's accounts, and what they sign.
//!
//! Keys live in the [`Keystore`] as Lotus keeps them (`chain/wallet/wallet.go`): `wallet-<address>`
//! for each key, `default` with a copy of the default key, `trash-<address>` for deleted ones. The
//! address is printed for the node's network, and a key that was stored under the other network's
//! prefix is found as well. Nothing is cached: a key is read when it is used and wiped afterwards.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fvm_shared::address::Protocol;
use lotus_chain::keys::{self, Key, KeyError, TransactionError};
use lotus_chain::mempool::{Signer, SignerError};
use lotus_core::types::{
    Address, AddressError, KeyInfo, KeyType, Message, MessageError, Network, Signature,
    SignedMessage,
};

use crate::keystore::{Keystore, KeystoreError};

const WALLET_PREFIX: &str = "wallet-";
const TRASH_PREFIX: &str = "trash-";
const DEFAULT: &str = "default";

/// The keys of one repo, safe to use from any thread.
///
/// Its methods are synchronous and short: a few small files and the arithmetic of one key. Those
/// that change something wait for the disk.
#[derive(Debug)]
pub struct Wallet {
    keystore: Arc<Keystore>,
    chain_id: u64,
    /// Held while entries change: adding a key and making it the default are two files.
    writing: Mutex<()>,
}

/// Why the wallet could not do what it was asked to. The words are Lotus's where it has any.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// The signer's key is not here.
    #[error("signing using key '{0}': key info not found")]
    NoSigner(Address),
    /// The key to export is not here.
    #[error("key not found for {0}")]
    NoKey(Address),
    /// An ID address names an account, and only the chain knows its key.
    #[error(
        "cannot resolve ID address {0}: the wallet has no chain to ask for its key; use the key's \
         own address, f1, f3 or f410f"
    )]
    IdAddress(Address),
    /// A secret could not be read or written.
    #[error("{context}{source}")]
    Keystore {
        /// What the wallet was doing, with a colon.
        context: &'static str,
        /// What the keystore said.
        source: KeystoreError,
    },
    /// Bytes that are no key.
    #[error("{context}: {source}")]
    Key {
        /// What the wallet was doing.
        context: &'static str,
        /// What is wrong with the key.
        source: KeyError,
    },
    /// An entry of the keystore holds another key than its name says.
    #[error("keystore entry '{entry}' holds the key of {holds}; rename it to wallet-{holds}")]
    Misnamed {
        /// The entry.
        entry: String,
        /// The address of the key that it holds.
        holds: Address,
    },
    /// An entry of the keystore is not named after an address.
    #[error("converting name to address: {0}")]
    Name(#[from] AddressError),
    /// The message to sign is incomplete.
    #[error("serializing message: {0}")]
    Message(#[from] MessageError),
    /// A delegated key cannot sign this message.
    #[error("failed to reconstruct Ethereum transaction: {0}")]
    Transaction(#[from] TransactionError),
}

impl From<keys::SigningBytesError> for WalletError {
    fn from(error: keys::SigningBytesError) -> WalletError {
        match error {
            keys::SigningBytesError::Message(error) => WalletError::Message(error),
            keys::SigningBytesError::Transaction(error) => WalletError::Transaction(error),
        }
    }
}

fn keystore_error(context: &'static str) -> impl FnOnce(KeystoreError) -> WalletError {
    move |source| WalletError::Keystore { context, source }
}

fn key_error(context: &'static str) -> impl FnOnce(KeyError) -> WalletError {
    move |source| WalletError::Key { context, source }
}

impl Wallet {
    /// The wallet in this keystore. `chain_id` is the network's EIP-155 chain ID, which is part of
    /// what delegated keys sign: 314 on mainnet, 314159 on calibration, 31415926 on a local network.
    pub fn new(keystore: Arc<Keystore>, chain_id: u64) -> Wallet {
        Wallet {
            keystore,
            chain_id,
            writing: Mutex::new(()),
        }
    }

    /// Makes a key. It becomes the default key if there is none.
    ///
    /// # Errors
    /// The type is none that a wallet can make, or the key cannot be stored.
    pub fn new_key(&self, key_type: KeyType) -> Result<Address, WalletError> {
        let key = Key::generate(key_type).map_err(key_error("failed to generate key"))?;
        let _writing = self.lock();
        self.keystore
            .put(&entry_name(&key.address()), key.info())
            .map_err(keystore_error("saving to keystore: "))?;
        if !self.has_default()? {
            self.keystore
                .put(DEFAULT, key.info())
                .map_err(keystore_error("failed to set new key as default: "))?;
        }
        Ok(key.address())
    }

    /// The addresses of all keys, sorted by their text, each once.
    ///
    /// # Errors
    /// The keystore cannot be listed, or an entry is not named after an address.
    pub fn list(&self) -> Result<Vec<Address>, WalletError> {
        let names = self
            .keystore
            .list()
            .map_err(keystore_error("listing keystore: "))?;
        let mut addresses = names
            .iter()
            .filter_map(|name| name.strip_prefix(WALLET_PREFIX))
            .map(str::parse)
            .collect::<Result<Vec<Address>, _>>()?;
        // One key may be stored under both prefixes.
        addresses.sort_unstable();
        addresses.dedup();
        addresses.sort_by_cached_key(Address::to_string);
        Ok(addresses)
    }

    /// Whether the key of this address is here. Of an ID address it never is.
    ///
    /// # Errors
    /// The key is here but cannot be read.
    pub fn has(&self, address: &Address) -> Result<bool, WalletError> {
        Ok(self.find(address)?.is_some())
    }

    /// Whether there is a default key.
    ///
    /// # Errors
    /// The keystore cannot be read.
    pub fn has_default(&self) -> Result<bool, WalletError> {
        self.keystore.contains(DEFAULT).map_err(keystore_error(""))
    }

    /// The address of the default key.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn default_address(&self) -> Result<Address, WalletError> {
        let info = self
            .keystore
            .get(DEFAULT)
            .map_err(keystore_error("failed to get default key: "))?;
        let key = Key::new(info);
        Ok(key
            .map_err(key_error("failed to read default key from keystore"))?
            .address())
    }

    /// Makes the key of this address the default.
    ///
    /// # Errors
    /// The key is not here or cannot be read.
    pub fn set_default(&self, address: &Address) -> Result<(), WalletError> {
        refuse_id(address)?;
        let _writing = self.lock();
        let Some(key) = self.find(address)? else {
            let source = KeystoreError::NotFound {
                action: "opening key",
                name: entry_name(address),
            };
            return Err(WalletError::Keystore {
                context: "",
                source,
            });
        };
        self.keystore
            .replace(DEFAULT, key.info())
            .map_err(keystore_error(""))
    }

    /// The private key of this address.
    ///
    /// # Errors
    /// It is not here or cannot be read.
    pub fn export(&self, address: &Address) -> Result<KeyInfo, WalletError> {
        refuse_id(address)?;
        self.find(address)?
            .map(Key::into_info)
            .ok_or(WalletError::NoKey(*address))
    }

    /// Adds a key that was exported elsewhere. It never becomes the default by itself.
    ///
    /// # Errors
    /// It is no key, or is here already.
    pub fn import(&self, info: KeyInfo) -> Result<Address, WalletError> {
        let key = Key::new(info).map_err(key_error("failed to make key"))?;
        let _writing = self.lock();
        self.keystore
            .put(&entry_name(&key.address()), key.info())
            .map_err(keystore_error("saving to keystore: "))?;
        Ok(key.address())
    }

    /// Adds those of different keys that are not here yet, and makes the first of them all the default
    /// if there is none. It waits for the disk as if it were one key, and a crash before it returns
    /// leaves each key completely or not at all.
    ///
    /// # Errors
    /// A key that is here cannot be read, or one cannot be stored; those before it may be there.
    pub fn import_missing(&self, keys: &[Key]) -> Result<(), WalletError> {
        let _writing = self.lock();
        let mut missing = Vec::new();
        for key in keys {
            if !self.has(&key.address())? {
                missing.push((entry_name(&key.address()), key.info()));
            }
        }
        if let Some(first) = keys.first()
            && !self.has_default()?
        {
            missing.push((DEFAULT.to_owned(), first.info()));
        }
        let missing: Vec<_> = missing.iter().map(|(name, key)| (&**name, *key)).collect();
        self.keystore
            .put_all(&missing)
            .map_err(keystore_error("saving to keystore: "))
    }

    /// Moves a key to the trash, from where only the operator can fetch it back; an older copy in
    /// the trash is overwritten. If it was the default key, there is none afterwards. To delete a
    /// key that is not here is no error.
    ///
    /// # Errors
    /// The key cannot be read or moved. Then it is still here.
    pub fn delete(&self, address: &Address) -> Result<(), WalletError> {
        refuse_id(address)?;
        let _writing = self.lock();
        let Some(key) = self.find(address)? else {
            return Ok(());
        };

        // In this order, so that a crash in between loses no key and leaves no default without one.
        let trash = format!("{TRASH_PREFIX}{}", key.address());
        self.keystore
            .replace(&trash, key.info())
            .map_err(keystore_error(
                "wallet delete: failed to mark key as trashed: ",
            ))?;
        if self
            .default_address()
            .is_ok_and(|default| default == key.address())
        {
            self.remove(DEFAULT)?;
        }
        for name in entry_names(&key.address()) {
            self.remove(&name)?;
        }
        Ok(())
    }

    /// Signs bytes with the key of this address, whatever the bytes are.
    ///
    /// # Errors
    /// The key is not here or cannot be read.
    pub fn sign(&self, signer: &Address, bytes: &[u8]) -> Result<Signature, WalletError> {
        refuse_id(signer)?;
        let key = self.find(signer)?.ok_or(WalletError::NoSigner(*signer))?;
        key.sign(bytes).map_err(key_error("signing"))
    }

    /// Signs a message to the chain with the key of `signer`, which is its `from` address, or the
    /// key behind it. What is signed is in [`keys::signing_bytes`].
    ///
    /// # Errors
    /// The key is not here, or the message has no form that it can sign.
    pub fn sign_message(
        &self,
        signer: &Address,
        message: Message,
    ) -> Result<SignedMessage, WalletError> {
        refuse_id(signer)?;
        let bytes = keys::signing_bytes(&message, signer, self.chain_id)?;
        // Also what a delegated key signs must have a form on the chain.
        message.to_cbor()?;
        let signature = self.sign(signer, &bytes)?;
        Ok(SignedMessage { message, signature })
    }

    /// The key of this address, under whichever prefix it is stored.
    fn find(&self, address: &Address) -> Result<Option<Key>, WalletError> {
        for name in entry_names(address) {
            let info = match self.keystore.get(&name) {
                Ok(info) => info,
                Err(error) if error.is_not_found() => continue,
                Err(error) => return Err(keystore_error("getting from keystore: ")(error)),
            };
            let key = Key::new(info).map_err(key_error("decoding from keystore"))?;
            if key.address() != *address {
                return Err(WalletError::Misnamed {
                    entry: name,
                    holds: key.address(),
                });
            }
            return Ok(Some(key));
        }
        Ok(None)
    }

    fn remove(&self, name: &str) -> Result<(), WalletError> {
        match self.keystore.delete(name) {
            Err(error) if !error.is_not_found() => Err(keystore_error(
                "wallet delete: failed to delete key: ",
            )(error)),
            _ => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        // It guards no memory that a panic could have left half written.
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Signs what the node itself sends.
impl Signer for Wallet {
    fn sign(&self, message: &Message, key: &Address) -> Result<Signature, SignerError> {
        let signed = self.sign_message(key, message.clone())?;
        Ok(signed.signature)
    }
}

fn refuse_id(address: &Address) -> Result<(), WalletError> {
    match address.protocol() {
        Some(Protocol::ID) => Err(WalletError::IdAddress(*address)),
        _ => Ok(()),
    }
}

/// Under which names an address's key may be stored, this network's first.
fn entry_names(address: &Address) -> [String; 2] {
    let network = Network::current().unwrap_or_default();
    [network, network.other()]
        .map(|network| format!("{WALLET_PREFIX}{}", address.to_string_on(network)))
}

/// Under which name an address's key is stored.
fn entry_name(address: &Address) -> String {
    let [name, _] = entry_names(address);
    name
}

#[cfg(test)]
mod tests;
