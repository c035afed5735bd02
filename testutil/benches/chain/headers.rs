//! Very long chains: blocks like the last one, with nothing in them, put into the store as they are.
//!
//! To execute a million epochs takes hours and more than ten gigabytes, of which nearly all is state.
//! What depends on a chain's length is where its blocks are found, so the blocks are enough: each
//! names its parent, its height, its time and its weight, and the state and receipts that the last
//! executed tipset left behind.

use std::path::Path;
use std::sync::Arc;

use lotus_chain::chain::Chain;
use lotus_core::types::{BeaconEntry, BigInt, BlockHeader, Bytes, TipSet};

use super::long;

/// How many blocks are written with one move of the head.
const STEP: i64 = 10_000;

/// Adds blocks to the chain in `dir` until it has so many epochs.
pub(crate) fn extend(dir: &Path, epochs: i64) {
    let chain = Chain::open(&long::options(dir)).expect("a chain");
    let store = chain.store();
    let head = chain.head();
    let executed = chain.executed(&head).expect("it is executed");
    let weight = chain.weight(&head).expect("it has a state");
    let mut block: BlockHeader = head.blocks()[0].clone();
    let added = weight.inner() - block.parent_weight.inner();
    block.parent_weight = weight;
    block.parent_state_root = executed.state;
    block.parent_message_receipts = executed.receipts;
    block.parents = head.cids().to_vec();
    for epoch in head.height() + 1..=epochs {
        block.height = epoch;
        block.timestamp += chain.block_delay();
        block.beacon_entries = vec![BeaconEntry {
            round: epoch.unsigned_abs(),
            data: Bytes(vec![0; 32]),
        }];
        let cid = store.put_header(&block).expect("it has a CID");
        if epoch % STEP == 0 || epoch == epochs {
            let tipset = TipSet::new(vec![block.clone()]).expect("one block is a tipset");
            // Of the store, not of the chain, which would execute it.
            let moved = store.set_head(&Arc::new(tipset));
            moved.expect("its blocks are here");
        }
        block.parents = vec![cid];
        block.parent_weight = BigInt::from(block.parent_weight.inner() + &added);
    }
}
