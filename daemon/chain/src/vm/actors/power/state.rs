//! The power actor's state: the power of every miner and of all together, and what miners have asked
//! to be called for.

use cid::Cid;
use fvm_ipld_encoding::RawBytes;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_hamt::Hamt;
use fvm_shared::address::Address;
use fvm_shared::bigint::{BigInt, Zero, bigint_ser};
use fvm_shared::clock::ChainEpoch;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::{RegisteredPoStProof, StoragePower};
use fvm_shared::{ActorID, HAMT_BIT_WIDTH};

use crate::vm::actors::smooth::FilterEstimate;
use crate::vm::blocks::Blocks;
use crate::vm::keys;
use crate::vm::multimap::Multimap;
use crate::vm::{ActorError, OrExit};

/// Bit widths of the queue of events.
const QUEUE_BIT_WIDTH: u32 = 6;
/// While fewer miners than this have the minimum power, every miner's power counts.
const CONSENSUS_MINER_MIN_MINERS: i64 = 4;
/// The minimum power of a miner to count: 2 KiB on a devnet.
const CONSENSUS_MINER_MIN_POWER: u64 = 2 << 10;

/// Miners' claims.
pub type Claims = Hamt<Blocks, Claim>;

/// The state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct State {
    /// Raw power of the miners above the minimum.
    #[serde(with = "bigint_ser")]
    pub total_raw_byte_power: StoragePower,
    /// Raw power of all.
    #[serde(with = "bigint_ser")]
    pub total_bytes_committed: StoragePower,
    /// Quality-adjusted power of the miners above the minimum.
    #[serde(with = "bigint_ser")]
    pub total_quality_adj_power: StoragePower,
    /// Quality-adjusted power of all.
    #[serde(with = "bigint_ser")]
    pub total_qa_bytes_committed: StoragePower,
    /// What all miners have pledged.
    pub total_pledge_collateral: TokenAmount,
    /// Raw power, at the end of the last epoch.
    #[serde(with = "bigint_ser")]
    pub this_epoch_raw_byte_power: StoragePower,
    /// Quality-adjusted power, at the end of the last epoch.
    #[serde(with = "bigint_ser")]
    pub this_epoch_quality_adj_power: StoragePower,
    /// Pledge, at the end of the last epoch.
    pub this_epoch_pledge_collateral: TokenAmount,
    /// Quality-adjusted power, smoothed.
    pub this_epoch_qa_power_smoothed: FilterEstimate,
    /// How many miners there are.
    pub miner_count: i64,
    /// How many of them have the minimum power.
    pub miner_above_min_power_count: i64,
    /// When FIP-0081's new pledge rule begins to phase in.
    pub ramp_start_epoch: i64,
    /// Over how many epochs it does.
    pub ramp_duration_epochs: u64,
    /// Events that miners have enrolled: a multimap from epochs to [`CronEvent`]s.
    pub cron_event_queue: Cid,
    /// Where the next search for due events begins.
    pub first_cron_epoch: ChainEpoch,
    /// A HAMT from miners' id addresses to [`Claim`]s.
    pub claims: Cid,
    /// Unused since FIP-0084.
    pub proof_validation_batch: Option<Cid>,
}

/// A miner's power.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Claim {
    /// The proofs it makes.
    pub window_post_proof_type: RegisteredPoStProof,
    /// Raw power, in bytes.
    #[serde(with = "bigint_ser")]
    pub raw_byte_power: StoragePower,
    /// Quality-adjusted power, in bytes.
    #[serde(with = "bigint_ser")]
    pub quality_adj_power: StoragePower,
}

/// A miner's wish to be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct CronEvent {
    /// Who is called.
    pub miner_addr: Address,
    /// With what.
    pub callback_payload: RawBytes,
}

impl State {
    /// A network without miners.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn new(store: &Blocks) -> Result<Self, ActorError> {
        Ok(Self {
            total_raw_byte_power: BigInt::zero(),
            total_bytes_committed: BigInt::zero(),
            total_quality_adj_power: BigInt::zero(),
            total_qa_bytes_committed: BigInt::zero(),
            total_pledge_collateral: TokenAmount::zero(),
            this_epoch_raw_byte_power: BigInt::zero(),
            this_epoch_quality_adj_power: BigInt::zero(),
            this_epoch_pledge_collateral: TokenAmount::zero(),
            // 750,000 GiB, growing by 3,840 GiB an epoch: mainnet's guesses at its start.
            this_epoch_qa_power_smoothed: FilterEstimate::new(
                BigInt::from(750_000_u64 << 30),
                BigInt::from(3_840_u64 << 30),
            ),
            miner_count: 0,
            miner_above_min_power_count: 0,
            ramp_start_epoch: 0,
            ramp_duration_epochs: 0,
            cron_event_queue: Multimap::new(store.clone(), QUEUE_BIT_WIDTH, QUEUE_BIT_WIDTH)
                .flush()?,
            first_cron_epoch: 0,
            claims: Claims::new_with_bit_width(store.clone(), HAMT_BIT_WIDTH)
                .flush()
                .or_illegal_state("failed to create claims")?,
            proof_validation_batch: None,
        })
    }

    /// The claims.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn claims(&self, store: Blocks) -> Result<Claims, ActorError> {
        Claims::load_with_bit_width(&self.claims, store, HAMT_BIT_WIDTH)
            .or_illegal_state("failed to load claims")
    }

    /// Keeps changed claims.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn save_claims(&mut self, claims: &mut Claims) -> Result<(), ActorError> {
        self.claims = claims.flush().or_illegal_state("failed to flush claims")?;
        Ok(())
    }

    /// The claim of a miner.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn claim(&self, store: Blocks, miner: ActorID) -> Result<Option<Claim>, ActorError> {
        get(&self.claims(store)?, &Address::new_id(miner))
    }

    /// Changes the power of a miner.
    ///
    /// # Errors
    /// `USR_NOT_FOUND` when it has no claim; `USR_ILLEGAL_STATE` when it would have less than none.
    pub fn add_to_claim(
        &mut self,
        claims: &mut Claims,
        miner: &Address,
        raw: &StoragePower,
        quality_adjusted: &StoragePower,
    ) -> Result<(), ActorError> {
        let old = get(claims, miner)?
            .ok_or_else(|| ActorError::not_found(format!("no claim for actor {miner}")))?;
        self.total_qa_bytes_committed += quality_adjusted;
        self.total_bytes_committed += raw;
        let new = Claim {
            window_post_proof_type: old.window_post_proof_type,
            raw_byte_power: &old.raw_byte_power + raw,
            quality_adj_power: &old.quality_adj_power + quality_adjusted,
        };
        let minimum = min_power(old.window_post_proof_type)?;
        match (old.raw_byte_power < minimum, new.raw_byte_power < minimum) {
            (true, false) => {
                self.miner_above_min_power_count += 1;
                self.total_quality_adj_power += &new.quality_adj_power;
                self.total_raw_byte_power += &new.raw_byte_power;
            }
            (false, true) => {
                self.miner_above_min_power_count -= 1;
                self.total_quality_adj_power -= &old.quality_adj_power;
                self.total_raw_byte_power -= &old.raw_byte_power;
            }
            (false, false) => {
                self.total_quality_adj_power += quality_adjusted;
                self.total_raw_byte_power += raw;
            }
            (true, true) => {}
        }
        if new.raw_byte_power < BigInt::zero() || new.quality_adj_power < BigInt::zero() {
            return Err(ActorError::illegal_state(format!(
                "negative claimed power of {miner}"
            )));
        }
        if self.miner_above_min_power_count < 0 {
            return Err(ActorError::illegal_state(
                "negative number of miners above the minimum",
            ));
        }
        set(claims, miner, new)
    }

    /// A new miner without power.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails or the proof type is none.
    pub fn add_miner(
        &mut self,
        store: Blocks,
        miner: &Address,
        proof: RegisteredPoStProof,
    ) -> Result<(), ActorError> {
        let mut claims = self.claims(store)?;
        let claim = Claim {
            window_post_proof_type: proof,
            raw_byte_power: BigInt::zero(),
            quality_adj_power: BigInt::zero(),
        };
        set(&mut claims, miner, claim)?;
        self.miner_count += 1;
        if min_power(proof)? <= BigInt::zero() {
            self.miner_above_min_power_count += 1;
        }
        self.save_claims(&mut claims)
    }

    /// Takes a miner's power and its claim away.
    ///
    /// # Errors
    /// As [`Self::add_to_claim`].
    pub fn delete_claim(&mut self, claims: &mut Claims, miner: &Address) -> Result<(), ActorError> {
        let Some(claim) = get(claims, miner)? else {
            return Ok(());
        };
        self.add_to_claim(
            claims,
            miner,
            &-claim.raw_byte_power,
            &-claim.quality_adj_power,
        )?;
        claims
            .delete(&miner.to_bytes())
            .or_illegal_state("failed to delete claim")?
            .or_illegal_state(format!("failed to delete claim for {miner}: doesn't exist"))?;
        Ok(())
    }

    /// Whether a miner's power counts in elections, and that power.
    ///
    /// # Errors
    /// `USR_ILLEGAL_ARGUMENT` when it has no claim.
    pub fn meets_consensus_minimum(
        &self,
        store: Blocks,
        miner: ActorID,
    ) -> Result<(StoragePower, bool), ActorError> {
        let claim = self
            .claim(store, miner)?
            .or_illegal_argument(format!("no claim for actor: {miner}"))?;
        let power = claim.raw_byte_power;
        let meets = power >= min_power(claim.window_post_proof_type)?
            || self.miner_above_min_power_count < CONSENSUS_MINER_MIN_MINERS
                && power > BigInt::zero();
        Ok((power, meets))
    }

    /// The raw and quality-adjusted power that counts.
    pub fn current_total_power(&self) -> (StoragePower, StoragePower) {
        if self.miner_above_min_power_count < CONSENSUS_MINER_MIN_MINERS {
            (
                self.total_bytes_committed.clone(),
                self.total_qa_bytes_committed.clone(),
            )
        } else {
            (
                self.total_raw_byte_power.clone(),
                self.total_quality_adj_power.clone(),
            )
        }
    }

    /// The queue of events.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn queue(&self, store: Blocks) -> Result<Multimap, ActorError> {
        Multimap::load(
            &self.cron_event_queue,
            store,
            QUEUE_BIT_WIDTH,
            QUEUE_BIT_WIDTH,
        )
    }

    /// Enrols an event.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn enroll(
        &mut self,
        store: Blocks,
        epoch: ChainEpoch,
        event: CronEvent,
    ) -> Result<(), ActorError> {
        let mut queue = self.queue(store)?;
        self.first_cron_epoch = self.first_cron_epoch.min(epoch);
        queue.add(keys::signed(epoch), event)?;
        self.cron_event_queue = queue.flush()?;
        Ok(())
    }

    /// Takes the events out of the queue that are due, and returns those of miners with a claim.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when the store fails.
    pub fn take_due(
        &mut self,
        store: Blocks,
        epoch: ChainEpoch,
    ) -> Result<Vec<CronEvent>, ActorError> {
        let mut queue = self.queue(store.clone())?;
        let claims = self.claims(store)?;
        let mut due = Vec::new();
        for epoch in self.first_cron_epoch..=epoch {
            let key = keys::signed(epoch);
            let events: Vec<CronEvent> = queue.get(&key)?;
            if events.is_empty() {
                continue;
            }
            for event in events {
                if get(&claims, &event.miner_addr)?.is_some() {
                    due.push(event);
                }
            }
            queue.remove(&key)?;
        }
        self.first_cron_epoch = epoch + 1;
        self.cron_event_queue = queue.flush()?;
        Ok(due)
    }
}

fn get(claims: &Claims, miner: &Address) -> Result<Option<Claim>, ActorError> {
    Ok(claims
        .get(&miner.to_bytes())
        .or_illegal_state("failed to read claim")?
        .cloned())
}

fn set(claims: &mut Claims, miner: &Address, claim: Claim) -> Result<(), ActorError> {
    claims
        .set(miner.to_bytes().into(), claim)
        .or_illegal_state("failed to set claim")?;
    Ok(())
}

fn min_power(proof: RegisteredPoStProof) -> Result<StoragePower, ActorError> {
    match proof {
        RegisteredPoStProof::Invalid(code) => Err(ActorError::illegal_state(format!(
            "unsupported proof type: {code}"
        ))),
        _ => Ok(BigInt::from(CONSENSUS_MINER_MIN_POWER)),
    }
}
