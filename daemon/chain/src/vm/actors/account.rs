//! The account of a secp256k1 or BLS key.

use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::strict_bytes;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_shared::address::{Address, Protocol};
use fvm_shared::crypto::signature::{Signature, SignatureType};
use fvm_shared::{METHOD_CONSTRUCTOR, MethodNum};

use crate::vm::frc42::FIRST_EXPORTED_METHOD;
use crate::vm::manifest::SYSTEM_ACTOR_ID;
use crate::vm::runtime::{no_params, params, returns};
use crate::vm::{ActorError, OrExit, Runtime};

/// `PubkeyAddress`.
pub const PUBKEY_ADDRESS: MethodNum = 2;
/// `AuthenticateMessage`, exported: whether a signature is this account's.
pub const AUTHENTICATE_MESSAGE: MethodNum = 2_643_134_072;

/// The methods, by number; besides, every exported number is accepted.
pub const METHODS: &[(MethodNum, &str)] = &[
    (METHOD_CONSTRUCTOR, "Constructor"),
    (PUBKEY_ADDRESS, "PubkeyAddress"),
    (AUTHENTICATE_MESSAGE, "AuthenticateMessageExported"),
];

/// The state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct State {
    /// The key's address.
    pub address: Address,
}

/// What [`AUTHENTICATE_MESSAGE`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct AuthenticateMessageParams {
    /// The signature's bytes, without a type: the account knows which it must be.
    #[serde(with = "strict_bytes")]
    pub signature: Vec<u8>,
    /// What was signed.
    #[serde(with = "strict_bytes")]
    pub message: Vec<u8>,
}

/// Calls a method. An account accepts every exported method that it does not know.
///
/// # Errors
/// `USR_ILLEGAL_ARGUMENT` for a bad signature or an address without a key, `USR_UNHANDLED_MESSAGE`.
pub fn invoke(
    rt: &mut Runtime<'_>,
    method: MethodNum,
    input: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    match method {
        METHOD_CONSTRUCTOR => {
            let address: Address = params(input)?;
            rt.require_caller(&[SYSTEM_ACTOR_ID])?;
            match address.protocol() {
                Protocol::Secp256k1 | Protocol::BLS => {}
                _ => {
                    return Err(ActorError::illegal_argument(
                        "address must use BLS or SECP protocol",
                    ));
                }
            }
            rt.create(&State { address })?;
            Ok(None)
        }
        PUBKEY_ADDRESS => {
            no_params(input)?;
            returns(&rt.state::<State>()?.address)
        }
        AUTHENTICATE_MESSAGE => {
            authenticate(rt, params(input)?)?;
            returns(&true)
        }
        method if method >= FIRST_EXPORTED_METHOD => Ok(None),
        _ => Err(ActorError::unhandled(method)),
    }
}

fn authenticate(rt: &mut Runtime<'_>, params: AuthenticateMessageParams) -> Result<(), ActorError> {
    let address = rt.state::<State>()?.address;
    let sig_type = match address.protocol() {
        Protocol::Secp256k1 => SignatureType::Secp256k1,
        Protocol::BLS => SignatureType::BLS,
        _ => {
            return Err(ActorError::illegal_state(
                "account address must use BLS or SECP protocol",
            ));
        }
    };
    let signature = Signature {
        sig_type,
        bytes: params.signature,
    };
    rt.verify_signature(&signature, &address, &params.message)?
        .then_some(())
        .or_illegal_argument("failed to authenticate message, signature invalid")
}
