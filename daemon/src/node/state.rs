//! `State`: actors, messages and the network, on `/rpc/v1` and with the parameters of old.

mod deadline;
mod decoded;
mod listing;
pub(super) mod market;
mod miner;
mod provider;
pub(super) mod randomness;
mod trace;
pub(super) mod verified;

use std::collections::BTreeMap;
use std::sync::Arc;

use fvm_ipld_blockstore::Blockstore;
use fvm_shared::address::Protocol;
use fvm_shared::state::ActorState;
use jsonrpsee::core::async_trait;
use lotus_chain::mempool::Account;
use lotus_chain::store::state::StateReader;
use lotus_chain::vm::manifest::{ActorKind, MANIFEST_DATA};
use lotus_core::Error;
use lotus_core::api::state::StateServer;
use lotus_core::api::state::miner::StateMinerServer;
use lotus_core::api::v0::state::StateV0Server;
use lotus_core::types::{
    Actor, ActorState as ReadState, Address, Bytes, Cid, CirculatingSupply, ComputeStateOutput,
    InvocResult, Message, MessageMatch, MessageReceipt, MsgLookup, NetworkParams,
    SectorPreCommitOnChainInfo, TipSetKey, TokenAmount,
};
use serde_json::Value;

use super::unserved;
use crate::chain::{Chain, blocking};

pub(crate) use trace::invocation;

/// No limit to how far back a message is looked for (Lotus `LookbackNoLimit`).
const NO_LIMIT: i64 = -1;

/// The methods of `State`.
#[derive(Clone)]
pub(crate) struct StateRpc {
    pub(crate) chain: Arc<dyn Chain>,
}

impl StateRpc {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Chain) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        blocking(&self.chain, work).await
    }

    async fn search(
        &self,
        from: TipSetKey,
        message: Cid,
        limit: i64,
        allow_replaced: bool,
    ) -> Result<Option<MsgLookup>, Error> {
        self.run(move |chain| {
            let from = chain.tipset(&from)?;
            chain.search(&message, &from, limit, allow_replaced)
        })
        .await
    }
}

/// An actor in a state; error 11 if there is none.
pub(super) fn actor<S: Blockstore>(
    state: &StateReader<S>,
    address: &Address,
) -> Result<Actor, Error> {
    let found = state.actor(address).map_err(Error::other)?;
    found.map(described).ok_or(Error::ActorNotFound)
}

/// An actor as Lotus's methods return it.
fn described(actor: ActorState) -> Actor {
    Actor {
        code: actor.code.into(),
        head: actor.state.into(),
        nonce: actor.sequence,
        balance: actor.balance.into(),
        delegated_address: actor.delegated_address.map(Address::from),
    }
}

/// The key that signs for an account in the state before a tipset's messages.
pub(super) fn account_key(
    chain: &dyn Chain,
    address: &Address,
    tipset: &TipSetKey,
) -> Result<Address, Error> {
    if matches!(
        address.protocol(),
        Some(Protocol::Secp256k1 | Protocol::BLS)
    ) {
        return Ok(*address);
    }
    let state = chain.tipset(tipset)?.parent_state();
    let account = Account::read(chain.store().blocks(), &state, address);
    let account = account.map_err(Error::other)?.ok_or(Error::ActorNotFound)?;
    let why = "failed to get account actor state: the actor is no account";
    account.key.ok_or_else(|| Error::other(why))
}

#[async_trait]
impl StateServer for StateRpc {
    async fn state_call(&self, message: Message, tipset: TipSetKey) -> Result<InvocResult, Error> {
        self.run(move |chain| chain.call(message, &chain.tipset(&tipset)?))
            .await
    }

    async fn state_replay(&self, tipset: TipSetKey, message: Cid) -> Result<InvocResult, Error> {
        self.run(move |chain| {
            if !tipset.is_empty() {
                return chain.replay(&chain.tipset(&tipset)?, &message);
            }
            let found = chain.search(&message, &chain.head(), NO_LIMIT, true)?;
            let found = found.ok_or_else(|| {
                Error::Other(format!("could not find message {message} on chain"))
            })?;
            let next = chain.tipset(&found.tip_set)?;
            chain.replay(&chain.tipset(&next.parents())?, &found.message)
        })
        .await
    }

    async fn state_compute(
        &self,
        _height: i64,
        _messages: Vec<Message>,
        _tipset: TipSetKey,
    ) -> Result<ComputeStateOutput, Error> {
        unserved("Filecoin.StateCompute")
    }

    async fn state_get_actor(&self, address: Address, tipset: TipSetKey) -> Result<Actor, Error> {
        self.run(move |chain| actor(&chain.state(&tipset)?, &address))
            .await
    }

    async fn state_read_state(
        &self,
        actor: Address,
        tipset: TipSetKey,
    ) -> Result<ReadState, Error> {
        self.run(move |chain| {
            let state = chain.state(&tipset)?;
            let id = state.lookup_id(&actor).map_err(Error::other)?;
            let found = provider::known(&state, id.ok_or(Error::ActorNotFound)?)?;
            let kind = ActorKind::of(&found.code);
            let kind = kind.ok_or_else(|| Error::other("unknown actor code"))?;
            let block = chain.store().blocks().block(&found.state);
            let block = block.map_err(Error::other)?;
            let block = block.ok_or_else(|| Error::other("the actor's state is not here"))?;
            Ok(ReadState {
                balance: found.balance.into(),
                code: found.code.into(),
                state: decoded::decode(kind, &block).map_err(Error::Other)?,
            })
        })
        .await
    }

    async fn state_list_actors(&self, tipset: TipSetKey) -> Result<Vec<Address>, Error> {
        self.run(move |chain| {
            let mut addresses = Vec::new();
            let state = chain.state(&tipset)?;
            let listed = state.for_each(|id, _| {
                addresses.push(Address::new_id(id));
                Ok(())
            });
            listed.map_err(Error::other)?;
            Ok(addresses)
        })
        .await
    }

    async fn state_changed_actors(
        &self,
        old: Cid,
        new: Cid,
    ) -> Result<BTreeMap<Address, Actor>, Error> {
        self.run(move |chain| listing::changed_actors(chain, &old, &new))
            .await
    }

    async fn state_lookup_id(&self, address: Address, tipset: TipSetKey) -> Result<Address, Error> {
        self.run(move |chain| {
            let found = chain.state(&tipset)?.lookup_id(&address);
            let id = found.map_err(Error::other)?.ok_or(Error::ActorNotFound)?;
            Ok(Address::new_id(id))
        })
        .await
    }

    async fn state_lookup_robust_address(
        &self,
        address: Address,
        tipset: TipSetKey,
    ) -> Result<Address, Error> {
        self.run(move |chain| listing::robust_address(chain, &address, &tipset))
            .await
    }

    async fn state_account_key(
        &self,
        address: Address,
        tipset: TipSetKey,
    ) -> Result<Address, Error> {
        self.run(move |chain| account_key(chain, &address, &tipset))
            .await
    }

    async fn state_list_messages(
        &self,
        matching: MessageMatch,
        tipset: TipSetKey,
        to_height: i64,
    ) -> Result<Vec<Cid>, Error> {
        self.run(move |chain| listing::messages(chain, &matching, &tipset, to_height))
            .await
    }

    async fn state_search_msg(
        &self,
        from: TipSetKey,
        message: Cid,
        limit: i64,
        allow_replaced: bool,
    ) -> Result<Option<MsgLookup>, Error> {
        self.search(from, message, limit, allow_replaced).await
    }

    async fn state_wait_msg(
        &self,
        message: Cid,
        confidence: u64,
        limit: i64,
        allow_replaced: bool,
    ) -> Result<MsgLookup, Error> {
        self.chain
            .wait(message, confidence, limit, allow_replaced)
            .await
    }

    async fn state_decode_params(
        &self,
        _to: Address,
        _method: u64,
        _params: Bytes,
        _tipset: TipSetKey,
    ) -> Result<Value, Error> {
        unserved("Filecoin.StateDecodeParams")
    }

    async fn state_encode_params(
        &self,
        _code: Cid,
        _method: u64,
        _params: Value,
    ) -> Result<Bytes, Error> {
        unserved("Filecoin.StateEncodeParams")
    }

    async fn state_network_name(&self) -> Result<String, Error> {
        Ok(self.chain.network().name.clone())
    }

    async fn state_network_version(&self, tipset: TipSetKey) -> Result<u32, Error> {
        self.run(move |chain| chain.version(chain.tipset(&tipset)?.height()))
            .await
    }

    async fn state_get_network_params(&self) -> Result<NetworkParams, Error> {
        self.run(|chain| {
            let network = chain.network();
            let genesis = chain.store().genesis().map_err(Error::other)?;
            Ok(NetworkParams {
                network_name: network.name.clone(),
                block_delay_secs: network.block_delay,
                eip155_chain_id: network.chain_id.cast_signed(),
                genesis_timestamp: genesis.min_timestamp(),
                fork_upgrade_params: chain.upgrades(),
                ..NetworkParams::default()
            })
        })
        .await
    }

    async fn state_actor_code_cids(
        &self,
        network_version: u32,
    ) -> Result<BTreeMap<String, Cid>, Error> {
        known(&*self.chain, network_version)?;
        let actors = ActorKind::ALL.iter();
        Ok(actors
            .map(|kind| (kind.name().to_owned(), kind.code().into()))
            .collect())
    }

    async fn state_actor_manifest_cid(&self, network_version: u32) -> Result<Cid, Error> {
        known(&*self.chain, network_version)?;
        Ok(MANIFEST_DATA.into())
    }

    async fn state_circulating_supply(&self, tipset: TipSetKey) -> Result<TokenAmount, Error> {
        self.run(move |chain| Ok(chain.supply(&chain.tipset(&tipset)?)?.fil_circulating))
            .await
    }

    async fn state_vm_circulating_supply_internal(
        &self,
        tipset: TipSetKey,
    ) -> Result<CirculatingSupply, Error> {
        self.run(move |chain| chain.supply(&chain.tipset(&tipset)?))
            .await
    }
}

/// Only the actors of one version of the rules are known here.
fn known(chain: &dyn Chain, network_version: u32) -> Result<(), Error> {
    let own = chain.network().version;
    match network_version == own {
        true if chain.has_known_actors() => Ok(()),
        _ => Err(Error::Other(format!(
            "the actors of network version {network_version} on {} are not known here; this chain \
             has version {own}",
            chain.network().name
        ))),
    }
}

#[async_trait]
impl StateV0Server for StateRpc {
    async fn state_get_receipt(
        &self,
        message: Cid,
        tipset: TipSetKey,
    ) -> Result<Option<MessageReceipt>, Error> {
        let found = self.search(tipset, message, NO_LIMIT, true).await?;
        Ok(found.map(|found| found.receipt))
    }

    async fn state_search_msg_v0(&self, message: Cid) -> Result<Option<MsgLookup>, Error> {
        let head = TipSetKey::default();
        self.search(head, message, NO_LIMIT, true).await
    }

    async fn state_search_msg_limited(
        &self,
        message: Cid,
        limit: i64,
    ) -> Result<Option<MsgLookup>, Error> {
        self.search(TipSetKey::default(), message, limit, true)
            .await
    }

    async fn state_sector_pre_commit_info_v0(
        &self,
        miner: Address,
        sector: u64,
        tipset: TipSetKey,
    ) -> Result<SectorPreCommitOnChainInfo, Error> {
        let found = self.state_sector_pre_commit_info(miner, sector, tipset);
        let none = || Error::other("precommit info does not exist");
        found.await?.ok_or_else(none)
    }

    async fn state_wait_msg_v0(&self, message: Cid, confidence: u64) -> Result<MsgLookup, Error> {
        self.chain.wait(message, confidence, NO_LIMIT, true).await
    }

    async fn state_wait_msg_limited(
        &self,
        message: Cid,
        confidence: u64,
        limit: i64,
    ) -> Result<MsgLookup, Error> {
        self.chain.wait(message, confidence, limit, true).await
    }
}
