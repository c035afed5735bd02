//! Which methods a path of a daemon has.

use std::collections::BTreeMap;

use crate::api::state::{
    STATE, market::STATE_MARKET, miner::STATE_MINER, randomness::STATE_RANDOMNESS,
    verified::STATE_VERIFIED,
};
use crate::api::{
    actor_events::ACTOR_EVENTS,
    auth::AUTH,
    backup::BACKUP,
    chain::CHAIN,
    common::COMMON,
    eth::{ETH, chain::ETH_CHAIN, filter::ETH_FILTER, trace::ETH_TRACES},
    f3::F3,
    gas::GAS,
    market::MARKET,
    miner,
    mining::MINING,
    mpool::MPOOL,
    msig::MSIG,
    net::NET,
    paych::PAYCH,
    remote_wallet,
    status::STATUS,
    sync::SYNC,
    v0, v2,
    wallet::WALLET,
    worker,
};
use crate::error::Needs;
use crate::{Method, Role};

/// The table of a trait.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Its name: `Wallet`.
    pub name: &'static str,
    /// What serves it, beside the daemon itself.
    pub needs: Option<Needs>,
    /// Its methods.
    pub methods: &'static [Method],
    /// Of a group that the daemon serves, the names of the methods that need more nevertheless.
    lacks: &'static [&'static str],
}

impl Group {
    /// What serves one of its methods, beside the daemon itself.
    pub fn needs_of(&self, method: &Method) -> Option<Needs> {
        match self.lacks.contains(&method.bare_name()) {
            true => Some(Needs::Upstream),
            false => self.needs,
        }
    }

    /// The methods that need more than the rest of the group.
    pub(super) fn lacking(&self) -> impl Iterator<Item = &'static Method> {
        let lacks = self.lacks;
        let methods = self.methods.iter();
        methods.filter(move |method| lacks.contains(&method.bare_name()))
    }

    const fn but(self, lacks: &'static [&'static str]) -> Self {
        Self { lacks, ..self }
    }

    const fn of_daemon(name: &'static str, methods: &'static [Method]) -> Self {
        Self {
            name,
            needs: None,
            methods,
            lacks: &[],
        }
    }

    const fn needing(needs: Needs, name: &'static str, methods: &'static [Method]) -> Self {
        Self {
            name,
            needs: Some(needs),
            methods,
            lacks: &[],
        }
    }
}

/// What one path of a daemon answers: groups of methods, one layer over the other.
#[derive(Clone, Copy, Debug)]
pub struct Surface {
    /// The program that listens: `lotus`, `lotus-miner`.
    pub program: &'static str,
    /// The path of its URL.
    pub path: &'static str,
    /// A method of a later layer replaces that of the same name in the earlier ones.
    pub layers: &'static [&'static [Group]],
}

impl Surface {
    /// Every method, by name.
    pub fn methods(&self) -> BTreeMap<&'static str, &'static Method> {
        self.layers
            .iter()
            .flat_map(|layer| layer.iter())
            .flat_map(|group| group.methods)
            .map(|method| (method.name, method))
            .collect()
    }

    /// Every group with those of its methods that no later layer replaces.
    pub fn groups(&self) -> Vec<(&'static Group, Vec<&'static Method>)> {
        let methods = self.methods();
        let answers = |method: &&'static Method| std::ptr::eq(methods[method.name], *method);
        self.layers
            .iter()
            .flat_map(|layer| layer.iter())
            .map(|group| (group, group.methods.iter().filter(answers).collect()))
            .collect()
    }
}

/// What a chain in one process does not do.
const CHAIN_LACKS: &[&str] = &[
    "ChainBlockstoreInfo",
    "ChainCheckBlockstore",
    "ChainDeleteObj",
    "ChainExportRangeInternal",
    "ChainGetNode",
    "ChainHotGC",
    "ChainPrune",
    "ChainPutObj",
    "ChainValidateIndex",
];

/// As [`CHAIN_LACKS`], of the state.
const STATE_LACKS: &[&str] = &["StateCompute", "StateDecodeParams", "StateEncodeParams"];

/// As [`CHAIN_LACKS`], of the miners: what needs sectors, or is not in Lotus either.
const STATE_MINER_LACKS: &[&str] = &[
    "StateAllMinerFaults",
    "StateMinerInitialPledgeCollateral",
    "StateMinerInitialPledgeForSector",
    "StateMinerPreCommitDepositForPower",
];

/// As [`CHAIN_LACKS`], of the syncer: there is nobody to sync with.
const SYNC_LACKS: &[&str] = &[
    "SyncCheckpoint",
    "SyncIncomingBlocks",
    "SyncMarkBad",
    "SyncUnmarkAllBad",
    "SyncUnmarkBad",
];

/// What needs the logs of an EVM, and Ethereum's own kind of subscription.
const ETH_FILTER_LACKS: &[&str] = &[
    "EthGetFilterLogs",
    "EthGetLogs",
    "EthNewFilter",
    "EthSubscribe",
    "EthUnsubscribe",
];

/// As [`CHAIN_LACKS`], of the peer-to-peer network.
const NET_LACKS: &[&str] = &[
    "ID",
    "NetAddrsListen",
    "NetAgentVersion",
    "NetBlockAdd",
    "NetBlockRemove",
    "NetConnect",
    "NetDisconnect",
    "NetFindPeer",
    "NetLimit",
    "NetPeerInfo",
    "NetPing",
    "NetProtectAdd",
    "NetProtectRemove",
    "NetSetLimit",
    "NetStat",
];

/// What Lotus declares on `/rpc/v1` of a full node, and our own tokens.
static V1: &[Group] = &[
    Group::of_daemon("Common", COMMON),
    Group::of_daemon("Wallet", WALLET),
    Group::of_daemon("Auth", AUTH),
    Group::needing(Needs::Chain, "ActorEvents", ACTOR_EVENTS),
    Group::needing(Needs::Chain, "Backup", BACKUP),
    Group::of_daemon("Chain", CHAIN).but(CHAIN_LACKS),
    Group::of_daemon("Eth", ETH),
    Group::of_daemon("EthChain", ETH_CHAIN),
    Group::of_daemon("EthFilter", ETH_FILTER).but(ETH_FILTER_LACKS),
    Group::needing(Needs::Upstream, "EthTraces", ETH_TRACES),
    Group::needing(Needs::Upstream, "F3", F3),
    Group::of_daemon("Gas", GAS),
    Group::needing(Needs::Chain, "Market", MARKET),
    Group::of_daemon("Miner", MINING),
    Group::of_daemon("Mpool", MPOOL),
    Group::of_daemon("Msig", MSIG),
    Group::of_daemon("Net", NET).but(NET_LACKS),
    Group::of_daemon("Node", STATUS),
    Group::needing(Needs::Chain, "Paych", PAYCH),
    Group::of_daemon("State", STATE).but(STATE_LACKS),
    Group::of_daemon("StateMarket", STATE_MARKET).but(&["StateComputeDataCID"]),
    Group::of_daemon("StateMiner", STATE_MINER).but(STATE_MINER_LACKS),
    Group::of_daemon("StateRandomness", STATE_RANDOMNESS),
    Group::of_daemon("StateVerified", STATE_VERIFIED),
    Group::of_daemon("Sync", SYNC).but(SYNC_LACKS),
];

/// What Lotus's `/rpc/v0` has beside it, or instead.
static V0: &[Group] = &[
    Group::of_daemon("Chain of v0", v0::chain::CHAIN_V0),
    Group::of_daemon("Msig of v0", v0::msig::MSIG_V0),
    Group::needing(Needs::Chain, "Paych of v0", v0::paych::PAYCH_V0),
    Group::of_daemon("State of v0", v0::state::STATE_V0),
];

/// What Lotus declares on `/rpc/v2` of a full node: neither tokens nor the version are there.
static V2: &[Group] = &[
    Group::of_daemon("Chain", v2::chain::CHAIN_V2),
    Group::of_daemon("Eth", ETH),
    Group::of_daemon("EthChain", ETH_CHAIN),
    Group::of_daemon("EthFilter", ETH_FILTER).but(ETH_FILTER_LACKS),
    Group::needing(Needs::Upstream, "EthTraces", ETH_TRACES),
    Group::of_daemon("State", v2::state::STATE_V2),
];

/// `/rpc/v1` of a full node.
pub static FULL_NODE_V1: Surface = Surface {
    program: Role::FullNode.program(),
    path: "/rpc/v1",
    layers: &[V1],
};

/// `/rpc/v0` of a full node: all of v1, with the signatures of old where they differ.
pub static FULL_NODE_V0: Surface = Surface {
    program: Role::FullNode.program(),
    path: "/rpc/v0",
    layers: &[V1, V0],
};

/// `/rpc/v2` of a full node.
pub static FULL_NODE_V2: Surface = Surface {
    program: Role::FullNode.program(),
    path: "/rpc/v2",
    layers: &[V2],
};

/// What Lotus declares on `/rpc/v0` of a miner, and our own tokens.
static MINER_V0: &[Group] = &[
    Group::of_daemon("Common", COMMON),
    Group::of_daemon("Auth", AUTH),
    Group::needing(Needs::Sealing, "Actor", miner::actor::ACTOR),
    Group::needing(Needs::Sealing, "Backup", BACKUP),
    Group::needing(Needs::Sealing, "Market", miner::market::MARKET),
    Group::needing(Needs::Sealing, "Mining", miner::mining::MINING),
    Group::needing(Needs::Sealing, "Proving", miner::proving::PROVING),
    Group::needing(Needs::Sealing, "Return", miner::returns::RETURN),
    Group::needing(Needs::Sealing, "Runtime", miner::runtime::RUNTIME),
    Group::needing(Needs::Sealing, "Sealing", miner::sealing::SEALING),
    Group::needing(Needs::Sealing, "Sector", miner::sector::SECTOR),
    Group::needing(Needs::Sealing, "Storage", miner::storage::STORAGE),
    Group::needing(Needs::Sealing, "Worker", miner::worker::WORKER),
];

/// What Lotus declares on `/rpc/v0` of a worker.
static WORKER_V0: &[Group] = &[
    Group::needing(Needs::Sealing, "Management", worker::management::MANAGEMENT),
    Group::needing(Needs::Sealing, "Proving", worker::proving::PROVING),
    Group::needing(Needs::Sealing, "Sealing", worker::sealing::SEALING),
    Group::needing(Needs::Sealing, "Storage", worker::storage::STORAGE),
];

/// `/rpc/v0` of a miner.
pub static MINER: Surface = Surface {
    program: Role::StorageMiner.program(),
    path: "/rpc/v0",
    layers: &[MINER_V0],
};

/// `/rpc/v0` of a worker of a miner. It is Lotus's program that serves it.
pub static WORKER: Surface = Surface {
    program: "lotus-worker",
    path: "/rpc/v0",
    layers: &[WORKER_V0],
};

/// `/rpc/v0` of a wallet that is a process of its own. It is Lotus's program that serves it.
pub static REMOTE_WALLET: Surface = Surface {
    program: "lotus-wallet",
    path: "/rpc/v0",
    layers: &[&[Group::of_daemon("Wallet", remote_wallet::REMOTE_WALLET)]],
};

impl Role {
    /// The paths of this daemon; the first is its main one.
    pub fn surfaces(self) -> &'static [&'static Surface] {
        static FULL_NODE: [&Surface; 3] = [&FULL_NODE_V1, &FULL_NODE_V0, &FULL_NODE_V2];
        static STORAGE_MINER: [&Surface; 1] = [&MINER];
        match self {
            Role::FullNode => &FULL_NODE,
            Role::StorageMiner => &STORAGE_MINER,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_layer_replaces() {
        static FIRST: &[Method] = &[WALLET[0]];
        static BELOW: &[Group] = &[Group::of_daemon("Below", WALLET)];
        static ABOVE: &[Group] = &[Group::of_daemon("Above", FIRST)];
        static LAYERS: &[&[Group]] = &[BELOW, ABOVE];
        let surface = Surface {
            layers: LAYERS,
            ..FULL_NODE_V1
        };
        assert_eq!(surface.methods().len(), WALLET.len());
        let counts: Vec<_> = surface
            .groups()
            .iter()
            .map(|(group, methods)| (group.name, methods.len()))
            .collect();
        assert_eq!(counts, [("Below", WALLET.len() - 1), ("Above", 1)]);
    }
}
