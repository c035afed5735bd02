//! Replays what the conformance run recorded of the real FVM (`conformance/`): the same messages must
//! have the same exit codes, return values and state roots.

#![allow(clippy::unwrap_used)]

#[path = "support/memory.rs"]
mod memory;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use data_encoding::BASE64_NOPAD;
use fvm_shared::address::Address;
use fvm_shared::clock::ChainEpoch;
use fvm_shared::crypto::signature::Signature;
use fvm_shared::econ::TokenAmount;
use fvm_shared::message::Message;
use fvm_shared::version::NetworkVersion;
use lotus_chain::vm::blocks::Blocks;
use lotus_chain::vm::genesis::Genesis;
use lotus_chain::vm::{ApplyKind, Context, Externs, Machine};
use memory::Memory;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    seed: u64,
    base_fee: u64,
    accounts: Vec<(String, u64)>,
    genesis: String,
    steps: Vec<Step>,
}

/// Epoch, implicit, message, exit code, return value, start of the state root's digest, what the real
/// machine found of each signature that was verified.
#[derive(Deserialize)]
struct Step(ChainEpoch, bool, String, u32, String, String, Vec<bool>);

#[derive(Debug, Default)]
struct Recorded {
    signatures: Mutex<Vec<bool>>,
}

fn randomness(domain: &[u8], epoch: ChainEpoch) -> [u8; 32] {
    blake2b_simd::Params::new()
        .hash_length(32)
        .to_state()
        .update(domain)
        .update(&epoch.to_be_bytes())
        .finalize()
        .as_bytes()
        .try_into()
        .unwrap()
}

impl Externs for Recorded {
    fn chain_randomness(&self, epoch: ChainEpoch) -> anyhow::Result<[u8; 32]> {
        Ok(randomness(b"chain", epoch))
    }

    fn beacon_randomness(&self, epoch: ChainEpoch) -> anyhow::Result<[u8; 32]> {
        Ok(randomness(b"beacon", epoch))
    }

    fn verify_signature(&self, _signature: &Signature, _signer: &Address, _data: &[u8]) -> bool {
        let mut signatures = self.signatures.lock().unwrap();
        assert!(
            !signatures.is_empty(),
            "a signature is verified that the real machine did not"
        );
        signatures.remove(0)
    }
}

fn context(epoch: ChainEpoch, base_fee: u64) -> Context {
    Context {
        epoch,
        timestamp: 1_700_000_000 + epoch.unsigned_abs() * 30,
        base_fee: TokenAmount::from_atto(base_fee),
        circulating_supply: TokenAmount::from_whole(400_000_000),
        network_version: NetworkVersion::V27,
        chain_id: 31_415_926,
        tracing: false,
    }
}

fn decode(text: &str) -> Vec<u8> {
    BASE64_NOPAD.decode(text.as_bytes()).unwrap()
}

fn replay(path: &Path) {
    let vector: Vector = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let accounts = vector
        .accounts
        .iter()
        .map(|(address, fil)| {
            (
                Address::from_bytes(&decode(address)).unwrap(),
                TokenAmount::from_whole(*fil),
            )
        })
        .collect();
    let genesis = Genesis {
        network_name: "conformance".to_owned(),
        accounts,
        miners: Vec::new(),
        verifreg_root: None,
    };
    let blocks = Blocks::new(Arc::new(Memory::default()));
    let root = genesis.build(&blocks).unwrap();
    let name = format!("{} (seed {})", path.display(), vector.seed);
    assert_eq!(root.to_string(), vector.genesis, "genesis of {name}");
    let recorded = Arc::new(Recorded::default());
    let mut machine =
        Machine::new(blocks, &root, context(0, vector.base_fee), recorded.clone()).unwrap();
    assert!(vector.steps.len() > 30, "{name} has few steps");
    for (n, Step(epoch, implicit, message, exit, returned, root, signatures)) in
        vector.steps.into_iter().enumerate()
    {
        machine.set_context(context(epoch, vector.base_fee));
        *recorded.signatures.lock().unwrap() = signatures;
        let bytes = decode(&message);
        let message: Message = fvm_ipld_encoding::from_slice(&bytes).unwrap();
        let kind = match implicit {
            true => ApplyKind::Implicit,
            false => ApplyKind::Explicit {
                chain_length: bytes.len(),
            },
        };
        let applied = machine.apply(&message, kind).unwrap();
        let what = format!("{name}, step {n}: {message:?}: {:?}", applied.error);
        assert_eq!(applied.receipt.exit_code.value(), exit, "{what}");
        assert_eq!(
            applied.receipt.return_data.to_vec(),
            decode(&returned),
            "{what}"
        );
        let now = machine.flush().unwrap();
        assert_eq!(now.hash().digest()[..8], decode(&root), "{what}");
    }
}

#[test]
fn the_real_fvm_does_the_same() {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut vectors: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    vectors.sort();
    assert!(!vectors.is_empty(), "there are no vectors");
    // Calls may nest as deeply as on the chain.
    std::thread::Builder::new()
        .stack_size(256 << 20)
        .spawn(move || vectors.iter().for_each(|path| replay(path)))
        .unwrap()
        .join()
        .unwrap();
}
