//! The state of the chain: actors, messages, the network.
//!
//! Lotus's largest group of methods is divided here by what they are about: this file has actors,
//! messages and the network, [`miner`] the storage miners, [`market`] the deals, [`verified`] the
//! data cap, and [`randomness`] the chain's randomness.

use std::collections::BTreeMap;

use jsonrpsee::proc_macros::rpc;
use serde_json::Value;

use crate::types::{
    Actor, ActorState, Address, Bytes, Cid, CirculatingSupply, ComputeStateOutput, InvocResult,
    Message, MessageMatch, MsgLookup, NetworkParams, TipSetKey, TokenAmount,
};
use crate::{Error, permissioned};

pub mod market;
pub mod miner;
pub mod randomness;
pub mod verified;

/// Lotus `api/api_full.go`, group State: actors, messages and the network.
///
/// Where a method takes a tipset, it is asked about the state before that tipset's messages; the
/// empty key is the heaviest tipset. An unknown tipset is an error.
#[permissioned]
#[rpc(server, client, namespace = "Filecoin", namespace_separator = ".")]
pub trait State {
    /// Executes a message without its signature and without keeping what it changes, and returns
    /// the outcome. Gas is not limited.
    #[method(name = "StateCall", perm = read)]
    async fn state_call(&self, message: Message, tipset: TipSetKey) -> Result<InvocResult, Error>;

    /// Executes a message of a tipset again, after those before it, and returns the outcome.
    ///
    /// With the empty key the message is looked up; it is an error if it is not on the chain.
    #[method(name = "StateReplay", perm = read)]
    async fn state_replay(&self, tipset: TipSetKey, message: Cid) -> Result<InvocResult, Error>;

    /// Executes messages in the state of a tipset as if it were the epoch `height`, with what an
    /// epoch itself changes, and returns the new state.
    #[method(name = "StateCompute", perm = read)]
    async fn state_compute(
        &self,
        height: i64,
        messages: Vec<Message>,
        tipset: TipSetKey,
    ) -> Result<ComputeStateOutput, Error>;

    /// Returns an actor; error 11 if there is none.
    #[method(name = "StateGetActor", perm = read)]
    async fn state_get_actor(&self, actor: Address, tipset: TipSetKey) -> Result<Actor, Error>;

    /// Returns an actor's balance, code and decoded state; error 11 if there is none.
    #[method(name = "StateReadState", perm = read)]
    async fn state_read_state(
        &self,
        actor: Address,
        tipset: TipSetKey,
    ) -> Result<ActorState, Error>;

    /// Lists the addresses of all actors.
    #[method(name = "StateListActors", perm = read)]
    async fn state_list_actors(&self, tipset: TipSetKey) -> Result<Vec<Address>, Error>;

    /// Returns the actors that are in the state `new` and not, or otherwise, in the state `old`; both
    /// are roots of state trees.
    #[method(name = "StateChangedActors", perm = read)]
    async fn state_changed_actors(
        &self,
        old: Cid,
        new: Cid,
    ) -> Result<BTreeMap<Address, Actor>, Error>;

    /// Returns the `f0` address of an actor; error 11 if there is none.
    #[method(name = "StateLookupID", perm = read)]
    async fn state_lookup_id(&self, address: Address, tipset: TipSetKey) -> Result<Address, Error>;

    /// Returns the address of an actor that is the same after a reorganisation: that of its key, or
    /// the one it was made under.
    #[method(name = "StateLookupRobustAddress", perm = read)]
    async fn state_lookup_robust_address(
        &self,
        address: Address,
        tipset: TipSetKey,
    ) -> Result<Address, Error>;

    /// Returns the address of an account's key (`f1` or `f3`); an error if the actor is no account.
    #[method(name = "StateAccountKey", perm = read)]
    async fn state_account_key(
        &self,
        address: Address,
        tipset: TipSetKey,
    ) -> Result<Address, Error>;

    /// Lists the messages between addresses, from a tipset back to the epoch `to_height`.
    ///
    /// At least one address has to be given.
    #[method(name = "StateListMessages", perm = read)]
    async fn state_list_messages(
        &self,
        matching: MessageMatch,
        tipset: TipSetKey,
        to_height: i64,
    ) -> Result<Vec<Cid>, Error>;

    /// Looks for a message, at most `limit` epochs back from a tipset (-1 is no limit), and returns
    /// its outcome, or nothing if it is not on the chain yet.
    ///
    /// With `allow_replaced`, a message that took its place (same sender and nonce, other gas) is
    /// found too.
    #[method(name = "StateSearchMsg", perm = read)]
    async fn state_search_msg(
        &self,
        from: TipSetKey,
        message: Cid,
        limit: i64,
        allow_replaced: bool,
    ) -> Result<Option<MsgLookup>, Error>;

    /// Waits until a message is on the chain with `confidence` epochs after it, and returns its
    /// outcome. Looks at most `limit` epochs back (-1 is no limit), and waits for ever.
    ///
    /// With `allow_replaced`, a message that took its place (same sender and nonce, other gas) is
    /// as good.
    #[method(name = "StateWaitMsg", perm = read)]
    async fn state_wait_msg(
        &self,
        message: Cid,
        confidence: u64,
        limit: i64,
        allow_replaced: bool,
    ) -> Result<MsgLookup, Error>;

    /// Decodes the CBOR parameters of a method of an actor, as JSON.
    #[method(name = "StateDecodeParams", perm = read)]
    async fn state_decode_params(
        &self,
        to: Address,
        method: u64,
        params: Bytes,
        tipset: TipSetKey,
    ) -> Result<Value, Error>;

    /// Encodes parameters in JSON for a method of an actor with the code `code`, as CBOR.
    #[method(name = "StateEncodeParams", perm = read)]
    async fn state_encode_params(
        &self,
        code: Cid,
        method: u64,
        params: Value,
    ) -> Result<Bytes, Error>;

    /// Returns the name of the network, such as `mainnet`.
    #[method(name = "StateNetworkName", perm = read)]
    async fn state_network_name(&self) -> Result<String, Error>;

    /// Returns the version of the network's rules at a tipset.
    #[method(name = "StateNetworkVersion", perm = read)]
    async fn state_network_version(&self, tipset: TipSetKey) -> Result<u32, Error>;

    /// Returns what tells this network from others.
    #[method(name = "StateGetNetworkParams", perm = read)]
    async fn state_get_network_params(&self) -> Result<NetworkParams, Error>;

    /// Returns the CIDs of the codes of the built-in actors, by their names, in a version of the
    /// network's rules.
    #[method(name = "StateActorCodeCIDs", perm = read)]
    async fn state_actor_code_cids(
        &self,
        network_version: u32,
    ) -> Result<BTreeMap<String, Cid>, Error>;

    /// Returns the CID of the list of the built-in actors in a version of the network's rules.
    #[method(name = "StateActorManifestCID", perm = read)]
    async fn state_actor_manifest_cid(&self, network_version: u32) -> Result<Cid, Error>;

    /// Returns how many attoFIL circulate, exactly.
    #[method(name = "StateCirculatingSupply", perm = read)]
    async fn state_circulating_supply(&self, tipset: TipSetKey) -> Result<TokenAmount, Error>;

    /// Returns the supply with which the chain itself computes; it differs a little from
    /// `StateCirculatingSupply`.
    #[method(name = "StateVMCirculatingSupplyInternal", perm = read)]
    async fn state_vm_circulating_supply_internal(
        &self,
        tipset: TipSetKey,
    ) -> Result<CirculatingSupply, Error>;
}
