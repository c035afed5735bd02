//! `wallet`: the keys that the node keeps.

mod balance;
mod key;
mod list;
pub(crate) mod message;

use std::io::{self, Read as _};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use lotus_client::{ApiInfo, Source};
use lotus_core::api::wallet::WalletClient;
use lotus_core::types::{Address, KeyType, Signature};
use serde_json::json;
use zeroize::Zeroizing;

use crate::opts::{Answer, Context};
use crate::output;

/// Manage wallet
#[derive(Debug, Args)]
pub(crate) struct WalletCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Generate a new key of the given type
    New {
        /// bls, secp256k1 or delegated
        #[arg(default_value = "secp256k1")]
        key_type: String,
    },
    List(list::List),
    Balance(balance::Balance),
    /// Tell whether the wallet holds the key of an address
    Has {
        address: String,
    },
    /// Get default wallet address
    Default,
    /// Set default wallet address
    SetDefault {
        address: String,
    },
    /// Export a key, which is a secret
    Export {
        address: String,
        /// hex-lotus, json-lotus or hex-eth
        #[arg(long, default_value = "hex-lotus")]
        format: String,
    },
    /// Import a key
    Import(Import),
    /// Soft delete an address from the wallet - hard deletion needed for permanent removal
    Delete {
        address: String,
    },
    /// Sign a message
    Sign {
        /// The address whose key signs
        address: String,
        /// The message in hex
        message: String,
        #[command(flatten)]
        raw: Raw,
    },
    /// Verify the signature of a message
    Verify {
        /// The address whose key has signed
        address: String,
        /// The message in hex
        message: String,
        /// The signature in hex, as 'wallet sign' prints it
        signature: String,
        #[command(flatten)]
        raw: Raw,
    },
}

#[derive(Debug, Args)]
struct Import {
    /// The file with the key; stdin if omitted or -
    path: Option<PathBuf>,
    /// hex-lotus, json-lotus, gfc-json or hex-eth
    #[arg(long, default_value = "hex-lotus")]
    format: String,
    /// What a hex-eth key is for: delegated or secp256k1
    #[arg(long = "type", value_name = "TYPE", default_value = "delegated")]
    key_type: String,
    /// Import the given key as your new default key
    #[arg(long)]
    as_default: bool,
}

#[derive(Debug, Args)]
struct Raw {
    /// The bytes as they are, without the FRC-0102 envelope
    #[arg(long)]
    raw: bool,
}

impl WalletCommand {
    pub(crate) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let out = context.out;
        match self.command {
            Command::New { key_type } => {
                let client = context.connect().await?.client;
                let address = client.wallet_new(key_type.as_str().into()).await.answer()?;
                out.result(address, json!({ "address": address }))
            }
            Command::List(list) => list.run(context).await,
            Command::Balance(balance) => balance.run(context).await,
            Command::Has { address } => {
                let address = read_address(&address)?;
                let client = context.connect().await?.client;
                let has = client.wallet_has(address).await.answer()?;
                out.result(has, has)
            }
            Command::Default => {
                let client = context.connect().await?.client;
                let address = client.wallet_default_address().await.answer()?;
                out.result(address, json!({ "address": address }))
            }
            Command::SetDefault { address } => {
                let address = read_address(&address)?;
                let client = context.connect().await?.client;
                client.wallet_set_default(address).await.answer()?;
                out.result(
                    format_args!("Default address set to: {address}"),
                    json!({ "address": address }),
                )
            }
            Command::Export { address, format } => {
                let address = read_address(&address)?;
                let form = key::Form::named(&format)?;
                let client = context.connect().await?.client;
                let exported = client.wallet_export(address).await.answer()?;
                let key = form.write(&exported)?;
                out.result(&*key, json!({ "format": format, "key": &*key }))
            }
            Command::Import(import) => import.run(context).await,
            Command::Delete { address } => {
                let address = read_address(&address)?;
                let connection = context.connect().await?;
                connection.client.wallet_delete(address).await.answer()?;
                let keystore = keystore_of(&connection.found.info);
                let text = format!(
                    "Soft deleting address: {address}\n\
                     Hard deletion of the address in `{keystore}` is needed for permanent removal"
                );
                out.result(text, json!({ "address": address, "keystore": keystore }))
            }
            Command::Sign {
                address,
                message,
                raw: Raw { raw },
            } => {
                let address = read_address(&address)?;
                let data = message::to_sign(&message, raw)?;
                let client = context.connect().await?.client;
                let signature = client.wallet_sign(address, data.into()).await.answer()?;
                let signature = data_encoding::HEXLOWER.encode(&signature.to_bytes());
                out.result(&signature, json!({ "signature": signature }))
            }
            Command::Verify {
                address,
                message,
                signature,
                raw: Raw { raw },
            } => {
                let address = read_address(&address)?;
                let data = message::to_sign(&message, raw)?;
                let signature = Signature::from_bytes(&message::bytes("signature", &signature)?)?;
                let client = context.connect().await?.client;
                let valid = client
                    .wallet_verify(address, data.into(), signature)
                    .await
                    .answer()?;
                out.result(
                    if valid { "valid" } else { "invalid" },
                    json!({ "valid": valid }),
                )?;
                if !valid {
                    bail!("CLI Verify called with invalid signature");
                }
                Ok(())
            }
        }
    }
}

impl Import {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let form = key::Form::named(&self.format)?;
        let text = self.read(context)?;
        let key = form.read(&text, &KeyType::from(self.key_type.as_str()))?;
        let client = context.connect().await?.client;
        let address = client.wallet_import(key).await.answer()?;
        if self.as_default {
            let set = client.wallet_set_default(address).await.answer();
            set.with_context(|| format!("imported key {address}, but failed to set default"))?;
        }
        let text = format!("imported key {address} successfully!");
        context.out.result(text, json!({ "address": address }))
    }

    /// The key, from wherever it is: never from the command line, which everybody can see.
    fn read(&self, context: &Context) -> anyhow::Result<Zeroizing<String>> {
        match &self.path {
            Some(path) if path.as_os_str() != "-" => std::fs::read_to_string(path)
                .map(Zeroizing::new)
                .with_context(|| format!("cannot read {}", path.display())),
            _ if output::stdin_is_terminal() => {
                let prompt = "Enter private key(not display in the terminal): ";
                let key = context
                    .out
                    .ask_secret(prompt)
                    .context("cannot read the key")?;
                Ok(Zeroizing::new(key))
            }
            _ => {
                let mut text = Zeroizing::new(String::new());
                io::stdin()
                    .read_to_string(&mut text)
                    .context("cannot read the key from stdin")?;
                Ok(text)
            }
        }
    }
}

fn read_address(text: &str) -> anyhow::Result<Address> {
    Ok(text.parse()?)
}

/// Where the node keeps its keys, as far as this program knows.
fn keystore_of(info: &ApiInfo) -> String {
    match &info.source {
        Source::Repo(api) => api.with_file_name("keystore").display().to_string(),
        _ => "<repo of the node>/keystore".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keystore_of_a_remote_node_is_not_made_up() {
        let mut info: ApiInfo = "ws://h:1".parse().unwrap();
        assert_eq!(keystore_of(&info), "<repo of the node>/keystore");
        info.source = Source::Repo("/r/api".into());
        assert_eq!(keystore_of(&info), "/r/keystore");
    }
}
