//! Every group of a path has its methods in the path's prelude: a group that is added to a surface
//! and not here fails the test, and one that is here and not in the prelude does not compile.

use std::collections::BTreeSet;

use lotus_core::Method;
use lotus_core::api::Surface;

fn names<'a>(methods: impl IntoIterator<Item = &'a Method>) -> BTreeSet<&'static str> {
    methods.into_iter().map(|method| method.name).collect()
}

fn compare(surface: &Surface, tables: &[&'static [Method]]) {
    let there: BTreeSet<_> = surface.methods().into_keys().collect();
    assert_eq!(names(tables.iter().copied().flatten()), there);
}

/// The traits of a prelude that a client has, beside their tables.
macro_rules! prelude {
    ($test:ident, $prelude:path, $surface:ident, $($client:ident => $table:ident in $group:path),+ $(,)?) => {
        #[test]
        fn $test() {
            use $prelude::*;
            $({
                fn all<C: $client>() {}
                let _ = all::<lotus_client::Client>;
            })+
            compare(&lotus_core::api::$surface, &[$({
                use $group as group;
                group::$table
            }),+]);
        }
    };
}

use lotus_core::api;

prelude!(
    full_node_v1, lotus_client::full_node::v1, FULL_NODE_V1,
    ActorEventsClient => ACTOR_EVENTS in api::actor_events,
    AuthClient => AUTH in api::auth,
    BackupClient => BACKUP in api::backup,
    ChainClient => CHAIN in api::chain,
    CommonClient => COMMON in api::common,
    EthClient => ETH in api::eth,
    EthChainClient => ETH_CHAIN in api::eth::chain,
    EthFilterClient => ETH_FILTER in api::eth::filter,
    EthTracesClient => ETH_TRACES in api::eth::trace,
    F3Client => F3 in api::f3,
    GasClient => GAS in api::gas,
    MarketClient => MARKET in api::market,
    MiningClient => MINING in api::mining,
    MpoolClient => MPOOL in api::mpool,
    MsigClient => MSIG in api::msig,
    NetClient => NET in api::net,
    PaychClient => PAYCH in api::paych,
    StateClient => STATE in api::state,
    StateMarketClient => STATE_MARKET in api::state::market,
    StateMinerClient => STATE_MINER in api::state::miner,
    StateRandomnessClient => STATE_RANDOMNESS in api::state::randomness,
    StateVerifiedClient => STATE_VERIFIED in api::state::verified,
    StatusClient => STATUS in api::status,
    SyncClient => SYNC in api::sync,
    WalletClient => WALLET in api::wallet,
);

prelude!(
    full_node_v2, lotus_client::full_node::v2, FULL_NODE_V2,
    ChainV2Client => CHAIN_V2 in api::v2::chain,
    EthClient => ETH in api::eth,
    EthChainClient => ETH_CHAIN in api::eth::chain,
    EthFilterClient => ETH_FILTER in api::eth::filter,
    EthTracesClient => ETH_TRACES in api::eth::trace,
    StateV2Client => STATE_V2 in api::v2::state,
);

prelude!(
    miner, lotus_client::miner, MINER,
    ActorClient => ACTOR in api::miner::actor,
    AuthClient => AUTH in api::auth,
    BackupClient => BACKUP in api::backup,
    CommonClient => COMMON in api::common,
    MarketClient => MARKET in api::miner::market,
    MiningClient => MINING in api::miner::mining,
    ProvingClient => PROVING in api::miner::proving,
    ReturnClient => RETURN in api::miner::returns,
    RuntimeClient => RUNTIME in api::miner::runtime,
    SealingClient => SEALING in api::miner::sealing,
    SectorClient => SECTOR in api::miner::sector,
    StorageClient => STORAGE in api::miner::storage,
    WorkerClient => WORKER in api::miner::worker,
);

prelude!(
    worker, lotus_client::worker, WORKER,
    ManagementClient => MANAGEMENT in api::worker::management,
    ProvingClient => PROVING in api::worker::proving,
    SealingClient => SEALING in api::worker::sealing,
    StorageClient => STORAGE in api::worker::storage,
);

prelude!(
    remote_wallet, lotus_client::remote_wallet, REMOTE_WALLET,
    RemoteWalletClient => REMOTE_WALLET in api::remote_wallet,
);

/// What v0 has beside v1.
#[test]
fn full_node_v0() {
    use api::v0::{chain::CHAIN_V0, msig::MSIG_V0, paych::PAYCH_V0, state::STATE_V0};
    use lotus_client::full_node::v0::*;
    fn all<C: WalletClient + ChainV0Client + MsigV0Client + PaychV0Client + StateV0Client>() {}
    let _ = all::<lotus_client::Client>;
    let v1 = names(api::FULL_NODE_V1.methods().into_values());
    let own = names(
        [CHAIN_V0, MSIG_V0, PAYCH_V0, STATE_V0]
            .into_iter()
            .flatten(),
    );
    assert_eq!(&v1 | &own, names(api::FULL_NODE_V0.methods().into_values()));
}

/// A name that two traits of a prelude have could not be called without naming the trait.
#[test]
fn no_method_is_ambiguous() {
    for surface in [
        &api::FULL_NODE_V1,
        &api::FULL_NODE_V2,
        &api::MINER,
        &api::WORKER,
        &api::REMOTE_WALLET,
    ] {
        let mut seen = BTreeSet::new();
        for (group, methods) in surface.groups() {
            for method in methods {
                let function = method.bare_name().to_lowercase();
                assert!(seen.insert(function), "{} of {}", method.name, group.name);
            }
        }
    }
}
