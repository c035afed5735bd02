//! A node's API as raw HTTP, and the keys of a local network's accounts: what a client could send that
//! no library would.

use std::net::SocketAddr;

use lotus_chain::accounts::{Account, Accounts, DEFAULT_PHRASE};
use lotus_chain::keys::{self, LOCAL_CHAIN_ID};
use lotus_core::types::{Message, SignedMessage};
use lotus_testutil::TestDaemon;
use lotus_testutil::wire::post;
use serde_json::{Value, json};

/// The code and the text with which a call was refused.
pub(super) type Refusal = (i64, String);

/// Calls `/rpc/v1` with everything that a token can allow.
pub(super) struct Door {
    pub(super) socket: SocketAddr,
    authorization: String,
}

impl Door {
    pub(super) fn of(node: &TestDaemon) -> Door {
        Door {
            socket: node.socket(),
            authorization: format!("Authorization: Bearer {}", node.repo_token()),
        }
    }

    /// Calls with parameters that are sent as they are.
    pub(super) async fn send(&self, method: &str, params: &str) -> Result<Value, Refusal> {
        let body =
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"Filecoin.{method}","params":{params}}}"#);
        let reply = post(self.socket, "/rpc/v1", &[&self.authorization], &body).await;
        let mut reply = reply.json();
        match reply.get("error") {
            Some(error) => Err((
                error["code"].as_i64().unwrap(),
                error["message"].as_str().unwrap().to_owned(),
            )),
            None => Ok(reply["result"].take()),
        }
    }

    pub(super) async fn call(&self, method: &str, params: Value) -> Result<Value, Refusal> {
        self.send(method, &params.to_string()).await
    }

    /// The answer of a call that must succeed.
    pub(super) async fn ask(&self, method: &str, params: Value) -> Value {
        match self.call(method, params).await {
            Ok(answer) => answer,
            Err(error) => panic!("{method}: {error:?}"),
        }
    }

    /// Waits until a message has been executed, and returns its exit code.
    pub(super) async fn exit_code(&self, cid: &Value) -> i64 {
        let found = self.ask("StateWaitMsg", json!([cid, 0, -1, false])).await;
        assert_eq!(found["Message"], *cid);
        found["Receipt"]["ExitCode"].as_i64().unwrap()
    }

    /// What an account has, in attoFIL.
    pub(super) async fn balance(&self, address: &Value) -> i128 {
        let balance = self.ask("WalletBalance", json!([address])).await;
        balance.as_str().unwrap().parse().unwrap()
    }

    /// The CIDs of the messages that wait.
    pub(super) async fn pending(&self) -> Vec<Value> {
        let pending = self.ask("MpoolPending", json!([null])).await;
        let pending = pending.as_array().unwrap().iter();
        pending.map(|signed| signed["CID"].clone()).collect()
    }
}

/// The accounts that a local network starts with: secp256k1, and last a BLS and a delegated one.
pub(super) fn accounts(count: u32) -> Vec<Account> {
    let accounts = Accounts::from_phrase(DEFAULT_PHRASE).unwrap();
    accounts.funded(count).unwrap()
}

/// The account that makes the blocks of a local network.
pub(super) fn miner() -> Account {
    let accounts = Accounts::from_phrase(DEFAULT_PHRASE).unwrap();
    accounts.miner().unwrap()
}

/// A signed message as a client sends it.
pub(super) fn signed(account: &Account, message: Message) -> SignedMessage {
    let bytes = keys::signing_bytes(&message, &account.address(), LOCAL_CHAIN_ID).unwrap();
    let signature = account.key.sign(&bytes).unwrap();
    SignedMessage { message, signature }
}
