//! The node's local network, through the API: blocks, messages, money, head changes, errors.

mod bad_messages;
mod door;
mod ethereum;
mod foreign;
mod forks;
mod import;
mod maker;
mod miner;
mod msig;
mod notify;
mod raw;
mod reads;
mod selectors;

use lotus_client::{CallError, Client};
use lotus_core::Permission;
use lotus_core::api::chain::ChainClient;
use lotus_core::api::gas::GasClient;
use lotus_core::api::mpool::MpoolClient;
use lotus_core::api::state::StateClient;
use lotus_core::api::v0::state::StateV0Client;
use lotus_core::api::wallet::WalletClient;
use lotus_core::types::{Address, Bytes, KeyType, Message, SignedMessage, TipSetKey, TokenAmount};
use lotus_testutil::{TestNode, bounded};

fn fil(amount: u64) -> TokenAmount {
    TokenAmount::from_whole(amount)
}

/// A message that sends one FIL.
fn one_fil(from: Address, to: Address) -> Message {
    Message {
        from,
        to,
        value: fil(1),
        ..Message::default()
    }
}

/// The default address, and all that have funds from the start; the miner's worker has none.
async fn addresses(client: &Client) -> (Address, Vec<Address>) {
    let default = bounded(client.wallet_default_address()).await.unwrap();
    let mut funded = Vec::new();
    for address in bounded(client.wallet_list()).await.unwrap() {
        if balance(client, address).await > TokenAmount::default() {
            funded.push(address);
        }
    }
    (default, funded)
}

async fn balance(client: &Client, address: Address) -> TokenAmount {
    bounded(client.wallet_balance(address)).await.unwrap()
}

/// The code and the text with which a call was refused.
fn refusal<T: std::fmt::Debug>(answer: Result<T, CallError>) -> (i32, String) {
    match answer {
        Err(CallError::Call(error)) => (error.code(), error.message().to_owned()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn money_of_every_kind_of_key_arrives_and_every_attofil_is_accounted_for() {
    let node = TestNode::with_accounts(3).await;
    let client = node.client(Permission::Sign).await;
    let (_, senders) = addresses(&client).await;
    assert_eq!(senders.len(), 3);
    for from in senders {
        let to = bounded(client.wallet_new(KeyType::Delegated))
            .await
            .unwrap();
        let before = balance(&client, from).await;
        assert_eq!(before, fil(1_000_000));
        assert_eq!(balance(&client, to).await, TokenAmount::default());

        let mut message = one_fil(from, to);
        if from.to_eth().is_some() {
            message.method = 3_844_450_837;
        }
        let sent = bounded(client.mpool_push_message(message, None)).await;
        let sent: SignedMessage = sent.unwrap();
        let cid = sent.cid().unwrap();
        let found = bounded(client.state_wait_msg_v0(cid, 0)).await.unwrap();
        assert_eq!((found.message, found.receipt.exit_code), (cid, 0));

        let replay = client.state_replay(TipSetKey::default(), cid);
        let replay = bounded(replay).await.unwrap();
        assert_eq!(replay.msg_rct.unwrap(), found.receipt);
        let paid = replay.gas_cost.total_cost;
        assert!(paid > TokenAmount::default());
        let spent = before.inner() - balance(&client, from).await.inner();
        assert_eq!(spent, fil(1).inner() + paid.inner());
        assert_eq!(balance(&client, to).await, fil(1));

        let actor = client.state_get_actor(from, TipSetKey::default());
        assert_eq!(bounded(actor).await.unwrap().nonce, 1);
        let pending = client.mpool_pending(TipSetKey::default());
        assert!(bounded(pending).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_block_has_the_message_and_the_next_one_its_receipt() {
    let node = TestNode::with_accounts(1).await;
    let client = node.client(Permission::Sign).await;
    let (from, _) = addresses(&client).await;
    let genesis = bounded(client.chain_get_genesis()).await.unwrap();
    assert_eq!(bounded(client.chain_head()).await.unwrap(), genesis);

    let sent = client.mpool_push_message(one_fil(from, from), None);
    let sent = bounded(sent).await.unwrap();
    let cid = sent.cid().unwrap();
    let found = bounded(client.state_wait_msg_v0(cid, 0)).await.unwrap();
    let next = bounded(client.chain_get_tip_set(found.tip_set.clone())).await;
    let next = next.unwrap();
    assert_eq!(next.height(), found.height);
    let block = next.cids()[0];
    let messages = bounded(client.chain_get_parent_messages(block)).await;
    let messages = messages.unwrap();
    assert_eq!(messages[0].cid, cid);
    assert_eq!(messages[0].message.as_ref(), Some(&sent.message));
    let receipts = bounded(client.chain_get_parent_receipts(block)).await;
    assert_eq!(receipts.unwrap(), std::slice::from_ref(&found.receipt));

    let holder = next.parents().cids()[0];
    let held = bounded(client.chain_get_block_messages(holder)).await;
    assert_eq!(held.unwrap().cids, [cid]);
    let header = bounded(client.chain_get_block(holder)).await.unwrap();
    let bytes = bounded(client.chain_read_obj(holder)).await.unwrap();
    assert_eq!(*bytes, header.to_cbor().unwrap());
    assert_eq!(
        bounded(client.chain_get_message(cid)).await.unwrap(),
        sent.message
    );
    let by_height = client.chain_get_tip_set_by_height(0, TipSetKey::default());
    assert_eq!(bounded(by_height).await.unwrap(), genesis);
    let path = client.chain_get_path(genesis.key().clone(), next.key().clone());
    let path = bounded(path).await.unwrap();
    assert_eq!(path.len(), usize::try_from(next.height()).unwrap());
    let searched = bounded(client.state_search_msg_v0(cid)).await.unwrap();
    assert_eq!(searched, Some(found));
}

#[tokio::test]
async fn what_is_wrong_with_a_message_is_said_and_the_chain_goes_on() {
    let node = TestNode::with_accounts(1).await;
    let client = node.client(Permission::Sign).await;
    let (from, _) = addresses(&client).await;
    let complete = client.gas_estimate_message_gas(one_fil(from, from), None, TipSetKey::default());
    let complete = bounded(complete).await.unwrap();
    let sign = async |message: Message| {
        let signed = client.wallet_sign_message(from, message);
        bounded(signed).await.unwrap()
    };
    let push = async |signed: SignedMessage| bounded(client.mpool_push(signed)).await;

    let mut forged = sign(complete.clone()).await;
    forged.message.value = fil(2);
    let (code, text) = refusal(push(forged).await);
    assert_eq!(code, 1);
    assert!(text.contains("signature verification failed"), "{text}");

    let rich = one_fil(from, from);
    let rich = Message {
        value: fil(5_000_000),
        ..rich
    };
    let (_, text) = refusal(bounded(client.mpool_push_message(rich, None)).await);
    assert!(text.contains("less than 5000000"), "{text}");

    let impossible = Message {
        value: TokenAmount::from_atto(fvm_shared::bigint::BigInt::from(2).pow(256)),
        ..complete.clone()
    };
    let (_, text) = refusal(push(sign(impossible).await).await);
    assert!(
        text.contains("greater than total filecoin supply"),
        "{text}"
    );

    let huge = Message {
        params: Bytes(vec![7; 10 << 20]),
        ..complete.clone()
    };
    let (_, text) = refusal(push(sign(huge).await).await);
    assert!(text.contains("mpool message too large"), "{text}");

    let stranger = bounded(client.wallet_new(KeyType::Bls)).await.unwrap();
    let unknown = one_fil(stranger, from);
    let (_, text) = refusal(bounded(client.mpool_push_message(unknown, None)).await);
    assert!(text.contains("actor not found"), "{text}");

    let good = push(sign(complete.clone()).await).await.unwrap();
    bounded(client.state_wait_msg_v0(good, 0)).await.unwrap();
    let (_, text) = refusal(push(sign(complete).await).await);
    assert!(
        text.contains("minimum expected nonce is 1, got 0: message nonce too low"),
        "{text}"
    );
    let nonce = bounded(client.mpool_get_nonce(from)).await;
    assert_eq!(nonce.unwrap(), 1);
    let sent = client.mpool_push_message(one_fil(from, from), None);
    let cid = bounded(sent).await.unwrap().cid().unwrap();
    let found = bounded(client.state_wait_msg_v0(cid, 0)).await.unwrap();
    assert_eq!(found.receipt.exit_code, 0);
}

#[tokio::test]
async fn what_is_not_there_has_the_code_by_which_clients_know_it() {
    let node = TestNode::start().await;
    let client = node.client(Permission::Read).await;
    let nobody = Address::new_id(4_000_000);
    let head = TipSetKey::default;
    let actor = bounded(client.state_get_actor(nobody, head())).await;
    assert_eq!(refusal(actor), (11, "actor not found".to_owned()));
    let id = bounded(client.state_lookup_id(Address::from_eth(&[9; 20]), head())).await;
    assert_eq!(refusal(id).0, 11);
    let above = client.chain_get_tip_set_by_height(7, head());
    let (code, text) = refusal(bounded(above).await);
    assert_eq!(code, 1);
    assert!(
        text.contains("looking for tipset with height greater than start point"),
        "{text}"
    );
    let (_, text) = refusal(bounded(client.chain_get_node("/ipfs/x".to_owned())).await);
    assert!(
        text.contains("ChainGetNode needs a node of a network"),
        "{text}"
    );

    assert_eq!(
        bounded(client.state_network_name()).await.unwrap(),
        "localnet"
    );
    assert_eq!(
        bounded(client.state_network_version(head())).await.unwrap(),
        27
    );
    let actors = bounded(client.state_list_actors(head())).await.unwrap();
    assert!(actors.contains(&Address::new_id(99)), "{actors:?}");
}
