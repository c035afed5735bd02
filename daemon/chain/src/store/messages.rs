//! The messages of blocks and tipsets.

use std::collections::HashMap;

use fvm_ipld_amt::Amtv0;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::CborStore;
use fvm_shared::address as fvm;
use lotus_types::{BlockHeader, Cid, Message, MessageError, SignedMessage, TipSet};
use multihash_codetable::Code;

use super::state::StateReader;
use super::{StoreError, tipsets};

/// The messages of a block: those with BLS signatures, which are aggregated in the block, and all
/// others with their own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockMessages {
    /// Messages signed with BLS.
    pub bls: Vec<Message>,
    /// Messages signed with secp256k1, as Filecoin or as Ethereum does.
    pub secp: Vec<SignedMessage>,
}

/// A message as it is in a block.
#[derive(Clone, Debug, PartialEq)]
pub enum ChainMessage {
    /// Its BLS signature is in the block's aggregate.
    Bls(Message),
    /// With its own signature.
    Secp(SignedMessage),
}

impl ChainMessage {
    /// The message, without its signature.
    pub fn message(&self) -> &Message {
        match self {
            ChainMessage::Bls(message) => message,
            ChainMessage::Secp(signed) => &signed.message,
        }
    }

    /// The binary form, by which the chain knows it; its length is what it pays gas for.
    ///
    /// # Errors
    /// It has none.
    pub fn to_cbor(&self) -> Result<Vec<u8>, MessageError> {
        match self {
            ChainMessage::Bls(message) => message.to_cbor(),
            ChainMessage::Secp(signed) => signed.to_cbor(),
        }
    }

    /// The CID by which the chain knows it.
    ///
    /// # Errors
    /// It has no binary form.
    pub fn cid(&self) -> Result<Cid, MessageError> {
        Ok(Cid::of_dag_cbor(&self.to_cbor()?))
    }
}

/// Puts the messages of a block into `store`, and returns the CID of their `MsgMeta`, which is the
/// `messages` of the block's header (Lotus `computeMsgMeta`): a pair of the roots of two AMTs (v0)
/// of CIDs.
///
/// # Errors
/// A message has no binary form, or the store fails.
pub fn put_messages(
    store: &impl Blockstore,
    bls: &[Message],
    secp: &[SignedMessage],
) -> Result<Cid, StoreError> {
    let put = |cbor: Vec<u8>| -> Result<cid::Cid, StoreError> {
        let cid = Cid::of_dag_cbor(&cbor);
        match store.put_keyed(cid.inner(), &cbor) {
            Ok(()) => Ok(*cid.inner()),
            Err(error) => Err(StoreError::from_library("message", cid.inner(), error)),
        }
    };
    let mut roots = Vec::with_capacity(2);
    let bls = bls.iter().map(Message::to_cbor).collect::<Vec<_>>();
    let secp = secp.iter().map(SignedMessage::to_cbor).collect::<Vec<_>>();
    for messages in [bls, secp] {
        let cids = messages.into_iter().map(|cbor| put(cbor?));
        let cids = cids.collect::<Result<Vec<_>, _>>()?;
        let root = Amtv0::new_from_iter(store, cids);
        roots.push(root.map_err(|error| failed(META, error))?);
    }
    let meta = store.put_cbor(&(roots[0], roots[1]), Code::Blake2b256);
    Ok(meta.map_err(|error| failed(META, error))?.into())
}

const META: &str = "list of a block's messages";

/// A failure to put something that has no CID yet.
fn failed(what: &'static str, error: impl Into<anyhow::Error>) -> StoreError {
    StoreError::from_library(what, &cid::Cid::default(), error)
}

pub(super) fn of_block(
    store: &impl Blockstore,
    header: &BlockHeader,
) -> Result<BlockMessages, StoreError> {
    let meta = tipsets::read(store, META, &header.messages)?;
    let (bls, secp): (cid::Cid, cid::Cid) = fvm_ipld_encoding::from_slice(&meta)
        .map_err(|error| StoreError::from_library(META, header.messages.inner(), error))?;
    Ok(BlockMessages {
        bls: all(store, &bls, Message::from_cbor)?,
        secp: all(store, &secp, SignedMessage::from_cbor)?,
    })
}

/// The messages whose CIDs are in the AMT with this root.
fn all<M>(
    store: &impl Blockstore,
    root: &cid::Cid,
    decode: impl Fn(&[u8]) -> Result<M, MessageError>,
) -> Result<Vec<M>, StoreError> {
    let wrong = |error| StoreError::from_library(META, root, error);
    let cids = Amtv0::<cid::Cid, _>::load(root, store).map_err(wrong)?;
    let mut messages = Vec::new();
    cids.for_each(|_, cid| {
        let cid = Cid::from(*cid);
        let cbor = tipsets::read(store, "message", &cid)?;
        let message = decode(&cbor);
        messages.push(
            message.map_err(|error| StoreError::from_library("message", cid.inner(), error))?,
        );
        Ok(())
    })
    .map_err(wrong)?;
    Ok(messages)
}

pub(super) fn in_order(
    store: &impl Blockstore,
    tipset: &TipSet,
) -> Result<Vec<Vec<ChainMessage>>, StoreError> {
    let mut blocks = Vec::with_capacity(tipset.blocks().len());
    for header in tipset.blocks() {
        let messages = of_block(store, header)?;
        let bls = messages.bls.into_iter().map(ChainMessage::Bls);
        let secp = messages.secp.into_iter().map(ChainMessage::Secp);
        blocks.push(bls.chain(secp).collect::<Vec<_>>());
    }
    let mut senders = Senders::of(store, tipset, &blocks)?;
    for block in &mut blocks {
        let mut kept = Vec::with_capacity(block.len());
        for message in block.drain(..) {
            if senders.continues(message.message())? {
                kept.push(message);
            }
        }
        *block = kept;
    }
    Ok(blocks)
}

/// Which nonce each sender has next.
struct Senders<'a, S> {
    /// The state that knows which addresses are one account's; `None` if that does not matter,
    /// because all senders are named by their keys, or all by their IDs.
    state: Option<StateReader<&'a S>>,
    next: HashMap<fvm::Address, u64>,
}

impl<'a, S: Blockstore> Senders<'a, S> {
    fn of(
        store: &'a S,
        tipset: &TipSet,
        blocks: &[Vec<ChainMessage>],
    ) -> Result<Senders<'a, S>, StoreError> {
        let is_id = |message: &Message| message.from.protocol() == Some(fvm::Protocol::ID);
        let messages = || blocks.iter().flatten().map(ChainMessage::message);
        // A chain from a file may come without the state, and mostly it is not needed.
        let mixed = messages().any(is_id) && !messages().all(is_id);
        let state = mixed.then(|| StateReader::open(store, &tipset.parent_state()));
        Ok(Senders {
            state: state.transpose()?,
            next: HashMap::new(),
        })
    }

    /// Whether a message has the nonce that its sender has next. The first one always has, or its
    /// block would not be valid.
    fn continues(&mut self, message: &Message) -> Result<bool, StoreError> {
        let Some(from) = message.from.inner() else {
            return Err(MessageError::UndefinedAddress("From").into());
        };
        let id = match &self.state {
            Some(state) => state.lookup_id(&message.from)?.map(fvm::Address::new_id),
            None => None,
        };
        let next = self
            .next
            .entry(id.unwrap_or(*from))
            .or_insert(message.nonce);
        if *next != message.nonce {
            return Ok(false);
        }
        *next += 1;
        Ok(true)
    }
}
