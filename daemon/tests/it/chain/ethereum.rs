//! The chain as Ethereum's tools see it: `eth_*` on every path.

use k256::ecdsa::SigningKey;
use lotus_core::Permission;
use lotus_testutil::TestNode;
use rlp::RlpStream;
use serde_json::{Value, json};
use sha3::{Digest, Keccak256};

use super::raw::{Raw, transfer};

/// The chain ID of a local network, and in hexadecimal.
const CHAIN_ID: u64 = 31_415_926;

fn keccak(bytes: &[u8]) -> [u8; 32] {
    Keccak256::digest(bytes).into()
}

fn hex(bytes: &[u8]) -> String {
    format!("0x{}", data_encoding::HEXLOWER.encode(bytes))
}

fn number(quantity: &Value) -> u128 {
    let text = quantity.as_str().unwrap().trim_start_matches("0x");
    u128::from_str_radix(text, 16).unwrap()
}

/// An account of a wallet of Ethereum.
struct Wallet(SigningKey);

impl Wallet {
    fn new() -> Self {
        Self(SigningKey::from_slice(&[0x46; 32]).unwrap())
    }

    fn address(&self) -> String {
        let point = self.0.verifying_key().to_sec1_point(false);
        hex(&keccak(&point.as_bytes()[1..])[12..])
    }

    /// A signed transfer, of EIP-1559 or of EIP-155.
    fn transfer(&self, typed: bool, nonce: u64, to: &str, value: u64, gas: &Gas) -> Vec<u8> {
        let to = data_encoding::HEXLOWER.decode(&to.as_bytes()[2..]).unwrap();
        let fields = |list: &mut RlpStream| {
            if typed {
                list.append(&CHAIN_ID).append(&nonce).append(&gas.price);
            } else {
                list.append(&nonce);
            }
            list.append(&gas.price).append(&gas.limit).append(&to);
            list.append(&value).append(&Vec::<u8>::new());
            if typed {
                list.begin_list(0);
            }
        };
        let prefixed = |list: RlpStream| match typed {
            true => [&[2], &list.out()[..]].concat(),
            false => list.out().to_vec(),
        };
        let mut unsigned = RlpStream::new_list(9);
        fields(&mut unsigned);
        if !typed {
            unsigned.append(&CHAIN_ID).append(&0_u8).append(&0_u8);
        }
        let hash = keccak(&prefixed(unsigned));
        let (signature, recovery) = self.0.sign_prehash_recoverable(&hash);
        let recovery = u64::from(recovery.to_byte());
        let v = if typed {
            recovery
        } else {
            2 * CHAIN_ID + 35 + recovery
        };
        let mut signed = RlpStream::new_list(if typed { 12 } else { 9 });
        fields(&mut signed);
        signed.append(&v);
        for half in signature.to_bytes().chunks(32) {
            let from = half.iter().position(|byte| *byte != 0).unwrap();
            signed.append(&&half[from..]);
        }
        prefixed(signed)
    }
}

struct Gas {
    limit: u64,
    price: u64,
}

#[tokio::test]
async fn a_wallet_of_ethereum_is_paid_and_pays() {
    let node = TestNode::with_accounts(1).await;
    let v1 = Raw::new(&node, "/rpc/v1", Permission::Sign).await;
    let wallet = Wallet::new();
    let own = wallet.address();
    let f4 = v1.get("Filecoin.EthAddressToFilecoinAddress", json!([own]));
    let f4 = f4.await;
    assert!(f4.as_str().unwrap().contains("410f"), "{f4}");
    let back = v1.get("Filecoin.FilecoinAddressToEthAddress", json!([f4]));
    assert_eq!(back.await, own.as_str());
    let nothing = v1.get("eth_getBalance", json!([own, "latest"])).await;
    assert_eq!(nothing, "0x0");

    let from = v1.get("Filecoin.WalletDefaultAddress", json!([])).await;
    v1.send(transfer(&from, &f4, "1000000000000000000")).await;
    let balance = json!([own, "latest"]);
    let funds = v1.get("eth_getBalance", balance.clone()).await;
    assert_eq!(number(&funds), 1_000_000_000_000_000_000);
    assert_eq!(v1.get("eth_getCode", balance.clone()).await, "0x");
    let count = v1.get("eth_getTransactionCount", balance.clone()).await;
    assert_eq!(count, "0x0");

    let to = "0x00000000000000000000000000000000000a11ce";
    let call = json!({"from": own, "to": to, "value": "0x7"});
    let limit = v1.get("eth_estimateGas", json!([call])).await;
    let price = v1.get("eth_gasPrice", json!([])).await;
    let gas = Gas {
        limit: number(&limit).try_into().unwrap(),
        // The base fee moves by an eighth at most.
        price: u64::try_from(number(&price)).unwrap() * 2,
    };
    assert_eq!(v1.get("eth_call", json!([call, "latest"])).await, "0x");
    let mut spent = 0;
    for (nonce, typed) in [(0, true), (1, false)] {
        let raw = wallet.transfer(typed, nonce, to, 7, &gas);
        let hash = v1.get("eth_sendRawTransaction", json!([hex(&raw)])).await;
        assert_eq!(hash, hex(&keccak(&raw)));
        let cid = v1.get("Filecoin.EthGetMessageCidByTransactionHash", json!([hash]));
        let cid = cid.await;
        let same = v1.get("Filecoin.EthGetTransactionHashByCid", json!([cid]));
        assert_eq!(same.await, hash);
        v1.get("Filecoin.StateWaitMsg", json!([cid, 0, -1, true]))
            .await;

        let receipt = v1.get("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!(receipt["status"], "0x1");
        assert_eq!(receipt["from"], own.as_str());
        assert_eq!(receipt["to"], to);
        assert_eq!(receipt["logs"], json!([]));
        assert_eq!(receipt["type"], if typed { "0x2" } else { "0x0" });
        let gas_used = number(&receipt["gasUsed"]);
        assert!(gas_used > 0 && gas_used <= u128::from(gas.limit));
        let transaction = v1.get("eth_getTransactionByHash", json!([hash])).await;
        assert_eq!(transaction["hash"], hash);
        assert_eq!(transaction["nonce"], format!("{nonce:#x}"));
        assert_eq!(transaction["value"], "0x7");
        assert_eq!(transaction["input"], "0x");
        assert_eq!(transaction.get("gasPrice").is_some(), !typed);
        assert_eq!(transaction["blockHash"], receipt["blockHash"]);
        let block = json!([receipt["blockHash"], true]);
        let block = v1.get("eth_getBlockByHash", block).await;
        assert_eq!(block["transactions"], json!([transaction]));
        let place = json!([receipt["blockHash"], "0x0"]);
        let same = v1.get("eth_getTransactionByBlockHashAndIndex", place);
        assert_eq!(same.await, transaction);
        let receipts = json!([{"blockHash": receipt["blockHash"]}]);
        let receipts = v1.get("eth_getBlockReceipts", receipts).await;
        assert_eq!(receipts, json!([receipt]));
        // Rounded down, by less than one attoFIL for each unit of gas.
        spent += 7 + gas_used * number(&receipt["effectiveGasPrice"]);
        let left = v1.get("eth_getBalance", balance.clone()).await;
        let paid = 1_000_000_000_000_000_000 - number(&left);
        assert!(paid >= spent && paid - spent < gas_used * (u128::from(nonce) + 1));
        spent = paid;
    }
    let count = v1.get("eth_getTransactionCount", balance).await;
    assert_eq!(count, "0x2");
    let paid = v1.get("eth_getBalance", json!([to, "latest"])).await;
    assert_eq!(paid, "0xe");

    let (_, text) = v1
        .refused("eth_sendRawTransaction", json!(["0x01c0"]))
        .await;
    assert!(text.contains("unsupported transaction type 1"), "{text}");
    let raw = wallet.transfer(true, 1, to, 7, &gas);
    let (_, text) = v1
        .refused("eth_sendRawTransaction", json!([hex(&raw)]))
        .await;
    assert!(text.contains("nonce too low"), "{text}");
}

#[tokio::test]
async fn a_message_is_a_transaction_and_a_tipset_a_block() {
    let node = TestNode::with_accounts(2).await;
    let v1 = Raw::new(&node, "/rpc/v1", Permission::Sign).await;
    let accounts = v1.get("Filecoin.WalletList", json!([])).await;
    assert_eq!(v1.get("eth_blockNumber", json!([])).await, "0x0");
    let (cid, found) = v1.send(transfer(&accounts[0], &accounts[1], "5")).await;
    let holder = v1.get("Filecoin.ChainGetTipSet", json!([found["TipSet"]]));
    let parents = holder.await["Blocks"][0]["Parents"].clone();
    let holder = v1.get("Filecoin.ChainGetTipSet", json!([parents])).await;

    let height = holder["Height"].as_u64().unwrap();
    let named = format!("{height:#x}");
    assert_eq!(v1.get("eth_blockNumber", json!([])).await, named.as_str());
    let block = v1.get("eth_getBlockByNumber", json!([named, false])).await;
    let latest = v1.get("eth_getBlockByNumber", json!(["latest", false]));
    assert_eq!(latest.await, block);
    assert_eq!(block["number"], named.as_str());
    assert_eq!(block["gasLimit"], "0x2540be400");
    assert_eq!(
        number(&block["timestamp"]),
        u128::from(holder["Blocks"][0]["Timestamp"].as_u64().unwrap())
    );
    let parent = json!([block["parentHash"], false]);
    let parent = v1.get("eth_getBlockByHash", parent).await;
    assert_eq!(parent["number"], format!("{:#x}", height - 1));
    let counted = v1.get("eth_getBlockTransactionCountByNumber", json!([named]));
    assert_eq!(counted.await, "0x1");
    let counted = json!([block["hash"]]);
    let counted = v1.get("eth_getBlockTransactionCountByHash", counted);
    assert_eq!(counted.await, "0x1");

    let hash = &block["transactions"][0];
    let same = v1.get("Filecoin.EthGetTransactionHashByCid", json!([cid]));
    assert_eq!(same.await, *hash);
    let back = v1.get("Filecoin.EthGetMessageCidByTransactionHash", json!([hash]));
    assert_eq!(back.await, cid);
    let transaction = v1.get("eth_getTransactionByHash", json!([hash])).await;
    let masked = async |address: &Value| {
        let params = json!([address, "latest"]);
        v1.get("Filecoin.FilecoinAddressToEthAddress", params).await
    };
    assert_eq!(transaction["from"], masked(&accounts[0]).await);
    assert_eq!(transaction["to"], masked(&accounts[1]).await);
    assert_eq!(transaction["value"], "0x5");
    let input = transaction["input"].as_str().unwrap();
    assert!(input.starts_with("0x868e10c4"), "{input}");
    let receipt = v1.get("eth_getTransactionReceipt", json!([hash])).await;
    let gas_used = found["Receipt"]["GasUsed"].as_u64().unwrap();
    assert_eq!(number(&receipt["gasUsed"]), u128::from(gas_used));
    assert_eq!(block["gasUsed"], receipt["gasUsed"]);

    let history = json!(["0x5", "latest", [0, 50]]);
    let history = v1.get("eth_feeHistory", history).await;
    assert_eq!(history["oldestBlock"], "0x1");
    let blocks = usize::try_from(height).unwrap();
    let lengths = |name: &str| history[name].as_array().unwrap().len();
    assert_eq!(lengths("baseFeePerGas"), blocks + 1);
    assert_eq!(lengths("gasUsedRatio"), blocks);
    assert_eq!(lengths("reward"), blocks);
    let last = history["reward"].as_array().unwrap().last().unwrap();
    assert_eq!(last[0], transaction["maxPriorityFeePerGas"]);
}

#[tokio::test]
async fn who_polls_hears_of_every_block_and_transaction_once() {
    let node = TestNode::with_accounts(1).await;
    let v1 = Raw::new(&node, "/rpc/v1", Permission::Sign).await;
    let blocks = v1.get("eth_newBlockFilter", json!([])).await;
    let pending = v1.get("eth_newPendingTransactionFilter", json!([])).await;
    let poll = async |filter: &Value| v1.get("eth_getFilterChanges", json!([filter])).await;
    assert_eq!(poll(&blocks).await, json!([]));
    let own = v1.get("Filecoin.WalletDefaultAddress", json!([])).await;
    let (cid, _) = v1.send(transfer(&own, &own, "1")).await;
    let new = poll(&blocks).await;
    let head = v1.get("Filecoin.ChainHead", json!([])).await;
    let height = usize::try_from(head["Height"].as_u64().unwrap()).unwrap();
    assert_eq!(new.as_array().unwrap().len(), height);
    let newest = json!([new[height - 1], false]);
    let newest = v1.get("eth_getBlockByHash", newest).await;
    assert_eq!(number(&newest["number"]), height as u128);
    assert_eq!(poll(&blocks).await, json!([]));
    let hash = v1.get("Filecoin.EthGetTransactionHashByCid", json!([cid]));
    assert_eq!(poll(&pending).await, json!([hash.await]));
    assert_eq!(poll(&pending).await, json!([]));

    let gone = v1.get("eth_uninstallFilter", json!([blocks])).await;
    assert_eq!(gone, true);
    let twice = v1.get("eth_uninstallFilter", json!([blocks])).await;
    assert_eq!(twice, false);
    let (_, text) = v1.refused("eth_getFilterChanges", json!([blocks])).await;
    assert_eq!(text, "filter not found");
}

#[tokio::test]
async fn what_tools_ask_first_and_what_is_not_there() {
    let node = TestNode::with_accounts(1).await;
    for path in ["/rpc/v0", "/rpc/v1", "/rpc/v2"] {
        let raw = Raw::new(&node, path, Permission::Read).await;
        for (method, answer) in [
            ("eth_chainId", json!("0x1df5e76")),
            ("net_version", json!("31415926")),
            ("net_listening", json!(true)),
            ("eth_accounts", json!([])),
            ("eth_syncing", json!(false)),
            ("eth_protocolVersion", json!("0x1b")),
            ("eth_blockNumber", json!("0x0")),
            ("eth_maxPriorityFeePerGas", json!("0x30d40")),
        ] {
            assert_eq!(raw.get(method, json!([])).await, answer, "{method} {path}");
        }
        let version = raw.get("web3_clientVersion", json!([])).await;
        assert!(version.as_str().unwrap().starts_with("lotus/"), "{version}");
    }
    let v1 = Raw::new(&node, "/rpc/v1", Permission::Read).await;
    // Nobody with an account is asked for.
    let stranger = format!("0x{}", "5".repeat(40));
    let call = json!([{"from": stranger, "to": stranger}, "latest"]);
    assert_eq!(v1.get("eth_call", call).await, "0x");
    let unknown = format!("0x{}", "7".repeat(64));
    for method in ["eth_getTransactionByHash", "eth_getTransactionReceipt"] {
        assert_eq!(v1.get(method, json!([unknown])).await, Value::Null);
    }
    let slot = json!([format!("0x{}", "1".repeat(40)), "0x0", "latest"]);
    let slot = v1.get("eth_getStorageAt", slot).await;
    assert_eq!(slot, format!("0x{}", "0".repeat(64)));
    for (method, params, why) in [
        (
            "eth_getBlockByHash",
            json!([unknown, false]),
            "failed to get tipset by hash",
        ),
        (
            "eth_getBlockByNumber",
            json!(["earliest", false]),
            "is not supported",
        ),
        (
            "eth_getBlockByNumber",
            json!(["0x7", false]),
            "requested a future epoch",
        ),
        (
            "eth_feeHistory",
            json!(["0x401", "latest"]),
            "smaller than 1024",
        ),
        (
            "eth_call",
            json!([{"data": "0x60"}, "latest"]),
            "EthCall needs a node",
        ),
        ("eth_getLogs", json!([{}]), "EthGetLogs needs a node"),
    ] {
        let (_, text) = v1.refused(method, params).await;
        assert!(text.contains(why), "{method}: {text}");
    }
}
