//! f01, the init actor: gives out ids and creates actors.

use anyhow::Context;
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_hamt::Hamt;
use fvm_shared::address::Address;
use fvm_shared::{ActorID, HAMT_BIT_WIDTH, MethodNum};

use crate::vm::{ActorError, Runtime};

/// The methods, by number.
pub const METHODS: &[(MethodNum, &str)] = &[];

/// The state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct State {
    /// A HAMT from the bytes of an address to the id that it got.
    pub address_map: Cid,
    /// The next id.
    pub next_id: ActorID,
    /// The name of the network.
    pub network_name: String,
}

impl State {
    /// The id of an address that is not an id itself.
    ///
    /// # Errors
    /// When the store fails.
    pub fn lookup(
        &self,
        store: &impl Blockstore,
        address: &Address,
    ) -> anyhow::Result<Option<ActorID>> {
        let map: Hamt<_, ActorID> =
            Hamt::load_with_bit_width(&self.address_map, store, HAMT_BIT_WIDTH)
                .context("the init actor's addresses")?;
        Ok(map.get(&address.to_bytes())?.copied())
    }

    /// Gives the next id to an address.
    ///
    /// # Errors
    /// When the store fails.
    pub fn register(
        &mut self,
        store: &impl Blockstore,
        address: &Address,
    ) -> anyhow::Result<ActorID> {
        let id = self.next_id;
        self.next_id += 1;
        let mut map: Hamt<_, ActorID> =
            Hamt::load_with_bit_width(&self.address_map, store, HAMT_BIT_WIDTH)
                .context("the init actor's addresses")?;
        map.set(address.to_bytes().into(), id)?;
        self.address_map = map.flush()?;
        Ok(id)
    }
}

/// Calls a method.
///
/// # Errors
/// `USR_UNHANDLED_MESSAGE`: it has none yet.
pub fn invoke(
    _rt: &mut Runtime<'_>,
    method: MethodNum,
    _params: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    Err(ActorError::unhandled(method))
}
