//! A miner's life: created, its peer, addresses, worker and owner changed, rewarded, and paid out as
//! what it has earned vests over half a year.

use anyhow::{Context as _, Result};
use fvm_ipld_encoding::BytesDe;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::RegisteredPoStProof;
use lotus_chain::vm::actors::miner::{
    self, ChangeWorkerAddressParams, ControlAddressesReturn, MinerInfo, Multiaddrs, PeerId, State,
    WithdrawBalanceParams,
};
use lotus_chain::vm::actors::power::{self, CreateMinerParams, CreateMinerReturn};
use lotus_chain::vm::actors::reward::{self, AwardBlockRewardParams};
use lotus_chain::vm::manifest::{POWER_ACTOR_ID, REWARD_ACTOR_ID};

use super::{Stage, fil, id_of};
use crate::world::{Call, Sender};

/// How long a new worker waits, in epochs.
const WORKER_DELAY: i64 = 900;
const DAY: i64 = 2880;

/// A miner, its owner and its worker.
#[derive(Clone, Copy)]
pub struct Miner {
    pub id: Address,
    pub owner: usize,
    pub worker: usize,
}

impl Miner {
    pub fn create(stage: &mut Stage<'_, '_>, funds: u64) -> Result<Self> {
        let owner = stage.world().rng.usize(..5);
        let worker = stage.world().rng.usize(5..8);
        let params = params(stage, owner, worker);
        let call = create(owner).value(fil(funds)).params(&params);
        let created: CreateMinerReturn = stage.returns(call)?;
        Ok(Self {
            id: created.id_address,
            owner,
            worker,
        })
    }

    /// Calls it as someone.
    pub fn by(&self, key: usize, method: u64) -> Call {
        Call::new(key, self.id, method)
    }

    pub fn withdraw(&self, by: usize, amount: TokenAmount) -> Call {
        self.by(by, miner::WITHDRAW_BALANCE)
            .params(&WithdrawBalanceParams {
                amount_requested: amount,
            })
    }

    /// The end of a deadline, which brings all that follow: on a chain the first sector does.
    pub fn start_deadlines(&self, stage: &mut Stage<'_, '_>) -> Result<()> {
        stage.ok(super::power::deadline(self.id))?;
        Ok(())
    }

    pub fn state(&self, stage: &mut Stage<'_, '_>) -> Result<State> {
        let id = id_of(&self.id)?;
        stage.world().state(id).context("the miner has no state")
    }

    pub fn info(&self, stage: &mut Stage<'_, '_>) -> Result<MinerInfo> {
        let state = self.state(stage)?;
        Ok(state.info(stage.world().machine.tree().blocks())?)
    }

    /// Everything that can be asked.
    pub fn ask(&self, stage: &mut Stage<'_, '_>, by: usize) -> Result<()> {
        for method in [
            miner::CONTROL_ADDRESSES,
            miner::GET_BENEFICIARY,
            miner::GET_BENEFICIARY_EXPORTED,
            miner::GET_OWNER,
            miner::GET_SECTOR_SIZE,
            miner::GET_VESTING_FUNDS,
            miner::GET_PEER_ID,
            miner::GET_MULTIADDRS,
            miner::INITIAL_PLEDGE,
        ] {
            stage.ok(self.by(by, method))?;
            stage.exits(16, self.by(by, method).params(&0))?;
        }
        // Which fails while it has less than it must.
        stage.send(self.by(by, miner::GET_AVAILABLE_BALANCE))?;
        stage.exits(16, self.by(by, miner::GET_AVAILABLE_BALANCE).params(&0))?;
        Ok(())
    }
}

fn create(key: usize) -> Call {
    Call::new(key, Address::new_id(POWER_ACTOR_ID), power::CREATE_MINER)
}

fn params(stage: &Stage<'_, '_>, owner: usize, worker: usize) -> CreateMinerParams {
    CreateMinerParams {
        owner: stage.address(owner),
        worker: stage.address(worker),
        window_post_proof_type: RegisteredPoStProof::StackedDRGWindow2KiBV1P1,
        peer: vec![1, 2, 3],
        multiaddrs: vec![BytesDe(vec![4, 5])],
    }
}

/// The reward for a block.
pub fn award(miner: Address, win_count: i64, gas: TokenAmount, penalty: TokenAmount) -> Call {
    Call::new(
        0,
        Address::new_id(REWARD_ACTOR_ID),
        reward::AWARD_BLOCK_REWARD,
    )
    .sender(Sender::System)
    .params(&AwardBlockRewardParams {
        miner,
        penalty,
        gas_reward: gas,
        win_count,
    })
}

pub fn tell(stage: &mut Stage<'_, '_>) -> Result<()> {
    not_created(stage)?;
    let m = Miner::create(stage, 10)?;
    m.ask(stage, 0)?;
    peers(stage, &m)?;
    worker_by_owner(stage, &m)?;
    worker_by_cron(stage, &m)?;
    owner(stage, &m)?;
    earns(stage)
}

fn not_created(stage: &mut Stage<'_, '_>) -> Result<()> {
    let good = params(stage, 0, 5);
    let with = |proof| CreateMinerParams {
        window_post_proof_type: proof,
        ..good.clone()
    };
    use RegisteredPoStProof::{Invalid, StackedDRGWindow8MiBV1P1, StackedDRGWindow32GiBV1P1};
    for (code, value, params) in [
        (19, 0, good.clone()),
        (16, 10, with(Invalid(0))),
        (16, 10, with(StackedDRGWindow32GiBV1P1)),
        (16, 10, with(Invalid(77))),
        (0, 10, with(StackedDRGWindow8MiBV1P1)),
        (
            16,
            10,
            CreateMinerParams {
                peer: vec![0; 129],
                ..good.clone()
            },
        ),
        (
            16,
            10,
            CreateMinerParams {
                multiaddrs: vec![BytesDe(Vec::new())],
                ..good.clone()
            },
        ),
        (
            16,
            10,
            CreateMinerParams {
                multiaddrs: vec![BytesDe(vec![0; 1025])],
                ..good.clone()
            },
        ),
        (
            16,
            10,
            CreateMinerParams {
                owner: Address::new_actor(b"nobody"),
                ..good.clone()
            },
        ),
        // A worker must have a BLS key.
        (
            16,
            10,
            CreateMinerParams {
                worker: stage.address(1),
                ..good.clone()
            },
        ),
        (
            16,
            10,
            CreateMinerParams {
                worker: Address::new_id(POWER_ACTOR_ID),
                ..good.clone()
            },
        ),
        (
            16,
            10,
            CreateMinerParams {
                worker: Address::new_actor(b"nobody"),
                ..good.clone()
            },
        ),
        (
            0,
            10,
            CreateMinerParams {
                peer: Vec::new(),
                multiaddrs: vec![BytesDe(vec![0; 1024])],
                worker: stage.id(6)?,
                ..good.clone()
            },
        ),
    ] {
        stage.exits(code, create(0).value(fil(value)).params(&params))?;
    }
    Ok(())
}

fn peers(stage: &mut Stage<'_, '_>, m: &Miner) -> Result<()> {
    let control = 8;
    let params = ChangeWorkerAddressParams {
        new_worker: stage.address(m.worker),
        new_control_addresses: vec![stage.address(control)],
    };
    // The control addresses alone, which takes no time.
    stage.ok(m.by(m.owner, miner::CHANGE_WORKER_ADDRESS).params(&params))?;
    for by in [m.owner, m.worker, control] {
        let id = PeerId {
            id: vec![by as u8; 128],
        };
        stage.ok(m.by(by, miner::CHANGE_PEER_ID).params(&id))?;
        let addresses = Multiaddrs {
            addresses: vec![BytesDe(vec![1; 1023]), BytesDe(vec![2])],
        };
        let call = m.by(by, miner::CHANGE_MULTIADDRS_EXPORTED);
        stage.ok(call.params(&addresses))?;
        stage.ok(m.by(by, miner::REPAY_DEBT))?;
    }
    let long = PeerId { id: vec![0; 129] };
    stage.exits(16, m.by(m.owner, miner::CHANGE_PEER_ID).params(&long))?;
    for addresses in [
        vec![BytesDe(Vec::new())],
        vec![BytesDe(vec![0; 1025])],
        vec![BytesDe(vec![0; 1023]), BytesDe(vec![0; 2])],
    ] {
        let params = Multiaddrs { addresses };
        stage.exits(16, m.by(m.owner, miner::CHANGE_MULTIADDRS).params(&params))?;
    }
    let stranger = 9;
    let none = PeerId { id: Vec::new() };
    let call = m.by(stranger, miner::CHANGE_PEER_ID_EXPORTED);
    stage.exits(18, call.params(&none))?;
    let empty = Multiaddrs {
        addresses: Vec::new(),
    };
    stage.exits(18, m.by(stranger, miner::CHANGE_MULTIADDRS).params(&empty))?;
    stage.exits(18, m.by(stranger, miner::REPAY_DEBT_EXPORTED))?;
    stage.ok(m.by(m.owner, miner::CHANGE_PEER_ID_EXPORTED).params(&none))?;
    stage.ok(m.by(m.owner, miner::CHANGE_MULTIADDRS).params(&empty))?;
    Ok(())
}

fn change_worker(stage: &Stage<'_, '_>, m: &Miner, to: usize) -> Call {
    m.by(m.owner, miner::CHANGE_WORKER_ADDRESS_EXPORTED)
        .params(&ChangeWorkerAddressParams {
            new_worker: stage.address(to),
            new_control_addresses: Vec::new(),
        })
}

fn check_worker(stage: &mut Stage<'_, '_>, m: &Miner, key: usize) -> Result<()> {
    let control: ControlAddressesReturn = stage.returns(m.by(0, miner::CONTROL_ADDRESSES))?;
    anyhow::ensure!(
        control.worker == stage.id(key)?,
        "the worker is {}",
        control.worker
    );
    Ok(())
}

fn worker_by_owner(stage: &mut Stage<'_, '_>, m: &Miner) -> Result<()> {
    let next = 8;
    let many = ChangeWorkerAddressParams {
        new_worker: stage.address(next),
        new_control_addresses: vec![stage.address(0); 11],
    };
    let unknown = ChangeWorkerAddressParams {
        new_worker: stage.address(next),
        new_control_addresses: vec![Address::new_actor(b"nobody")],
    };
    let by_owner = |params| m.by(m.owner, miner::CHANGE_WORKER_ADDRESS).params(params);
    stage.exits(16, by_owner(&many))?;
    stage.exits(16, by_owner(&unknown))?;
    let call = change_worker(stage, m, 1);
    stage.exits(16, call)?;
    let call = change_worker(stage, m, next).sender(Sender::Key(m.worker));
    stage.exits(18, call)?;

    let call = change_worker(stage, m, next);
    stage.ok(call)?;
    // One at a time: a second change is not taken.
    stage.leap(10)?;
    let call = change_worker(stage, m, 5);
    stage.ok(call)?;
    let confirm = |by| m.by(by, miner::CONFIRM_CHANGE_WORKER_ADDRESS);
    stage.exits(18, confirm(9))?;
    stage.exits(16, confirm(m.owner).params(&0))?;
    stage.leap(WORKER_DELAY - 11)?;
    stage.ok(confirm(m.owner))?;
    check_worker(stage, m, m.worker)?;
    stage.leap(1)?;
    check_worker(stage, m, m.worker)?;
    stage.ok(confirm(m.owner))?;
    check_worker(stage, m, next)?;
    // Nothing is pending any more.
    stage.ok(m.by(m.owner, miner::CONFIRM_CHANGE_WORKER_ADDRESS_EXPORTED))?;
    Ok(())
}

/// The end of a deadline makes it so, too, if there are deadlines.
fn worker_by_cron(stage: &mut Stage<'_, '_>, m: &Miner) -> Result<()> {
    m.start_deadlines(stage)?;
    let call = change_worker(stage, m, m.worker);
    stage.ok(call)?;
    stage.leap(WORKER_DELAY - 1)?;
    check_worker(stage, m, 8)?;
    for _ in 0..3 {
        stage.leap(30)?;
    }
    check_worker(stage, m, m.worker)
}

fn owner(stage: &mut Stage<'_, '_>, m: &Miner) -> Result<()> {
    let (next, other) = (9, 10);
    let change = |by, to: Address| m.by(by, miner::CHANGE_OWNER_ADDRESS).params(&to);
    let (owner, next_id, other_id) = (stage.id(m.owner)?, stage.id(next)?, stage.id(other)?);
    stage.exits(16, change(m.owner, stage.address(next)))?;
    stage.exits(18, change(next, next_id))?;
    stage.ok(change(m.owner, next_id))?;
    stage.exits(18, change(other, next_id))?;
    stage.exits(16, change(next, other_id))?;
    // Withdrawn, and proposed to another, and back.
    stage.ok(change(m.owner, owner))?;
    stage.exits(18, change(next, next_id))?;
    stage.ok(change(m.owner, other_id))?;
    stage.ok(change(m.owner, next_id))?;
    stage.exits(18, change(other, other_id))?;
    stage.ok(change(next, next_id))?;
    stage.exits(18, change(m.owner, owner))?;
    anyhow::ensure!(m.info(stage)?.beneficiary == next_id, "benefits the owner");
    stage.ok(change(next, owner))?;
    stage.ok(change(m.owner, owner))?;
    // To an actor that there is not, which can never confirm.
    stage.ok(change(m.owner, Address::new_id(9_000_000)))?;
    stage.ok(change(m.owner, owner))?;
    m.ask(stage, next)
}

/// Rewards vest over 180 days.
fn earns(stage: &mut Stage<'_, '_>) -> Result<()> {
    let m = Miner::create(stage, 100)?;
    // What is not locked can be had at once.
    stage.ok(m.withdraw(m.owner, fil(10)))?;
    stage.exits(18, m.withdraw(m.worker, fil(1)))?;
    let negative = TokenAmount::from_atto(-1);
    stage.exits(16, m.withdraw(m.owner, negative))?;
    for _ in 0..6 {
        let win_count = stage.world().rng.i64(1..4);
        let zero = TokenAmount::default();
        stage.ok(award(m.id, win_count, zero.clone(), zero))?;
        let ahead = stage.world().rng.i64(1..2000);
        stage.leap(ahead)?;
    }
    m.ask(stage, m.owner)?;
    let earned: TokenAmount = m.state(stage)?.locked_funds;
    anyhow::ensure!(earned.is_positive(), "rewards are locked");
    // All that is free, each time.
    for _ in 0..4 {
        stage.ok(m.withdraw(m.owner, fil(2_000_000)))?;
        stage.leap(5 * DAY)?;
    }
    // With deadlines it vests by itself; each costs what nothing costs in a network without power.
    m.start_deadlines(stage)?;
    for _ in 0..20 {
        stage.leap(61)?;
    }
    m.ask(stage, m.owner)?;
    stage.send(m.withdraw(m.owner, fil(2_000_000)))?;
    let second = Miner::create(stage, 1)?;
    let zero = TokenAmount::default();
    stage.ok(award(second.id, 1, zero.clone(), zero))?;
    stage.leap(181 * DAY)?;
    // What was deposited at its creation was never counted as pledged, so all pledges together can come
    // out too low for this.
    stage.send(second.withdraw(second.owner, fil(2_000_000)))?;
    stage.send(second.withdraw(second.owner, fil(1)))?;
    Ok(())
}
