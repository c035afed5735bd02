//! What messages will cost, and what they do cost.

use lotus_chain::mempool::{LocalMessages, Origin, Signer};
use lotus_types::{
    Address, Bytes, Message, MessageSendSpec, SignedMessage, TipSetKey, TokenAmount,
};

use super::live::{BASE_FEE, FIL, LiveChain, Wallet, accounts};

fn head() -> TipSetKey {
    TipSetKey::default()
}

fn send(from: Address, to: Address, fil: u64) -> Message {
    Message {
        from,
        to,
        value: TokenAmount::from_whole(fil),
        ..Message::default()
    }
}

fn fresh() -> Address {
    let mut public_key = [9; 65];
    public_key[0] = 4;
    Address::from_secp256k1(&public_key).unwrap()
}

#[test]
fn a_message_uses_no_more_than_its_estimate() {
    for from in accounts() {
        for to in [accounts()[0], fresh(), Address::from_eth(&[7; 20])] {
            let chain = LiveChain::new();
            let (pool, pusher) = chain.pusher(LocalMessages::ephemeral().unwrap());
            let estimator = pusher.estimator();
            // The second one finds the receiver there, and uses less.
            for nonce in 0..2 {
                let mut message = send(from, to, 1);
                message.gas_limit = estimator.gas_limit(&message, &head()).unwrap();
                message.nonce = nonce;
                message.gas_fee_cap = TokenAmount::from_atto(u32::MAX);
                message.gas_premium = TokenAmount::from_atto(u32::MAX);
                let signature = Wallet.sign(&message, &from).unwrap();
                pool.push(SignedMessage { message, signature }, Origin::Local)
                    .unwrap();
            }
            let done = chain.mine(&pool);
            assert_eq!(done.len(), 2);
            for (message, applied) in done {
                assert!(
                    applied.receipt.exit_code.is_success(),
                    "{:?}",
                    applied.error
                );
                let (used, limit) = (applied.receipt.gas_used, message.gas_limit);
                assert!(used <= limit, "{from} to {to} uses {used} of {limit}");
                // And not much less: fees of 16 bytes more are not a twentieth.
                assert!(
                    used * 105 / 100 > limit,
                    "{from} to {to} uses {used} of {limit}"
                );
            }
        }
    }
}

#[test]
fn what_would_fail_has_no_estimate() {
    let chain = LiveChain::new();
    let (pool, pusher) = chain.pusher(LocalMessages::ephemeral().unwrap());
    let estimator = pusher.estimator();
    let [from, other, _] = accounts();
    let error = estimator.gas_limit(&send(from, other, FIL + 1), &head());
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with("message execution failed (exit=[SysErrInsufficientFunds(6)], ")
            && error.contains("vm error=["),
        "{error}"
    );
    let error = estimator.gas_limit(&send(fresh(), other, 0), &head());
    assert!(error.unwrap_err().to_string().contains("actor not found"));
    let error = estimator.gas_limit(&send(Address::new_id(1), other, 0), &head());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("not a valid top-level sender"), "{error}");
    let mut endless = send(from, other, 0);
    endless.params = Bytes(vec![0; 20 << 20]);
    let error = estimator
        .gas_limit(&endless, &head())
        .unwrap_err()
        .to_string();
    assert_eq!(error, "call ran out of gas");
    assert!(pool.is_empty());
}

#[test]
fn what_waits_counts() {
    let chain = LiveChain::new();
    let (_, pusher) = chain.pusher(LocalMessages::ephemeral().unwrap());
    let [from, other, _] = accounts();
    let most = send(from, other, FIL - 1);
    pusher.push(most, None, &Wallet).unwrap();
    let error = pusher.push(send(from, other, 2), None, &Wallet);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("message execution failed"), "{error}");
    // In one batch, too.
    let batch = vec![send(other, from, FIL - 1), send(other, from, 2)];
    let error = pusher.estimator().messages(batch, None, &head());
    assert!(error.is_err());
}

#[test]
fn fees_are_filled_in_where_they_are_missing_and_kept_below_their_limit() {
    let chain = LiveChain::new();
    let (_, pusher) = chain.pusher(LocalMessages::ephemeral().unwrap());
    let estimator = pusher.estimator();
    let [from, other, _] = accounts();
    let message = estimator
        .message(send(from, other, 1), None, &head())
        .unwrap();
    let gas = estimator.gas_limit(&send(from, other, 1), &head()).unwrap();
    assert_eq!(message.gas_limit, gas * 5 / 4);
    assert_eq!(message.gas_premium, TokenAmount::from_atto(100_000));
    // 1.125^20 times the base fee, and the premium.
    assert_eq!(
        message.gas_fee_cap,
        TokenAmount::from_atto(BASE_FEE * 2699 / 256 + 100_000)
    );
    for (epochs, premium) in [(0, 200_000), (1, 200_000), (2, 150_000), (3, 100_000)] {
        let estimate = estimator.premium(epochs, &head()).unwrap();
        assert_eq!(estimate, TokenAmount::from_atto(premium));
    }

    let set = Message {
        gas_limit: 5_000_000,
        gas_fee_cap: TokenAmount::from_atto(5000),
        gas_premium: TokenAmount::from_atto(4000),
        ..send(from, other, 1)
    };
    assert_eq!(estimator.message(set.clone(), None, &head()).unwrap(), set);
    let spec = MessageSendSpec {
        max_fee: TokenAmount::from_atto(5_000_000 * 3000_u64),
        ..MessageSendSpec::default()
    };
    let capped = estimator.message(set, Some(&spec), &head()).unwrap();
    assert_eq!(capped.gas_fee_cap, TokenAmount::from_atto(3000));
    assert_eq!(capped.gas_premium, TokenAmount::from_atto(3000));
}

#[test]
fn the_premium_follows_what_others_pay() {
    let chain = LiveChain::new();
    let (pool, pusher) = chain.pusher(LocalMessages::ephemeral().unwrap());
    let [from, other, _] = accounts();
    let paying = |premium: u64| Message {
        gas_limit: 3_000_000_000,
        gas_fee_cap: TokenAmount::from_atto(2 * premium),
        gas_premium: TokenAmount::from_atto(premium),
        ..send(from, other, 0)
    };
    let spec = MessageSendSpec {
        max_fee: TokenAmount::from_whole(10),
        ..MessageSendSpec::default()
    };
    for premium in [300_000, 700_000] {
        pusher.push(paying(premium), Some(&spec), &Wallet).unwrap();
    }
    assert_eq!(chain.mine(&pool).len(), 2);
    // Only what is below the tipset counts.
    chain.mine(&pool);
    let premium = pusher.estimator().premium(1, &head()).unwrap();
    assert_eq!(premium, TokenAmount::from_atto(500_000));
}
