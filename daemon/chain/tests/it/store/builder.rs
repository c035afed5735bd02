//! Chains to test with: real encodings, invented content.

use std::sync::Arc;

use fvm_ipld_encoding::CborStore;
use lotus_chain::store::{ChainStore, put_events, put_messages, put_receipts};
use lotus_types::{
    Address, BlockHeader, Bytes, Cid, ElectionProof, Message, MessageReceipt, Signature,
    SignatureType, SignedMessage, Ticket, TipSet, TipSetKey, TokenAmount,
};
use multihash_codetable::Code;

/// What the next tipset shall be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Next {
    /// Epochs without a block before it.
    pub(crate) null_rounds: i64,
    /// Blocks besides the first.
    pub(crate) more_blocks: usize,
    /// The messages of each block, by number.
    pub(crate) messages: Vec<u64>,
    /// What makes it differ from its siblings.
    pub(crate) salt: u64,
}

/// A message; odd ones are signed with secp256k1.
pub(crate) fn message(number: u64) -> Message {
    Message {
        to: Address::new_id(99),
        from: Address::from_bls(&[number as u8; 48]).unwrap(),
        nonce: number / 256,
        value: TokenAmount::from_atto(number),
        ..Message::default()
    }
}

fn signed(number: u64) -> SignedMessage {
    SignedMessage {
        message: message(number),
        signature: Signature {
            signature_type: SignatureType::Secp256k1,
            data: Bytes(vec![number as u8; 65]),
        },
    }
}

/// The CID by which the chain knows a message.
pub(crate) fn message_cid(number: u64) -> Cid {
    if number % 2 == 1 {
        signed(number).cid().unwrap()
    } else {
        message(number).cid().unwrap()
    }
}

/// The receipt of a message.
pub(crate) fn receipt(number: u64) -> MessageReceipt {
    MessageReceipt {
        gas_used: number,
        r#return: Bytes(vec![number as u8]),
        ..MessageReceipt::default()
    }
}

/// Puts a tipset into the store that builds on `parent`.
pub(crate) fn extend(store: &ChainStore, parent: Option<&TipSet>, next: &Next) -> Arc<TipSet> {
    let blocks = store.blocks();
    let bls: Vec<_> = next.messages.iter().filter(|n| *n % 2 == 0).collect();
    let secp: Vec<_> = next.messages.iter().filter(|n| *n % 2 == 1).collect();
    let bls: Vec<_> = bls.into_iter().map(|n| message(*n)).collect();
    let secp: Vec<_> = secp.into_iter().map(|n| signed(*n)).collect();
    let messages = put_messages(blocks, &bls, &secp).unwrap();

    let executed = parent.map(|parent| store.messages_in_order(parent).unwrap());
    let executed = executed.unwrap_or_default();
    let executed = executed.iter().flatten();
    let numbers = executed.map(|message| message.message().value.atto().to_string());
    let receipts: Vec<_> = numbers.map(|n| receipt(n.parse().unwrap())).collect();
    let receipts = put_receipts(blocks, &receipts).unwrap();
    put_events(blocks, Vec::new()).unwrap();

    // A state of two blocks, the second linked from the first.
    let height = parent.map_or(0, |parent| parent.height() + 1 + next.null_rounds);
    let inner = blocks
        .put_cbor(&("inner", height), Code::Blake2b256)
        .unwrap();
    let state = blocks
        .put_cbor(&("state", inner), Code::Blake2b256)
        .unwrap();

    let header = |index: usize| BlockHeader {
        miner: Address::new_id(1000 + index as u64),
        ticket: Some(Ticket {
            vrf_proof: Bytes(vec![index as u8; 96]),
        }),
        election_proof: Some(ElectionProof {
            win_count: 1,
            vrf_proof: Bytes::default(),
        }),
        beacon_entries: Vec::new(),
        win_po_st_proof: Vec::new(),
        parents: parent
            .map_or(TipSetKey::default(), |parent| parent.key().clone())
            .0,
        parent_weight: height.into(),
        height,
        parent_state_root: state.into(),
        parent_message_receipts: receipts,
        messages,
        bls_aggregate: None,
        timestamp: next.salt,
        block_sig: None,
        fork_signaling: 0,
        parent_base_fee: TokenAmount::from_atto(100),
    };
    let headers = (0..=next.more_blocks).map(header).collect();
    let tipset = TipSet::new(headers).unwrap();
    for header in tipset.blocks() {
        store.put_header(header).unwrap();
    }
    Arc::new(tipset)
}

/// A chain of so many tipsets, with a message in each, whose last is the head.
pub(crate) fn chain(store: &ChainStore, length: u64) -> Arc<TipSet> {
    let mut head = extend(store, None, &Next::default());
    for number in 1..length {
        let next = Next {
            messages: vec![number],
            ..Next::default()
        };
        head = extend(store, Some(&head), &next);
    }
    store.set_head(&head).unwrap();
    head
}
