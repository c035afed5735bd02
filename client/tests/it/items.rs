//! Every channel of the API, with its parameters and the items that Lotus documents.

use jsonrpsee::core::client::Subscription;
use lotus_client::full_node::*;
use lotus_client::{CallError, Client};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::peer::{Peer, within};

/// What Lotus documents, one method per line.
const EXAMPLES: &str = include_str!("../../../testutil/fixtures/lotus-examples.jsonl");

fn example(method: &str) -> Value {
    EXAMPLES
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|example| example["name"] == method)
        .unwrap()
}

/// As the documentation writes addresses, whatever network a node in this process belongs to.
fn documented(value: &impl Serialize) -> Value {
    let text = serde_json::to_string(value).unwrap();
    serde_json::from_str(&text.replace("\"t0", "\"f0")).unwrap()
}

fn parse<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

/// Opens the channel `method` with the documented parameters, lets the peer send the documented item
/// and compares both with what is sent and read.
async fn arrives<T, Opening>(method: &str, open: impl FnOnce(Client, Value) -> Opening)
where
    T: Serialize + DeserializeOwned,
    Opening: Future<Output = Result<Subscription<T>, CallError>>,
{
    let example = example(method);
    let peer = Peer::bind().await;
    let (client, mut socket) = peer.connected().await;
    let opening = open(client.clone(), example["params"].clone());
    let (stream, call) = tokio::join!(within(opening), socket.answer(method, "3"));
    let mut stream = stream.unwrap();
    let params = call.get("params").cloned().unwrap_or(json!([]));
    assert_eq!(documented(&params), example["params"], "{method}");

    socket.value(3, &example["result"].to_string()).await;
    let item = within(stream.next()).await.unwrap().unwrap();
    assert_eq!(documented(&item), example["result"], "{method}");
    socket.close_channel(3).await;
    assert!(within(stream.next()).await.is_none());
}

#[tokio::test]
async fn items_and_parameters_are_typed() {
    arrives("Filecoin.ChainNotify", async |client, _| {
        client.chain_notify().await
    })
    .await;
    arrives("Filecoin.MpoolSub", async |client, _| {
        client.mpool_sub().await
    })
    .await;
    arrives("Filecoin.SyncIncomingBlocks", async |client, _| {
        client.sync_incoming_blocks().await
    })
    .await;
    arrives("Filecoin.ChainExport", async |client, params| {
        let tipset = parse(&params[2]);
        client
            .chain_export(parse(&params[0]), parse(&params[1]), tipset)
            .await
    })
    .await;
    arrives(
        "Filecoin.SubscribeActorEventsRaw",
        async |client, params| client.subscribe_actor_events_raw(parse(&params[0])).await,
    )
    .await;
}

#[tokio::test]
async fn a_channel_opens_for_a_reader_too() {
    let peer = Peer::bind().await;
    let (client, mut socket) = peer.connected().await;
    let reader = client.read_only();
    let (stream, _) = tokio::join!(
        within(reader.chain_notify()),
        socket.answer("Filecoin.ChainNotify", "3")
    );
    let mut stream = stream.unwrap();
    let item = &example("Filecoin.ChainNotify")["result"];
    socket.value(3, &item.to_string()).await;
    let changes = within(stream.next()).await.unwrap().unwrap();
    assert_eq!(changes.len(), item.as_array().unwrap().len());
}
