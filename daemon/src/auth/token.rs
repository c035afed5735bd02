//! A token that is in use: what it allows, whether it is still alive, and who is connected with it.
//!
//! Every call asks [`Token::check`], which costs a few atomic loads. A connection takes a
//! [`Hold`]; when the token dies, [`Token::died`] wakes it, and whoever killed the token waits in
//! [`Token::released`] until the last hold is gone.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use lotus_core::types::TokenOrigin;
use lotus_core::{Permissions, Scope};
use tokio::sync::{Notify, mpsc, watch};

use super::store::{Record, Use};
use super::{Rights, now};

/// A time that never comes.
const NEVER: u64 = u64::MAX;

/// How often the last use of a token is written down, in seconds.
const USE_INTERVAL: u64 = 60;

/// Why a token is no longer accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Death {
    /// Somebody revoked it.
    #[error("the token was revoked")]
    Revoked,
    /// Its `exp` has passed, or the grace period of the secret that signed it.
    #[error("the token has expired")]
    Expired,
    /// It was not used for longer than it may.
    #[error("the token was not used for longer than it may and has died")]
    Idle,
}

/// A verified token, shared by everything that uses it.
#[derive(Debug)]
pub struct Token {
    id: String,
    name: Option<String>,
    origin: TokenOrigin,
    permissions: Permissions,
    scope: Scope,
    /// Seconds since the Unix epoch from which it is refused: its `exp`, or sooner when the secret
    /// that signed it is rotated out.
    deadline: AtomicU64,
    idle: Option<u64>,
    last_used: AtomicU64,
    last_written: AtomicU64,
    uses: mpsc::Sender<(String, Use)>,
    death: watch::Sender<Option<Death>>,
    /// Connections and calls under way. Counted on every request, so without a lock.
    holds: AtomicUsize,
    /// Whether somebody may be waiting for the last hold to go.
    dying: AtomicBool,
    free: Notify,
    /// The registry has been unreachable for too long to know whether it is still alive.
    stale: Arc<AtomicBool>,
}

impl Token {
    /// A token as recorded. `uses` takes what is to be written down of its use, and `stale` says
    /// when the registry is out of reach.
    pub(super) fn new(
        record: &Record,
        uses: mpsc::Sender<(String, Use)>,
        stale: Arc<AtomicBool>,
    ) -> Self {
        let last_used = record
            .last_used
            .as_ref()
            .map_or(record.issued, |last| last.at);
        Self {
            id: record.id.clone(),
            name: record.name.clone(),
            origin: record.origin,
            permissions: record.permissions,
            scope: record.scope.clone(),
            deadline: AtomicU64::new(record.expires.unwrap_or(NEVER)),
            idle: record.idle,
            last_used: AtomicU64::new(last_used),
            last_written: AtomicU64::new(record.last_used.as_ref().map_or(0, |last| last.at)),
            uses,
            death: watch::Sender::new(None),
            holds: AtomicUsize::new(0),
            dying: AtomicBool::new(false),
            free: Notify::new(),
            stale,
        }
    }

    /// `jti`, or for tokens without one the SHA-256 of the signed part in hex.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The operator's label.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// How it came into being.
    pub fn origin(&self) -> TokenOrigin {
        self.origin
    }

    /// What it allows.
    pub fn permissions(&self) -> Permissions {
        self.permissions
    }

    /// Where it is valid.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// What rules look at.
    pub(crate) fn rights(&self) -> Rights<'_> {
        Rights {
            permissions: self.permissions,
            scope: &self.scope,
            token: true,
        }
    }

    /// Whether it is alive at `now`.
    pub fn check(&self, now: u64) -> Result<(), Death> {
        if let Some(death) = *self.death.borrow() {
            return Err(death);
        }
        if self.deadline.load(Ordering::Relaxed) <= now {
            return Err(Death::Expired);
        }
        if self.idle_deadline() <= now {
            return Err(Death::Idle);
        }
        Ok(())
    }

    /// Whether the registry is out of reach, so that nobody knows whether [`check`](Self::check)
    /// is right.
    pub(crate) fn is_stale(&self) -> bool {
        self.stale.load(Ordering::Relaxed)
    }

    /// Notes a use, and now and then has it written down.
    pub(crate) fn used(&self, now: u64, describe: impl FnOnce() -> (String, String)) {
        self.last_used.fetch_max(now, Ordering::Relaxed);
        let interval = self
            .idle
            .map_or(USE_INTERVAL, |idle| (idle / 4).clamp(1, USE_INTERVAL));
        let written = self.last_written.load(Ordering::Relaxed);
        let due = now >= written.saturating_add(interval)
            && self
                .last_written
                .compare_exchange(written, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if due {
            let (address, method) = describe();
            // A full queue means that the store is slow; the next interval tries again.
            let _ = self.uses.try_send((
                self.id.clone(),
                Use {
                    at: now,
                    address,
                    method,
                },
            ));
        }
    }

    /// Ends the token's life. The first reason stays.
    pub(super) fn die(&self, death: Death) {
        self.dying.store(true, Ordering::SeqCst);
        self.death.send_if_modified(|state| {
            let first = state.is_none();
            state.get_or_insert(death);
            first
        });
    }

    /// Shortens its life to `deadline`.
    pub(super) fn shorten(&self, deadline: u64) {
        if self.deadline.fetch_min(deadline, Ordering::Relaxed) > deadline {
            // Wakes whoever sleeps until the old deadline.
            self.death.send_modify(|_| ());
        }
    }

    /// Waits for the token's death, whatever kills it.
    pub(crate) async fn died(&self) -> Death {
        let mut death = self.death.subscribe();
        loop {
            death.borrow_and_update();
            if let Err(death) = self.check(now()) {
                return death;
            }
            let until = self
                .deadline
                .load(Ordering::Relaxed)
                .min(self.idle_deadline());
            let timer = async {
                match until {
                    NEVER => pending().await,
                    // Clocks count whole seconds: a moment after the deadline has surely come.
                    until => {
                        let seconds = until.saturating_sub(now()).max(1);
                        tokio::time::sleep(Duration::from_secs(seconds)).await;
                    }
                }
            };
            tokio::select! {
                () = timer => {}
                // The sender is `self`, so this is never an error.
                _ = death.changed() => {}
            }
        }
    }

    /// Counts a connection or call that must end before [`Token::released`] returns.
    pub(crate) fn hold(self: &Arc<Self>) -> Hold {
        self.holds.fetch_add(1, Ordering::SeqCst);
        Hold(self.clone())
    }

    /// Waits until nothing holds the token any more, after [`Token::die`].
    pub(super) async fn released(&self) {
        loop {
            let mut free = pin!(self.free.notified());
            // From here on a notification is not missed.
            free.as_mut().enable();
            if self.holds.load(Ordering::SeqCst) == 0 {
                return;
            }
            free.await;
        }
    }

    fn idle_deadline(&self) -> u64 {
        let last = self.last_used.load(Ordering::Relaxed);
        self.idle.map_or(NEVER, |idle| last.saturating_add(idle))
    }
}

/// A connection or call in flight of a token.
#[derive(Debug)]
pub(crate) struct Hold(Arc<Token>);

impl Drop for Hold {
    fn drop(&mut self) {
        let last = self.0.holds.fetch_sub(1, Ordering::SeqCst) == 1;
        // Either this sees that the token is dying, or `released` sees that nobody holds it.
        if last && self.0.dying.load(Ordering::SeqCst) {
            self.0.free.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(
        expires: Option<u64>,
        idle: Option<u64>,
    ) -> (Arc<Token>, mpsc::Receiver<(String, Use)>) {
        let (sender, receiver) = mpsc::channel(8);
        let record = Record {
            id: "id".into(),
            name: None,
            origin: TokenOrigin::Minted,
            permissions: Permissions::READ,
            scope: Scope::ALL,
            issued_by: None,
            issued: now(),
            expires,
            idle,
            last_used: None,
            revoked: None,
        };
        (
            Arc::new(Token::new(&record, sender, Arc::default())),
            receiver,
        )
    }

    #[test]
    fn a_token_lives_until_something_kills_it_and_the_first_reason_stays() {
        let (token, _uses) = token(Some(now() + 100), Some(50));
        assert_eq!(token.check(now()), Ok(()));
        assert_eq!(token.check(now() + 60), Err(Death::Idle));
        assert_eq!(token.check(now() + 100), Err(Death::Expired));
        token.die(Death::Revoked);
        token.die(Death::Expired);
        assert_eq!(token.check(now()), Err(Death::Revoked));
    }

    #[test]
    fn a_use_is_written_down_once_an_interval_and_keeps_the_token_alive() {
        let (token, mut uses) = token(None, Some(100));
        let describe = || ("127.0.0.1".to_owned(), "M".to_owned());
        token.used(now(), describe);
        token.used(now() + 1, describe);
        assert_eq!(uses.try_recv().unwrap().1.method, "M");
        assert!(uses.try_recv().is_err());
        token.used(now() + 90, describe);
        assert!(uses.try_recv().is_ok());
        assert_eq!(token.check(now() + 150), Ok(()));
    }

    #[tokio::test]
    async fn whoever_waits_is_told_of_a_shortened_life() {
        let (token, _uses) = token(None, None);
        let waiting = tokio::spawn({
            let token = token.clone();
            async move { token.died().await }
        });
        tokio::task::yield_now().await;
        token.shorten(now());
        assert_eq!(waiting.await.unwrap(), Death::Expired);
    }

    #[tokio::test]
    async fn a_killer_waits_for_the_last_hold() {
        let (token, _uses) = token(None, None);
        let (first, second) = (token.hold(), token.hold());
        token.die(Death::Revoked);
        drop(first);
        let released = tokio::spawn({
            let token = token.clone();
            async move { token.released().await }
        });
        tokio::task::yield_now().await;
        assert!(!released.is_finished());
        drop(second);
        released.await.unwrap();
    }
}
