//! Fees: whoever sends pays for the gas, the miner gets its tip, the rest is burnt, and who cannot pay
//! is refused. What only moves funds costs the same on both machines.

use anyhow::Result;
use fvm_shared::address::Address;
use fvm_shared::econ::TokenAmount;
use lotus_chain::vm::manifest::BURNT_FUNDS_ACTOR_ID;

use super::{Stage, fil};
use crate::world::{Call, Gas};

/// The base fee, in attoFIL: as the story's.
const BASE: i64 = 1000;

fn paying(limit: u64, cap: i64, premium: i64) -> Gas {
    Gas {
        limit: Some(limit),
        fee_cap: TokenAmount::from_atto(cap),
        premium: TokenAmount::from_atto(premium),
    }
}

pub fn tell(stage: &mut Stage<'_, '_>) -> Result<()> {
    const ENOUGH: u64 = 3_000_000;
    for from in [0, 3, 5, 8, 9] {
        let to = stage.address((from + 1) % 9);
        // An attoFIL costs more to encode than none, a FIL more than an attoFIL.
        for value in [fil(0), TokenAmount::from_atto(1), fil(3)] {
            for gas in [
                paying(ENOUGH, BASE, 0),
                paying(ENOUGH, 10 * BASE, BASE),
                paying(ENOUGH, BASE + 7, 100),
                // Burnt for asking for too much.
                paying(ENOUGH * 100, 2 * BASE, 1),
                // The miner is to blame for these.
                paying(ENOUGH, BASE - 1, 5),
                paying(ENOUGH, 0, 0),
                // Too little to be executed, too little to be included.
                paying(700_000, BASE, 1),
                paying(1000, BASE, 1),
            ] {
                let call = Call::new(from, to, 0).value(value.clone()).gas(gas);
                stage.send(call)?;
            }
        }
        let burn = Call::new(from, Address::new_id(BURNT_FUNDS_ACTOR_ID), 0).value(fil(1));
        stage.ok(burn.gas(paying(ENOUGH, 2 * BASE, 3)))?;
        stage.ok(Call::new(from, stage.address(from), 0).gas(paying(ENOUGH, BASE, 3)))?;
        let nobody = Address::new_id(9_000_000);
        stage.exits(5, Call::new(from, nobody, 0).gas(paying(ENOUGH, BASE, 3)))?;
        // All that it has, but not what it costs to send it.
        let call = Call::new(from, to, 0).value(fil(999_999_999));
        stage.exits(6, call.gas(paying(ENOUGH, BASE, 3)))?;
        let dear = paying(10_000_000_000, 1_000_000_000_000_000_000, 0);
        stage.exits(2, Call::new(from, to, 0).gas(dear))?;
        stage.run.go_to(stage.run.world.epoch + 1)?;
    }
    // The one without funds.
    let poor = Call::new(11, stage.address(0), 0).gas(paying(ENOUGH, BASE, 0));
    stage.send(poor)?;
    Ok(())
}
