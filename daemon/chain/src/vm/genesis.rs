//! The state before the first epoch: the actors of a Filecoin network in the order of Lotus's devnet,
//! and 2,000,000,000 FIL among them, to the attoFIL.

use std::collections::HashSet;

use cid::Cid;
use fvm_ipld_encoding::CborStore;
use fvm_shared::ActorID;
use fvm_shared::address::{Address, Payload};
use fvm_shared::bigint::Zero;
use fvm_shared::econ::TokenAmount;
use fvm_shared::sector::StoragePower;
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
    /// Who has funds: the accounts from f0100 on, in this order. An f410 address becomes an account
    /// with its first message.
    pub accounts: Vec<(Address, TokenAmount)>,
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
        let mined = reward::State::new(&StoragePower::zero());
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
        for (address, balance) in &self.accounts {
            let id = tree.tree.register(address)?;
            if matches!(address.payload(), Payload::Delegated(_)) {
                let mut placeholder = ActorState::new_empty(Placeholder.code(), Some(*address));
                placeholder.balance = balance.clone();
                tree.tree.set(id, placeholder);
            } else {
                tree.add(id, Account, &account::State { address: *address }, balance)?;
            }
        }
        Ok(tree.tree.flush()?)
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

    use super::*;

    fn build(accounts: Vec<(Address, TokenAmount)>) -> Result<StateTree, GenesisError> {
        #[allow(clippy::arc_with_non_send_sync)] // One thread, and a store takes an `Arc`.
        let store = Arc::new(MemoryBlockstore::default());
        let blocks = Blocks::new(store.clone());
        let genesis = Genesis {
            network_name: "devnet".to_owned(),
            accounts,
            verifreg_root: None,
        };
        let root = genesis.build(&blocks)?;
        blocks.flush(&root)?;
        // Read it back from the store alone.
        Ok(StateTree::load(Blocks::new(store), &root)?)
    }

    fn key(n: u8) -> Address {
        Address::new_secp256k1(&[n; 65]).unwrap()
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
}
