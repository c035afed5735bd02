//! The messages that multisigs take (Lotus `chain/actors/builtin/multisig`, message builders).

use fvm_ipld_encoding::{RawBytes, to_vec};
use fvm_shared::address::{Address as FvmAddress, Protocol};
use lotus_chain::vm::actors::{init, multisig};
use lotus_chain::vm::manifest::{ActorKind, INIT_ACTOR_ID};
use lotus_core::Error;
use lotus_core::types::{Address, Bytes, Cid, EthHash, Message, TokenAmount};
use serde::Serialize;

/// What a proposal does: who is called, with how much, and how.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) to: Address,
    pub(super) value: TokenAmount,
    pub(super) method: u64,
    pub(super) params: Bytes,
}

impl Call {
    /// A method of the multisig itself, which only it may call.
    ///
    /// # Errors
    /// The parameters have no binary form.
    pub(super) fn own(
        wallet: Address,
        method: u64,
        params: &impl Serialize,
    ) -> Result<Call, Error> {
        Ok(Call {
            to: wallet,
            value: TokenAmount::default(),
            method,
            params: encoded(params)?,
        })
    }
}

/// `AddSigner`.
///
/// # Errors
/// An address is missing.
pub(super) fn add_signer(wallet: Address, signer: &Address, increase: bool) -> Result<Call, Error> {
    let signer = given(signer, "must provide the address of the new signer")?;
    let params = multisig::AddSignerParams { signer, increase };
    Call::own(wallet, multisig::ADD_SIGNER, &params)
}

/// `RemoveSigner`.
///
/// # Errors
/// An address is missing.
pub(super) fn remove_signer(
    wallet: Address,
    signer: &Address,
    decrease: bool,
) -> Result<Call, Error> {
    let signer = given(signer, "must provide the address of the signer")?;
    let params = multisig::RemoveSignerParams { signer, decrease };
    Call::own(wallet, multisig::REMOVE_SIGNER, &params)
}

/// `SwapSigner`.
///
/// # Errors
/// An address is missing.
pub(super) fn swap_signer(wallet: Address, old: &Address, new: &Address) -> Result<Call, Error> {
    let from = given(old, "must provide the address of the old signer")?;
    let to = given(new, "must provide the address of the new signer")?;
    let params = multisig::SwapSignerParams { from, to };
    Call::own(wallet, multisig::SWAP_SIGNER, &params)
}

/// The message that makes a multisig. If none are `required`, all have to approve.
///
/// # Errors
/// More would have to approve than there are, or an address is missing.
pub(super) fn create(
    required: u64,
    signers: &[Address],
    unlock_duration: i64,
    balance: TokenAmount,
    source: Address,
) -> Result<Message, Error> {
    let count = signers.len() as u64;
    if count < required {
        let why = "cannot require signing of more addresses than provided for multisig";
        return Err(Error::other(why));
    }
    let signers = signers
        .iter()
        .map(|signer| given(signer, "must provide the address of every signer"));
    let params = multisig::ConstructorParams {
        signers: signers.collect::<Result<_, _>>()?,
        num_approvals_threshold: match required {
            0 => count,
            required => required,
        },
        unlock_duration,
        start_epoch: 0,
    };
    let params = init::ExecParams {
        code_cid: ActorKind::Multisig.code(),
        constructor_params: RawBytes::new(encoded(&params)?.into_vec()),
    };
    let init = Address::new_id(INIT_ACTOR_ID);
    message(init, source, balance, init::EXEC, encoded(&params)?)
}

/// The message with which a call is proposed.
///
/// # Errors
/// An address is missing, or the amount is below zero.
pub(super) fn propose(wallet: Address, call: &Call, source: Address) -> Result<Message, Error> {
    let failed = |error| Error::Other(format!("failed to create proposal: {error}"));
    let proposal = || {
        let to = given(&call.to, "must provide a target address for proposal")?;
        if call.value < TokenAmount::default() {
            let why = "must provide a non-negative amount for proposed send";
            return Err(Error::other(why));
        }
        given(&wallet, "must provide multisig address for proposal")?;
        let params = multisig::ProposeParams {
            to,
            value: call.value.inner().clone(),
            method: call.method,
            params: RawBytes::new(call.params.0.clone()),
        };
        let nothing = TokenAmount::default();
        let params = encoded(&params)?;
        message(wallet, source, nothing, multisig::PROPOSE, params)
    };
    proposal().map_err(failed)
}

/// What is to become of a proposal.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verdict {
    Approve,
    Cancel,
}

/// The message that approves or cancels a proposal: the one with this number, if it has the hash.
///
/// # Errors
/// An address is missing.
pub(super) fn decide(
    verdict: Verdict,
    wallet: Address,
    transaction: u64,
    hash: Vec<u8>,
    source: Address,
) -> Result<Message, Error> {
    given(&wallet, "must provide multisig address")?;
    let method = match verdict {
        Verdict::Approve => multisig::APPROVE,
        Verdict::Cancel => multisig::CANCEL,
    };
    let id = i64::try_from(transaction).map_err(|_| {
        Error::Other(format!(
            "transaction ID {transaction} is out of range for int64"
        ))
    })?;
    let params = multisig::TxnIdParams {
        id,
        proposal_hash: hash,
    };
    let nothing = TokenAmount::default();
    message(wallet, source, nothing, method, encoded(&params)?)
}

/// What identifies a proposal wherever it is; `proposer` is an ID address.
///
/// # Errors
/// An address is missing or is none of an ID, or the amount is below zero.
pub(super) fn hash(proposer: &Address, call: &Call) -> Result<Vec<u8>, Error> {
    if proposer.protocol() != Some(Protocol::ID) {
        return Err(Error::Other(format!(
            "proposer address must be an ID address, was {proposer}"
        )));
    }
    if call.value < TokenAmount::default() {
        return Err(Error::Other(format!(
            "proposal value must be non-negative, was {}",
            call.value.atto()
        )));
    }
    let to = given(&call.to, "proposed destination address must be set")?;
    let proposal = encoded(&(
        given(proposer, "must provide the proposer")?,
        to,
        call.value.inner(),
        call.method,
        RawBytes::new(call.params.0.clone()),
    ))?;
    // A CID of DAG-CBOR has the same hash in it, BLAKE2b-256.
    let hash = EthHash::from_cid(&Cid::of_dag_cbor(&proposal));
    let hash = hash.ok_or_else(|| Error::other("the proposal has no hash"))?;
    Ok(hash.0.to_vec())
}

fn message(
    to: Address,
    from: Address,
    value: TokenAmount,
    method: u64,
    params: Bytes,
) -> Result<Message, Error> {
    given(&from, "must provide source address")?;
    Ok(Message {
        to,
        from,
        value,
        method,
        params,
        ..Message::default()
    })
}

/// An address that must not be the undefined one.
fn given(address: &Address, otherwise: &'static str) -> Result<FvmAddress, Error> {
    address
        .inner()
        .copied()
        .ok_or_else(|| Error::other(otherwise))
}

fn encoded(params: &impl Serialize) -> Result<Bytes, Error> {
    let bytes = to_vec(params);
    bytes
        .map(Bytes::from)
        .map_err(|error| Error::Other(format!("failed to serialize parameters: {error}")))
}
