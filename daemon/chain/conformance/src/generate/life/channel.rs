//! A payment channel while it is open: lanes, merges, locks in time, secrets, calls, and every voucher
//! that is refused.

use anyhow::Result;
use fvm_ipld_encoding::RawBytes;
use fvm_shared::address::Address;
use fvm_shared::crypto::signature::Signature;
use fvm_shared::econ::TokenAmount;
use lotus_chain::vm::actors::account;
use lotus_chain::vm::actors::paych::{
    self, ConstructorParams, MAX_LANE, Merge, ModVerifyParams, SignedVoucher, UpdateChannelParams,
};
use lotus_chain::vm::manifest::{ActorKind, SYSTEM_ACTOR_ID};

use super::{Stage, exec, fil};
use crate::world::Call;

/// A channel and the keys of its parties.
#[derive(Clone, Copy)]
pub struct Channel {
    pub id: Address,
    pub robust: Address,
    pub from: usize,
    pub to: usize,
}

impl Channel {
    pub fn open(stage: &mut Stage<'_, '_>, from: usize, to: usize, funds: u64) -> Result<Self> {
        let params = ConstructorParams {
            from: stage.address(from),
            to: stage.address(to),
        };
        let created = stage.create(from, ActorKind::PaymentChannel, fil(funds), &params)?;
        Ok(Self {
            id: created.id_address,
            robust: created.robust_address,
            from,
            to,
        })
    }

    /// A voucher without conditions.
    pub fn voucher(&self, lane: u64, nonce: u64, amount: u64) -> SignedVoucher {
        SignedVoucher {
            channel_addr: self.robust,
            time_lock_min: 0,
            time_lock_max: 0,
            secret_pre_image: Vec::new(),
            extra: None,
            lane,
            nonce,
            amount: fil(amount),
            min_settle_height: 0,
            merges: Vec::new(),
            signature: None,
        }
    }

    /// The receiver hands in a voucher that the sender has signed.
    pub fn hand_in(&self, stage: &Stage<'_, '_>, voucher: SignedVoucher) -> Result<Call> {
        self.hand_in_as(stage, self.to, self.from, voucher, Vec::new())
    }

    /// `by` hands in a voucher that `signer` has signed.
    pub fn hand_in_as(
        &self,
        stage: &Stage<'_, '_>,
        by: usize,
        signer: usize,
        mut voucher: SignedVoucher,
        secret: Vec<u8>,
    ) -> Result<Call> {
        let data = voucher.signing_bytes()?;
        voucher.signature = Some(stage.run.world.keys[signer].sign(&data));
        Ok(self.update(by, voucher, secret))
    }

    pub fn update(&self, by: usize, sv: SignedVoucher, secret: Vec<u8>) -> Call {
        Call::new(by, self.id, paych::UPDATE_CHANNEL_STATE)
            .params(&UpdateChannelParams { sv, secret })
    }

    pub fn settle(&self, by: usize) -> Call {
        Call::new(by, self.id, paych::SETTLE)
    }

    pub fn collect(&self, by: usize) -> Call {
        Call::new(by, self.id, paych::COLLECT)
    }
}

pub fn tell(stage: &mut Stage<'_, '_>) -> Result<()> {
    let [from, to, stranger] = stage.some();
    refused_parties(stage, from)?;
    let channel = Channel::open(stage, from, to, 100)?;
    lanes(stage, &channel)?;
    merges(stage, &channel)?;
    times(stage, &channel)?;
    secrets(stage, &channel)?;
    calls(stage, &channel)?;
    refused(stage, &channel, stranger)
}

/// Channels with nobody.
fn refused_parties(stage: &mut Stage<'_, '_>, from: usize) -> Result<()> {
    let with = |from: Address, to: Address| ConstructorParams { from, to };
    let known = stage.address(from);
    for (code, params) in [
        (17, with(known, Address::new_id(9_000_000))),
        (17, with(Address::new_id(9_000_000), known)),
        (23, with(known, Address::new_actor(b"nobody"))),
        // An account that comes to be by this.
        (0, with(known, crate::keys::Key::secp256k1(77_000).address)),
        (0, with(known, known)),
        (0, with(crate::keys::Key::ethereum(77_001).address, known)),
    ] {
        let call = exec(from, ActorKind::PaymentChannel, &params)?;
        stage.exits(code, call)?;
    }
    Ok(())
}

fn lanes(stage: &mut Stage<'_, '_>, channel: &Channel) -> Result<()> {
    for (code, lane, nonce, amount) in [
        (0, 0, 1, 10),
        (16, 0, 1, 10),
        (16, 0, 0, 20),
        (0, 0, 2, 12),
        // Less than before is fine as long as the channel does not owe less than nothing.
        (0, 0, 5, 3),
        (0, 1, 1, 4),
        (0, 2, 7, 5),
        (0, 1_000_000, 1, 1),
        (0, MAX_LANE, 1, 1),
        (16, MAX_LANE + 1, 1, 1),
        (16, 3, 1, 1_000_000),
        (0, 3, 1, 0),
    ] {
        let call = channel.hand_in(stage, channel.voucher(lane, nonce, amount))?;
        stage.exits(code, call)?;
    }
    // The other way: what comes back.
    let back = channel.voucher(4, 1, 2);
    let call = channel.hand_in_as(stage, channel.from, channel.to, back, Vec::new())?;
    stage.ok(call)?;
    Ok(())
}

fn merges(stage: &mut Stage<'_, '_>, channel: &Channel) -> Result<()> {
    let merging = |nonce, amount, merges: &[(u64, u64)]| SignedVoucher {
        merges: merges
            .iter()
            .map(|(lane, nonce)| Merge {
                lane: *lane,
                nonce: *nonce,
            })
            .collect(),
        ..channel.voucher(0, nonce, amount)
    };
    for (code, voucher) in [
        (16, merging(6, 20, &[(0, 9)])),
        (16, merging(6, 20, &[(99, 1)])),
        (16, merging(6, 20, &[(MAX_LANE + 5, 1)])),
        (16, merging(6, 20, &[(2, 7)])),
        (16, merging(6, 20, &[(1, 5), (2, 7)])),
        // What the lanes were good for would be taken back.
        (16, merging(6, 0, &[(1, 5), (2, 8), (1, 6), (1, 7), (2, 9)])),
        (0, merging(6, 20, &[(1, 5), (2, 8)])),
        (16, merging(7, 20, &[(1, 5)])),
        (0, merging(7, 21, &[(1, 6), (2, 9), (1_000_000, 2), (1, 7)])),
    ] {
        let call = channel.hand_in(stage, voucher)?;
        stage.exits(code, call)?;
    }
    // The nonce of a merged lane counts for its own vouchers, too.
    let call = channel.hand_in(stage, channel.voucher(1, 7, 9))?;
    stage.exits(16, call)?;
    let call = channel.hand_in(stage, channel.voucher(1, 8, 9))?;
    stage.ok(call)?;
    Ok(())
}

fn times(stage: &mut Stage<'_, '_>, channel: &Channel) -> Result<()> {
    let soon = stage.epoch() + 100;
    let later = SignedVoucher {
        time_lock_min: soon,
        time_lock_max: soon + 10,
        ..channel.voucher(10, 1, 1)
    };
    for (code, epoch) in [(16, soon - 100), (16, soon - 1), (0, soon), (16, soon + 11)] {
        let ahead = epoch - stage.epoch();
        stage.leap(ahead)?;
        let call = channel.hand_in(stage, later.clone())?;
        stage.exits(code, call)?;
    }
    let at = |min, max| SignedVoucher {
        time_lock_min: min,
        time_lock_max: max,
        ..channel.voucher(11, stage_nonce(min, max), 1)
    };
    for (code, voucher) in [
        (0, at(i64::MIN, 0)),
        (16, at(i64::MAX, 0)),
        (16, at(0, -1)),
        (16, at(0, i64::MIN)),
        (0, at(-1, i64::MAX)),
    ] {
        let call = channel.hand_in(stage, voucher)?;
        stage.exits(code, call)?;
    }
    Ok(())
}

/// The second good one must have the greater nonce.
fn stage_nonce(min: i64, max: i64) -> u64 {
    if min == -1 && max == i64::MAX { 2 } else { 1 }
}

fn secrets(stage: &mut Stage<'_, '_>, channel: &Channel) -> Result<()> {
    let mut secret = stage.world().bytes(200);
    secret.push(7);
    let hash = blake2b_simd::Params::new().hash_length(32).hash(&secret);
    let longest = vec![3; paych::MAX_SECRET_SIZE];
    let of_longest = blake2b_simd::Params::new().hash_length(32).hash(&longest);
    let hidden = |image: &[u8], nonce| SignedVoucher {
        secret_pre_image: image.to_vec(),
        ..channel.voucher(20, nonce, 1)
    };
    for (code, voucher, shown) in [
        (16, hidden(hash.as_bytes(), 1), Vec::new()),
        (16, hidden(hash.as_bytes(), 1), vec![1, 2, 3]),
        (16, hidden(&hash.as_bytes()[..31], 1), secret.clone()),
        (16, hidden(hash.as_bytes(), 1), vec![0; 257]),
        (0, hidden(hash.as_bytes(), 1), secret.clone()),
        (0, hidden(of_longest.as_bytes(), 2), longest.clone()),
        (16, hidden(&[], 3), vec![3; 257]),
        // No image, any secret.
        (0, hidden(&[], 3), longest),
    ] {
        let call = channel.hand_in_as(stage, channel.to, channel.from, voucher, shown)?;
        stage.exits(code, call)?;
    }
    Ok(())
}

fn calls(stage: &mut Stage<'_, '_>, channel: &Channel) -> Result<()> {
    let account = stage.address(channel.from);
    let calling = |nonce, actor, method, data: &[u8]| SignedVoucher {
        extra: Some(ModVerifyParams {
            actor,
            method,
            data: RawBytes::new(data.to_vec()),
        }),
        ..channel.voucher(30, nonce, 1)
    };
    for voucher in [
        calling(1, account, 0, &[]),
        calling(2, account, 1 << 30, &[0x80]),
        calling(3, account, 99, &[]),
        calling(3, Address::new_actor(b"nobody"), 0, &[]),
        calling(3, Address::new_id(SYSTEM_ACTOR_ID), 7, &[]),
        // Methods without parameters refuse even empty ones, and a channel is no party of itself.
        calling(3, channel.id, paych::SETTLE, &[]),
        calling(9, account, account::PUBKEY_ADDRESS, &[]),
    ] {
        let call = channel.hand_in(stage, voucher)?;
        stage.send(call)?;
    }
    Ok(())
}

fn refused(stage: &mut Stage<'_, '_>, channel: &Channel, stranger: usize) -> Result<()> {
    let good = channel.voucher(40, 1, 1);
    let negative = SignedVoucher {
        amount: TokenAmount::from_atto(-1),
        ..good.clone()
    };
    let elsewhere = SignedVoucher {
        channel_addr: stage.address(stranger),
        ..good.clone()
    };
    let nowhere = SignedVoucher {
        channel_addr: Address::new_actor(b"nobody"),
        ..good.clone()
    };
    let (from, to) = (channel.from, channel.to);
    for (code, by, signer, voucher) in [
        (18, stranger, from, &good),
        (16, to, stranger, &good),
        (16, to, to, &good),
        (16, from, from, &good),
        (16, to, from, &negative),
        (16, to, from, &elsewhere),
        (16, to, from, &nowhere),
    ] {
        let call = channel.hand_in_as(stage, by, signer, voucher.clone(), Vec::new())?;
        stage.exits(code, call)?;
    }
    let unsigned = channel.update(to, good.clone(), Vec::new());
    stage.exits(16, unsigned)?;
    for bytes in [Vec::new(), vec![0; 65], vec![0; 96], vec![1; 300]] {
        let forged = SignedVoucher {
            signature: Some(Signature::new_secp256k1(bytes)),
            ..good.clone()
        };
        let call = channel.update(to, forged, Vec::new());
        stage.exits(16, call)?;
    }
    // By its id, and for an account that signs with the other kind of key.
    let by_id = SignedVoucher {
        channel_addr: channel.id,
        ..good
    };
    let call = channel.hand_in(stage, by_id)?;
    stage.ok(call)?;
    for method in [1, 2, 3, 4, 5] {
        let call = Call::new(stranger, channel.id, method);
        stage.send(call)?;
    }
    Ok(())
}
