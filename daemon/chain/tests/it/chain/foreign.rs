//! Blocks from elsewhere: valid ones are taken, and every lie in one is found.

use lotus_chain::accounts::Account;
use lotus_types::{
    Address, BeaconEntry, BlockHeader, BlockMsg, Bytes, Cid, PoStProof, Signature, SignatureType,
    TokenAmount,
};

use super::world::{SECOND_MINER, World, phrase};

/// Signs a header again, as its miner would.
fn sign(header: &mut BlockHeader, miner: &Account) {
    let bytes = header.signing_bytes().unwrap();
    header.block_sig = Some(miner.key.sign(&bytes).unwrap());
}

/// A valid block with messages of two kinds, which `world` has not seen, and `world`, which knows
/// its messages.
fn block() -> (World, BlockMsg) {
    let (world, other) = (World::of_two(false), World::of_two(false));
    for world in [&world, &other] {
        world.devnet.mine(0).unwrap();
    }
    let to = world.address(1);
    other
        .source
        .push([other.send(0, to, 0, 1), other.send(2, to, 0, 2)]);
    other.devnet.mine(0).unwrap();
    for message in [other.send(0, to, 0, 1), other.send(2, to, 0, 2)] {
        world.know(&message);
    }
    (world, other.blocks().pop().unwrap())
}

/// A change to a header, whether the miner signs it again, and what the error says.
type Lie = (&'static str, fn(&mut BlockHeader));

fn nowhere() -> Cid {
    Cid::of_dag_cbor(b"nowhere")
}

const LIES: &[Lie] = &[
    ("no Ticket", |header| header.ticket = None),
    ("no ElectionProof", |header| header.election_proof = None),
    ("no BLSAggregate", |header| header.bls_aggregate = None),
    ("not an ID address", |header| {
        header.miner = phrase().miner().unwrap().address();
    }),
    ("cannot verify", |header| {
        header.win_po_st_proof.push(PoStProof {
            po_st_proof: 8,
            proof_bytes: Bytes(vec![1]),
        });
    }),
    ("are not here; submit them first", |header| {
        header.parents = vec![nowhere()];
    }),
    ("are not here; submit them first", |header| {
        header.parents.clear()
    }),
    ("epoch 1 cannot follow 1", |header| header.height = 1),
    ("epoch -7 cannot follow 1", |header| header.height = -7),
    ("at most 2880 rounds", |header| header.height = 2883),
    ("at most 2880 rounds", |header| header.height = i64::MAX),
    ("wrong timestamp", |header| header.timestamp += 1),
    ("wrong timestamp", |header| header.height += 1),
    ("parent weight different", |header| {
        header.parent_weight = 7.into()
    }),
    ("parent state root did not match", |header| {
        header.parent_state_root = nowhere();
    }),
    ("parent receipts root did not match", |header| {
        header.parent_message_receipts = nowhere();
    }),
    ("base fee doesn't match", |header| {
        header.parent_base_fee = TokenAmount::from_atto(1);
    }),
    ("f0999 is invalid", |header| {
        header.miner = Address::new_id(999)
    }),
    // A secp256k1 account.
    ("f0100 is invalid", |header| {
        header.miner = Address::new_id(100)
    }),
    // A BLS account.
    ("f0102 is invalid", |header| {
        header.miner = Address::new_id(102)
    }),
    // A miner, but not the one that signed.
    ("signature is not by its miner's worker", |header| {
        header.miner = Address::new_id(SECOND_MINER);
    }),
    ("beacon entries", |header| header.beacon_entries.clear()),
    ("beacon entries", |header| {
        header.beacon_entries.push(BeaconEntry {
            round: 3,
            data: Bytes(vec![1]),
        });
    }),
    ("election proof is not by", |header| {
        header.election_proof.as_mut().unwrap().vrf_proof = Bytes(vec![1; 96]);
    }),
    ("its election proof wins", |header| {
        header.election_proof.as_mut().unwrap().win_count += 1;
    }),
    ("claims 0, its election proof wins", |header| {
        header.election_proof.as_mut().unwrap().win_count = 0;
    }),
    ("ticket is not by", |header| {
        let other = header.election_proof.as_ref().unwrap().vrf_proof.clone();
        header.ticket.as_mut().unwrap().vrf_proof = other;
    }),
    ("messages did not match", |header| {
        header.messages = nowhere()
    }),
    ("bls aggregate signature was invalid", |header| {
        header.bls_aggregate = header.block_sig.clone();
    }),
    ("bls aggregate signature was invalid", |header| {
        header.bls_aggregate = Some(Signature {
            signature_type: SignatureType::Secp256k1,
            data: Bytes(vec![1; 65]),
        });
    }),
];

#[test]
fn every_lie_of_a_header_is_found() {
    let (world, valid) = block();
    let (head, miner) = (world.chain.head(), phrase().miner().unwrap());
    let mut changes = world.chain.subscribe();
    for (expected, lie) in LIES {
        let mut block = valid.clone();
        let header = block.header.as_mut().unwrap();
        lie(header);
        sign(header, &miner);
        let error = world.chain.submit_block(&block).unwrap_err().to_string();
        assert!(error.contains(expected), "wanted {expected}, got {error}");
        assert_eq!(world.chain.head(), head);
        let cid = block.header.unwrap().cid().unwrap();
        assert!(!world.chain.store().blocks().contains(cid.inner()).unwrap());
    }
    assert!(
        changes.try_recv().is_err(),
        "nobody hears of refused blocks"
    );
    assert!(world.chain.submit_block(&valid).unwrap().is_some());
}

#[test]
fn a_block_must_be_signed_as_it_is() {
    let (world, valid) = block();
    let refused = |change: &dyn Fn(&mut BlockMsg)| {
        let mut block = valid.clone();
        change(&mut block);
        world.chain.submit_block(&block).unwrap_err().to_string()
    };
    let error = refused(&|block| block.header = None);
    assert!(error.contains("no Header"), "{error}");
    let error = refused(&|block| block.header.as_mut().unwrap().block_sig = None);
    assert!(error.contains("no BlockSig"), "{error}");
    let error = refused(&|block| block.header.as_mut().unwrap().fork_signaling = 1);
    assert!(error.contains("signature is not by"), "{error}");
}

#[test]
fn every_message_of_a_block_is_checked() {
    let (world, valid) = block();
    let head = world.chain.head();
    let miner = phrase().miner().unwrap();
    let to = world.address(1);
    let refused = |messages: Vec<lotus_types::SignedMessage>, known: bool| {
        let secp = messages
            .iter()
            .map(|message| message.cid().unwrap())
            .collect();
        if known {
            messages.iter().for_each(|message| world.know(message));
        }
        let scratch = fvm_ipld_blockstore::MemoryBlockstore::default();
        let mut block = BlockMsg {
            secpk_messages: secp,
            bls_messages: Vec::new(),
            ..valid.clone()
        };
        let header = block.header.as_mut().unwrap();
        header.messages = lotus_chain::store::put_messages(&scratch, &[], &messages).unwrap();
        header.bls_aggregate = Some(lotus_chain::keys::aggregate([]).unwrap());
        sign(header, &miner);
        let error = world.chain.submit_block(&block).unwrap_err().to_string();
        assert_eq!(world.chain.head(), head);
        error
    };
    let with = |change: &dyn Fn(&mut lotus_types::Message)| {
        let mut message = world.send(0, to, 0, 1).message;
        change(&mut message);
        vec![world.sign(0, message)]
    };
    let stranger = {
        let mut stranger = world.send(0, to, 0, 1);
        stranger.message.from = world.address(1);
        vec![stranger]
    };
    let forged = {
        let mut forged = world.send(0, to, 0, 1);
        forged.message.value = TokenAmount::from_whole(500);
        vec![forged]
    };
    let atto = TokenAmount::from_atto;
    for (expected, messages) in [
        (
            "wrong nonce (exp: 0, got: 1)",
            vec![world.send(0, to, 1, 1)],
        ),
        (
            "wrong nonce (exp: 1, got: 0)",
            vec![world.send(0, to, 0, 1), world.send(0, to, 0, 2)],
        ),
        (
            "not enough funds",
            with(&|m| m.gas_fee_cap = TokenAmount::from_whole(1)),
        ),
        (
            "total filecoin supply",
            with(&|m| m.value = TokenAmount::from_whole(2_000_000_001_u64)),
        ),
        (
            "'Value' field cannot be negative",
            with(&|m| m.value = atto(-1)),
        ),
        (
            "'GasFeeCap' field cannot be negative",
            with(&|m| m.gas_fee_cap = atto(-1)),
        ),
        (
            "'GasPremium' field cannot be negative",
            with(&|m| m.gas_premium = atto(-1)),
        ),
        (
            "less than 'GasPremium'",
            with(&|m| m.gas_premium = TokenAmount::from_whole(1)),
        ),
        (
            "greater than a block's gas limit",
            with(&|m| m.gas_limit = i64::MAX),
        ),
        ("cost of storing a message", with(&|m| m.gas_limit = 1)),
        ("must be positive", with(&|m| m.gas_limit = 0)),
        ("must be positive", with(&|m| m.gas_limit = -1)),
        ("'Version' unsupported", with(&|m| m.version = 1)),
        (
            "not an account actor",
            with(&|m| m.from = Address::new_id(4)),
        ),
        (
            "not an account actor",
            with(&|m| m.from = Address::new_id(77_777)),
        ),
        ("invalid signature", stranger),
        ("invalid signature", forged),
    ] {
        let error = refused(messages, true);
        assert!(error.contains(expected), "wanted {expected}, got {error}");
    }
    let error = refused(vec![world.send(0, to, 0, 9)], false);
    assert!(error.contains("it is not here; push it first"), "{error}");
    assert!(world.chain.submit_block(&valid).unwrap().is_some());
}

#[test]
fn what_is_final_does_not_change() {
    let world = World::by_hand();
    let old = World::by_hand();
    old.devnet.mine(0).unwrap();
    world.devnet.mine(901).unwrap();
    let error = world.chain.submit_block(&old.blocks()[0]).unwrap_err();
    assert!(
        error.to_string().contains("900 epochs old is final"),
        "{error}"
    );
}
