//! The miner of the local network: what it earns, what is told of it, and blocks that others make.

use fvm_ipld_encoding::RawBytes;
use fvm_shared::econ;
use lotus_chain::chain::election::{self, Power};
use lotus_chain::vm::actors::power::{CreateMinerParams, CreateMinerReturn};
use lotus_client::Client;
use lotus_core::Permission;
use lotus_core::api::chain::ChainClient;
use lotus_core::api::mining::MiningClient;
use lotus_core::api::mpool::MpoolClient;
use lotus_core::api::state::StateClient;
use lotus_core::api::state::miner::StateMinerClient;
use lotus_core::api::sync::SyncClient;
use lotus_core::api::v0::state::StateV0Client;
use lotus_core::api::wallet::WalletClient;
use lotus_core::types::{
    Address, BlockTemplate, Bytes, ElectionProof, Message, PowerClaim, SyncStateStage, Ticket,
    TipSet, TipSetKey, TokenAmount,
};
use lotus_daemon::{BlockMode, ChainOptions, LocalNetwork};
use lotus_testutil::{TestNode, bounded, repo};
use serde_json::Value;

use super::{addresses, balance, fil, one_fil, refusal};

const MINER: Address = Address::new_id(1000);
const REWARD: Address = Address::new_id(2);

fn network(blocks: BlockMode, ephemeral: bool) -> ChainOptions {
    ChainOptions::Local(LocalNetwork {
        accounts: 2,
        blocks,
        ephemeral,
        ..LocalNetwork::default()
    })
}

/// What an actor has and what its state says, before a tipset's messages.
async fn read(client: &Client, actor: Address, tipset: &TipSetKey) -> (TokenAmount, Value) {
    let read = bounded(client.state_read_state(actor, tipset.clone())).await;
    let read = read.unwrap();
    (read.balance, read.state)
}

/// A field of a state that is an amount, in attoFIL.
fn amount(state: &Value, field: &str) -> econ::TokenAmount {
    let text = state[field].as_str().unwrap();
    econ::TokenAmount::from_atto(text.parse::<fvm_shared::bigint::BigInt>().unwrap())
}

async fn send(client: &Client, message: Message) -> lotus_core::types::MsgLookup {
    let sent = bounded(client.mpool_push_message(message, None)).await;
    let cid = sent.unwrap().cid().unwrap();
    bounded(client.state_wait_msg_v0(cid, 0)).await.unwrap()
}

/// The tipsets of a chain, the genesis first.
async fn tipsets(client: &Client) -> Vec<TipSet> {
    let head = bounded(client.chain_head()).await.unwrap();
    let mut tipsets = Vec::new();
    for height in 0..=head.height() {
        let found = client.chain_get_tip_set_by_height(height, head.key().clone());
        tipsets.push(bounded(found).await.unwrap());
    }
    tipsets
}

#[tokio::test]
async fn the_miner_earns_what_its_blocks_pay_to_the_attofil() {
    let node = TestNode::with_accounts(2).await;
    let client = node.client(Permission::Sign).await;
    let (from, _) = addresses(&client).await;
    for _ in 0..3 {
        send(&client, one_fil(from, from)).await;
    }
    let chain = tipsets(&client).await;
    assert!(chain.len() >= 6);
    for pair in chain.windows(2).skip(1) {
        let [tipset, next] = pair else { unreachable!() };
        let block = &tipset.blocks()[0];
        assert_eq!(block.miner, MINER);
        let (had, before) = read(&client, MINER, tipset.key()).await;
        let (has, after) = read(&client, MINER, next.key()).await;
        let (_, paying) = read(&client, REWARD, tipset.key()).await;
        let (_, paid) = read(&client, REWARD, next.key()).await;

        let wins = block.election_proof.as_ref().unwrap().win_count;
        let minted = (amount(&paying, "ThisEpochReward") * wins).div_floor(5);
        let field = "TotalStoragePowerReward";
        assert_eq!(amount(&paid, field) - amount(&paying, field), minted);
        let mut reward = minted;
        let messages = client.chain_get_parent_messages(next.cids()[0]);
        for message in bounded(messages).await.unwrap() {
            let replay = client.state_replay(tipset.key().clone(), message.cid);
            reward += bounded(replay).await.unwrap().gas_cost.miner_tip.inner();
        }
        assert_eq!(has.inner() - had.inner(), reward);
        let locked = (&reward * 3).div_floor(4);
        let field = "LockedFunds";
        assert_eq!(amount(&after, field) - amount(&before, field), locked);
        let available = client.state_miner_available_balance(MINER, next.key().clone());
        let available = bounded(available).await.unwrap();
        assert_eq!(available.inner() + amount(&after, field), *has.inner());
    }

    let actors = client.state_list_actors(TipSetKey::default());
    let mut total = econ::TokenAmount::default();
    for actor in bounded(actors).await.unwrap() {
        total += balance(&client, actor).await.inner();
    }
    assert_eq!(total, econ::TokenAmount::from_whole(2_000_000_000_u64));
    // Nothing but the base fee was burnt.
    let supply = client.state_vm_circulating_supply_internal(TipSetKey::default());
    let supply = bounded(supply).await.unwrap();
    assert!(supply.fil_burnt < fil(1), "{}", supply.fil_burnt);
    assert!(supply.fil_locked > fil(1), "{}", supply.fil_locked);
}

#[tokio::test]
async fn the_miner_is_told_as_lotus_tells_one_without_sectors() {
    let node = TestNode::with_accounts(2).await;
    let client = node.client(Permission::Sign).await;
    let head = TipSetKey::default;
    let miners = bounded(client.state_list_miners(head())).await.unwrap();
    assert_eq!(miners, [MINER]);
    let info = bounded(client.state_miner_info(MINER, head())).await;
    let info = info.unwrap();
    assert_eq!((info.sector_size, info.worker_change_epoch), (2048, -1));
    assert_eq!((info.owner, info.beneficiary), (info.worker, info.worker));
    assert!(info.new_worker.is_undefined() && info.control_addresses.is_empty());
    let key = bounded(client.state_account_key(info.worker, head())).await;
    assert!(bounded(client.wallet_has(key.unwrap())).await.unwrap());

    let power = bounded(client.state_miner_power(MINER, head())).await;
    let power = power.unwrap();
    let all = PowerClaim {
        raw_byte_power: 4096.into(),
        quality_adj_power: 4096.into(),
    };
    assert_eq!((&power.miner_power, &power.total_power), (&all, &all));
    assert!(power.has_min_power);
    let network = bounded(client.state_miner_power(Address::default(), head())).await;
    let network = network.unwrap();
    assert_eq!(network.total_power, all);
    assert_eq!(network.miner_power, PowerClaim::default());

    let now = bounded(client.state_miner_proving_deadline(MINER, head())).await;
    let now = now.unwrap();
    assert!(now.open <= 0 && now.close > 0, "{now:?}");
    assert_eq!((now.current_epoch, now.wpost_period_deadlines), (0, 48));
    let deadlines = bounded(client.state_miner_deadlines(MINER, head())).await;
    assert_eq!(deadlines.unwrap().len(), 48);
    let partitions = client.state_miner_partitions(MINER, 47, head());
    assert!(bounded(partitions).await.unwrap().is_empty());
    let beyond = bounded(client.state_miner_partitions(MINER, 48, head())).await;
    assert!(refusal(beyond).1.contains("invalid deadline 48"));
    let faults = bounded(client.state_miner_faults(MINER, head())).await;
    assert_eq!(faults.unwrap(), Default::default());
    let sectors = bounded(client.state_miner_sectors(MINER, None, head())).await;
    assert_eq!(sectors.unwrap(), []);
    let count = bounded(client.state_miner_sector_count(MINER, head())).await;
    assert_eq!(count.unwrap(), Default::default());
    let used = bounded(client.state_miner_sector_allocated(MINER, 1, head())).await;
    assert!(!used.unwrap());
    let none = bounded(client.state_sector_get_info(MINER, 1, head())).await;
    assert_eq!(none.unwrap(), None);
    let nowhere = bounded(client.state_sector_partition(MINER, 1, head())).await;
    assert!(refusal(nowhere).1.contains("sector 1 not due"));

    let account = bounded(client.state_miner_info(Address::new_id(100), head())).await;
    let (code, text) = refusal(account);
    assert_eq!(code, 1);
    assert!(text.contains("unknown actor code"), "{text}");
    let nobody = bounded(client.state_miner_info(Address::new_id(9999), head())).await;
    assert_eq!(refusal(nobody), (11, "actor not found".to_owned()));
}

#[tokio::test]
async fn a_miner_that_somebody_creates_has_no_power() {
    let node = TestNode::with_accounts(3).await;
    let client = node.client(Permission::Sign).await;
    let (from, all) = addresses(&client).await;
    let worker = bounded(client.state_miner_info(MINER, TipSetKey::default())).await;
    let worker = worker.unwrap().worker;
    let deposit = bounded(client.state_miner_creation_deposit(TipSetKey::default())).await;
    let deposit = deposit.unwrap();
    assert!(
        deposit > TokenAmount::default() && deposit < fil(1),
        "{deposit}"
    );
    let params = CreateMinerParams {
        owner: *from.inner().unwrap(),
        worker: *worker.inner().unwrap(),
        window_post_proof_type: fvm_shared::sector::RegisteredPoStProof::StackedDRGWindow8MiBV1P1,
        peer: Vec::new(),
        multiaddrs: Vec::new(),
    };
    let create = Message {
        to: Address::new_id(4),
        method: 2,
        value: deposit.clone(),
        params: Bytes(fvm_ipld_encoding::to_vec(&params).unwrap()),
        ..one_fil(from, from)
    };
    let found = send(&client, create).await;
    assert_eq!(found.receipt.exit_code, 0);
    let created = RawBytes::new(found.receipt.r#return.to_vec());
    let created: CreateMinerReturn = created.deserialize().unwrap();
    let next = 1001;
    assert_eq!(Address::from(created.id_address), Address::new_id(next));
    let (robust, id) = (created.robust_address.into(), Address::new_id(next));
    // One more block, so that the head's parents are those that created it.
    send(&client, one_fil(from, all[0])).await;

    let head = TipSetKey::default;
    let mut miners = bounded(client.state_list_miners(head())).await.unwrap();
    miners.sort_by_key(ToString::to_string);
    assert_eq!(miners, [MINER, id]);
    let info = bounded(client.state_miner_info(robust, head()))
        .await
        .unwrap();
    assert_eq!((info.worker, info.sector_size), (worker, 8 << 20));
    let power = bounded(client.state_miner_power(robust, head()))
        .await
        .unwrap();
    assert_eq!(
        (power.miner_power, power.has_min_power),
        (PowerClaim::default(), false)
    );
    // The deposit, to the attoFIL, is locked and not available.
    assert_eq!(balance(&client, id).await, deposit);
    let available = bounded(client.state_miner_available_balance(id, head())).await;
    assert_eq!(available.unwrap(), TokenAmount::default());
    let height = bounded(client.chain_head()).await.unwrap().height();
    let base = client.miner_get_base_info(id, height + 1, head());
    assert_eq!(bounded(base).await.unwrap(), None);
}

/// What a program that makes blocks does: it asks, draws with the node's wallet, has a block made of
/// what waits, and submits it.
async fn make_block(client: &Client, parents: &TipSet, epoch: i64) -> TipSet {
    let base = client.miner_get_base_info(MINER, epoch, parents.key().clone());
    let base = bounded(base).await.unwrap().unwrap();
    assert!(base.eligible_for_mining);
    let entry = base
        .beacon_entries
        .last()
        .unwrap_or(&base.prev_beacon_entry);
    let sign = async |input: [u8; 32]| {
        let signed = client.wallet_sign(base.worker_key, Bytes(input.to_vec()));
        bounded(signed).await.unwrap().data
    };
    let vrf_proof = sign(election::election_input(&MINER, epoch, entry).unwrap()).await;
    let power = Power {
        miner: base.miner_power.inner().clone(),
        network: base.network_power.inner().clone(),
    };
    let win_count = election::wins(&vrf_proof, &power);
    let ticket = election::ticket_input(&MINER, parents, epoch, entry).unwrap();
    let messages = bounded(client.mpool_select(parents.key().clone(), 1.0)).await;
    let params = bounded(client.state_get_network_params()).await.unwrap();
    let delay = params.block_delay_secs * u64::try_from(epoch - parents.height()).unwrap();
    let template = BlockTemplate {
        miner: MINER,
        parents: parents.key().clone(),
        ticket: Some(Ticket {
            vrf_proof: sign(ticket).await,
        }),
        eproof: Some(ElectionProof {
            win_count,
            vrf_proof,
        }),
        beacon_values: base.beacon_entries.clone(),
        messages: messages.unwrap(),
        epoch,
        timestamp: parents.min_timestamp() + delay,
        winning_po_st_proof: Vec::new(),
    };
    let block = bounded(client.miner_create_block(template)).await.unwrap();
    let cid = block.header.as_ref().unwrap().cid().unwrap();
    bounded(client.sync_submit_block(block)).await.unwrap();
    let head = bounded(client.chain_head()).await.unwrap();
    assert_eq!(head.cids(), [cid]);
    head
}

#[tokio::test]
async fn another_program_makes_the_blocks_and_the_chain_survives_a_restart() {
    let dir = repo("");
    let chain = || network(BlockMode::MinersOnly, false);
    let node = TestNode::on(dir, chain()).await;
    let client = node.client(Permission::Sign).await;
    let (from, _) = addresses(&client).await;
    let genesis = bounded(client.chain_head()).await.unwrap();
    let sent = bounded(client.mpool_push_message(one_fil(from, from), None)).await;
    let cid = sent.unwrap().cid().unwrap();
    assert_eq!(bounded(client.chain_head()).await.unwrap(), genesis);

    let first = make_block(&client, &genesis, 1).await;
    // Two rounds in which nobody makes a block.
    let second = make_block(&client, &first, 4).await;
    assert_eq!(second.height(), 4);
    let found = bounded(client.state_wait_msg_v0(cid, 0)).await.unwrap();
    assert_eq!((found.height, found.receipt.exit_code), (4, 0));
    let state = bounded(client.sync_state()).await.unwrap();
    assert_eq!(state.active_syncs[0].stage, SyncStateStage::SyncComplete);
    assert_eq!(state.active_syncs[0].target.as_ref(), Some(&second));
    assert!(state.vm_applied > 0);
    let valid = client.sync_validate_tipset(second.key().clone());
    assert!(bounded(valid).await.unwrap());
    let earned = balance(&client, MINER).await;
    assert!(earned > fil(1), "{earned}");

    let dir = node.stop().await;
    let node = TestNode::on(dir, chain()).await;
    let client = node.client(Permission::Sign).await;
    assert_eq!(bounded(client.chain_head()).await.unwrap(), second);
    assert_eq!(balance(&client, MINER).await, earned);
    let third = make_block(&client, &second, 5).await;
    assert_eq!(third.parents(), *second.key());
    assert!(balance(&client, MINER).await > earned);
}

#[tokio::test]
async fn a_block_that_is_not_valid_is_refused_and_the_head_stays() {
    let node = TestNode::with_chain(network(BlockMode::MinersOnly, true)).await;
    let client = node.client(Permission::Sign).await;
    let genesis = bounded(client.chain_head()).await.unwrap();
    let template = BlockTemplate {
        miner: MINER,
        parents: genesis.key().clone(),
        ticket: Some(Ticket {
            vrf_proof: Bytes(vec![7; 96]),
        }),
        eproof: Some(ElectionProof {
            win_count: 1,
            vrf_proof: Bytes(vec![7; 96]),
        }),
        epoch: 1,
        timestamp: genesis.min_timestamp() + 30,
        ..BlockTemplate::default()
    };
    let block = bounded(client.miner_create_block(template.clone())).await;
    let refused = bounded(client.sync_submit_block(block.unwrap())).await;
    let (code, text) = refusal(refused);
    assert_eq!(code, 1);
    assert!(text.contains("beacon entries"), "{text}");
    assert_eq!(bounded(client.chain_head()).await.unwrap(), genesis);

    let stranger = BlockTemplate {
        miner: Address::new_id(100),
        ..template
    };
    let refused = bounded(client.miner_create_block(stranger)).await;
    assert!(refusal(refused).1.contains("is no miner"));
    // Only who may write may make blocks.
    let reader = node.client(Permission::Read).await;
    let refused = bounded(reader.miner_create_block(BlockTemplate::default())).await;
    assert!(refusal(refused).1.contains("missing permission"));
}

#[tokio::test]
async fn a_chain_from_before_there_were_miners_is_refused_with_what_to_do() {
    let dir = repo("");
    let datastore = dir.path().join("datastore");
    std::fs::create_dir_all(&datastore).unwrap();
    let mut old = lotus_chain::chain::Options::ephemeral(MINER);
    old.dir = Some(datastore);
    old.miners.clear();
    drop(lotus_chain::chain::Chain::open(&old).unwrap());
    let refused = TestNode::open_with(dir.path(), network(BlockMode::OnMessage, false)).await;
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("networks had no miner"), "{error}");
    assert!(error.contains("move chain.redb"), "{error}");
}
