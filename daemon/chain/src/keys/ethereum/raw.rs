//! Transactions as wallets of Ethereum send them.

use fvm_ipld_encoding::{strict_bytes, to_vec};
use fvm_shared::bigint::{BigInt, Sign};
use lotus_types::{
    Bytes, EthAddress, Message, Signature, SignatureType, SignedMessage, TokenAmount,
};
use rlp::{DecoderError, Rlp};

use super::form::{EIP_155_MARK, EIP_155_V, Form, HOMESTEAD_MARK, HOMESTEAD_V, SCALARS, minimal};
use crate::keys::delegated::{
    self, CREATE_EXTERNAL, EAM_ACTOR, EIP_1559, INVOKE_CONTRACT, keccak256,
};
use crate::keys::{TransactionError, VerifyError, secp256k1};

/// A transaction that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RawTransactionError {
    /// There is nothing.
    #[error("empty data")]
    Empty,
    /// A kind of transaction that Filecoin does not have.
    #[error(
        "unsupported transaction type {0}: send one of EIP-1559 (type 2), or one without a type \
         (legacy)"
    )]
    Type(u8),
    /// The bytes are no RLP, or not that of such a transaction.
    #[error("not a transaction: {0}")]
    Rlp(#[from] DecoderError),
    /// It has another number of fields.
    #[error(
        "not a transaction of this type: should have {wanted} elements in the rlp list, has {got}"
    )]
    Fields {
        /// The fields that it must have.
        wanted: usize,
        /// The fields that it has.
        got: usize,
    },
    /// There are bytes after it.
    #[error("there is more data after the transaction")]
    Trailing,
    /// It has an access list.
    #[error("access list should be an empty list")]
    AccessList,
    /// Its recovery id is none.
    #[error("invalid 'v' value {0}")]
    V(u64),
    /// It is for another network.
    #[error("invalid chain id, expected {expected}, got {got}")]
    ChainId {
        /// This network's.
        expected: u64,
        /// The transaction's.
        got: u64,
    },
    /// A contract without code.
    #[error("cannot call CreateExternal without params")]
    NoCode,
    /// A number is too large for Filecoin.
    #[error("{0} is too large")]
    TooLarge(&'static str),
    /// The receiver is no address that there can be.
    #[error("failed to convert To into filecoin addr: {0}")]
    Receiver(String),
    /// It has no form that could have been signed.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// Nobody signed it.
    #[error("failed to recover the sender: {0}")]
    Signature(#[from] VerifyError),
}

/// The message that a signed transaction is, as wallets of Ethereum send it.
///
/// # Errors
/// It is malformed, of a kind that Filecoin does not have, or for another network.
pub fn from_raw(raw: &[u8], chain_id: u64) -> Result<SignedMessage, RawTransactionError> {
    let (form, list) = match raw {
        [] => return Err(RawTransactionError::Empty),
        [EIP_1559, list @ ..] => (Form::Eip1559, list),
        [0xc0..=0xff, ..] => (Form::Homestead, raw),
        [other, ..] => return Err(RawTransactionError::Type(*other)),
    };
    let fields = Rlp::new(list);
    if fields.payload_info()?.total() != list.len() {
        return Err(RawTransactionError::Trailing);
    }
    let (got, wanted) = (fields.item_count()?, form.fields());
    if got != wanted {
        return Err(RawTransactionError::Fields { wanted, got });
    }
    match form {
        Form::Eip1559 => typed(&fields, chain_id),
        Form::Homestead | Form::Eip155 => legacy(&fields, chain_id),
    }
}

fn typed(fields: &Rlp<'_>, chain_id: u64) -> Result<SignedMessage, RawTransactionError> {
    let got = fields.val_at(0)?;
    if got != chain_id {
        let expected = chain_id;
        return Err(RawTransactionError::ChainId { expected, got });
    }
    if !fields.at(8)?.is_list() || fields.at(8)?.item_count()? != 0 {
        return Err(RawTransactionError::AccessList);
    }
    let v: u64 = fields.val_at(9)?;
    let v = u8::try_from(v).ok().filter(|v| *v < 2);
    let v = v.ok_or(RawTransactionError::V(fields.val_at(9)?))?;
    let message = Message {
        nonce: fields.val_at(1)?,
        gas_premium: amount(fields, 2)?,
        gas_fee_cap: amount(fields, 3)?,
        gas_limit: gas(fields, 4)?,
        ..call(fields, 5)?
    };
    let data = [&scalars(fields, 10)?[..], &[v]].concat();
    signed(Form::Eip1559, message, data, chain_id)
}

fn legacy(fields: &Rlp<'_>, chain_id: u64) -> Result<SignedMessage, RawTransactionError> {
    let price = amount(fields, 1)?;
    let message = Message {
        nonce: fields.val_at(0)?,
        gas_premium: price.clone(),
        gas_fee_cap: price,
        gas_limit: gas(fields, 2)?,
        ..call(fields, 3)?
    };
    let v: u64 = fields.val_at(6)?;
    let (form, mark) = match v {
        HOMESTEAD_V | 28 => (Form::Homestead, HOMESTEAD_MARK),
        EIP_155_V.. => (Form::Eip155, EIP_155_MARK),
        _ => return Err(RawTransactionError::V(v)),
    };
    let got = (v.saturating_sub(EIP_155_V)) / 2;
    if form == Form::Eip155 && got != chain_id {
        let expected = chain_id;
        return Err(RawTransactionError::ChainId { expected, got });
    }
    let data = [
        &[mark],
        &scalars(fields, 7)?[..],
        &minimal(&v.to_be_bytes()),
    ]
    .concat();
    signed(form, message, data, chain_id)
}

/// The message with its sender, whom the signature names.
fn signed(
    form: Form,
    mut message: Message,
    data: Vec<u8>,
    chain_id: u64,
) -> Result<SignedMessage, RawTransactionError> {
    let bytes = form.encode(&message, chain_id, None)?;
    let signature = form.verifiable(&data, chain_id)?;
    let key = secp256k1::recover(&signature, &keccak256(&bytes))?;
    message.from = delegated::address_of(&key);
    Ok(SignedMessage {
        message,
        signature: Signature {
            signature_type: SignatureType::Delegated,
            data: Bytes(data),
        },
    })
}

/// Receiver, value and input, which stand in this order from `at` on.
fn call(fields: &Rlp<'_>, at: usize) -> Result<Message, RawTransactionError> {
    let receiver: Vec<u8> = fields.val_at(at)?;
    let input: Vec<u8> = fields.val_at(at + 2)?;
    let (to, method) = match receiver.as_slice() {
        [] if input.is_empty() => return Err(RawTransactionError::NoCode),
        [] => (EAM_ACTOR, CREATE_EXTERNAL),
        bytes => {
            let eth = EthAddress(
                bytes
                    .try_into()
                    .map_err(|_| DecoderError::RlpInvalidLength)?,
            );
            let to = eth.to_filecoin();
            let to = to.map_err(|error| RawTransactionError::Receiver(error.to_string()))?;
            (to, INVOKE_CONTRACT)
        }
    };
    let params = match input.is_empty() {
        true => Vec::new(),
        false => to_vec(&strict_bytes::ByteBuf(input))
            .map_err(|_| RawTransactionError::TooLarge("the input"))?,
    };
    Ok(Message {
        to,
        method,
        value: amount(fields, at + 1)?,
        params: Bytes(params),
        ..Message::default()
    })
}

/// A number as RLP has it, without leading zeros.
fn number(fields: &Rlp<'_>, at: usize, name: &'static str) -> Result<Vec<u8>, RawTransactionError> {
    let bytes: Vec<u8> = fields.val_at(at)?;
    match bytes.as_slice() {
        [0, ..] => Err(DecoderError::RlpInvalidIndirection.into()),
        bytes if bytes.len() > SCALARS / 2 => Err(RawTransactionError::TooLarge(name)),
        _ => Ok(bytes),
    }
}

fn amount(fields: &Rlp<'_>, at: usize) -> Result<TokenAmount, RawTransactionError> {
    let bytes = number(fields, at, "an amount")?;
    Ok(TokenAmount::from_atto(BigInt::from_bytes_be(
        Sign::Plus,
        &bytes,
    )))
}

fn gas(fields: &Rlp<'_>, at: usize) -> Result<i64, RawTransactionError> {
    let gas: u64 = fields.val_at(at)?;
    i64::try_from(gas).map_err(|_| RawTransactionError::TooLarge("the gas limit"))
}

/// The two halves of the signature, each of 32 bytes.
fn scalars(fields: &Rlp<'_>, at: usize) -> Result<[u8; SCALARS], RawTransactionError> {
    let mut scalars = [0; SCALARS];
    for (half, at) in scalars.chunks_exact_mut(SCALARS / 2).zip(at..) {
        let bytes = number(fields, at, "the signature")?;
        half[SCALARS / 2 - bytes.len()..].copy_from_slice(&bytes);
    }
    Ok(scalars)
}
