//! `send`: money, or a call, from one account to another.

use std::fmt;

use anyhow::{Context as _, bail};
use clap::Args;
use fvm_shared::address::Protocol;
use lotus_core::api::gas::GasClient;
use lotus_core::api::mpool::MpoolClient;
use lotus_core::api::wallet::WalletClient;
use lotus_core::types::{
    Address, Bytes, Cid, EthAddress, Message, SignedMessage, TipSetKey, TokenAmount,
};
use serde_json::json;

use crate::cmd::wallet::message::bytes;
use crate::opts::{Answer, Context};

/// The method that every message of an Ethereum account calls (FRC-42 of `InvokeEVM`).
const INVOKE_EVM: u64 = 3_844_450_837;

/// Send funds between accounts
#[derive(Debug, Args)]
pub(crate) struct Send {
    /// The account to send from; the default address unless given
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,

    /// The Ethereum address of the account to send from
    #[arg(long, value_name = "0x…", conflicts_with = "from")]
    from_eth_addr: Option<String>,

    /// What to pay the miner, in attoFIL per unit of gas; estimated unless given
    #[arg(long, value_name = "ATTOFIL", default_value = "0")]
    gas_premium: String,

    /// The most to pay, in attoFIL per unit of gas; estimated unless given
    #[arg(long, value_name = "ATTOFIL", default_value = "0")]
    gas_feecap: String,

    /// The most gas to use, in gas units; estimated unless given
    #[arg(long, value_name = "GAS", default_value_t = 0)]
    gas_limit: i64,

    /// The nonce to use, also of a message that waits, to replace it; the next one unless given
    #[arg(long, value_name = "NONCE")]
    nonce: Option<u64>,

    /// The number of the method to call
    #[arg(long, value_name = "METHOD", default_value_t = 0)]
    method: u64,

    /// The parameters of the call, as hex of their CBOR
    #[arg(long, value_name = "HEX")]
    params_hex: Option<String>,

    /// Send without the checks of `MpoolCheckMessages`, which this program never asks for
    #[arg(long, hide = true)]
    force: bool,

    /// Where to: an address of Filecoin, or 0x… of Ethereum
    target_address: String,

    /// How much: 1.5, or with a unit, 100attofil
    amount: String,
}

/// What Lotus prints of a message that was sent.
struct Sent<'a> {
    message: &'a Message,
    cid: Cid,
}

impl fmt::Display for Sent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Sending message from: {}", self.message.from)?;
        writeln!(f, "Sending message to: {}", self.message.to)?;
        writeln!(f, "Using Method: {}", self.message.method)?;
        write!(f, "{}", self.cid)
    }
}

impl Send {
    pub(crate) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut message = self.message()?;
        let client = context.connect_main().await?.client;
        if message.from.is_undefined() {
            let default = client.wallet_default_address().await.answer();
            message.from = default.context("failed to get default address")?;
        }
        as_ethereum(&mut message)?;
        let sent = match self.nonce {
            None => client.mpool_push_message(message, None).await.answer()?,
            Some(nonce) => {
                let head = TipSetKey::default();
                let estimated = client.gas_estimate_message_gas(message, None, head).await;
                let mut message = estimated.answer()?;
                message.nonce = nonce;
                let signed = client.wallet_sign_message(message.from, message).await;
                let signed: SignedMessage = signed.answer()?;
                client.mpool_push(signed.clone()).await.answer()?;
                signed
            }
        };
        let cid = sent.cid()?;
        let message = &sent.message;
        context.out.result(
            Sent { message, cid },
            json!({ "cid": cid, "message": message }),
        )
    }

    /// The message that the flags describe; without a sender if they name none.
    fn message(&self) -> anyhow::Result<Message> {
        let from = match (&self.from, &self.from_eth_addr) {
            (Some(from), _) => from.parse().context("failed to parse from address")?,
            (None, Some(eth)) => filecoin(eth).context("failed to parse from Ethereum address")?,
            (None, None) => Address::UNDEFINED,
        };
        let to = read_address(&self.target_address).context("failed to parse target address")?;
        let value: TokenAmount = self.amount.parse().context("failed to parse amount")?;
        if value < TokenAmount::default() {
            bail!("failed to parse amount: {value} is negative");
        }
        let atto = |what: &'static str, text: &str| -> anyhow::Result<TokenAmount> {
            let fee = format!("{text} attofil").parse();
            fee.with_context(|| format!("failed to parse {what}"))
        };
        let params = match &self.params_hex {
            Some(hex) => Bytes(bytes("params", hex)?),
            None => Bytes::default(),
        };
        Ok(Message {
            to,
            from,
            value,
            gas_limit: self.gas_limit,
            gas_fee_cap: atto("gas fee cap", &self.gas_feecap)?,
            gas_premium: atto("gas premium", &self.gas_premium)?,
            method: self.method,
            params,
            ..Message::default()
        })
    }
}

/// An address of either kind.
pub(crate) fn read_address(text: &str) -> anyhow::Result<Address> {
    match text.starts_with("0x") {
        true => filecoin(text),
        false => Ok(text.parse()?),
    }
}

fn filecoin(eth: &str) -> anyhow::Result<Address> {
    Ok(eth.parse::<EthAddress>()?.to_filecoin()?)
}

/// What an Ethereum account sends is a transaction of Ethereum's, which calls one method only.
fn as_ethereum(message: &mut Message) -> anyhow::Result<()> {
    if message.from.protocol() != Some(Protocol::Delegated) {
        return Ok(());
    }
    if message.method != 0 {
        bail!("messages from f410f addresses may not specify a method number");
    }
    if !message.params.is_empty() {
        bail!("messages from f410f addresses cannot have parameters here; use an Ethereum wallet");
    }
    if !matches!(
        message.to.protocol(),
        Some(Protocol::Delegated | Protocol::ID)
    ) {
        bail!("messages from f410f addresses may only be sent to f410f or f0 addresses");
    }
    message.method = INVOKE_EVM;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: Address, to: Address) -> Message {
        Message {
            from: address,
            to,
            ..Message::default()
        }
    }

    #[test]
    fn an_ethereum_account_calls_what_ethereum_can() {
        let eth = Address::from_eth(&[7; 20]);
        let mut plain = from(Address::new_id(1000), eth);
        as_ethereum(&mut plain).unwrap();
        assert_eq!(plain.method, 0);
        let mut call = from(eth, Address::new_id(1000));
        as_ethereum(&mut call).unwrap();
        assert_eq!(call.method, INVOKE_EVM);
        let error = as_ethereum(&mut call).unwrap_err().to_string();
        assert_eq!(
            error,
            "messages from f410f addresses may not specify a method number"
        );
        let bls = Address::from_bls(&[1; 48]).unwrap();
        assert!(as_ethereum(&mut from(eth, bls)).is_err());
    }

    #[test]
    fn both_kinds_of_addresses_are_read() {
        let eth = Address::from_eth(&[7; 20]);
        assert_eq!(
            read_address(&format!("0x{}", "07".repeat(20))).unwrap(),
            eth
        );
        assert_eq!(read_address(&eth.to_string()).unwrap(), eth);
        assert!(read_address("0x07").is_err());
    }
}
