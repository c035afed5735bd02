//! The first block of a network (Lotus `chain/gen/genesis/genesis.go`).

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use lotus_types::{
    Address, BigInt, BlockHeader, Bytes, Cid, ElectionProof, Ticket, TipSet, TokenAmount,
};

use super::base_fee::INITIAL_BASE_FEE;
use super::{ChainError, Options, beacon};
use crate::store::{ChainStore, put_messages, put_receipts};
use crate::vm::blocks::Blocks;
use crate::vm::genesis::{Genesis, GenesisError};

/// What every genesis of Filecoin names as its parent, though it is no block.
const PARENT: &str = "bafyreiaqpwbbyjo4a42saasj36kkrpv4tsherf2e7bvezkert2a7dhonoi";
/// What every genesis has for a ticket.
const TICKET: &[u8] = b"vrf proof0000000vrf proof0000000";

/// Makes the genesis and moves the head of the empty store to it.
pub(super) fn make(store: &ChainStore, options: &Options) -> Result<Arc<TipSet>, ChainError> {
    let mut accounts = options.accounts.clone();
    for miner in &options.miners {
        if !accounts.iter().any(|(address, _)| address == miner) {
            accounts.push((*miner, TokenAmount::default()));
        }
    }
    let inner = |address: Address| {
        let nobody = fvm_shared::address::Address::new_id(0);
        let inner = address.inner().copied();
        inner.ok_or(GenesisError::NotAKey(nobody))
    };
    let accounts = accounts
        .into_iter()
        .map(|(address, balance)| Ok((inner(address)?, balance.inner().clone())));
    let miners = options.miners.iter().map(|miner| inner(*miner));
    let genesis = Genesis {
        network_name: options.network_name.clone(),
        accounts: accounts.collect::<Result<_, GenesisError>>()?,
        miners: miners.collect::<Result<_, GenesisError>>()?,
        verifreg_root: None,
    };
    let blocks = Blocks::new(Arc::new(store.blocks().clone()));
    let state = genesis.build(&blocks)?;
    blocks.flush(&state)?;

    let now = || SystemTime::now().duration_since(UNIX_EPOCH);
    let time = options
        .genesis_time
        .unwrap_or_else(|| now().map(|now| now.as_secs()).unwrap_or_default());
    let header = BlockHeader {
        miner: Address::new_id(0),
        ticket: Some(Ticket {
            vrf_proof: Bytes(TICKET.to_vec()),
        }),
        election_proof: Some(ElectionProof::default()),
        beacon_entries: vec![beacon::first(&options.network_name, time)],
        win_po_st_proof: Vec::new(),
        parents: vec![parent()],
        parent_weight: BigInt::default(),
        height: 0,
        parent_state_root: state.into(),
        parent_message_receipts: put_receipts(store.blocks(), &[])?,
        messages: put_messages(store.blocks(), &[], &[])?,
        bls_aggregate: None,
        timestamp: time,
        block_sig: None,
        fork_signaling: 0,
        parent_base_fee: TokenAmount::from_atto(INITIAL_BASE_FEE),
    };
    let genesis = Arc::new(TipSet::new(vec![header])?);
    store.set_head(&genesis)?;
    Ok(genesis)
}

fn parent() -> Cid {
    let parent: cid::Cid = PARENT.parse().expect("the text above is a CID");
    parent.into()
}
