//! A fungible token as FRC-0046 has it: balances, allowances, and telling receivers.

use cid::Cid;
use fvm_ipld_encoding::RawBytes;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_hamt::Hamt;
use fvm_shared::ActorID;
use fvm_shared::address::Address;
use fvm_shared::bigint::{BigInt, Integer, Zero};
use fvm_shared::econ::TokenAmount;
use fvm_shared::error::ExitCode;

use crate::vm::actors::multisig::UNIVERSAL_RECEIVER_HOOK;
use crate::vm::blocks::Blocks;
use crate::vm::keys;
use crate::vm::{ActorError, OrExit, Runtime};

/// Only whole tokens, of 10¹⁸ parts, are moved.
pub const GRANULARITY: u64 = 1_000_000_000_000_000_000;
/// The type of FRC-0046 tokens, as receivers are told it.
pub const TOKEN_TYPE: u32 = 2_233_613_279;

/// A token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct TokenState {
    /// How much there is.
    pub supply: TokenAmount,
    /// A HAMT from actors to what they have.
    pub balances: Cid,
    /// A HAMT from owners to a HAMT from operators to what they may spend.
    pub allowances: Cid,
    /// The bit width of both.
    pub hamt_bit_width: u32,
}

/// What a receiver is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct TokenReceived {
    /// Whose the tokens were.
    pub from: ActorID,
    /// Whose they are.
    pub to: ActorID,
    /// Who moved them.
    pub operator: ActorID,
    /// How many.
    pub amount: TokenAmount,
    /// From whom moved them.
    pub operator_data: RawBytes,
    /// From the token.
    pub token_data: RawBytes,
}

type Amounts = Hamt<Blocks, TokenAmount>;
type Owners = Hamt<Blocks, Cid>;

/// The token library of the real actor has this code for a store that fails.
const STORE: ExitCode = ExitCode::USR_SERIALIZATION;

impl TokenState {
    /// What an actor has.
    ///
    /// # Errors
    /// `USR_SERIALIZATION` when the store fails.
    pub fn balance(&self, store: Blocks, owner: ActorID) -> Result<TokenAmount, ActorError> {
        get(&self.amounts(&self.balances, store)?, owner)
    }

    /// Changes what an actor has; what it then has.
    ///
    /// # Errors
    /// `USR_INSUFFICIENT_FUNDS` when that would be less than nothing.
    pub fn change_balance(
        &mut self,
        store: Blocks,
        owner: ActorID,
        delta: &TokenAmount,
    ) -> Result<TokenAmount, ActorError> {
        let mut balances = self.amounts(&self.balances, store)?;
        let before = get(&balances, owner)?;
        if delta.is_zero() {
            return Ok(before);
        }
        let after = &before + delta;
        if after.is_negative() {
            return Err(ActorError::insufficient_funds(format!(
                "f0{owner} has {before}, too little for {delta}"
            )));
        }
        put(&mut balances, owner, &after)?;
        self.balances = balances
            .flush()
            .or_exit(STORE, "failed to flush balances")?;
        Ok(after)
    }

    /// Changes how much there is.
    ///
    /// # Errors
    /// `USR_ILLEGAL_STATE` when that would be less than nothing.
    pub fn change_supply(&mut self, delta: &TokenAmount) -> Result<(), ActorError> {
        self.supply += delta;
        if self.supply.is_negative() {
            return Err(ActorError::illegal_state("negative total supply"));
        }
        Ok(())
    }

    /// Moves tokens.
    ///
    /// # Errors
    /// `USR_INSUFFICIENT_FUNDS`.
    pub fn transfer(
        &mut self,
        store: &Blocks,
        from: ActorID,
        to: ActorID,
        amount: &TokenAmount,
    ) -> Result<(), ActorError> {
        if from == to {
            let balance = self.balance(store.clone(), from)?;
            if balance < *amount {
                return Err(ActorError::insufficient_funds(format!(
                    "f0{from} has {balance}, less than {amount}"
                )));
            }
            return Ok(());
        }
        self.change_balance(store.clone(), from, &-amount)?;
        self.change_balance(store.clone(), to, amount)?;
        Ok(())
    }

    /// What an operator may spend of an owner's.
    ///
    /// # Errors
    /// `USR_SERIALIZATION` when the store fails.
    pub fn allowance(
        &self,
        store: &Blocks,
        owner: ActorID,
        operator: ActorID,
    ) -> Result<TokenAmount, ActorError> {
        match self.allowances_of(store, owner)? {
            Some(allowances) => get(&allowances, operator),
            None => Ok(TokenAmount::zero()),
        }
    }

    /// Changes what an operator may spend of an owner's by an amount; what it then may, at least
    /// nothing.
    ///
    /// # Errors
    /// `USR_SERIALIZATION` when the store fails.
    pub fn change_allowance(
        &mut self,
        store: &Blocks,
        owner: ActorID,
        operator: ActorID,
        delta: &TokenAmount,
    ) -> Result<TokenAmount, ActorError> {
        let before = self.allowance(store, owner, operator)?;
        let after = (&before + delta).max(TokenAmount::zero());
        if after != before {
            self.set_allowance(store, owner, operator, &after)?;
        }
        Ok(after)
    }

    /// Sets what an operator may spend of an owner's; what it could before.
    ///
    /// # Errors
    /// `USR_SERIALIZATION` when the store fails.
    pub fn set_allowance(
        &mut self,
        store: &Blocks,
        owner: ActorID,
        operator: ActorID,
        amount: &TokenAmount,
    ) -> Result<TokenAmount, ActorError> {
        let mut allowances = match self.allowances_of(store, owner)? {
            Some(allowances) => allowances,
            None if amount.is_zero() => return Ok(TokenAmount::zero()),
            None => Amounts::new_with_bit_width(store.clone(), self.hamt_bit_width),
        };
        let before = get(&allowances, operator)?;
        put(&mut allowances, operator, amount)?;
        let mut owners = self.owners(store)?;
        if allowances.is_empty() {
            owners.delete(&keys::unsigned(owner)).map(drop)
        } else {
            let root = allowances
                .flush()
                .or_exit(STORE, "failed to flush allowances")?;
            owners.set(keys::unsigned(owner), root).map(drop)
        }
        .or_exit(STORE, "failed to set allowances")?;
        self.allowances = owners
            .flush()
            .or_exit(STORE, "failed to flush allowances")?;
        Ok(before)
    }

    /// Uses up what an operator may spend of an owner's; what it then may.
    ///
    /// # Errors
    /// `USR_INSUFFICIENT_FUNDS` when it may not as much.
    pub fn use_allowance(
        &mut self,
        store: &Blocks,
        owner: ActorID,
        operator: ActorID,
        amount: &TokenAmount,
    ) -> Result<TokenAmount, ActorError> {
        let allowance = self.allowance(store, owner, operator)?;
        if allowance < *amount || allowance.is_zero() && operator != owner {
            return Err(ActorError::insufficient_funds(format!(
                "f0{operator} may spend {allowance} of f0{owner}, not {amount}"
            )));
        }
        if amount.is_zero() {
            return Ok(allowance);
        }
        let left = allowance - amount;
        self.set_allowance(store, owner, operator, &left)?;
        Ok(left)
    }

    fn amounts(&self, root: &Cid, store: Blocks) -> Result<Amounts, ActorError> {
        Amounts::load_with_bit_width(root, store, self.hamt_bit_width)
            .or_exit(STORE, "failed to load token state")
    }

    fn owners(&self, store: &Blocks) -> Result<Owners, ActorError> {
        Owners::load_with_bit_width(&self.allowances, store.clone(), self.hamt_bit_width)
            .or_exit(STORE, "failed to load allowances")
    }

    fn allowances_of(&self, store: &Blocks, owner: ActorID) -> Result<Option<Amounts>, ActorError> {
        let owners = self.owners(store)?;
        let root = owners
            .get(&keys::unsigned(owner))
            .or_exit(STORE, "failed to read allowances")?;
        root.map(|root| self.amounts(root, store.clone()))
            .transpose()
    }
}

fn get(amounts: &Amounts, key: ActorID) -> Result<TokenAmount, ActorError> {
    let amount = amounts
        .get(&keys::unsigned(key))
        .or_exit(STORE, "failed to read token state")?;
    Ok(amount.cloned().unwrap_or_default())
}

fn put(amounts: &mut Amounts, key: ActorID, amount: &TokenAmount) -> Result<(), ActorError> {
    if amount.is_zero() {
        amounts.delete(&keys::unsigned(key)).map(drop)
    } else {
        amounts.set(keys::unsigned(key), amount.clone()).map(drop)
    }
    .or_exit(STORE, "failed to write token state")
}

/// An amount that is moved must not be negative, and whole.
///
/// # Errors
/// `USR_ILLEGAL_ARGUMENT`.
pub fn check_amount(amount: &TokenAmount) -> Result<(), ActorError> {
    if amount.is_negative() || !amount.atto().is_multiple_of(&BigInt::from(GRANULARITY)) {
        return Err(ActorError::illegal_argument(format!(
            "amount {amount} must be non-negative and a multiple of {GRANULARITY}"
        )));
    }
    Ok(())
}

/// An allowance must not be negative.
///
/// # Errors
/// `USR_ILLEGAL_ARGUMENT`.
pub fn check_allowance(amount: &TokenAmount) -> Result<(), ActorError> {
    if amount.is_negative() {
        return Err(ActorError::illegal_argument(format!(
            "allowance {amount} must be non-negative"
        )));
    }
    Ok(())
}

/// Tells the receiver of tokens, who may refuse them; what it answers.
///
/// # Errors
/// The receiver's.
pub fn tell(
    rt: &mut Runtime<'_>,
    to: &Address,
    received: &TokenReceived,
) -> Result<RawBytes, ActorError> {
    let params = (TOKEN_TYPE, RawBytes::serialize(received)?);
    let answer = rt.call(
        to,
        UNIVERSAL_RECEIVER_HOOK,
        IpldBlock::serialize_cbor(&params)?,
        TokenAmount::default(),
    )?;
    Ok(answer.map_or_else(RawBytes::default, |answer| RawBytes::new(answer.data)))
}
