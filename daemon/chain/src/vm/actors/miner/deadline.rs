//! Proving periods and their deadlines, as far as a miner without sectors has them.

use cid::Cid;
use fvm_ipld_amt::Amt;
use fvm_ipld_bitfield::BitField;
use fvm_ipld_encoding::CborStore;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::bigint::{BigInt, bigint_ser};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::StoragePower;
use multihash_codetable::Code;

use super::state::SECTORS_BIT_WIDTH;
use crate::vm::blocks::Blocks;
use crate::vm::{ActorError, OrExit, Runtime};

/// Epochs of 30 seconds in a day.
pub(crate) const EPOCHS_IN_DAY: ChainEpoch = 2880;
/// How long a proving period is: a day, in epochs.
pub(super) const PROVING_PERIOD: ChainEpoch = EPOCHS_IN_DAY;
/// How many deadlines it has.
pub(super) const DEADLINES: u64 = 48;
/// How long each is open, in epochs.
pub(super) const CHALLENGE_WINDOW: ChainEpoch = PROVING_PERIOD / DEADLINES.cast_signed();

/// Bit widths of a deadline's AMTs.
const PARTITIONS_BIT_WIDTH: u32 = 3;
const EXPIRATIONS_BIT_WIDTH: u32 = 5;
const SUBMISSIONS_BIT_WIDTH: u32 = 2;

/// Epochs that are a multiple of a unit behind an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quantum {
    pub(super) unit: ChainEpoch,
    pub(super) offset: ChainEpoch,
}

impl Quantum {
    /// The first such epoch that is not before `epoch`.
    pub(super) fn up(self, epoch: ChainEpoch) -> ChainEpoch {
        let offset = self.offset % self.unit;
        let (quotient, remainder) = ((epoch - offset) / self.unit, (epoch - offset) % self.unit);
        // A division of a negative number rounds up already.
        let rounded = remainder == 0 || epoch < offset;
        self.unit * (quotient + ChainEpoch::from(!rounded)) + offset
    }

    /// The last such epoch that is not after `epoch`.
    pub(super) fn down(self, epoch: ChainEpoch) -> ChainEpoch {
        let up = self.up(epoch);
        if up == epoch { up } else { up - self.unit }
    }
}

/// A deadline of a proving period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DeadlineInfo {
    /// When the period began.
    pub(super) period_start: ChainEpoch,
    /// Which deadline it is.
    pub(super) index: u64,
}

impl DeadlineInfo {
    /// The one that is open at an epoch, of a miner one of whose periods begins at `period_start`.
    pub(super) fn at(period_start: ChainEpoch, epoch: ChainEpoch) -> Self {
        let quantum = Quantum {
            unit: PROVING_PERIOD,
            offset: period_start,
        };
        let period_start = quantum.down(epoch);
        let index = (epoch - period_start) / CHALLENGE_WINDOW;
        Self {
            period_start,
            index: index.unsigned_abs(),
        }
    }

    /// Its last epoch.
    pub(super) fn last(self) -> ChainEpoch {
        self.period_start + (self.index.cast_signed() + 1) * CHALLENGE_WINDOW - 1
    }
}

/// Where a new miner's proving periods begin: spread over the day by a hash.
///
/// # Errors
/// `USR_SERIALIZATION`, which does not happen.
pub(super) fn first_period_start(
    rt: &Runtime<'_>,
    miner: ActorID,
) -> Result<ChainEpoch, ActorError> {
    let mut seed = fvm_ipld_encoding::to_vec(&Address::new_id(miner))?;
    seed.extend_from_slice(&rt.epoch().to_be_bytes());
    let digest = rt.blake2b(&seed);
    let number = digest
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let offset = (number % PROVING_PERIOD.unsigned_abs()).cast_signed();
    let progress = (rt.epoch() - offset).rem_euclid(PROVING_PERIOD);
    Ok(rt.epoch() - progress)
}

/// The deadlines of a miner's proving period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Deadlines {
    /// Links to [`Deadline`]s.
    pub due: Vec<Cid>,
}

/// The sectors that are due at a deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Deadline {
    /// An AMT of partitions.
    pub partitions: Cid,
    /// An AMT from epochs to the partitions with sectors that expire then.
    pub expirations_epochs: Cid,
    /// The partitions that have been proven in the current window.
    #[allow(missing_docs)]
    pub partitions_posted: BitField,
    /// The partitions with sectors that were terminated early.
    pub early_terminations: BitField,
    /// How many sectors are alive.
    pub live_sectors: u64,
    /// How many there are.
    pub total_sectors: u64,
    /// The power of those that are faulty.
    pub faulty_power: PowerPair,
    /// An AMT of proofs submitted in the current window.
    pub optimistic_post_submissions: Cid,
    /// The miner's sectors when the last window ended.
    pub sectors_snapshot: Cid,
    /// The partitions when it did.
    pub partitions_snapshot: Cid,
    /// The proofs when it did.
    pub optimistic_post_submissions_snapshot: Cid,
    /// The power of all sectors that are alive.
    pub live_power: PowerPair,
    /// What they pay each day (FIP-0100).
    pub daily_fee: TokenAmount,
}

/// Raw and quality-adjusted power.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct PowerPair {
    /// Raw power, in bytes.
    #[serde(with = "bigint_ser")]
    pub raw: StoragePower,
    /// Quality-adjusted power, in bytes.
    #[serde(with = "bigint_ser")]
    pub qa: StoragePower,
}

impl Deadlines {
    /// Stores the deadlines of a miner without sectors; their link.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub(super) fn create(store: &Blocks) -> Result<Cid, ActorError> {
        let amt = |bit_width| {
            Amt::<(), _>::new_with_bit_width(store, bit_width)
                .flush()
                .or_illegal_state("failed to create empty array")
        };
        let partitions = amt(PARTITIONS_BIT_WIDTH)?;
        let submissions = amt(SUBMISSIONS_BIT_WIDTH)?;
        let none = || PowerPair {
            raw: BigInt::default(),
            qa: BigInt::default(),
        };
        let deadline = Deadline {
            partitions,
            expirations_epochs: amt(EXPIRATIONS_BIT_WIDTH)?,
            partitions_posted: BitField::new(),
            early_terminations: BitField::new(),
            live_sectors: 0,
            total_sectors: 0,
            faulty_power: none(),
            optimistic_post_submissions: submissions,
            sectors_snapshot: amt(SECTORS_BIT_WIDTH)?,
            partitions_snapshot: partitions,
            optimistic_post_submissions_snapshot: submissions,
            live_power: none(),
            daily_fee: TokenAmount::default(),
        };
        let deadline = put(store, &deadline)?;
        put(
            store,
            &Self {
                due: vec![deadline; DEADLINES as usize],
            },
        )
    }
}

/// Stores a part of the state.
pub(super) fn put<T: serde::Serialize>(store: &Blocks, value: &T) -> Result<Cid, ActorError> {
    store
        .put_cbor(value, Code::Blake2b256)
        .or_illegal_state("failed to store a part of the miner's state")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quanta_round_up_and_down() {
        let quantum = Quantum {
            unit: 10,
            offset: 13,
        };
        for (epoch, down, up) in [(3, 3, 3), (4, 3, 13), (12, 3, 13), (13, 13, 13), (0, -7, 3)] {
            assert_eq!(
                (quantum.down(epoch), quantum.up(epoch)),
                (down, up),
                "{epoch}"
            );
        }
    }

    #[test]
    fn a_period_has_48_deadlines_of_half_an_hour() {
        let first = DeadlineInfo::at(7, 7 + PROVING_PERIOD);
        assert_eq!((first.index, first.last()), (0, 7 + PROVING_PERIOD + 59));
        let last = DeadlineInfo::at(7, 6 + PROVING_PERIOD);
        assert_eq!((last.index, last.last()), (47, 6 + PROVING_PERIOD));
        assert_eq!(last.period_start, 7);
    }
}
