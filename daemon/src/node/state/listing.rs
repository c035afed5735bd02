//! What is found by looking at all of something: actors, addresses, messages.

use std::collections::BTreeMap;

use fvm_shared::address::Protocol;
use lotus_core::Error;
use lotus_core::types::{Actor, Address, Cid, Message, MessageMatch, TipSetKey};

use super::described;
use crate::chain::Chain;

/// The actors of a state that are not the same in another, older one.
///
/// # Errors
/// One of the states is not here.
pub(super) fn changed_actors(
    chain: &dyn Chain,
    old: &Cid,
    new: &Cid,
) -> Result<BTreeMap<Address, Actor>, Error> {
    let (old, new) = (chain.state_at(old)?, chain.state_at(new)?);
    let mut changed = BTreeMap::new();
    let compared = new.for_each(|id, actor| {
        if old.actor_by_id(id)?.as_ref() != Some(actor) {
            changed.insert(Address::new_id(id), described(actor.clone()));
        }
        Ok(())
    });
    compared.map_err(Error::other)?;
    Ok(changed)
}

/// The address of an actor that stays the same whatever becomes of the chain (Lotus
/// `StateManager.LookupRobustAddress`); the first one that the init actor lists, if there are more.
///
/// # Errors
/// The address is not an ID, or has no other one.
pub(super) fn robust_address(
    chain: &dyn Chain,
    address: &Address,
    tipset: &TipSetKey,
) -> Result<Address, Error> {
    let state = chain.state(tipset)?;
    if address.protocol() != Some(Protocol::ID) {
        return Err(Error::Other(format!(
            "failed to decode provided address as id addr: {address} is none"
        )));
    }
    let wanted = state.lookup_id(address).map_err(Error::other)?;
    let mut robust = None;
    let listed = state.for_each_address(|known, id| {
        if Some(id) == wanted && robust.is_none() {
            robust = Some(known);
        }
        Ok(())
    });
    listed.map_err(Error::other)?;
    robust.ok_or_else(|| Error::Other(format!("address {address} not found")))
}

/// The CIDs of the messages of a sender, to a receiver, or both, from a tipset back to an epoch.
///
/// # Errors
/// Neither end is given, or a tipset is not here.
pub(super) fn messages(
    chain: &dyn Chain,
    matching: &MessageMatch,
    tipset: &TipSetKey,
    to_height: i64,
) -> Result<Vec<Cid>, Error> {
    let ends = [&matching.to, &matching.from];
    let given = || ends.iter().filter(|end| !end.is_undefined());
    if given().next().is_none() {
        let why = "must specify at least To or From in message filter";
        return Err(Error::other(why));
    }
    let mut tipset = chain.tipset(tipset)?;
    // Who is not on the chain has no messages there.
    let state = chain.state_at(&tipset.parent_state())?;
    for end in given() {
        if state.lookup_id(end).map_err(Error::other)?.is_none() {
            return Ok(Vec::new());
        }
    }
    let is = |wanted: &Address, end: &Address| wanted.is_undefined() || wanted == end;
    let matches =
        |message: &Message| is(&matching.to, &message.to) && is(&matching.from, &message.from);
    let mut found = Vec::new();
    while tipset.height() >= to_height && tipset.height() > 0 {
        let messages = chain.store().messages_in_order(&tipset);
        for message in messages.map_err(Error::other)?.iter().flatten() {
            if matches(message.message()) {
                found.push(message.cid().map_err(Error::other)?);
            }
        }
        tipset = chain.tipset(&tipset.parents())?;
    }
    Ok(found)
}
