//! Messages in the guise of transactions (Lotus `node/impl/eth/utils.go`).

use fvm_ipld_encoding::strict_bytes::ByteBuf;
use lotus_chain::keys::Transaction;
use lotus_chain::store::ChainBlockstore;
use lotus_chain::store::state::StateReader;
use lotus_core::Error;
use lotus_core::types::{
    Address, EthAddress, EthBigInt, EthBytes, EthHash, EthTx, Message, SignatureType, SignedMessage,
};

/// The receiver of a message to an address that nobody has got: an ID that no actor has.
const NOBODY: EthAddress = EthAddress([
    0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
]);

/// `InvokeContract`, the method by which contracts are called (FRC-0042).
const INVOKE_CONTRACT: u64 = 3_844_450_837;
/// `CreateExternal` of the Ethereum address manager.
const CREATE_EXTERNAL: u64 = 4;
/// The Ethereum address manager.
const EAM: Address = Address::new_id(10);

/// The selector of `handle_filecoin_method(uint64,uint64,bytes)`, as which methods that are none of
/// a contract are shown.
const NATIVE_METHOD: [u8; 4] = [0x86, 0x8e, 0x10, 0xc4];
/// The multicodec of CBOR.
const CBOR: u64 = 0x51;
/// The length of a word of the EVM, in bytes.
const WORD: usize = 32;

/// The type of a transaction of EIP-1559.
const EIP_1559: u64 = 2;

/// A message as a transaction that is in no block. `state` is the one after it.
///
/// # Errors
/// The state is not here or does not know the sender, or the message has no transaction.
pub(super) fn transaction(
    signed: &SignedMessage,
    chain_id: u64,
    state: &StateReader<ChainBlockstore>,
) -> Result<EthTx, Error> {
    if signed.signature.signature_type == SignatureType::Delegated {
        return own(signed, chain_id);
    }
    let hash = EthHash::from_cid(&signed.cid().map_err(Error::other)?);
    Ok(EthTx {
        hash: hash.unwrap_or_default(),
        ..native(&signed.message, chain_id, state)?
    })
}

/// The transaction that the message of a delegated key is.
///
/// # Errors
/// It is of another kind of key, or no transaction.
pub(super) fn own(signed: &SignedMessage, chain_id: u64) -> Result<EthTx, Error> {
    let failed = |why: &dyn std::fmt::Display| {
        Error::Other(format!("could not convert Filecoin message into tx: {why}"))
    };
    if signed.signature.signature_type != SignatureType::Delegated {
        return Err(failed(&"signature is not delegated type"));
    }
    let message = &signed.message;
    let own = Transaction::of(signed, chain_id).map_err(|error| failed(&error))?;
    let from = EthAddress::from_filecoin(&message.from).map_err(|error| failed(&error))?;
    let fee = || Some(EthBigInt::from(&message.gas_fee_cap));
    let premium = EthBigInt::from(&message.gas_premium);
    Ok(EthTx {
        hash: own.hash,
        from,
        to: own.to,
        input: own.input.into(),
        r#type: if own.eip_1559 { EIP_1559 } else { 0 }.into(),
        max_fee_per_gas: fee().filter(|_| own.eip_1559),
        max_priority_fee_per_gas: Some(premium).filter(|_| own.eip_1559),
        gas_price: fee().filter(|_| !own.eip_1559),
        v: own.v.into(),
        r: own.r.into(),
        s: own.s.into(),
        ..common(message, chain_id)
    })
}

/// What all kinds have.
fn common(message: &Message, chain_id: u64) -> EthTx {
    EthTx {
        chain_id: chain_id.into(),
        nonce: message.nonce.into(),
        value: EthBigInt::from(&message.value),
        gas: u64::try_from(message.gas_limit).unwrap_or_default().into(),
        ..EthTx::default()
    }
}

/// A message that did not come as a transaction.
fn native(
    message: &Message,
    chain_id: u64,
    state: &StateReader<ChainBlockstore>,
) -> Result<EthTx, Error> {
    let from = address(&message.from, state)?.ok_or_else(|| {
        Error::Other(format!(
            "failed to lookup sender address {} when converting a native message to an eth txn: \
             actor not found",
            message.from
        ))
    })?;
    let mut to = Some(address(&message.to, state)?.unwrap_or(NOBODY));
    let mut input = abi(message);
    // What looks like a contract's call is shown as one.
    if message.method == INVOKE_CONTRACT {
        input = payload(&message.params).unwrap_or(input);
    } else if message.to == EAM
        && message.method == CREATE_EXTERNAL
        && let Some(code) = payload(&message.params)
    {
        (input, to) = (code, None);
    }
    Ok(EthTx {
        from,
        to,
        input: EthBytes(input),
        r#type: EIP_1559.into(),
        max_fee_per_gas: Some(EthBigInt::from(&message.gas_fee_cap)),
        max_priority_fee_per_gas: Some(EthBigInt::from(&message.gas_premium)),
        ..common(message, chain_id)
    })
}

/// The Ethereum address of an actor: its own if it has one, else the one that masks its ID; none if
/// there is no such actor.
///
/// # Errors
/// The state is not here.
fn address(
    filecoin: &Address,
    state: &StateReader<ChainBlockstore>,
) -> Result<Option<EthAddress>, Error> {
    let unmasked = |address: &Address| {
        let eth = EthAddress::from_filecoin(address).ok();
        eth.filter(|eth| eth.actor_id().is_none())
    };
    if let Some(eth) = unmasked(filecoin) {
        return Ok(Some(eth));
    }
    let Some(id) = state.lookup_id(filecoin).map_err(Error::other)? else {
        return Ok(None);
    };
    let actor = state.actor_by_id(id).map_err(Error::other)?;
    let delegated = actor.and_then(|actor| actor.delegated_address);
    let own = delegated.and_then(|delegated| unmasked(&delegated.into()));
    Ok(Some(own.unwrap_or_else(|| EthAddress::from_actor_id(id))))
}

/// What is inside the CBOR byte string of a contract's parameters.
fn payload(params: &[u8]) -> Option<Vec<u8>> {
    if params.is_empty() {
        return Some(Vec::new());
    }
    let payload = fvm_ipld_encoding::from_slice::<ByteBuf>(params);
    payload.ok().map(|payload| payload.0)
}

/// A call of a Filecoin method in Solidity's encoding: the method's number, the codec of its
/// parameters, and these.
fn abi(message: &Message) -> Vec<u8> {
    let params: &[u8] = &message.params;
    let codec = if params.is_empty() { 0 } else { CBOR };
    // The parameters begin after three words, with their length.
    let words = [message.method, codec, 3 * WORD as u64, params.len() as u64];
    let mut bytes = NATIVE_METHOD.to_vec();
    for word in words {
        bytes.extend_from_slice(&[0; WORD - 8]);
        bytes.extend_from_slice(&word.to_be_bytes());
    }
    bytes.extend_from_slice(params);
    let padding = params.len().next_multiple_of(WORD) - params.len();
    bytes.resize(bytes.len() + padding, 0);
    bytes
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use lotus_core::types::Bytes;

    use super::*;

    #[test]
    fn a_native_call_is_solidity_s() {
        let message = Message {
            method: 7,
            params: Bytes(vec![0xaa, 0xbb]),
            ..Message::default()
        };
        let word = |number: &str| format!("{number:0>64}");
        let expected = [
            "868e10c4".to_owned(),
            word("7"),
            word("51"),
            word("60"),
            word("2"),
            format!("{:0<64}", "aabb"),
        ];
        assert_eq!(HEXLOWER.encode(&abi(&message)), expected.concat());
        let send = abi(&Message::default());
        assert_eq!(send.len(), 4 + 4 * WORD);
    }
}
