//! Receipts and events, as AMTs.

use fvm_ipld_amt::{Amt, Amtv0};
use fvm_ipld_blockstore::Blockstore;
use fvm_shared::event::StampedEvent;
use ipld_core::ipld::Ipld;
use lotus_types::{Cid, Event, MessageReceipt};

use super::StoreError;

/// How wide the AMT of events is, in bits (Lotus `types.EventAMTBitwidth`).
pub const EVENTS_BIT_WIDTH: u32 = 5;

const RECEIPTS: &str = "list of receipts";
const EVENTS: &str = "list of events";

/// Puts the receipts of a tipset's messages into `store`, and returns the root of their AMT (v0),
/// which is the `parent_message_receipts` of the blocks that build on it.
///
/// # Errors
/// The store fails.
pub fn put_receipts(
    store: &impl Blockstore,
    receipts: &[MessageReceipt],
) -> Result<Cid, StoreError> {
    let mut encoded = Vec::with_capacity(receipts.len());
    for receipt in receipts {
        encoded.push(fvm_ipld_encoding::from_slice::<Ipld>(&receipt.to_cbor()?)?);
    }
    match Amtv0::new_from_iter(store, encoded) {
        Ok(root) => Ok(root.into()),
        Err(error) => Err(StoreError::from_library(
            RECEIPTS,
            &cid::Cid::default(),
            error,
        )),
    }
}

/// Puts the events of a message into `store`, and returns the root of their AMT, which its receipt
/// names; `None` if there are none.
///
/// # Errors
/// The store fails.
pub fn put_events(
    store: &impl Blockstore,
    events: Vec<StampedEvent>,
) -> Result<Option<Cid>, StoreError> {
    if events.is_empty() {
        return Ok(None);
    }
    match Amt::new_from_iter_with_bit_width(store, EVENTS_BIT_WIDTH, events) {
        Ok(root) => Ok(Some(root.into())),
        Err(error) => Err(StoreError::from_library(
            EVENTS,
            &cid::Cid::default(),
            error,
        )),
    }
}

pub(super) fn receipts(
    store: &impl Blockstore,
    root: &Cid,
) -> Result<Vec<MessageReceipt>, StoreError> {
    let wrong = |error| StoreError::from_library(RECEIPTS, root.inner(), error);
    let amt = Amtv0::<Ipld, _>::load(root.inner(), store).map_err(wrong)?;
    let mut receipts = Vec::new();
    amt.for_each(|_, receipt| {
        receipts.push(decode(receipt)?);
        Ok(())
    })
    .map_err(wrong)?;
    Ok(receipts)
}

/// The receipt of one message, by its place in the order of execution.
pub(super) fn receipt(
    store: &impl Blockstore,
    root: &Cid,
    place: u64,
) -> Result<Option<MessageReceipt>, StoreError> {
    let wrong = |error| StoreError::from_library(RECEIPTS, root.inner(), error);
    let amt = Amtv0::<Ipld, _>::load(root.inner(), store).map_err(wrong)?;
    let receipt = amt.get(place).map_err(wrong)?;
    let receipt = receipt.map(decode).transpose();
    receipt.map_err(|error| StoreError::from_library(RECEIPTS, root.inner(), error))
}

fn decode(receipt: &Ipld) -> Result<MessageReceipt, fvm_ipld_encoding::Error> {
    MessageReceipt::from_cbor(&fvm_ipld_encoding::to_vec(receipt)?)
}

pub(super) fn events(store: &impl Blockstore, root: &Cid) -> Result<Vec<Event>, StoreError> {
    let wrong = |error| StoreError::from_library(EVENTS, root.inner(), error);
    let amt = Amt::<StampedEvent, _>::load(root.inner(), store).map_err(wrong)?;
    let mut events = Vec::new();
    amt.for_each(|_, event| {
        events.push(event.clone().into());
        Ok(())
    })
    .map_err(wrong)?;
    Ok(events)
}
