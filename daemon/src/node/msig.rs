//! `Msig`: multisig wallets.

mod build;
mod v0;

use std::sync::Arc;

use fvm_shared::address::Protocol;
use jsonrpsee::core::async_trait;
use lotus_chain::vm::actors::multisig::{State, Transaction};
use lotus_chain::vm::manifest::ActorKind;
use lotus_core::Error;
use lotus_core::api::msig::MsigServer;
use lotus_core::types::{
    Address, Bytes, MessagePrototype, MsigTransaction, MsigVesting, TipSetKey, TokenAmount,
};

use super::builtin::Builtin;
use crate::chain::{Chain, blocking};
use crate::wallet::Wallet;
use build::{Call, Verdict};

/// The methods of `Msig`.
#[derive(Clone)]
pub(crate) struct MsigRpc {
    pub(crate) chain: Arc<dyn Chain>,
    /// Who signs the messages of `/rpc/v0`.
    pub(crate) wallet: Arc<Wallet>,
}

impl MsigRpc {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Chain) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        blocking(&self.chain, work).await
    }

    /// Approves or cancels a proposal that must be as described.
    async fn decide_hashed(
        &self,
        verdict: Verdict,
        wallet: Address,
        transaction: u64,
        proposer: Address,
        call: Call,
        source: Address,
    ) -> Result<MessagePrototype, Error> {
        self.run(move |chain| {
            let proposer = match proposer.protocol() {
                Some(Protocol::ID) => proposer,
                _ => {
                    let state = Builtin::at(chain, &TipSetKey::default())?;
                    Address::new_id(state.id(&proposer)?)
                }
            };
            let hash = build::hash(&proposer, &call)?;
            build::decide(verdict, wallet, transaction, hash, source).map(prototype)
        })
        .await
    }
}

/// A message whose nonce is not chosen yet.
fn prototype(message: lotus_core::types::Message) -> MessagePrototype {
    MessagePrototype {
        message,
        valid_nonce: false,
    }
}

/// What is still locked at an epoch.
fn locked(state: &State, epoch: i64) -> TokenAmount {
    let elapsed = epoch.saturating_sub(state.start_epoch);
    state.amount_locked(elapsed).into()
}

fn proposal(id: i64, transaction: &Transaction) -> MsigTransaction {
    MsigTransaction {
        id,
        to: transaction.to.into(),
        value: transaction.value.clone().into(),
        method: transaction.method,
        params: Bytes::from(transaction.params.to_vec()),
        approved: transaction
            .approved
            .iter()
            .copied()
            .map(Address::from)
            .collect(),
    }
}

/// The number in a key of the proposals' map: a varint of the zigzag code.
fn transaction_id(key: &[u8]) -> Option<i64> {
    let mut code: u64 = 0;
    for (place, byte) in key.iter().enumerate().take(10) {
        code |= u64::from(byte & 0x7f) << (7 * place);
    }
    i64::try_from(code >> 1)
        .ok()
        .map(|half| half ^ -(code & 1).cast_signed())
}

#[async_trait]
impl MsigServer for MsigRpc {
    async fn msig_get_available_balance(
        &self,
        wallet: Address,
        tipset: TipSetKey,
    ) -> Result<TokenAmount, Error> {
        self.run(move |chain| {
            let epoch = chain.tipset(&tipset)?.height();
            let actors = Builtin::at(chain, &tipset)?;
            let (actor, state) = actors.load::<State>(&wallet, ActorKind::Multisig)?;
            Ok((actor.balance - locked(&state, epoch).inner()).into())
        })
        .await
    }

    async fn msig_get_vesting_schedule(
        &self,
        wallet: Address,
        tipset: TipSetKey,
    ) -> Result<MsigVesting, Error> {
        self.run(move |chain| {
            let actors = Builtin::at(chain, &tipset)?;
            let (_, state) = actors.load::<State>(&wallet, ActorKind::Multisig)?;
            Ok(MsigVesting {
                initial_balance: state.initial_balance.into(),
                start_epoch: state.start_epoch,
                unlock_duration: state.unlock_duration,
            })
        })
        .await
    }

    async fn msig_get_vested(
        &self,
        wallet: Address,
        start: TipSetKey,
        end: TipSetKey,
    ) -> Result<TokenAmount, Error> {
        self.run(move |chain| {
            let (from, to) = (chain.tipset(&start)?.height(), chain.tipset(&end)?.height());
            if from > to {
                return Err(Error::Other(format!(
                    "start tipset {from} is after end tipset {to}"
                )));
            }
            if from == to {
                return Ok(TokenAmount::default());
            }
            let actors = Builtin::at(chain, &end)?;
            let (_, state) = actors.load::<State>(&wallet, ActorKind::Multisig)?;
            let (before, after) = (locked(&state, from), locked(&state, to));
            Ok((before.inner() - after.inner()).into())
        })
        .await
    }

    async fn msig_get_pending(
        &self,
        wallet: Address,
        tipset: TipSetKey,
    ) -> Result<Vec<MsigTransaction>, Error> {
        self.run(move |chain| {
            let actors = Builtin::at(chain, &tipset)?;
            let (_, state) = actors.load::<State>(&wallet, ActorKind::Multisig)?;
            let pending = actors.map::<Transaction>(&state.pending_txs)?;
            let mut proposals = Vec::new();
            let listed = pending.for_each(|key, transaction| {
                let id = transaction_id(&key.0).unwrap_or_default();
                proposals.push(proposal(id, transaction));
                Ok(())
            });
            listed.map_err(Error::other)?;
            Ok(proposals)
        })
        .await
    }

    async fn msig_create(
        &self,
        required: u64,
        signers: Vec<Address>,
        unlock_duration: i64,
        initial_balance: TokenAmount,
        source: Address,
        _gas_price: TokenAmount,
    ) -> Result<MessagePrototype, Error> {
        build::create(required, &signers, unlock_duration, initial_balance, source).map(prototype)
    }

    async fn msig_propose(
        &self,
        wallet: Address,
        to: Address,
        value: TokenAmount,
        proposer: Address,
        method: u64,
        params: Bytes,
    ) -> Result<MessagePrototype, Error> {
        let call = Call {
            to,
            value,
            method,
            params,
        };
        build::propose(wallet, &call, proposer).map(prototype)
    }

    async fn msig_approve(
        &self,
        wallet: Address,
        transaction: u64,
        signer: Address,
    ) -> Result<MessagePrototype, Error> {
        build::decide(Verdict::Approve, wallet, transaction, Vec::new(), signer).map(prototype)
    }

    async fn msig_approve_txn_hash(
        &self,
        wallet: Address,
        transaction: u64,
        proposer: Address,
        to: Address,
        value: TokenAmount,
        signer: Address,
        method: u64,
        params: Bytes,
    ) -> Result<MessagePrototype, Error> {
        let call = Call {
            to,
            value,
            method,
            params,
        };
        let verdict = Verdict::Approve;
        self.decide_hashed(verdict, wallet, transaction, proposer, call, signer)
            .await
    }

    async fn msig_cancel(
        &self,
        wallet: Address,
        transaction: u64,
        proposer: Address,
    ) -> Result<MessagePrototype, Error> {
        build::decide(Verdict::Cancel, wallet, transaction, Vec::new(), proposer).map(prototype)
    }

    async fn msig_cancel_txn_hash(
        &self,
        wallet: Address,
        transaction: u64,
        to: Address,
        value: TokenAmount,
        proposer: Address,
        method: u64,
        params: Bytes,
    ) -> Result<MessagePrototype, Error> {
        let call = Call {
            to,
            value,
            method,
            params,
        };
        let verdict = Verdict::Cancel;
        self.decide_hashed(verdict, wallet, transaction, proposer, call, proposer)
            .await
    }

    async fn msig_add_propose(
        &self,
        wallet: Address,
        proposer: Address,
        new_signer: Address,
        increase: bool,
    ) -> Result<MessagePrototype, Error> {
        let call = build::add_signer(wallet, &new_signer, increase)?;
        build::propose(wallet, &call, proposer).map(prototype)
    }

    async fn msig_add_approve(
        &self,
        wallet: Address,
        signer: Address,
        transaction: u64,
        proposer: Address,
        new_signer: Address,
        increase: bool,
    ) -> Result<MessagePrototype, Error> {
        let call = build::add_signer(wallet, &new_signer, increase)?;
        let verdict = Verdict::Approve;
        self.decide_hashed(verdict, wallet, transaction, proposer, call, signer)
            .await
    }

    async fn msig_add_cancel(
        &self,
        wallet: Address,
        proposer: Address,
        transaction: u64,
        new_signer: Address,
        increase: bool,
    ) -> Result<MessagePrototype, Error> {
        let call = build::add_signer(wallet, &new_signer, increase)?;
        let verdict = Verdict::Cancel;
        self.decide_hashed(verdict, wallet, transaction, proposer, call, proposer)
            .await
    }

    async fn msig_swap_propose(
        &self,
        wallet: Address,
        proposer: Address,
        old_signer: Address,
        new_signer: Address,
    ) -> Result<MessagePrototype, Error> {
        let call = build::swap_signer(wallet, &old_signer, &new_signer)?;
        build::propose(wallet, &call, proposer).map(prototype)
    }

    async fn msig_swap_approve(
        &self,
        wallet: Address,
        signer: Address,
        transaction: u64,
        proposer: Address,
        old_signer: Address,
        new_signer: Address,
    ) -> Result<MessagePrototype, Error> {
        let call = build::swap_signer(wallet, &old_signer, &new_signer)?;
        let verdict = Verdict::Approve;
        self.decide_hashed(verdict, wallet, transaction, proposer, call, signer)
            .await
    }

    async fn msig_swap_cancel(
        &self,
        wallet: Address,
        proposer: Address,
        transaction: u64,
        old_signer: Address,
        new_signer: Address,
    ) -> Result<MessagePrototype, Error> {
        let call = build::swap_signer(wallet, &old_signer, &new_signer)?;
        let verdict = Verdict::Cancel;
        self.decide_hashed(verdict, wallet, transaction, proposer, call, proposer)
            .await
    }

    async fn msig_remove_signer(
        &self,
        wallet: Address,
        proposer: Address,
        signer: Address,
        decrease: bool,
    ) -> Result<MessagePrototype, Error> {
        let call = build::remove_signer(wallet, &signer, decrease)?;
        build::propose(wallet, &call, proposer).map(prototype)
    }
}

#[cfg(test)]
mod tests {
    use lotus_chain::vm::keys;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_proposal_s_number_is_read_from_its_key(id in any::<i64>()) {
            prop_assert_eq!(transaction_id(&keys::signed(id).0), Some(id));
        }
    }
}
