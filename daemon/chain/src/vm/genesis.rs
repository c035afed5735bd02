//! The state before the first epoch: the actors of a Filecoin network in the order of Lotus's devnet,
//! and 2,000,000,000 FIL among them, to the attoFIL.

mod miners;

pub use miners::{FIRST_MINER_ID, MINER_POWER};

use std::collections::HashSet;

use cid::Cid;
use fvm_ipld_encoding::CborStore;
use fvm_shared::ActorID;
use fvm_shared::address::{Address, Payload, Protocol};
use fvm_shared::bigint::Zero;
use fvm_shared::econ::TokenAmount;
use multihash_codetable::Code;
use serde::Serialize;

use super::actors::{account, cron, datacap, init, market, power, reward, system, verifreg};
use super::blocks::Blocks;
use super::error::{ActorError, VmError};
use super::manifest::{
    ActorKind, BURNT_FUNDS_ACTOR_ID, CRON_ACTOR_ID, DATACAP_ACTOR_ID, EAM_ACTOR_ID,
    FIRST_NON_SINGLETON_ID, INIT_ACTOR_ID, MARKET_ACTOR_ID, POWER_ACTOR_ID, RESERVE_ACTOR_ID,
    REWARD_ACTOR_ID, SYSTEM_ACTOR_ID, VERIFREG_ACTOR_ID,
};
use super::state_tree::{ActorState, StateTree};

/// All the FIL that there will ever be.
pub const TOTAL_FIL: u64 = 2_000_000_000;
/// What of it can be mined (Lotus `InitialRewardBalance`).
pub const REWARD_FIL: u64 = 1_100_000_000;

/// What a network begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis {
    /// Its name.
    pub network_name: String,
    /// Who has funds: the accounts from f0100 on, in this order, without the ids of the miners. An
    /// f410 address becomes an account with its first message.
    pub accounts: Vec<(Address, TokenAmount)>,
    /// Who has power: f3 addresses of `accounts`, each of which owns and works for a miner of its own,
    /// from f01000 on. A network without miners has no power, and no miner.
    pub miners: Vec<Address>,
    /// Who appoints verifiers; without one, the first account does.
    pub verifreg_root: Option<ActorID>,
}

/// What a network cannot begin with.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
    /// Only keys can have funds.
    #[error("{0} is not the address of a key; use an f1, f3 or f410 address")]
    NotAKey(Address),
    /// An address is named twice.
    #[error("{0} is named twice; name each account once")]
    Twice(Address),
    /// A balance is negative.
    #[error("the balance of {0} is negative")]
    Negative(Address),
    /// A miner whose blocks nobody can sign.
    #[error("{0} cannot own a miner: it is not the f3 address of an account of the genesis")]
    NotAWorker(Address),
    /// More than there is.
    #[error(
        "the accounts have {0} FIL together, but beside what can be mined there are only {left} FIL; \
         give them less",
        left = TOTAL_FIL - REWARD_FIL
    )]
    TooMuch(TokenAmount),
    /// The store fails.
    #[error(transparent)]
    Vm(#[from] VmError),
}

impl From<ActorError> for GenesisError {
    fn from(error: ActorError) -> Self {
        // Constructing a state fails only when the store does.
        Self::Vm(VmError::Store(error.into()))
    }
}

impl Genesis {
    /// Builds the state into `blocks` and returns its root; [`Blocks::flush`] stores it.
    ///
    /// # Errors
    /// When the accounts are not what they must be, or the store fails.
    pub fn build(&self, blocks: &Blocks) -> Result<Cid, GenesisError> {
        let reserve = self.check()?;
        let mut tree = Builder {
            tree: StateTree::empty(blocks.clone())?,
            blocks,
        };
        // What actors without a state have for one.
        blocks
            .put_cbor(&[(); 0], Code::Blake2b256)
            .map_err(VmError::Store)?;
        blocks
            .put_cbor(&ActorKind::manifest(), Code::Blake2b256)
            .map_err(VmError::Store)?;

        use ActorKind::*;
        let none = TokenAmount::zero();
        tree.add(SYSTEM_ACTOR_ID, System, &system::State::default(), &none)?;
        let addresses =
            init::State::new(blocks, self.network_name.clone()).map_err(VmError::Store)?;
        tree.add(INIT_ACTOR_ID, Init, &addresses, &none)?;
        let mined = reward::State::new(&miners::power_of(self.miners.len()));
        tree.add(
            REWARD_ACTOR_ID,
            Reward,
            &mined,
            &TokenAmount::from_whole(REWARD_FIL),
        )?;
        tree.add(CRON_ACTOR_ID, Cron, &cron::State::builtin(), &none)?;
        tree.add(POWER_ACTOR_ID, Power, &power::State::new(blocks)?, &none)?;
        tree.add(MARKET_ACTOR_ID, Market, &market::State::new(blocks)?, &none)?;
        let root = Address::new_id(self.verifreg_root.unwrap_or(FIRST_NON_SINGLETON_ID));
        let registry = verifreg::State::new(blocks, root)?;
        tree.add(VERIFREG_ACTOR_ID, VerifiedRegistry, &registry, &none)?;
        let token = datacap::State::new(blocks, Address::new_id(VERIFREG_ACTOR_ID))?;
        tree.add(DATACAP_ACTOR_ID, Datacap, &token, &none)?;
        tree.tree
            .set(EAM_ACTOR_ID, ActorState::new_empty(Eam.code(), None));
        // Nobody has a key for these two.
        for (id, balance) in [(RESERVE_ACTOR_ID, &reserve), (BURNT_FUNDS_ACTOR_ID, &none)] {
            let address = Address::new_id(id);
            tree.add(id, Account, &account::State { address }, balance)?;
        }
        let after_miners = FIRST_MINER_ID + self.miners.len() as ActorID;
        for (address, balance) in &self.accounts {
            if miners::next_id(&tree.tree)? == FIRST_MINER_ID {
                miners::set_next_id(&mut tree.tree, after_miners)?;
            }
            let id = tree.tree.register(address)?;
            if matches!(address.payload(), Payload::Delegated(_)) {
                let mut placeholder = ActorState::new_empty(Placeholder.code(), Some(*address));
                placeholder.balance = balance.clone();
                tree.tree.set(id, placeholder);
            } else {
                tree.add(id, Account, &account::State { address: *address }, balance)?;
            }
        }
        let mut tree = tree.tree;
        if !self.miners.is_empty() {
            let next_id = miners::next_id(&tree)?.max(after_miners);
            miners::set_next_id(&mut tree, FIRST_MINER_ID)?;
            let circulating = TokenAmount::from_whole(TOTAL_FIL - REWARD_FIL) - &reserve;
            tree = miners::create(tree, &self.miners, &circulating)?;
            miners::set_next_id(&mut tree, next_id)?;
        }
        Ok(tree.flush()?)
    }

    /// What is left for the reserve.
    fn check(&self) -> Result<TokenAmount, GenesisError> {
        let mut seen = HashSet::new();
        let mut sum = TokenAmount::zero();
        for (address, balance) in &self.accounts {
            let key = match address.payload() {
                Payload::Secp256k1(_) | Payload::BLS(_) => true,
                Payload::Delegated(address) => address.namespace() == EAM_ACTOR_ID,
                _ => false,
            };
            if !key {
                return Err(GenesisError::NotAKey(*address));
            }
            if !seen.insert(*address) {
                return Err(GenesisError::Twice(*address));
            }
            if balance.is_negative() {
                return Err(GenesisError::Negative(*address));
            }
            sum += balance;
        }
        for miner in &self.miners {
            if miner.protocol() != Protocol::BLS || !seen.remove(miner) {
                return Err(GenesisError::NotAWorker(*miner));
            }
        }
        let reserve = TokenAmount::from_whole(TOTAL_FIL - REWARD_FIL) - &sum;
        if reserve.is_negative() {
            return Err(GenesisError::TooMuch(sum));
        }
        Ok(reserve)
    }
}

struct Builder<'a> {
    tree: StateTree,
    blocks: &'a Blocks,
}

impl Builder<'_> {
    fn add(
        &mut self,
        id: ActorID,
        kind: ActorKind,
        state: &impl Serialize,
        balance: &TokenAmount,
    ) -> Result<(), GenesisError> {
        let state = self
            .blocks
            .put_cbor(state, Code::Blake2b256)
            .map_err(VmError::Store)?;
        self.tree.set(
            id,
            ActorState::new(kind.code(), state, balance.clone(), 0, None),
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use fvm_ipld_blockstore::MemoryBlockstore;
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::vm::actors::miner;

    fn build(accounts: Vec<(Address, TokenAmount)>) -> Result<StateTree, GenesisError> {
        build_with(accounts, Vec::new())
    }

    fn build_with(
        accounts: Vec<(Address, TokenAmount)>,
        miners: Vec<Address>,
    ) -> Result<StateTree, GenesisError> {
        #[allow(clippy::arc_with_non_send_sync)] // One thread, and a store takes an `Arc`.
        let store = Arc::new(MemoryBlockstore::default());
        let blocks = Blocks::new(store.clone());
        let genesis = Genesis {
            network_name: "devnet".to_owned(),
            accounts,
            verifreg_root: None,
            miners,
        };
        let root = genesis.build(&blocks)?;
        blocks.flush(&root)?;
        // Read it back from the store alone.
        Ok(StateTree::load(Blocks::new(store), &root)?)
    }

    fn key(n: u8) -> Address {
        Address::new_secp256k1(&[n; 65]).unwrap()
    }

    fn none() -> TokenAmount {
        TokenAmount::zero()
    }

    fn read<T: DeserializeOwned>(tree: &StateTree, state: &Cid) -> T {
        tree.blocks().get_cbor(state).unwrap().unwrap()
    }

    #[test]
    fn there_are_exactly_two_billion_fil() {
        let ethereum = Address::new_delegated(EAM_ACTOR_ID, &[7; 20]).unwrap();
        let accounts = [key(1), Address::new_bls(&[2; 48]).unwrap(), ethereum].map(|address| {
            (
                address,
                TokenAmount::from_atto(123_456_789_012_345_678_901_u128),
            )
        });
        let tree = build(accounts.to_vec()).unwrap();
        let (mut total, mut count) = (TokenAmount::zero(), 0);
        tree.for_each(|_, actor| {
            total += &actor.balance;
            count += 1;
        })
        .unwrap();
        assert_eq!((total, count), (TokenAmount::from_whole(TOTAL_FIL), 14));
        for (n, (address, balance)) in accounts.iter().enumerate() {
            let id = tree.lookup(address).unwrap().unwrap();
            assert_eq!(id, 100 + n as u64);
            assert_eq!(tree.expect(id).unwrap().balance, *balance);
        }
    }

    #[test]
    fn accounts_must_be_distinct_keys_with_what_there_is() {
        let one = TokenAmount::from_whole(1);
        assert!(matches!(
            build(vec![(Address::new_id(100), one.clone())]),
            Err(GenesisError::NotAKey(_))
        ));
        assert!(matches!(
            build(vec![(key(1), one.clone()), (key(1), one)]),
            Err(GenesisError::Twice(_))
        ));
        let much = TokenAmount::from_whole(900_000_001);
        assert!(matches!(
            build(vec![(key(1), much)]),
            Err(GenesisError::TooMuch(_))
        ));
    }

    #[test]
    fn a_miner_has_its_power_from_the_start() {
        let worker = Address::new_bls(&[2; 48]).unwrap();
        let accounts = vec![(key(1), TokenAmount::from_whole(7)), (worker, none())];
        let tree = build_with(accounts, vec![worker]).unwrap();
        let mut total = none();
        tree.for_each(|_, actor| total += &actor.balance).unwrap();
        assert_eq!(total, TokenAmount::from_whole(TOTAL_FIL));
        assert_eq!(miners::next_id(&tree).unwrap(), FIRST_MINER_ID + 1);

        let actor = tree.expect(FIRST_MINER_ID).unwrap();
        assert_eq!(ActorKind::of(&actor.code), Some(ActorKind::Miner));
        let state: miner::State = read(&tree, &actor.state);
        // The deposit, to the attoFIL.
        assert_eq!(state.available_balance(&actor.balance).unwrap(), none());
        assert!(state.locked_funds.is_positive());
        let info = state.info(tree.blocks()).unwrap();
        assert_eq!(
            (info.owner, info.worker),
            (Address::new_id(101), Address::new_id(101))
        );
        assert_eq!(info.sector_size as u64, 2048);

        let power: power::State = read(&tree, &tree.expect(POWER_ACTOR_ID).unwrap().state);
        assert_eq!(
            (power.miner_count, power.miner_above_min_power_count),
            (1, 1)
        );
        let claim = power
            .claim(tree.blocks().clone(), FIRST_MINER_ID)
            .unwrap()
            .unwrap();
        assert_eq!(claim.quality_adj_power, MINER_POWER.into());
        assert_eq!(power.total_quality_adj_power, MINER_POWER.into());
        assert_eq!(
            power.this_epoch_qa_power_smoothed.estimate(),
            MINER_POWER.into()
        );
    }

    #[test]
    fn accounts_leave_the_ids_of_the_miners_alone() {
        let worker = Address::new_bls(&[2; 48]).unwrap();
        let numbered = |n: u16| Address::new_secp256k1(&[&n.to_be_bytes()[..], &[7; 63]].concat());
        let mut accounts: Vec<_> = (0..901).map(|n| (numbered(n).unwrap(), none())).collect();
        accounts.push((worker, none()));
        let last = accounts[900].0;
        let tree = build_with(accounts, vec![worker]).unwrap();
        assert_eq!(tree.lookup(&last).unwrap(), Some(1001));
        assert_eq!(tree.lookup(&worker).unwrap(), Some(1002));
        assert_eq!(miners::next_id(&tree).unwrap(), 1003);
        let actor = tree.expect(FIRST_MINER_ID).unwrap();
        assert_eq!(ActorKind::of(&actor.code), Some(ActorKind::Miner));
    }

    #[test]
    fn only_bls_accounts_of_the_genesis_own_its_miners() {
        let worker = Address::new_bls(&[2; 48]).unwrap();
        for miners in [vec![key(1)], vec![worker], vec![worker, worker]] {
            let accounts = match miners.len() {
                1 => vec![(key(1), none())],
                _ => vec![(worker, none())],
            };
            let refused = build_with(accounts, miners);
            assert!(matches!(refused, Err(GenesisError::NotAWorker(_))));
        }
    }
}
