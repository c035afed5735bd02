//! What goes into a method and comes out of it: CBOR, or nothing.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_shared::error::ExitCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::vm::error::{ActorError, OrExit};

/// A method's parameters.
///
/// # Errors
/// `USR_ILLEGAL_ARGUMENT` when there are none, `USR_SERIALIZATION` when they are not a `T`.
pub fn params<T: DeserializeOwned>(input: Option<IpldBlock>) -> Result<T, ActorError> {
    let input = input.or_illegal_argument("method expects arguments")?;
    Ok(input.deserialize()?)
}

/// What another actor returned.
///
/// # Errors
/// `USR_ASSERTION_FAILED` when it returned nothing, `USR_SERIALIZATION` when it is not a `T`.
pub fn returned<T: DeserializeOwned>(value: Option<IpldBlock>) -> Result<T, ActorError> {
    let value = value.or_exit(ExitCode::USR_ASSERTION_FAILED, "return expected")?;
    Ok(value.deserialize()?)
}

/// The method takes none.
///
/// # Errors
/// `USR_ILLEGAL_ARGUMENT` when there are parameters.
pub fn no_params(input: Option<IpldBlock>) -> Result<(), ActorError> {
    match input {
        None => Ok(()),
        Some(_) => Err(ActorError::illegal_argument("method expects no arguments")),
    }
}

/// A method's return value, in CBOR.
///
/// # Errors
/// `USR_SERIALIZATION`.
pub fn returns<T: Serialize>(value: &T) -> Result<Option<IpldBlock>, ActorError> {
    Ok(IpldBlock::serialize_cbor(value)?)
}
