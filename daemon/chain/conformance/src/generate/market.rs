//! What clients and providers put into the market and take out of it.

use fvm_shared::address::Address;
use lotus_chain::vm::actors::market::{self, WithdrawBalanceParams};
use lotus_chain::vm::actors::miner;
use lotus_chain::vm::manifest::{ActorKind, MARKET_ACTOR_ID};

use super::send::receiver;
use crate::world::{Call, World};

pub fn generate(world: &mut World) -> Option<Call> {
    let from = world.any_key();
    let mut call = Call::new(from, Address::new_id(MARKET_ACTOR_ID), 0);
    let of = match world.rng.u8(..6) {
        0 => receiver(world),
        1 | 2 => match world.one_of(ActorKind::Miner) {
            Some(id) => {
                let state: miner::State = world.state(id)?;
                let info = state.info(world.machine.tree().blocks()).ok()?;
                if !world.one_in(4)
                    && let Some(sender) = world.sender_of(info.owner)
                {
                    call.from = sender;
                }
                Address::new_id(id)
            }
            None => receiver(world),
        },
        _ => world.keys[from].address,
    };
    let exported = world.rng.bool();
    Some(match world.rng.u8(..10) {
        0..=2 => {
            let value = world.amount();
            call.method = if exported {
                market::ADD_BALANCE_EXPORTED
            } else {
                market::ADD_BALANCE
            };
            call.value(value).params(&of)
        }
        3..=5 => {
            let amount = world.amount();
            call.method = if exported {
                market::WITHDRAW_BALANCE_EXPORTED
            } else {
                market::WITHDRAW_BALANCE
            };
            call.params(&WithdrawBalanceParams {
                provider_or_client: of,
                amount,
            })
        }
        6 | 7 => {
            call.method = market::GET_BALANCE;
            call.params(&of)
        }
        8 => {
            // About deals, of which there are none.
            let about = &market::METHODS[7..];
            call.method = about[world.rng.usize(..about.len())].0;
            call.params(&world.rng.u64(..3))
        }
        _ => {
            call.method = if exported { 1 } else { market::CRON_TICK };
            call
        }
    })
}
