//! A token that is in use: what it allows, whether it is still alive, and who is connected with it.
//!
//! Every call asks [`Token::usable`], which costs a few atomic loads. A connection takes a
//! [`Hold`]; when the token can no longer be used, [`Token::ended`] wakes it, and whoever killed the
//! token waits in [`Token::released`] until the last hold is gone.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use lotus_core::types::TokenOrigin;
use lotus_core::{Permissions, Scope};
use tokio::sync::{Notify, mpsc, watch};

use super::store::Record;
use super::usage::Usage;
use super::{Catalogue, Reach, Rights, STALE, now};

/// A time that never comes.
const NEVER: u64 = u64::MAX;

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

/// A token that is no longer accepted. It was one of ours, so it is known which.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{death}")]
pub struct Dead {
    /// Its id.
    pub id: String,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Why it is dead.
    #[source]
    pub death: Death,
}

/// Why a token cannot be used now, and its connections end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum End {
    /// It is dead.
    #[error(transparent)]
    Dead(#[from] Death),
    /// Nobody knows whether it is.
    #[error("{STALE}")]
    Stale,
}

/// A verified token, shared by everything that uses it.
#[derive(Debug)]
pub struct Token {
    id: String,
    name: Option<String>,
    origin: TokenOrigin,
    permissions: Permissions,
    reach: Reach,
    /// Seconds since the Unix epoch from which it is refused: its `exp`, or sooner when the secret
    /// that signed it is rotated out.
    deadline: AtomicU64,
    idle: Option<u64>,
    usage: Usage,
    uses: mpsc::Sender<Arc<Token>>,
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
    /// A token as recorded, among the methods of `catalogue`. `uses` takes the tokens of whose use
    /// something is to be written down, and `stale` says when the registry is out of reach.
    pub(super) fn new(
        record: &Record,
        catalogue: &Arc<Catalogue>,
        uses: mpsc::Sender<Arc<Token>>,
        stale: Arc<AtomicBool>,
    ) -> Self {
        Self {
            id: record.id.clone(),
            name: record.name.clone(),
            origin: record.origin,
            permissions: record.permissions,
            reach: Reach::new(record.scope.clone(), catalogue),
            deadline: AtomicU64::new(record.expires.unwrap_or(NEVER)),
            idle: record.idle,
            usage: Usage::new(record.last_alive()),
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
        self.reach.scope()
    }

    /// The second from which it is refused, if it is known already.
    pub(super) fn expires(&self) -> Option<u64> {
        let deadline = self.deadline.load(Ordering::Relaxed);
        (deadline != NEVER).then_some(deadline)
    }

    /// Seconds without use after which it dies.
    pub(super) fn idle(&self) -> Option<u64> {
        self.idle
    }

    /// What rules look at.
    pub(crate) fn rights(&self) -> Rights<'_> {
        Rights {
            permissions: self.permissions,
            reach: &self.reach,
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

    /// Whether it may be used at `now`: it is alive, and that is known.
    pub(crate) fn usable(&self, now: u64) -> Result<(), End> {
        self.check(now)?;
        match self.stale.load(Ordering::Relaxed) {
            true => Err(End::Stale),
            false => Ok(()),
        }
    }

    /// The token as one that is dead.
    pub(super) fn dead(&self, death: Death) -> Dead {
        Dead {
            id: self.id.clone(),
            name: self.name.clone(),
            death,
        }
    }

    /// Its uses.
    pub(super) fn usage(&self) -> &Usage {
        &self.usage
    }

    /// Notes a use at `now`; `describe` says from which address, and of which method.
    pub(crate) fn used(self: &Arc<Self>, now: u64, describe: impl FnOnce() -> (String, String)) {
        // A full queue means that the store is slow; the next second tries again.
        let list = || self.uses.try_send(self.clone()).is_ok();
        self.usage.note(now, describe, list);
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
            // Whoever sleeps until the old deadline.
            self.wake();
        }
    }

    /// Wakes those who wait in [`ended`](Self::ended), to look again.
    pub(super) fn wake(&self) {
        self.death.send_modify(|_| ());
    }

    /// Waits until the token can no longer be used: for its death, whatever kills it, or for the
    /// moment from which nobody can know.
    pub(crate) async fn ended(&self) -> End {
        let mut death = self.death.subscribe();
        loop {
            death.borrow_and_update();
            if let Err(end) = self.usable(now()) {
                return end;
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
        let end = |idle| self.usage.last().saturating_add(idle);
        self.idle.map_or(NEVER, end)
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

    fn token(expires: Option<u64>, idle: Option<u64>) -> (Arc<Token>, mpsc::Receiver<Arc<Token>>) {
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
            Arc::new(Token::new(&record, &Arc::default(), sender, Arc::default())),
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
    fn a_use_keeps_the_token_alive_and_tells_the_upkeep_once() {
        let (token, mut uses) = token(None, Some(10));
        let start = now();
        for second in (0..60).step_by(8) {
            token.used(start + second, || ("127.0.0.1".to_owned(), "M".to_owned()));
            assert_eq!(token.check(start + second + 9), Ok(()));
        }
        assert_eq!(token.check(start + 66), Err(Death::Idle));
        assert!(Arc::ptr_eq(&uses.try_recv().unwrap(), &token));
        assert!(uses.try_recv().is_err());
    }

    #[tokio::test]
    async fn whoever_waits_is_told_when_nobody_knows_any_more() {
        let (token, _uses) = token(None, None);
        let waiting = tokio::spawn({
            let token = token.clone();
            async move { token.ended().await }
        });
        tokio::task::yield_now().await;
        token.stale.store(true, Ordering::Relaxed);
        token.wake();
        assert_eq!(waiting.await.unwrap(), End::Stale);
        // Not for ever: the store may come back.
        token.stale.store(false, Ordering::Relaxed);
        assert_eq!(token.usable(now()), Ok(()));
    }

    #[tokio::test]
    async fn whoever_waits_is_told_of_a_shortened_life() {
        let (token, _uses) = token(None, None);
        let waiting = tokio::spawn({
            let token = token.clone();
            async move { token.ended().await }
        });
        tokio::task::yield_now().await;
        token.shorten(now());
        assert_eq!(waiting.await.unwrap(), End::Dead(Death::Expired));
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
