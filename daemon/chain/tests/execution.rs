//! Tipsets on a fresh network: fees to the attoFIL, what a failed message leaves, rewards, cron.

#![allow(clippy::unwrap_used)]

#[path = "support/memory.rs"]
mod memory;
#[path = "support/outside.rs"]
mod outside;

use std::sync::Arc;

use cid::Cid;
use fvm_shared::METHOD_SEND;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;
use fvm_shared::message::Message;
use fvm_shared::version::NetworkVersion;
use lotus_chain::vm::blocks::Blocks;
use lotus_chain::vm::executor::{BlockMessages, ChainMessage, Executed, Simulation, Tipset};
use lotus_chain::vm::genesis::{Genesis, TOTAL_FIL};
use lotus_chain::vm::manifest::{ActorKind, BURNT_FUNDS_ACTOR_ID, EAM_ACTOR_ID, REWARD_ACTOR_ID};
use lotus_chain::vm::state_tree::StateTree;
use lotus_chain::vm::{ApplyKind, Context, Executor, NativeExecutor};
use memory::Memory;
use outside::Outside;

/// A store with a genesis in it.
struct Network {
    store: Arc<Memory>,
    executor: NativeExecutor,
    state: Cid,
    epoch: ChainEpoch,
}

const BASE_FEE: u64 = 100;

fn key(n: u8) -> Address {
    Address::new_secp256k1(&[n; 65]).unwrap()
}

fn ethereum() -> Address {
    Address::new_delegated(EAM_ACTOR_ID, &[9; 20]).unwrap()
}

impl Network {
    fn new() -> Self {
        let store = Arc::new(Memory::default());
        let fil = TokenAmount::from_whole(1000);
        let genesis = Genesis {
            network_name: "test".to_owned(),
            accounts: vec![
                (key(1), fil.clone()),
                (key(2), fil.clone()),
                (ethereum(), fil),
            ],
            miners: Vec::new(),
            verifreg_root: None,
        };
        let blocks = Blocks::new(store.clone());
        let state = genesis.build(&blocks).unwrap();
        blocks.flush(&state).unwrap();
        Self {
            executor: NativeExecutor::new(store.clone()),
            store,
            state,
            epoch: 0,
        }
    }

    fn context(&self) -> Context {
        Context {
            epoch: self.epoch,
            timestamp: 1_700_000_000,
            base_fee: TokenAmount::from_atto(BASE_FEE),
            circulating_supply: TokenAmount::default(),
            network_version: NetworkVersion::V27,
            chain_id: 31_415_926,
            tracing: true,
        }
    }

    /// Executes a tipset of one block, won by an account, `ahead` epochs later.
    fn execute(&mut self, ahead: ChainEpoch, messages: &[Message]) -> Executed {
        let parent_epoch = self.epoch;
        self.epoch += ahead;
        let messages = messages
            .iter()
            .map(|message| ChainMessage {
                message: message.clone(),
                chain_length: 100,
            })
            .collect();
        let tipset = Tipset {
            state: self.state,
            parent_epoch,
            context: self.context(),
            block_delay: 30,
            externs: Arc::new(Outside),
            blocks: vec![BlockMessages {
                miner: key(2),
                win_count: 1,
                messages,
            }],
        };
        let executed = self.executor.execute(&tipset).unwrap();
        self.state = executed.state;
        let total = self.total();
        assert_eq!(
            total,
            TokenAmount::from_whole(TOTAL_FIL),
            "the supply is conserved"
        );
        executed
    }

    fn tree(&self) -> StateTree {
        StateTree::load(Blocks::new(self.store.clone()), &self.state).unwrap()
    }

    fn total(&self) -> TokenAmount {
        let mut total = TokenAmount::default();
        self.tree()
            .for_each(|_, actor| total += &actor.balance)
            .unwrap();
        total
    }

    fn balance(&self, address: &Address) -> TokenAmount {
        let tree = self.tree();
        tree.expect(tree.lookup(address).unwrap().unwrap())
            .unwrap()
            .balance
    }
}

fn send(from: Address, to: Address, nonce: u64, value: TokenAmount) -> Message {
    Message {
        version: 0,
        from,
        to,
        sequence: nonce,
        value,
        method_num: METHOD_SEND,
        params: Default::default(),
        gas_limit: 10_000_000,
        gas_fee_cap: TokenAmount::from_atto(200),
        gas_premium: TokenAmount::from_atto(7),
    }
}

#[test]
fn a_transfer_costs_what_it_says() {
    let mut network = Network::new();
    let fil = TokenAmount::from_whole(1);
    let reward_before = network.tree().expect(REWARD_ACTOR_ID).unwrap().balance;
    let executed = network.execute(1, &[send(key(1), key(2), 0, fil.clone())]);
    let applied = &executed.messages[0].applied;
    assert_eq!(applied.receipt.exit_code, ExitCode::OK);
    // Exactly what the real FVM charges for a transfer of 100 bytes.
    assert_eq!(
        applied.receipt.gas_used,
        38_863 + 136 * 1300 + 2 * 475_000 + 6000
    );
    let fees = &applied.fees;
    let paid = &fees.base_fee_burn + &fees.over_estimation_burn + &fees.miner_tip;
    assert_eq!(fees.miner_tip, TokenAmount::from_atto(7 * 10_000_000_u64));
    assert_eq!(
        fees.base_fee_burn,
        TokenAmount::from_atto(BASE_FEE * applied.receipt.gas_used)
    );
    assert_eq!(
        network.balance(&key(1)),
        TokenAmount::from_whole(999) - &paid
    );
    assert_eq!(network.balance(&key(2)), TokenAmount::from_whole(1001));
    // The winner is no miner, so its reward was burnt, together with the fees.
    let burnt = network.tree().expect(BURNT_FUNDS_ACTOR_ID).unwrap().balance;
    let mined = &reward_before - &network.tree().expect(REWARD_ACTOR_ID).unwrap().balance;
    assert_eq!(burnt, mined + &paid);
}

#[test]
fn what_fails_leaves_its_fees_and_its_nonce() {
    let mut network = Network::new();
    let much = TokenAmount::from_whole(5000);
    let stranger = Address::new_actor(b"nobody");
    let one = TokenAmount::from_whole(1);
    let messages = [
        send(key(1), key(2), 0, much),
        send(key(1), stranger, 1, one.clone()),
        Message {
            method_num: 99,
            ..send(key(1), key(2), 2, one.clone())
        },
        Message {
            gas_limit: 700_000,
            ..send(key(1), key(2), 3, one.clone())
        },
    ];
    let executed = network.execute(1, &messages);
    let codes: Vec<_> = executed
        .receipts()
        .map(|receipt| receipt.exit_code)
        .collect();
    assert_eq!(
        codes,
        [
            ExitCode::SYS_INSUFFICIENT_FUNDS,
            ExitCode::SYS_INVALID_RECEIVER,
            ExitCode::USR_UNHANDLED_MESSAGE,
            ExitCode::SYS_OUT_OF_GAS,
        ]
    );
    assert_eq!(network.balance(&key(2)), TokenAmount::from_whole(1000));
    let sender = network.tree().expect(100).unwrap();
    assert_eq!(sender.sequence, 4);
    let paid: TokenAmount = executed
        .messages
        .iter()
        .map(|message| {
            let fees = &message.applied.fees;
            &fees.base_fee_burn + &fees.over_estimation_burn + &fees.miner_tip
        })
        .sum();
    assert_eq!(sender.balance, TokenAmount::from_whole(1000) - paid);
}

#[test]
fn what_is_not_valid_leaves_nothing_but_a_penalty() {
    let mut network = Network::new();
    let before = network.balance(&key(1));
    let one = TokenAmount::from_whole(1);
    let poor = Message {
        gas_fee_cap: TokenAmount::from_whole(1),
        ..send(key(1), key(2), 0, one.clone())
    };
    let messages = [
        send(key(1), key(2), 7, one.clone()),
        send(key(5), key(2), 0, one.clone()),
        send(Address::new_id(REWARD_ACTOR_ID), key(2), 0, one.clone()),
        poor,
        Message {
            gas_limit: 1000,
            ..send(key(1), key(2), 0, one)
        },
    ];
    let executed = network.execute(1, &messages);
    let codes: Vec<_> = executed
        .receipts()
        .map(|receipt| receipt.exit_code)
        .collect();
    assert_eq!(
        codes,
        [
            ExitCode::SYS_SENDER_STATE_INVALID,
            ExitCode::SYS_SENDER_INVALID,
            ExitCode::SYS_SENDER_INVALID,
            ExitCode::SYS_SENDER_STATE_INVALID,
            ExitCode::SYS_OUT_OF_GAS,
        ]
    );
    for message in &executed.messages {
        assert!(message.applied.fees.miner_penalty.is_positive());
        assert_eq!(message.applied.receipt.gas_used, 0);
    }
    assert_eq!(network.balance(&key(1)), before);
}

#[test]
fn an_ethereum_address_becomes_an_account_with_its_first_message() {
    let mut network = Network::new();
    let one = TokenAmount::from_whole(1);
    let kind = |network: &Network| ActorKind::of(&network.tree().expect(102).unwrap().code);
    assert_eq!(kind(&network), Some(ActorKind::Placeholder));
    network.execute(1, &[send(ethereum(), key(2), 0, one)]);
    assert_eq!(kind(&network), Some(ActorKind::EthAccount));
    assert_eq!(network.balance(&key(2)), TokenAmount::from_whole(1001));
}

#[test]
fn cron_runs_for_null_rounds_too() {
    let mut network = Network::new();
    let executed = network.execute(4, &[]);
    let crons = executed
        .implicit
        .iter()
        .filter(|message| message.message.to == Address::new_id(3));
    assert_eq!(crons.count(), 4);
}

#[test]
fn a_message_in_two_blocks_is_executed_once() {
    let mut network = Network::new();
    let message = send(key(1), key(2), 0, TokenAmount::from_whole(1));
    let executed = network.execute(1, &[message.clone(), message]);
    assert_eq!(executed.messages.len(), 1);
}

#[test]
fn a_simulation_changes_nothing_and_has_a_trace() {
    let network = Network::new();
    let count = network.store.0.lock().unwrap().len();
    let new = key(77);
    let simulation = Simulation {
        state: network.state,
        context: network.context(),
        externs: Arc::new(Outside),
        messages: vec![(
            send(key(1), new, 0, TokenAmount::from_whole(1)),
            ApplyKind::Explicit { chain_length: 100 },
        )],
    };
    let applied = network.executor.simulate(&simulation).unwrap();
    assert_eq!(network.store.0.lock().unwrap().len(), count);
    let trace = applied[0].trace.as_ref().unwrap();
    assert_eq!((trace.from, trace.to), (100, new));
    assert_eq!(trace.exit_code, ExitCode::OK);
    assert_eq!(trace.invoked.as_ref().unwrap().0, 103);
    let charged: u64 = trace.gas.iter().map(|charge| charge.gas).sum();
    assert_eq!(charged, applied[0].receipt.gas_used);
}

#[test]
fn missing_state_is_an_error_and_no_receipt() {
    let network = Network::new();
    let account = network.tree().expect(101).unwrap().state;
    network.store.0.lock().unwrap().remove(&account);
    let simulation = Simulation {
        state: network.state,
        context: network.context(),
        externs: Arc::new(Outside),
        messages: vec![(
            // `PubkeyAddress` reads the state.
            Message {
                method_num: 2,
                ..send(key(1), key(2), 0, TokenAmount::default())
            },
            ApplyKind::Explicit { chain_length: 100 },
        )],
    };
    let error = network
        .executor
        .simulate(&simulation)
        .unwrap_err()
        .to_string();
    assert!(error.contains(&account.to_string()), "{error}");
}
