//! The service `info` at `/ext/info`: what this node is and what it knows of its network.
//!
//! Names and shapes are AvalancheGo's, with numbers of 64 bits as strings. What this daemon does not
//! have (a git commit, a database version, a proof of possession) is left out, and a question that
//! it cannot answer is an error that says why.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use lotus_core::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::chain_aliases::ChainAliases;
use super::health::Probe;
use super::json2::{Call, Fault, Service};

/// The service `info`.
pub(crate) struct Info {
    /// Which daemon this is; part of its version.
    pub(crate) role: Role,
    /// The node's id is the session that `Filecoin.Session` reports: it is what Lotus's clients
    /// compare to know one node from another, and it changes with every start.
    pub(crate) session: Uuid,
    /// The name of the chain's network: `localnet`, `mainnet`, …
    pub(crate) network: Option<String>,
    /// Its number: the EIP-155 chain id.
    pub(crate) network_id: Option<u64>,
    /// The chain, by its names.
    pub(crate) chains: Arc<ChainAliases>,
    /// Whether the daemon is ready for work.
    pub(crate) ready: Probe,
}

impl fmt::Debug for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Info").finish_non_exhaustive()
    }
}

impl Info {
    /// Checks that a chain was named and is known.
    fn chain(&self, name: Option<String>, argument: &str) -> Result<(), Fault> {
        match name.as_deref() {
            None | Some("") => Err(Fault::failed(format!("argument '{argument}' not given"))),
            Some(name) if self.chains.contains(name) => Ok(()),
            Some(name) => Err(Fault::failed(format!(
                "there is no chain with alias/ID '{}'",
                name.escape_debug()
            ))),
        }
    }
}

/// What a miner says of a network.
const NO_CHAIN: &str = "a network is its chain, and this daemon has none; ask its full node";

#[async_trait]
impl Service for Info {
    fn name(&self) -> &'static str {
        "info"
    }

    async fn call(&self, call: Call<'_>) -> Result<Value, Fault> {
        let params = call.fields()?;
        match call.method {
            "getNodeVersion" => {
                let version = format!("{}/{}", self.role.program(), crate::VERSION);
                Ok(json!({ "version": version }))
            }
            "getNodeID" => {
                let id = format!("NodeID-{}", self.session.simple());
                Ok(json!({ "nodeID": id }))
            }
            "getNodeIP" => Err(Fault::failed(
                "this node takes no part in a peer-to-peer network, so it has no address there",
            )),
            "getNetworkID" => match self.network_id {
                Some(id) => Ok(json!({ "networkID": id.to_string() })),
                None => Err(Fault::failed(NO_CHAIN)),
            },
            "getNetworkName" => match &self.network {
                Some(name) => Ok(json!({ "networkName": name })),
                None => Err(Fault::failed(NO_CHAIN)),
            },
            "getBlockchainID" => {
                self.chain(params.get("alias")?, "alias")?;
                let id = self.chains.id().ok_or_else(|| {
                    Fault::failed("a chain's id is its genesis block, and this daemon has none")
                })?;
                Ok(json!({ "blockchainID": id }))
            }
            "peers" => {
                params.get::<Vec<String>>("nodeIDs")?;
                Ok(json!({ "numPeers": "0", "peers": [] }))
            }
            "isBootstrapped" => {
                self.chain(params.get("chain")?, "chain")?;
                Ok(json!({ "isBootstrapped": (self.ready)().is_ok() }))
            }
            "uptime" => Err(Fault::failed(
                "uptime is what a network's validators have seen of a node, and Filecoin has none; Filecoin.StartTime says since when this one runs",
            )),
            _ => Err(Fault::UnknownMethod),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ext::json2;
    use bytes::Bytes;
    use http_body_util::BodyExt;

    fn info(id: Option<&str>) -> Info {
        let served = ["/rpc/v1"];
        let chains = ChainAliases::new([].into(), &served, id.map(str::to_owned)).unwrap();
        Info {
            role: Role::FullNode,
            session: Uuid::from_u128(7),
            network: Some("localnet".to_owned()),
            network_id: Some(31_415_926),
            chains: Arc::new(chains),
            ready: Box::new(|| Ok(())),
        }
    }

    async fn ask(info: &Info, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = http::Request::post("/ext/info")
            .header("content-type", "application/json")
            .body(());
        let (parts, ()) = request.unwrap().into_parts();
        let source = (std::net::Ipv4Addr::LOCALHOST, 1234).into();
        let reply = json2::serve(&parts, Bytes::from(body.to_string()), source, info).await;
        let body = reply.into_body().collect().await.unwrap().to_bytes();
        let mut reply: Value = serde_json::from_slice(&body).unwrap();
        match reply["error"]["message"].take() {
            Value::Null => reply["result"].take(),
            message => message,
        }
    }

    #[tokio::test]
    async fn what_the_daemon_knows() {
        let info = info(Some("bafyGenesis"));
        let version = json!({ "version": format!("lotus/{}", crate::VERSION) });
        let node = json!({ "nodeID": "NodeID-00000000000000000000000000000007" });
        for (method, params, expected) in [
            ("info.getNodeVersion", json!({}), version),
            ("info.getNodeID", Value::Null, node),
            (
                "info.getNetworkID",
                json!([]),
                json!({ "networkID": "31415926" }),
            ),
            (
                "info.getNetworkName",
                json!({}),
                json!({ "networkName": "localnet" }),
            ),
            (
                "info.getBlockchainID",
                json!({ "alias": "F" }),
                json!({ "blockchainID": "bafyGenesis" }),
            ),
            (
                "info.peers",
                json!({}),
                json!({ "numPeers": "0", "peers": [] }),
            ),
            (
                "info.peers",
                json!({ "nodeIDs": [] }),
                json!({ "numPeers": "0", "peers": [] }),
            ),
            (
                "info.isBootstrapped",
                json!({ "chain": "F" }),
                json!({ "isBootstrapped": true }),
            ),
            (
                "info.isBootstrapped",
                json!([{ "chain": "bafyGenesis" }]),
                json!({ "isBootstrapped": true }),
            ),
        ] {
            assert_eq!(ask(&info, method, params).await, expected, "{method}");
        }
    }

    #[tokio::test]
    async fn what_it_does_not_know_it_says() {
        let info = info(None);
        for (method, params, expected) in [
            (
                "info.getNodeIP",
                json!({}),
                "takes no part in a peer-to-peer network",
            ),
            ("info.uptime", json!({}), "Filecoin.StartTime"),
            (
                "info.getBlockchainID",
                json!({ "alias": "F" }),
                "genesis block",
            ),
            (
                "info.getBlockchainID",
                json!({}),
                "argument 'alias' not given",
            ),
            (
                "info.isBootstrapped",
                json!({}),
                "argument 'chain' not given",
            ),
            (
                "info.isBootstrapped",
                json!({ "chain": "C" }),
                "there is no chain with alias/ID 'C'",
            ),
            (
                "info.peers",
                json!({ "nodeIDs": "x" }),
                "couldn't unmarshal an argument",
            ),
            (
                "info.getTxFee",
                json!({}),
                "rpc: can't find method \"info.GetTxFee\"",
            ),
        ] {
            let error = ask(&info, method, params).await;
            assert!(
                error.as_str().is_some_and(|error| error.contains(expected)),
                "{error}"
            );
        }
    }
}
