//! The state of an actor as JSON, for `StateReadState`: the fields and their names as Lotus prints them
//! (go-state-types, `builtin/v17/*/*_state.go`). Roots of HAMTs and AMTs stay links.

use fvm_ipld_bitfield::BitField as Bits;
use fvm_ipld_encoding::from_slice;
use fvm_shared::address::Address as FvmAddress;
use fvm_shared::bigint::bigint_ser::BigIntDe;
use ipld_core::ipld::Ipld;
use lotus_chain::vm::manifest::ActorKind;
use lotus_core::types::{Address, BigInt, BitField, Cid};
use serde::Serialize;
use serde_json::{Map, Value};

/// How a part of a state is written.
enum Shape {
    /// A number of at most 64 bits.
    Int,
    /// A number of any size; a string in JSON.
    Big,
    /// An address.
    Address,
    /// A link.
    Link,
    /// Text.
    Text,
    /// True or false.
    Bool,
    /// A set of numbers.
    Bits,
    /// What may be `null`.
    Maybe(&'static Shape),
    /// Several; none are `null`, as Go's empty slices.
    List(&'static Shape),
    /// Fields, in order.
    Fields(&'static [(&'static str, Shape)]),
}

use Shape::{Address as Addr, Big, Bits as Set, Bool, Fields, Int, Link, List, Maybe, Text};

const FILTER: Shape = Fields(&[("PositionEstimate", Big), ("VelocityEstimate", Big)]);

const VESTING_FUND: Shape = Fields(&[("Epoch", Int), ("Amount", Big)]);

/// The state of each kind of actor; `None` for those that have none.
fn shape(kind: ActorKind) -> Option<&'static Shape> {
    Some(match kind {
        ActorKind::System => &Fields(&[("BuiltinActors", Link)]),
        ActorKind::Init => &Fields(&[("AddressMap", Link), ("NextID", Int), ("NetworkName", Text)]),
        ActorKind::Cron => &Fields(&[(
            "Entries",
            List(&Fields(&[("Receiver", Addr), ("MethodNum", Int)])),
        )]),
        ActorKind::Account => &Fields(&[("Address", Addr)]),
        ActorKind::Power => &Fields(&[
            ("TotalRawBytePower", Big),
            ("TotalBytesCommitted", Big),
            ("TotalQualityAdjPower", Big),
            ("TotalQABytesCommitted", Big),
            ("TotalPledgeCollateral", Big),
            ("ThisEpochRawBytePower", Big),
            ("ThisEpochQualityAdjPower", Big),
            ("ThisEpochPledgeCollateral", Big),
            ("ThisEpochQAPowerSmoothed", FILTER),
            ("MinerCount", Int),
            ("MinerAboveMinPowerCount", Int),
            ("RampStartEpoch", Int),
            ("RampDurationEpochs", Int),
            ("CronEventQueue", Link),
            ("FirstCronEpoch", Int),
            ("Claims", Link),
            ("ProofValidationBatch", Maybe(&Link)),
        ]),
        ActorKind::Miner => &Fields(&[
            ("Info", Link),
            ("PreCommitDeposits", Big),
            ("LockedFunds", Big),
            (
                "VestingFunds",
                Maybe(&Fields(&[("Head", VESTING_FUND), ("Tail", Link)])),
            ),
            ("FeeDebt", Big),
            ("InitialPledge", Big),
            ("PreCommittedSectors", Link),
            ("PreCommittedSectorsCleanUp", Link),
            ("AllocatedSectors", Link),
            ("Sectors", Link),
            ("ProvingPeriodStart", Int),
            ("CurrentDeadline", Int),
            ("Deadlines", Link),
            ("EarlyTerminations", Set),
            ("DeadlineCronActive", Bool),
        ]),
        ActorKind::Market => &Fields(&[
            ("Proposals", Link),
            ("States", Link),
            ("PendingProposals", Link),
            ("EscrowTable", Link),
            ("LockedTable", Link),
            ("NextID", Int),
            ("DealOpsByEpoch", Link),
            ("LastCron", Int),
            ("TotalClientLockedCollateral", Big),
            ("TotalProviderLockedCollateral", Big),
            ("TotalClientStorageFee", Big),
            ("PendingDealAllocationIds", Link),
            ("ProviderSectors", Link),
        ]),
        ActorKind::PaymentChannel => &Fields(&[
            ("From", Addr),
            ("To", Addr),
            ("ToSend", Big),
            ("SettlingAt", Int),
            ("MinSettleHeight", Int),
            ("LaneStates", Link),
        ]),
        ActorKind::Multisig => &Fields(&[
            ("Signers", List(&Addr)),
            ("NumApprovalsThreshold", Int),
            ("NextTxnID", Int),
            ("InitialBalance", Big),
            ("StartEpoch", Int),
            ("UnlockDuration", Int),
            ("PendingTxns", Link),
        ]),
        ActorKind::Reward => &Fields(&[
            ("CumsumBaseline", Big),
            ("CumsumRealized", Big),
            ("EffectiveNetworkTime", Int),
            ("EffectiveBaselinePower", Big),
            ("ThisEpochReward", Big),
            ("ThisEpochRewardSmoothed", FILTER),
            ("ThisEpochBaselinePower", Big),
            ("Epoch", Int),
            ("TotalStoragePowerReward", Big),
            ("SimpleTotal", Big),
            ("BaselineTotal", Big),
        ]),
        ActorKind::VerifiedRegistry => &Fields(&[
            ("RootKey", Addr),
            ("Verifiers", Link),
            ("RemoveDataCapProposalIDs", Link),
            ("Allocations", Link),
            ("NextAllocationId", Int),
            ("Claims", Link),
        ]),
        ActorKind::Datacap => &Fields(&[
            ("Governor", Addr),
            (
                "Token",
                Fields(&[
                    ("Supply", Big),
                    ("Balances", Link),
                    ("Allowances", Link),
                    ("HamtBitWidth", Int),
                ]),
            ),
        ]),
        _ => return None,
    })
}

/// The state of an actor of this kind, from its block of DAG-CBOR. `null` for those that have none.
///
/// # Errors
/// It is not the state of such an actor.
pub(super) fn decode(kind: ActorKind, block: &[u8]) -> Result<Value, String> {
    let Some(shape) = shape(kind) else {
        return Ok(Value::Null);
    };
    let name = kind.name();
    let state = from_slice(block).map_err(|error| format!("the state of {name}: {error}"))?;
    json(shape, state)
        .map_err(|what| format!("the state of {name} has no {what} where one must be"))
}

/// A part of a state; else what is missing.
fn json(shape: &Shape, ipld: Ipld) -> Result<Value, &'static str> {
    let bytes = |what| match &ipld {
        Ipld::Bytes(bytes) => Ok(bytes.as_slice()),
        _ => Err(what),
    };
    Ok(match shape {
        Int => match ipld {
            Ipld::Integer(number) => match (u64::try_from(number), i64::try_from(number)) {
                (Ok(number), _) => number.into(),
                (_, Ok(number)) => number.into(),
                _ => return Err("number"),
            },
            _ => return Err("number"),
        },
        Big => {
            let number: BigIntDe = again(&ipld).ok_or("large number")?;
            written(&BigInt::from(number.0))
        }
        Addr => {
            let address = FvmAddress::from_bytes(bytes("address")?);
            written(&Address::from(address.map_err(|_| "address")?))
        }
        Link => match ipld {
            Ipld::Link(cid) => written(&Cid::from(cid)),
            _ => return Err("link"),
        },
        Text => match ipld {
            Ipld::String(text) => text.into(),
            _ => return Err("text"),
        },
        Bool => match ipld {
            Ipld::Bool(bool) => bool.into(),
            _ => return Err("true or false"),
        },
        Set => {
            let bits: Bits = again(&ipld).ok_or("bit field")?;
            written(&BitField::from(bits))
        }
        Maybe(shape) => match ipld {
            Ipld::Null => Value::Null,
            some => json(shape, some)?,
        },
        List(shape) => match ipld {
            Ipld::List(items) if items.is_empty() => Value::Null,
            Ipld::List(items) => {
                let items = items.into_iter().map(|item| json(shape, item));
                items.collect::<Result<_, _>>()?
            }
            _ => return Err("list"),
        },
        Fields(fields) => match ipld {
            Ipld::List(items) if items.len() == fields.len() => {
                let mut object = Map::new();
                for ((name, shape), item) in fields.iter().zip(items) {
                    object.insert((*name).to_owned(), json(shape, item).map_err(|_| *name)?);
                }
                Value::Object(object)
            }
            _ => return Err("tuple of all its fields"),
        },
    })
}

/// A value of the chain's own types.
fn again<T: serde::de::DeserializeOwned>(ipld: &Ipld) -> Option<T> {
    let bytes = fvm_ipld_encoding::to_vec(ipld).ok()?;
    from_slice(&bytes).ok()
}

/// As the API writes it everywhere.
fn written(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use fvm_shared::econ::TokenAmount;
    use lotus_chain::vm::actors::{cron, multisig, reward};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn of(kind: ActorKind, state: &impl Serialize) -> Value {
        decode(kind, &fvm_ipld_encoding::to_vec(state).unwrap()).unwrap()
    }

    #[test]
    fn fields_have_the_names_and_forms_of_lotus() {
        let state = multisig::State {
            signers: Vec::new(),
            num_approvals_threshold: 2,
            next_tx_id: 7,
            initial_balance: TokenAmount::from_atto(-5),
            start_epoch: -1,
            unlock_duration: 0,
            pending_txs: ActorKind::Cron.code(),
        };
        let code = lotus_core::types::Cid::from(ActorKind::Cron.code());
        assert_eq!(
            of(ActorKind::Multisig, &state),
            json!({
                "Signers": null,
                "NumApprovalsThreshold": 2,
                "NextTxnID": 7,
                "InitialBalance": "-5",
                "StartEpoch": -1,
                "UnlockDuration": 0,
                "PendingTxns": { "/": code.to_string() },
            })
        );
        let reward = of(ActorKind::Reward, &reward::State::new(&0.into()));
        assert_eq!(reward["SimpleTotal"], "330000000000000000000000000");
        assert!(reward["ThisEpochRewardSmoothed"]["VelocityEstimate"].is_string());
        let cron = of(ActorKind::Cron, &cron::State::builtin());
        assert_eq!(cron["Entries"][0]["MethodNum"], 5);
        assert_eq!(decode(ActorKind::Placeholder, &[0x80]), Ok(Value::Null));
    }

    #[test]
    fn what_is_another_state_is_refused() {
        let state = fvm_ipld_encoding::to_vec(&cron::State::builtin()).unwrap();
        let error = decode(ActorKind::Power, &state).unwrap_err();
        assert!(error.contains("storagepower has no tuple"), "{error}");
        assert!(decode(ActorKind::Power, b"nothing").is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics(block in prop::collection::vec(any::<u8>(), 0..200), kind in 0..ActorKind::ALL.len()) {
            let _ = decode(ActorKind::ALL[kind], &block);
        }
    }
}
