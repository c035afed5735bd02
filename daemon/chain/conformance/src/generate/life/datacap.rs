//! Datacap: from the root to verifiers to clients; allowances; allocations that wait and expire.

use anyhow::Result;
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::bigint::BigInt;
use fvm_shared::econ::TokenAmount;
use fvm_shared::piece::PaddedPieceSize;
use lotus_chain::vm::actors::datacap::{
    self, AllowanceParams, BurnFromParams, BurnParams, ChangeAllowanceParams, DestroyParams,
    MintParams, RevokeAllowanceParams, TransferFromParams, TransferParams,
};
use lotus_chain::vm::actors::multisig::UNIVERSAL_RECEIVER_HOOK;
use lotus_chain::vm::actors::verifreg::{
    self, AllocationRequest, AllocationRequests, ClaimExtensionRequest,
    RemoveExpiredAllocationsParams, RemoveExpiredAllocationsReturn, VerifierParams,
};
use lotus_chain::vm::manifest::{DATACAP_ACTOR_ID, MARKET_ACTOR_ID, VERIFREG_ACTOR_ID};

use super::links::{piece, request};
use super::miner::Miner;
use super::{Stage, fil, id_of};
use crate::world::{Call, Sender};

/// The registry's root is the first account.
const ROOT: usize = 0;
const VERIFIER: usize = 1;
pub const CLIENT: usize = 2;
const OPERATOR: usize = 3;

fn registry(by: usize, method: u64) -> Call {
    Call::new(by, Address::new_id(VERIFREG_ACTOR_ID), method)
}

fn token(by: usize, method: u64) -> Call {
    Call::new(by, Address::new_id(DATACAP_ACTOR_ID), method)
}

fn grant(address: Address, allowance: i64) -> VerifierParams {
    VerifierParams {
        address,
        allowance: BigInt::from(allowance),
    }
}

pub fn tell(stage: &mut Stage<'_, '_>) -> Result<()> {
    verifiers(stage)?;
    clients(stage)?;
    allowances(stage)?;
    burning(stage)?;
    governor(stage)?;
    let m = Miner::create(stage, 5)?;
    allocations(stage, &m)?;
    transfers(stage, &m)
}

/// A client with some datacap.
pub fn endow(stage: &mut Stage<'_, '_>) -> Result<()> {
    let verifier = stage.address(VERIFIER);
    let client = stage.address(CLIENT);
    let call = registry(ROOT, verifreg::ADD_VERIFIER);
    stage.ok(call.params(&grant(verifier, 1 << 40)))?;
    let call = registry(VERIFIER, verifreg::ADD_VERIFIED_CLIENT);
    stage.ok(call.params(&grant(client, 1 << 30)))?;
    Ok(())
}

fn verifiers(stage: &mut Stage<'_, '_>) -> Result<()> {
    let add = |by| registry(by, verifreg::ADD_VERIFIER);
    let remove = |by| registry(by, verifreg::REMOVE_VERIFIER);
    let (root, verifier) = (stage.address(ROOT), stage.address(VERIFIER));
    let nobody = Address::new_actor(b"nobody");
    stage.exits(16, add(ROOT).params(&grant(verifier, 255)))?;
    stage.exits(16, add(ROOT).params(&grant(verifier, -1)))?;
    stage.exits(18, add(VERIFIER).params(&grant(verifier, 256)))?;
    stage.exits(16, add(ROOT).params(&grant(root, 256)))?;
    stage.exits(
        17,
        add(ROOT).params(&grant(Address::new_id(9_000_000), 256)),
    )?;
    stage.exits(23, add(ROOT).params(&grant(nobody, 256)))?;
    stage.ok(add(ROOT).params(&grant(verifier, 256)))?;
    stage.exits(18, remove(VERIFIER).params(&verifier))?;
    stage.ok(remove(ROOT).params(&verifier))?;
    stage.send(remove(ROOT).params(&verifier))?;
    stage.exits(23, remove(ROOT).params(&nobody))?;
    stage.exits(21, remove(ROOT).params(&7))?;
    endow(stage)?;
    // One that has datacap cannot give any.
    let client = stage.address(CLIENT);
    stage.exits(16, add(ROOT).params(&grant(client, 256)))?;
    Ok(())
}

fn clients(stage: &mut Stage<'_, '_>) -> Result<()> {
    let add = |by| registry(by, verifreg::ADD_VERIFIED_CLIENT_EXPORTED);
    let (root, verifier) = (stage.address(ROOT), stage.address(VERIFIER));
    let client = stage.address(CLIENT);
    let nothing = Address::new_id(9_000_000);
    for (code, by, params) in [
        (16, VERIFIER, grant(client, 255)),
        (16, VERIFIER, grant(root, 256)),
        (16, VERIFIER, grant(verifier, 256)),
        (16, VERIFIER, grant(client, 1 << 50)),
        (17, CLIENT, grant(client, 256)),
        (17, VERIFIER, grant(nothing, 256)),
        (23, VERIFIER, grant(Address::new_actor(b"nobody"), 256)),
        (0, VERIFIER, grant(client, 256)),
        // A key that has no actor yet.
        (
            0,
            VERIFIER,
            grant(crate::keys::Key::secp256k1(88_000).address, 256),
        ),
    ] {
        stage.exits(code, add(by).params(&params))?;
    }
    // The registry itself refuses tokens that come without requests.
    let itself = Address::new_id(VERIFREG_ACTOR_ID);
    stage.send(add(VERIFIER).params(&grant(itself, 256)))?;
    stage.ok(token(9, datacap::BALANCE).params(&client))?;
    Ok(())
}

/// What an operator may spend: more, less, used up, taken back.
fn allowances(stage: &mut Stage<'_, '_>) -> Result<()> {
    let (client, operator) = (stage.address(CLIENT), stage.address(OPERATOR));
    let nobody = Address::new_actor(b"nobody");
    let change = |operator, amount| ChangeAllowanceParams { operator, amount };
    let more = token(CLIENT, datacap::INCREASE_ALLOWANCE).params(&change(operator, fil(1000)));
    stage.ok(more)?;
    let less =
        |amount| token(CLIENT, datacap::DECREASE_ALLOWANCE).params(&change(operator, amount));
    stage.ok(less(fil(300)))?;
    // An allowance need not be of whole tokens.
    stage.ok(less(TokenAmount::from_atto(1)))?;
    stage.exits(16, less(TokenAmount::from_atto(-1)))?;
    for (method, amount) in [
        (datacap::INCREASE_ALLOWANCE, fil(5)),
        (datacap::DECREASE_ALLOWANCE, fil(5)),
    ] {
        let call = token(CLIENT, method);
        stage.exits(17, call.params(&change(nobody, amount.clone())))?;
        let call = token(CLIENT, method);
        stage.exits(16, call.params(&change(operator, -amount)))?;
    }
    let minus = change(operator, TokenAmount::from_atto(-1));
    stage.exits(
        16,
        token(CLIENT, datacap::INCREASE_ALLOWANCE).params(&minus),
    )?;
    let asked =
        |owner, operator| token(9, datacap::ALLOWANCE).params(&AllowanceParams { owner, operator });
    stage.ok(asked(client, operator))?;
    stage.ok(asked(client, nobody))?;
    stage.ok(asked(client, Address::new_id(MARKET_ACTOR_ID)))?;

    let burn = |by, amount| {
        token(by, datacap::BURN_FROM).params(&BurnFromParams {
            owner: client,
            amount,
        })
    };
    stage.exits(19, burn(OPERATOR, fil(700)))?;
    stage.exits(16, burn(OPERATOR, TokenAmount::from_atto(1)))?;
    stage.exits(16, burn(OPERATOR, fil(5) - TokenAmount::from_atto(1)))?;
    stage.ok(burn(OPERATOR, fil(600)))?;
    stage.exits(19, burn(OPERATOR, fil(100)))?;
    stage.exits(19, burn(9, fil(0)))?;
    stage.send(burn(CLIENT, fil(1)))?;
    stage.ok(less(fil(1_000_000)))?;
    stage.exits(19, burn(OPERATOR, fil(1)))?;
    let revoke = |operator| {
        token(CLIENT, datacap::REVOKE_ALLOWANCE).params(&RevokeAllowanceParams { operator })
    };
    let more = token(CLIENT, datacap::INCREASE_ALLOWANCE).params(&change(operator, fil(50)));
    stage.ok(more)?;
    stage.ok(revoke(operator))?;
    stage.ok(revoke(operator))?;
    stage.send(revoke(nobody))?;
    stage.ok(asked(client, operator))?;
    Ok(())
}

fn burning(stage: &mut Stage<'_, '_>) -> Result<()> {
    let burn = |amount| token(CLIENT, datacap::BURN).params(&BurnParams { amount });
    stage.ok(burn(fil(10)))?;
    stage.ok(burn(fil(0)))?;
    stage.exits(16, burn(TokenAmount::from_atto(1)))?;
    stage.exits(16, burn(-fil(1)))?;
    stage.exits(19, burn(fil(1 << 40)))?;
    let nobody = BurnFromParams {
        owner: Address::new_actor(b"nobody"),
        amount: fil(1),
    };
    stage.send(token(CLIENT, datacap::BURN_FROM).params(&nobody))?;
    for method in [
        datacap::NAME,
        datacap::SYMBOL,
        datacap::GRANULARITY_EXPORTED,
        datacap::TOTAL_SUPPLY,
    ] {
        stage.ok(token(9, method))?;
    }
    Ok(())
}

/// What only the registry may do.
fn governor(stage: &mut Stage<'_, '_>) -> Result<()> {
    let client = stage.address(CLIENT);
    let nobody = Address::new_actor(b"nobody");
    let as_registry = Sender::Actor(VERIFREG_ACTOR_ID);
    let mint = |to, amount, operators| {
        token(9, datacap::MINT).params(&MintParams {
            to,
            amount,
            operators,
        })
    };
    let destroy =
        |owner, amount| token(9, datacap::DESTROY).params(&DestroyParams { owner, amount });
    stage.exits(18, mint(client, fil(1), Vec::new()))?;
    stage.exits(18, destroy(client, fil(1)))?;
    for (code, call) in [
        (0, mint(client, fil(5), vec![stage.address(OPERATOR)])),
        (0, mint(client, fil(0), Vec::new())),
        (16, mint(client, TokenAmount::from_atto(5), Vec::new())),
        (16, mint(client, -fil(5), Vec::new())),
        (17, mint(nobody, fil(5), Vec::new())),
        (24, mint(client, fil(5), vec![nobody])),
        (0, destroy(client, fil(5))),
        (17, destroy(nobody, fil(5))),
        (16, destroy(client, TokenAmount::from_atto(5))),
        (19, destroy(client, fil(1 << 40))),
    ] {
        stage.exits(code, call.sender(as_registry))?;
    }
    Ok(())
}

/// What a client sends with its tokens.
pub fn requests(allocations: Vec<AllocationRequest>) -> Result<RawBytes> {
    Ok(RawBytes::serialize(AllocationRequests {
        allocations,
        extensions: Vec::new(),
    })?)
}

/// Datacap for allocations.
pub fn allocate(amount: u64, operator_data: RawBytes) -> Call {
    token(CLIENT, datacap::TRANSFER).params(&TransferParams {
        to: Address::new_id(VERIFREG_ACTOR_ID),
        amount: fil(amount),
        operator_data,
    })
}

fn allocations(stage: &mut Stage<'_, '_>, m: &Miner) -> Result<()> {
    let provider = id_of(&m.id)?;
    let client = id_of(&stage.id(CLIENT)?)?;
    let expiration = stage.epoch() + 400;
    let good = |n: u64| AllocationRequest {
        expiration: expiration + n as i64,
        ..request(provider, piece(n), expiration)
    };
    let data = requests(vec![good(1), good(2), good(3)])?;
    stage.ok(allocate(3 * 256, data.clone()))?;
    stage.exits(16, allocate(256, data.clone()))?;
    stage.exits(19, allocate(1 << 40, data))?;
    stage.exits(21, allocate(256, RawBytes::default()))?;
    for wrong in [
        AllocationRequest {
            size: PaddedPieceSize(255),
            ..good(4)
        },
        AllocationRequest {
            term_min: 10,
            ..good(4)
        },
        AllocationRequest {
            term_max: 6 * 365 * 2880,
            ..good(4)
        },
        AllocationRequest {
            term_max: 180 * 2880 - 1,
            ..good(4)
        },
        AllocationRequest {
            expiration: stage.epoch() - 1,
            ..good(4)
        },
        AllocationRequest {
            expiration: stage.epoch() + 60 * 2880 + 1,
            ..good(4)
        },
        AllocationRequest {
            provider: 9_000_000,
            ..good(4)
        },
        AllocationRequest {
            provider: client,
            ..good(4)
        },
    ] {
        let size = wrong.size.0;
        let call = allocate(size, requests(vec![wrong])?);
        stage.send(call)?;
    }
    let extension = RawBytes::serialize(AllocationRequests {
        allocations: Vec::new(),
        extensions: vec![ClaimExtensionRequest {
            provider,
            claim: 1,
            term_max: 600 * 2880,
        }],
    })?;
    stage.exits(17, allocate(0, extension))?;
    stage.send(allocate(0, requests(Vec::new())?))?;

    let remove = |ids: &[u64]| {
        registry(9, verifreg::REMOVE_EXPIRED_ALLOCATIONS).params(&RemoveExpiredAllocationsParams {
            client,
            allocation_ids: ids.to_vec(),
        })
    };
    let recovered = |stage: &mut Stage<'_, '_>, ids: &[u64], n: u64| -> Result<()> {
        let done: RemoveExpiredAllocationsReturn = stage.returns(remove(ids))?;
        anyhow::ensure!(
            done.datacap_recovered == BigInt::from(256 * n),
            "recovered {}",
            done.datacap_recovered
        );
        Ok(())
    };
    recovered(stage, &[], 0)?;
    recovered(stage, &[1, 2, 77], 0)?;
    let ahead = expiration + 1 - stage.epoch();
    stage.leap(ahead)?;
    recovered(stage, &[1, 3], 1)?;
    stage.leap(1)?;
    // Named twice.
    stage.send(remove(&[2, 2]))?;
    recovered(stage, &[], 1)?;
    recovered(stage, &[1, 2, 3], 0)?;
    stage.leap(1000)?;
    recovered(stage, &[], 1)?;
    recovered(stage, &[], 0)?;
    Ok(())
}

/// To whom tokens can go, and by whom.
fn transfers(stage: &mut Stage<'_, '_>, m: &Miner) -> Result<()> {
    let provider = id_of(&m.id)?;
    let (client, operator) = (stage.address(CLIENT), stage.address(OPERATOR));
    let registry_id = Address::new_id(VERIFREG_ACTOR_ID);
    let nobody = Address::new_actor(b"nobody");
    let expiration = stage.epoch() + 400;
    let data = requests(vec![request(provider, piece(9), expiration)])?;
    let to = |to, amount| {
        token(CLIENT, datacap::TRANSFER).params(&TransferParams {
            to,
            amount,
            operator_data: data.clone(),
        })
    };
    stage.exits(18, to(operator, fil(256)))?;
    stage.exits(16, to(nobody, fil(256)))?;
    stage.exits(16, to(registry_id, TokenAmount::from_atto(1)))?;
    stage.exits(16, to(registry_id, -fil(1)))?;
    let from = |by: Sender, from, to, amount| {
        token(9, datacap::TRANSFER_FROM)
            .sender(by)
            .params(&TransferFromParams {
                from,
                to,
                amount,
                operator_data: data.clone(),
            })
    };
    let market = Sender::Actor(MARKET_ACTOR_ID);
    stage.send(from(market, client, registry_id, fil(256)))?;
    stage.send(from(market, client, operator, fil(256)))?;
    stage.exits(
        16,
        from(market, client, registry_id, TokenAmount::from_atto(3)),
    )?;
    stage.send(from(market, nobody, registry_id, fil(256)))?;
    stage.send(from(market, client, nobody, fil(256)))?;
    stage.send(from(Sender::Key(9), client, registry_id, fil(256)))?;
    stage.send(from(market, client, registry_id, fil(1 << 40)))?;
    let allowed = ChangeAllowanceParams {
        operator: stage.address(4),
        amount: fil(300),
    };
    stage.ok(token(CLIENT, datacap::INCREASE_ALLOWANCE).params(&allowed))?;
    stage.send(from(Sender::Key(4), client, registry_id, fil(256)))?;
    stage.send(from(Sender::Key(4), client, registry_id, fil(256)))?;
    // Tokens of another kind, or for someone else, or not told by the token.
    let hook = |kind: u32, bytes: Vec<u8>| {
        registry(9, UNIVERSAL_RECEIVER_HOOK).params(&(kind, RawBytes::new(bytes)))
    };
    let as_token = Sender::Actor(DATACAP_ACTOR_ID);
    stage.send(hook(7, Vec::new()))?;
    stage.send(hook(7, Vec::new()).sender(as_token))?;
    let kind = datacap::token::TOKEN_TYPE;
    stage.send(hook(kind, vec![0x80]).sender(as_token))?;
    let for_another = fvm_ipld_encoding::to_vec(&datacap::token::TokenReceived {
        from: 102,
        to: 5,
        operator: 102,
        amount: fil(256),
        operator_data: data.clone(),
        token_data: RawBytes::default(),
    })?;
    stage.send(hook(kind, for_another).sender(as_token))?;
    Ok(())
}
