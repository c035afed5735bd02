//! `Net`: the peer-to-peer network, in which a node with a chain of its own has no peers.

use std::collections::BTreeMap;

use jsonrpsee::core::async_trait;
use lotus_core::Error;
use lotus_core::api::net::NetServer;
use lotus_core::types::{
    AddrInfo, BandwidthStats, Connectedness, ExtendedPeerInfo, NatInfo, NetBlockList, NetLimit,
    NetStat, PeerId, PubsubScore,
};

use super::unserved;

/// The methods of `Net`.
pub(crate) struct NetRpc;

#[async_trait]
impl NetServer for NetRpc {
    async fn id(&self) -> Result<PeerId, Error> {
        unserved("Filecoin.ID")
    }

    async fn net_addrs_listen(&self) -> Result<AddrInfo, Error> {
        unserved("Filecoin.NetAddrsListen")
    }

    async fn net_agent_version(&self, _peer: PeerId) -> Result<String, Error> {
        unserved("Filecoin.NetAgentVersion")
    }

    async fn net_auto_nat_status(&self) -> Result<NatInfo, Error> {
        Ok(NatInfo::default())
    }

    async fn net_bandwidth_stats(&self) -> Result<BandwidthStats, Error> {
        Ok(BandwidthStats::default())
    }

    async fn net_bandwidth_stats_by_peer(&self) -> Result<BTreeMap<String, BandwidthStats>, Error> {
        Ok(BTreeMap::new())
    }

    async fn net_bandwidth_stats_by_protocol(
        &self,
    ) -> Result<BTreeMap<String, BandwidthStats>, Error> {
        Ok(BTreeMap::new())
    }

    async fn net_block_add(&self, _block: NetBlockList) -> Result<(), Error> {
        unserved("Filecoin.NetBlockAdd")
    }

    async fn net_block_list(&self) -> Result<NetBlockList, Error> {
        Ok(NetBlockList::default())
    }

    async fn net_block_remove(&self, _block: NetBlockList) -> Result<(), Error> {
        unserved("Filecoin.NetBlockRemove")
    }

    async fn net_connect(&self, _peer: AddrInfo) -> Result<(), Error> {
        unserved("Filecoin.NetConnect")
    }

    async fn net_connectedness(&self, _peer: PeerId) -> Result<Connectedness, Error> {
        Ok(Connectedness::NotConnected)
    }

    async fn net_disconnect(&self, _peer: PeerId) -> Result<(), Error> {
        unserved("Filecoin.NetDisconnect")
    }

    async fn net_find_peer(&self, _peer: PeerId) -> Result<AddrInfo, Error> {
        unserved("Filecoin.NetFindPeer")
    }

    async fn net_limit(&self, _scope: String) -> Result<NetLimit, Error> {
        unserved("Filecoin.NetLimit")
    }

    async fn net_peer_info(&self, _peer: PeerId) -> Result<ExtendedPeerInfo, Error> {
        unserved("Filecoin.NetPeerInfo")
    }

    async fn net_peers(&self) -> Result<Vec<AddrInfo>, Error> {
        Ok(Vec::new())
    }

    async fn net_ping(&self, _peer: PeerId) -> Result<i64, Error> {
        unserved("Filecoin.NetPing")
    }

    async fn net_protect_add(&self, _peers: Vec<PeerId>) -> Result<(), Error> {
        unserved("Filecoin.NetProtectAdd")
    }

    async fn net_protect_list(&self) -> Result<Vec<PeerId>, Error> {
        Ok(Vec::new())
    }

    async fn net_protect_remove(&self, _peers: Vec<PeerId>) -> Result<(), Error> {
        unserved("Filecoin.NetProtectRemove")
    }

    async fn net_pubsub_scores(&self) -> Result<Vec<PubsubScore>, Error> {
        Ok(Vec::new())
    }

    async fn net_set_limit(&self, _scope: String, _limit: NetLimit) -> Result<(), Error> {
        unserved("Filecoin.NetSetLimit")
    }

    async fn net_stat(&self, _scope: String) -> Result<NetStat, Error> {
        unserved("Filecoin.NetStat")
    }
}
