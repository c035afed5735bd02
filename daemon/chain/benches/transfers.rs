//! How many plain transfers are executed in a second on one core.
//!
//! ```text
//! cargo bench -p lotus-chain --bench transfers
//! ```
//!
//! Tipsets of 2,000 transfers each among 1,000 accounts, with fees, over a store in memory; the time
//! includes loading the state, the rewards, cron, and writing the new state.

// Its result is what it prints.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

#[path = "../tests/support/memory.rs"]
mod memory;
#[path = "../tests/support/outside.rs"]
mod outside;

use std::sync::Arc;
use std::time::{Duration, Instant};

use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;
use fvm_shared::version::NetworkVersion;
use lotus_chain::vm::blocks::Blocks;
use lotus_chain::vm::executor::{BlockMessages, ChainMessage, Tipset};
use lotus_chain::vm::genesis::Genesis;
use lotus_chain::vm::{Context, Executor, NativeExecutor};
use memory::Memory;
use outside::Outside;

const ACCOUNTS: u64 = 1000;
const TIPSETS: u64 = 20;
const MESSAGES: u64 = 2000;

fn account(n: u64) -> Address {
    let mut key = [0; 65];
    key[..8].copy_from_slice(&n.to_be_bytes());
    Address::new_secp256k1(&key).unwrap()
}

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let store = Arc::new(Memory::default());
    let genesis = Genesis {
        network_name: "bench".to_owned(),
        accounts: (0..ACCOUNTS)
            .map(|n| (account(n), TokenAmount::from_whole(1000)))
            .collect(),
        miners: Vec::new(),
        verifreg_root: None,
    };
    let blocks = Blocks::new(store.clone());
    let mut state = genesis.build(&blocks).unwrap();
    blocks.flush(&state).unwrap();
    let executor = NativeExecutor::new(store);
    let mut time = Duration::ZERO;
    for tipset in 0..TIPSETS {
        let messages = (0..MESSAGES)
            .map(|n| ChainMessage {
                message: Message {
                    version: 0,
                    from: account(n % ACCOUNTS),
                    to: account((n * 7 + tipset) % ACCOUNTS),
                    sequence: tipset * (MESSAGES / ACCOUNTS) + n / ACCOUNTS,
                    value: TokenAmount::from_nano(5),
                    method_num: 0,
                    params: Default::default(),
                    gas_limit: 2_000_000,
                    gas_fee_cap: TokenAmount::from_atto(200),
                    gas_premium: TokenAmount::from_atto(7),
                },
                chain_length: 170,
            })
            .collect();
        let tipset = Tipset {
            state,
            parent_epoch: tipset.cast_signed(),
            context: Context {
                epoch: tipset.cast_signed() + 1,
                timestamp: 1_700_000_000,
                base_fee: TokenAmount::from_atto(100),
                circulating_supply: TokenAmount::default(),
                network_version: NetworkVersion::V27,
                chain_id: 31_415_926,
                tracing: false,
            },
            block_delay: 30,
            externs: Arc::new(Outside),
            blocks: vec![BlockMessages {
                miner: account(0),
                win_count: 1,
                messages,
            }],
        };
        let start = Instant::now();
        let executed = executor.execute(&tipset).unwrap();
        time += start.elapsed();
        assert!(
            executed
                .receipts()
                .all(|receipt| receipt.exit_code.is_success())
        );
        state = executed.state;
    }
    let count = TIPSETS * MESSAGES;
    println!(
        "{count} transfers in {time:.2?}: {:.0} a second, {:.2?} each",
        count as f64 / time.as_secs_f64(),
        time / u32::try_from(count).unwrap()
    );
}
