//! The built-in actors, version 17: one file each, and which code runs which.

pub mod account;
pub mod cron;
pub mod datacap;
pub mod eam;
pub mod ethaccount;
pub mod init;
pub mod market;
pub mod miner;
pub mod multisig;
pub mod paych;
pub mod placeholder;
pub mod power;
pub mod reward;
pub mod smooth;
pub mod system;
pub mod verifreg;

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::MethodNum;

use super::error::ActorError;
use super::manifest::ActorKind;
use super::runtime::Runtime;

/// Calls a method of an actor.
///
/// # Errors
/// Why the actor aborted.
pub fn invoke(
    kind: ActorKind,
    rt: &mut Runtime<'_>,
    method: MethodNum,
    params: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    if !matches!(kind, ActorKind::Evm | ActorKind::Placeholder) {
        rt.restrict_internal_api()?;
    }
    match kind {
        ActorKind::System => system::invoke(rt, method, params),
        ActorKind::Init => init::invoke(rt, method, params),
        ActorKind::Cron => cron::invoke(rt, method, params),
        ActorKind::Account => account::invoke(rt, method, params),
        ActorKind::Power => power::invoke(rt, method, params),
        ActorKind::Miner => miner::invoke(rt, method, params),
        ActorKind::Market => market::invoke(rt, method, params),
        ActorKind::PaymentChannel => paych::invoke(rt, method, params),
        ActorKind::Multisig => multisig::invoke(rt, method, params),
        ActorKind::Reward => reward::invoke(rt, method, params),
        ActorKind::VerifiedRegistry => verifreg::invoke(rt, method, params),
        ActorKind::Datacap => datacap::invoke(rt, method, params),
        ActorKind::Placeholder => placeholder::invoke(rt, method, params),
        ActorKind::Evm => Err(ActorError::unspecified(
            "contracts are not executed by this node; use a network with an EVM, such as calibration",
        )),
        ActorKind::Eam => eam::invoke(rt, method, params),
        ActorKind::EthAccount => ethaccount::invoke(rt, method, params),
    }
}

/// The methods of an actor, by number.
pub fn methods(kind: ActorKind) -> &'static [(MethodNum, &'static str)] {
    match kind {
        ActorKind::System => system::METHODS,
        ActorKind::Init => init::METHODS,
        ActorKind::Cron => cron::METHODS,
        ActorKind::Account => account::METHODS,
        ActorKind::Power => power::METHODS,
        ActorKind::Miner => miner::METHODS,
        ActorKind::Market => market::METHODS,
        ActorKind::PaymentChannel => paych::METHODS,
        ActorKind::Multisig => multisig::METHODS,
        ActorKind::Reward => reward::METHODS,
        ActorKind::VerifiedRegistry => verifreg::METHODS,
        ActorKind::Datacap => datacap::METHODS,
        ActorKind::Placeholder => placeholder::METHODS,
        ActorKind::Evm => &[],
        ActorKind::Eam => eam::METHODS,
        ActorKind::EthAccount => ethaccount::METHODS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::frc42;

    #[test]
    fn exported_methods_have_the_numbers_of_their_names() {
        for kind in ActorKind::ALL {
            for (number, name) in methods(*kind) {
                if let Some(name) = name.strip_suffix("Exported") {
                    assert_eq!(*number, frc42::method_number(name), "{kind:?} {name}");
                }
            }
        }
    }
}
