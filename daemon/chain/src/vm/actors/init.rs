//! f01, the init actor: gives out ids and creates actors.

use anyhow::Context;
use cid::Cid;
use fvm_ipld_blockstore::Blockstore;
use fvm_ipld_encoding::ipld_block::IpldBlock;
use fvm_ipld_encoding::tuple::{Deserialize_tuple, Serialize_tuple, serde_tuple};
use fvm_ipld_encoding::{BytesDe, RawBytes};
use fvm_ipld_hamt::Hamt;
use fvm_shared::address::Address;
use fvm_shared::error::ExitCode;
use fvm_shared::{ActorID, HAMT_BIT_WIDTH, METHOD_CONSTRUCTOR, MethodNum};

use crate::vm::blocks::Blocks;
use crate::vm::manifest::{ActorKind, EAM_ACTOR_ID, FIRST_NON_SINGLETON_ID, SYSTEM_ACTOR_ID};
use crate::vm::runtime::{params, returns};
use crate::vm::{ActorError, OrExit, Runtime};

/// `Exec`: creates an actor.
pub const EXEC: MethodNum = 2;
/// `Exec4`, by the Ethereum address manager: creates an actor with an f4 address.
pub const EXEC4: MethodNum = 3;

/// The methods, by number.
pub const METHODS: &[(MethodNum, &str)] = &[
    (METHOD_CONSTRUCTOR, "Constructor"),
    (EXEC, "Exec"),
    (EXEC4, "Exec4"),
];

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

/// What the constructor takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ConstructorParams {
    /// The name of the network.
    pub network_name: String,
}

/// What [`EXEC`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ExecParams {
    /// The new actor's code.
    pub code_cid: Cid,
    /// What its constructor gets.
    pub constructor_params: RawBytes,
}

/// What [`EXEC`] and [`EXEC4`] return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct ExecReturn {
    /// The new actor's id address.
    pub id_address: Address,
    /// Its f2 address, which survives reorganisations.
    pub robust_address: Address,
}

/// What [`EXEC4`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct Exec4Params {
    /// The new actor's code.
    pub code_cid: Cid,
    /// What its constructor gets.
    pub constructor_params: RawBytes,
    /// Its address within the caller's namespace.
    pub subaddress: BytesDe,
}

type Addresses<S> = Hamt<S, ActorID>;

impl State {
    /// The state of a network without actors.
    ///
    /// # Errors
    /// When the store fails.
    pub fn new(store: &impl Blockstore, network_name: String) -> anyhow::Result<Self> {
        let address_map = Addresses::new_with_bit_width(store, HAMT_BIT_WIDTH).flush()?;
        Ok(Self {
            address_map,
            next_id: FIRST_NON_SINGLETON_ID,
            network_name,
        })
    }

    /// The id of an address that is not an id itself.
    ///
    /// # Errors
    /// When the store fails.
    pub fn lookup(
        &self,
        store: &impl Blockstore,
        address: &Address,
    ) -> anyhow::Result<Option<ActorID>> {
        Ok(self.addresses(store)?.get(&address.to_bytes())?.copied())
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
        let mut addresses = self.addresses(store)?;
        addresses.set(address.to_bytes().into(), id)?;
        self.address_map = addresses.flush()?;
        Ok(id)
    }

    fn addresses<S: Blockstore>(&self, store: S) -> anyhow::Result<Addresses<S>> {
        Addresses::load_with_bit_width(&self.address_map, store, HAMT_BIT_WIDTH)
            .context("the init actor's addresses cannot be read")
    }

    /// The id of a new actor with an f2 and maybe an f4 address, and whether the f4 address had that
    /// id already.
    fn assign(
        &mut self,
        store: &Blocks,
        robust: &Address,
        delegated: Option<&Address>,
    ) -> Result<(ActorID, bool), ActorError> {
        let mut addresses = self
            .addresses(store)
            .or_illegal_state("failed to load addresses")?;
        let known = match delegated {
            Some(address) => addresses
                .get(&address.to_bytes())
                .or_illegal_state("failed to read addresses")?
                .copied(),
            None => None,
        };
        let id = match known {
            Some(id) => id,
            None => {
                let id = self.next_id;
                self.next_id += 1;
                if let Some(address) = delegated {
                    addresses
                        .set(address.to_bytes().into(), id)
                        .or_illegal_state("failed to set address")?;
                }
                id
            }
        };
        let new = addresses
            .set_if_absent(robust.to_bytes().into(), id)
            .or_illegal_state("failed to set address")?;
        if !new {
            return Err(ActorError::forbidden(format!(
                "robust address {robust} is already allocated"
            )));
        }
        self.address_map = addresses
            .flush()
            .or_illegal_state("failed to flush addresses")?;
        Ok((id, known.is_some()))
    }
}

/// Calls a method.
///
/// # Errors
/// Why it aborted; [`EXEC`] with the exit code of the new actor's constructor.
pub fn invoke(
    rt: &mut Runtime<'_>,
    method: MethodNum,
    input: Option<IpldBlock>,
) -> Result<Option<IpldBlock>, ActorError> {
    match method {
        METHOD_CONSTRUCTOR => {
            let params: ConstructorParams = params(input)?;
            rt.require_caller(&[SYSTEM_ACTOR_ID])?;
            let state = State::new(&rt.store(), params.network_name)
                .or_illegal_state("failed to construct init actor state")?;
            rt.create(&state)?;
            Ok(None)
        }
        EXEC => returns(&exec(rt, params(input)?)?),
        EXEC4 => returns(&exec4(rt, params(input)?)?),
        _ => Err(ActorError::unhandled(method)),
    }
}

fn exec(rt: &mut Runtime<'_>, params: ExecParams) -> Result<ExecReturn, ActorError> {
    let kind = ActorKind::of(&params.code_cid);
    let allowed = match kind {
        Some(ActorKind::Multisig | ActorKind::PaymentChannel) => true,
        Some(ActorKind::Miner) => rt.kind_of(rt.caller())? == Some(ActorKind::Power),
        _ => false,
    };
    let Some(kind) = kind.filter(|_| allowed) else {
        return Err(ActorError::forbidden(format!(
            "caller f0{} cannot exec actor type {}",
            rt.caller(),
            params.code_cid
        )));
    };
    let robust = rt.new_actor_address()?;
    let (id, _) =
        rt.transaction(|state: &mut State, rt| state.assign(&rt.store(), &robust, None))?;
    rt.create_actor(kind, id, None)?;
    construct(rt, id, robust, params.constructor_params)
}

fn exec4(rt: &mut Runtime<'_>, params: Exec4Params) -> Result<ExecReturn, ActorError> {
    rt.require_caller(&[EAM_ACTOR_ID])?;
    let delegated = Address::new_delegated(rt.caller(), &params.subaddress.0)
        .or_illegal_argument("invalid delegated address")?;
    let robust = rt.new_actor_address()?;
    let (id, existing) = rt.transaction(|state: &mut State, rt| {
        state.assign(&rt.store(), &robust, Some(&delegated))
    })?;
    if existing {
        let kind = rt.kind_of(id)?;
        if kind != Some(ActorKind::Placeholder) {
            return Err(ActorError::forbidden(
                "cannot replace an existing non-placeholder actor",
            ));
        }
    }
    let kind =
        ActorKind::of(&params.code_cid).or_exit(ExitCode::USR_ASSERTION_FAILED, "unknown code")?;
    rt.create_actor(kind, id, Some(delegated))?;
    construct(rt, id, robust, params.constructor_params)
}

fn construct(
    rt: &mut Runtime<'_>,
    id: ActorID,
    robust_address: Address,
    params: RawBytes,
) -> Result<ExecReturn, ActorError> {
    let id_address = Address::new_id(id);
    let value = rt.value_received().clone();
    rt.call(&id_address, METHOD_CONSTRUCTOR, params.into(), value)
        .map_err(|e| e.context("constructor failed"))?;
    Ok(ExecReturn {
        id_address,
        robust_address,
    })
}
