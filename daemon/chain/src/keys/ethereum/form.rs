//! The three kinds of transaction, and how each is signed.

use rlp::RlpStream;

use crate::keys::delegated::{self, EIP_1559};
use crate::keys::{TransactionError, VerifyError};
use lotus_types::Message;

/// The first byte of the signature of a transaction without a chain ID.
pub(super) const HOMESTEAD_MARK: u8 = 1;
/// The first byte of the signature of a transaction of EIP-155.
pub(super) const EIP_155_MARK: u8 = 2;
/// The two halves of a signature, in bytes.
pub(super) const SCALARS: usize = 64;
/// The recovery id of a transaction from before EIP-155.
pub(super) const HOMESTEAD_V: u64 = 27;
/// What EIP-155 adds to the recovery id and twice the chain ID.
pub(super) const EIP_155_V: u64 = 35;

/// Which kind of transaction a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Of type 2.
    Eip1559,
    /// Without a type and a chain ID.
    Homestead,
    /// Without a type, its chain ID in the signature.
    Eip155,
}

/// Without leading zeros, as RLP has numbers.
pub(super) fn minimal(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect()
}

impl Form {
    /// The form of a transaction with this signature.
    pub(super) fn of(signature: &[u8]) -> Result<Form, TransactionError> {
        match signature {
            data if data.len() == SCALARS + 1 => Ok(Form::Eip1559),
            [HOMESTEAD_MARK, rest @ ..] if rest.len() == SCALARS + 1 => Ok(Form::Homestead),
            // There is one way only to write the recovery id, or a message had several CIDs.
            [EIP_155_MARK, rest @ ..]
                if rest.get(SCALARS).is_some_and(|byte| *byte != 0)
                    && rest.len() <= SCALARS + size_of::<u64>() =>
            {
                Ok(Form::Eip155)
            }
            _ => Err(TransactionError::Signature(signature.len())),
        }
    }

    /// How many fields it has when it is signed.
    pub(super) fn fields(self) -> usize {
        match self {
            Form::Eip1559 => 12,
            Form::Homestead | Form::Eip155 => 9,
        }
    }

    /// The halves of a signature, and its recovery id.
    pub(super) fn split(self, data: &[u8]) -> Result<(&[u8], &[u8]), TransactionError> {
        let data = match self {
            Form::Eip1559 => data,
            Form::Homestead | Form::Eip155 => data.get(1..).unwrap_or_default(),
        };
        let halves = data.split_at_checked(SCALARS);
        halves.ok_or(TransactionError::Signature(data.len()))
    }

    /// The signature as secp256k1 has it, with a recovery id of 0 or 1.
    pub(super) fn verifiable(self, data: &[u8], chain_id: u64) -> Result<Vec<u8>, VerifyError> {
        let (scalars, v) = self.split(data).map_err(|_| VerifyError::Malformed)?;
        let v = v
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte));
        let base = match self {
            Form::Eip1559 => Some(0),
            Form::Homestead => Some(HOMESTEAD_V),
            Form::Eip155 => chain_id
                .checked_mul(2)
                .and_then(|id| id.checked_add(EIP_155_V)),
        };
        let recovery = base.and_then(|base| v.checked_sub(base));
        let recovery = recovery.and_then(|id| u8::try_from(id).ok());
        let recovery = recovery.ok_or(VerifyError::Malformed)?;
        Ok([scalars, &[recovery]].concat())
    }

    /// The transaction that a message is, with a signature (v, r and s) or as it is signed.
    pub(super) fn encode(
        self,
        message: &Message,
        chain_id: u64,
        signature: Option<[&[u8]; 3]>,
    ) -> Result<Vec<u8>, TransactionError> {
        let mut bytes = Vec::new();
        let mut list = RlpStream::new();
        match self {
            Form::Eip1559 => {
                bytes.push(EIP_1559);
                list.begin_list(if signature.is_some() { 12 } else { 9 });
                delegated::append_fields(&mut list, message, chain_id)?;
            }
            Form::Homestead | Form::Eip155 => {
                let signs_chain = self == Form::Eip155 || signature.is_some();
                list.begin_list(if signs_chain { 9 } else { 6 });
                delegated::append_legacy_fields(&mut list, message)?;
            }
        }
        match signature {
            Some(parts) => {
                for part in parts {
                    list.append(&minimal(part));
                }
            }
            None if self == Form::Eip155 => {
                list.append(&chain_id).append(&0_u8).append(&0_u8);
            }
            None => {}
        }
        bytes.extend_from_slice(&list.out());
        Ok(bytes)
    }
}
