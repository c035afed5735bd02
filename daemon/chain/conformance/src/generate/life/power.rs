//! Power: claimed, lost and counted, events that cron brings, and many epochs of cron.

use anyhow::Result;
use fvm_ipld_encoding::RawBytes;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::econ::TokenAmount;
use lotus_chain::vm::actors::power::{
    self, Claim, EnrollCronEventParams, State, UpdateClaimedPowerParams,
};
use lotus_chain::vm::actors::smooth::FilterEstimate;
use lotus_chain::vm::actors::{cron, miner};
use lotus_chain::vm::manifest::{CRON_ACTOR_ID, MARKET_ACTOR_ID, POWER_ACTOR_ID};

use super::miner::{Miner, award};
use super::{Stage, fil, id_of};
use crate::world::{Call, Sender};

/// What a deadline's event carries, and that of sectors terminated early.
const PROVING_DEADLINE: [u8; 2] = [0x81, 1];
const EARLY_TERMINATIONS: [u8; 2] = [0x81, 2];

fn to_power(method: u64) -> Call {
    Call::new(0, Address::new_id(POWER_ACTOR_ID), method)
}

/// The end of a deadline, as the power actor tells a miner of it.
pub fn deadline(id: Address) -> Call {
    callback(id, &PROVING_DEADLINE)
}

/// As if sectors had been terminated early; there are none.
pub fn early_terminations(id: Address) -> Call {
    callback(id, &EARLY_TERMINATIONS)
}

fn callback(id: Address, payload: &[u8]) -> Call {
    Call::new(0, id, miner::ON_DEFERRED_CRON_EVENT)
        .sender(Sender::Actor(POWER_ACTOR_ID))
        .params(&power::DeferredCronEventParams {
            event_payload: payload.to_vec(),
            reward_smoothed: FilterEstimate::new(BigInt::from(1_u64 << 40), BigInt::from(0)),
            quality_adj_power_smoothed: FilterEstimate::new(
                BigInt::from(1_u64 << 50),
                BigInt::from(0),
            ),
        })
}

/// A miner asks to be called.
pub fn enroll(id: ActorID, event_epoch: i64) -> Call {
    to_power(power::ENROLL_CRON_EVENT)
        .sender(Sender::Actor(id))
        .params(&EnrollCronEventParams {
            event_epoch,
            payload: RawBytes::new(PROVING_DEADLINE.to_vec()),
        })
}

/// What a miner claims.
pub fn claim(stage: &mut Stage<'_, '_>, id: ActorID) -> Result<Option<Claim>> {
    let state = state(stage)?;
    let blocks = stage.world().machine.tree().blocks().clone();
    Ok(state.claim(blocks, id)?)
}

fn state(stage: &mut Stage<'_, '_>) -> Result<State> {
    stage
        .world()
        .state(POWER_ACTOR_ID)
        .ok_or_else(|| anyhow::anyhow!("no power actor"))
}

fn update(id: ActorID, raw: i64, adjusted: i64) -> Call {
    to_power(power::UPDATE_CLAIMED_POWER)
        .sender(Sender::Actor(id))
        .params(&UpdateClaimedPowerParams {
            raw_byte_delta: BigInt::from(raw),
            quality_adjusted_delta: BigInt::from(adjusted),
        })
}

pub fn tell(stage: &mut Stage<'_, '_>) -> Result<()> {
    let mut miners = Vec::new();
    for _ in 0..6 {
        miners.push(Miner::create(stage, 20)?);
    }
    claims(stage, &miners)?;
    pledges(stage, &miners[0])?;
    events(stage, &miners)?;
    pledge_of_newcomers(stage)?;
    epochs(stage, &miners)
}

fn ask(stage: &mut Stage<'_, '_>, miners: &[Miner]) -> Result<()> {
    for method in [
        power::CURRENT_TOTAL_POWER,
        power::NETWORK_RAW_POWER,
        power::MINER_COUNT,
        power::MINER_CONSENSUS_COUNT,
    ] {
        stage.ok(to_power(method))?;
        stage.exits(16, to_power(method).params(&0))?;
    }
    for m in miners {
        let id = id_of(&m.id)?;
        stage.ok(to_power(power::MINER_RAW_POWER).params(&id))?;
        stage.ok(to_power(power::MINER_POWER).params(&id))?;
    }
    stage.exits(16, to_power(power::MINER_RAW_POWER).params(&9_000_000))?;
    stage.exits(17, to_power(power::MINER_POWER).params(&9_000_000))?;
    stage.exits(21, to_power(power::MINER_RAW_POWER).params(&"x"))?;
    stage.exits(21, to_power(power::MINER_POWER).params(&"x"))?;
    Ok(())
}

/// Up and down over the least that counts, with fewer and with more miners than the rule needs.
fn claims(stage: &mut Stage<'_, '_>, miners: &[Miner]) -> Result<()> {
    ask(stage, miners)?;
    let ids: Vec<ActorID> = miners.iter().map(|m| id_of(&m.id)).collect::<Result<_>>()?;
    for (n, raw, adjusted) in [
        (0, 2047, 2047),
        (0, 1, 10),
        (1, 1 << 20, 10 << 20),
        (2, 100, 100),
        (3, 1 << 30, 1 << 30),
        (4, 4096, 4096),
        (0, -1, -1),
        (0, 5000, 5000),
        (5, 2048, 2048),
        (3, -(1 << 30), -(1 << 30)),
        (1, 0, 0),
    ] {
        stage.ok(update(ids[n], raw, adjusted))?;
        stage.leap(1)?;
    }
    ask(stage, miners)?;
    stage.exits(20, update(ids[2], -101, 0))?;
    stage.exits(20, update(ids[2], 0, -101))?;
    stage.exits(18, update(ids[2], 1, 1).sender(Sender::Key(0)))?;
    stage.exits(
        16,
        to_power(power::UPDATE_CLAIMED_POWER).sender(Sender::Actor(ids[0])),
    )?;
    stage.exits(21, update(ids[2], 1, 1).params(&7))?;
    // One whose claim is gone has nothing to change.
    stage.ok(Call::new(0, stage.address(0), 0)
        .sender(Sender::Actor(ids[5]))
        .value(fil(20)))?;
    stage.ok(enroll(ids[5], stage.epoch()))?;
    stage.leap(1)?;
    anyhow::ensure!(claim(stage, ids[5])?.is_none(), "the claim is gone");
    stage.exits(17, update(ids[5], 1, 1))?;
    ask(stage, &miners[..5])
}

fn pledges(stage: &mut Stage<'_, '_>, m: &Miner) -> Result<()> {
    let id = id_of(&m.id)?;
    let pledge = |amount: TokenAmount| {
        to_power(power::UPDATE_PLEDGE_TOTAL)
            .sender(Sender::Actor(id))
            .params(&amount)
    };
    stage.ok(pledge(fil(5)))?;
    stage.ok(pledge(-fil(5)))?;
    stage.exits(20, pledge(-fil(5_000_000)))?;
    stage.exits(18, pledge(fil(1)).sender(Sender::Key(0)))?;
    stage.exits(21, pledge(fil(1)).params(&7))?;
    stage.exits(
        16,
        to_power(power::UPDATE_PLEDGE_TOTAL).sender(Sender::Actor(id)),
    )?;
    Ok(())
}

/// Events that are due now, later, before, several at once, and what miners answer to what they do not
/// know.
fn events(stage: &mut Stage<'_, '_>, miners: &[Miner]) -> Result<()> {
    let [first, second] = [id_of(&miners[0].id)?, id_of(&miners[1].id)?];
    let now = stage.epoch();
    stage.exits(16, enroll(first, -1))?;
    stage.exits(21, enroll(first, 1).params(&7))?;
    stage.exits(
        16,
        to_power(power::ENROLL_CRON_EVENT).sender(Sender::Actor(first)),
    )?;
    for (id, epoch) in [
        (first, now),
        (second, now),
        (first, now + 3),
        (second, 0),
        (second, now + 3),
        (first, now + 5000),
    ] {
        stage.ok(enroll(id, epoch))?;
    }
    stage.leap(2)?;
    stage.leap(2)?;
    stage.leap(4999)?;
    stage.leap(1)?;
    let m = miners[0].id;
    for payload in [&[0x81, 9][..], &[0x81, 2]] {
        stage.ok(callback(m, payload))?;
    }
    stage.exits(20, callback(m, &[0x80]))?;
    stage.exits(20, callback(m, &[]))?;
    stage.exits(18, deadline(m).sender(Sender::Key(0)))?;
    stage.exits(21, deadline(m).params(&7))?;
    stage.exits(
        16,
        Call::new(0, m, miner::ON_DEFERRED_CRON_EVENT).sender(Sender::Actor(4)),
    )?;
    // What cron calls, called by others, and cron with what it has no use for.
    stage.exits(18, to_power(power::ON_EPOCH_TICK_END))?;
    let tick = to_power(power::ON_EPOCH_TICK_END).sender(Sender::Actor(CRON_ACTOR_ID));
    stage.exits(16, tick.params(&0))?;
    let market = Call::new(0, Address::new_id(MARKET_ACTOR_ID), 9);
    stage.exits(18, market)?;
    let market = Call::new(0, Address::new_id(MARKET_ACTOR_ID), 9);
    stage.exits(16, market.sender(Sender::Actor(CRON_ACTOR_ID)).params(&0))?;
    let cron = Call::new(0, Address::new_id(CRON_ACTOR_ID), cron::EPOCH_TICK);
    stage.exits(16, cron.sender(Sender::System).params(&0))?;
    let cron = Call::new(0, Address::new_id(CRON_ACTOR_ID), cron::EPOCH_TICK);
    stage.exits(18, cron)?;
    Ok(())
}

/// What a newcomer deposits depends on the network's power.
fn pledge_of_newcomers(stage: &mut Stage<'_, '_>) -> Result<()> {
    let m = Miner::create(stage, 5)?;
    let id = id_of(&m.id)?;
    for shift in [20, 40, 50, 60] {
        stage.ok(update(id, 1 << shift, 1 << shift))?;
        stage.leap(60)?;
        let next = Miner::create(stage, 5)?;
        let params = miner::MaxTerminationFeeParams {
            power: BigInt::from(1_u64 << 35),
            initial_pledge: fil(3),
        };
        stage.ok(next.by(0, miner::MAX_TERMINATION_FEE).params(&params))?;
        next.ask(stage, 0)?;
    }
    Ok(())
}

/// Deadlines of many miners, in every epoch, and with many null rounds between.
fn epochs(stage: &mut Stage<'_, '_>, miners: &[Miner]) -> Result<()> {
    for m in &miners[..3] {
        // One whose last deadline failed has lost its claim, and cannot go on.
        stage.send(deadline(m.id))?;
    }
    for n in 0..150 {
        let ahead = if n % 10 == 9 { 57 } else { 1 };
        stage.leap(ahead)?;
        if n % 7 == 0 {
            let m = &miners[n % 3];
            let penalty = fil(n as u64 % 4);
            stage.ok(award(m.id, 1, TokenAmount::from_atto(n as u64), penalty))?;
        }
    }
    ask(stage, &[])
}
