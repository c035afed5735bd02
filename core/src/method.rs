//! One row of the table that `#[permissioned]` emits for an API trait.

use crate::{Permission, WireType};

/// A method of the API: what the gate, the generated documentation and the OpenRPC document know.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// The name on the wire, `Filecoin.ChainHead`.
    pub name: &'static str,
    /// Other wire names of the same method, `eth_chainId`.
    pub aliases: &'static [&'static str],
    /// What a caller needs.
    pub permission: Permission,
    /// How it answers.
    pub kind: Kind,
    /// Whether a client may repeat it when the connection fails, as Lotus's own clients do (the tag
    /// `retry` in Lotus `api/api_full.go`).
    pub retry: bool,
    /// The positional parameters.
    pub params: &'static [Param],
    /// How many of them a call must have. All, but for the four methods of which Lotus reads the
    /// array of parameters itself (its `RawParams`), where the last may be left out.
    pub required: usize,
    /// The type of the result, or of a channel's items.
    pub result: WireType,
    /// The function of the typed client: `lotus_core::api::chain::ChainClient::chain_head`.
    pub client: &'static str,
    /// The trait method's documentation.
    pub docs: &'static str,
}

impl Method {
    /// The name without its namespace, as Lotus writes it in refusals: `ChainHead`.
    pub fn bare_name(&self) -> &'static str {
        self.name
            .split_once('.')
            .map_or(self.name, |(_, bare)| bare)
    }

    /// Whether a call with this many parameters has neither too few nor too many.
    pub fn takes(&self, params: usize) -> bool {
        (self.required..=self.params.len()).contains(&params)
    }

    /// The first paragraph of the documentation; it may have several lines.
    pub fn summary(&self) -> &'static str {
        self.docs.split("\n\n").next().unwrap_or_default()
    }
}

/// A positional parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// The name in the trait.
    pub name: &'static str,
    /// The type in the trait.
    pub ty: WireType,
}

/// How a method answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One result for one call.
    Call,
    /// A go-jsonrpc channel: an id, then values until it closes. WebSocket only.
    Channel,
}
