//! Messages that the node completes, signs and sends.

use std::sync::atomic::{AtomicUsize, Ordering};

use lotus_chain::mempool::{LocalMessages, Signer, SignerError};
use lotus_types::{Address, Message, MessageSendSpec, Signature, TokenAmount};
use uuid::Uuid;

use super::live::{FIL, LiveChain, Wallet, accounts};

fn send(from: Address, atto: u64) -> Message {
    Message {
        from,
        to: accounts()[0],
        value: TokenAmount::from_atto(atto),
        ..Message::default()
    }
}

/// A wallet that takes its time, and remembers how many it signed for at once.
#[derive(Default)]
struct Slow {
    inside: AtomicUsize,
    most: AtomicUsize,
}

impl Signer for Slow {
    fn sign(&self, message: &Message, key: &Address) -> Result<Signature, SignerError> {
        let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(inside, Ordering::SeqCst);
        for _ in 0..100 {
            std::thread::yield_now();
        }
        self.inside.fetch_sub(1, Ordering::SeqCst);
        Wallet.sign(message, key)
    }
}

#[test]
fn concurrent_pushes_get_one_nonce_each() {
    let wallet = Slow::default();
    let chain = LiveChain::new();
    let (pool, pusher) = chain.pusher(LocalMessages::ephemeral().unwrap());
    let threads: u64 = 8;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (pusher, wallet) = (&pusher, &wallet);
            scope.spawn(move || {
                for count in 0..5 {
                    for from in [accounts()[1], Address::new_id(101)] {
                        let message = send(from, thread << 8 | count);
                        pusher.push(message, None, wallet).unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(wallet.most.load(Ordering::SeqCst), 1);
    let (pending, _) = pool.pending_of(&accounts()[1]).unwrap();
    let nonces: Vec<_> = pending.iter().map(|signed| signed.message.nonce).collect();
    assert_eq!(nonces, (0..threads * 10).collect::<Vec<_>>());
    let done = chain.mine(&pool);
    assert_eq!(done.len(), 80);
    assert!(
        done.iter()
            .all(|(_, applied)| applied.receipt.exit_code.is_success())
    );
    assert!(pool.is_empty());
    let next = pusher.push(send(accounts()[1], 1), None, &Wallet).unwrap();
    assert_eq!(next.message.nonce, 80);
}

#[test]
fn a_repeated_request_is_sent_once_also_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mpool.redb");
    let chain = LiveChain::new();
    let (pool, pusher) = chain.pusher(LocalMessages::open(&path).unwrap());
    let spec = |uuid: u128| MessageSendSpec {
        msg_uuid: Uuid::from_u128(uuid),
        ..MessageSendSpec::default()
    };
    let from = accounts()[1];
    let first = pusher.push(send(from, 1), Some(&spec(7)), &Wallet).unwrap();
    let again = pusher.push(send(from, 1), Some(&spec(7)), &Wallet).unwrap();
    assert_eq!(first, again);
    let batch = || vec![send(from, 2), send(from, 3)];
    let (sent, error) = pusher.push_all(batch(), Some(&spec(100)), &Wallet);
    assert!(error.is_none());
    assert_eq!(sent.len(), 2);
    assert_ne!(sent[0], sent[1]);
    chain.mine(&pool);
    drop((pool, pusher));

    let (pool, pusher) = chain.pusher(LocalMessages::open(&path).unwrap());
    let again = pusher.push(send(from, 1), Some(&spec(7)), &Wallet).unwrap();
    assert_eq!(first, again);
    let (repeated, _) = pusher.push_all(batch(), Some(&spec(100)), &Wallet);
    assert_eq!(repeated, sent);
    assert!(pool.is_empty());
}

/// A wallet without keys.
struct Empty;

impl Signer for Empty {
    fn sign(&self, _message: &Message, _key: &Address) -> Result<Signature, SignerError> {
        Err("the key is not here".into())
    }
}

#[test]
fn what_is_not_sent_uses_no_nonce() {
    let chain = LiveChain::new();
    let (pool, pusher) = chain.pusher(LocalMessages::ephemeral().unwrap());
    let from = accounts()[1];
    let refused = |message: Message, signer: &dyn Signer| {
        let error = pusher.push(message, None, signer).unwrap_err();
        assert_eq!(pool.next_nonce(&from).unwrap(), 0);
        error.to_string()
    };
    let mut numbered = send(from, 1);
    numbered.nonce = 3;
    assert_eq!(
        refused(numbered, &Wallet),
        "MpoolPushMessage expects message nonce to be 0, was 3"
    );
    assert_eq!(
        refused(send(from, 1), &Empty),
        "failed to sign message: the key is not here"
    );
    let mut rich = send(from, 0);
    rich.value = TokenAmount::from_whole(FIL + 1);
    rich.gas_limit = 10_000_000;
    assert_eq!(
        refused(rich, &Wallet),
        "mpool push: not enough funds: 1000 FIL < 1001 FIL"
    );
    let mut poor = send(from, 0);
    poor.gas_limit = 1;
    let error = refused(poor, &Wallet);
    assert!(
        error.starts_with("mpool push: failed to push message: verify msg failed"),
        "{error}"
    );

    let sent = pusher.push(send(Address::new_id(101), 1), None, &Wallet);
    let sent = sent.unwrap().message;
    assert_eq!((sent.from, sent.nonce), (from, 0));
}
