//! What goes on behind the tokens: uses are written down, revocations by other daemons are heard of,
//! and the store is watched.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use super::store::Change;
use super::usage::Due;
use super::{Authority, STALE, Token, now};
use crate::shutdown::Shutdown;

/// How often waiting uses are written down, and the store's health is looked at.
const TICK: Duration = Duration::from_millis(500);

/// The background work of an [`Authority`].
#[derive(Debug)]
pub struct Upkeep {
    authority: Arc<Authority>,
    uses: Uses,
}

impl Upkeep {
    /// `waiting` gives the tokens that were used.
    pub(super) fn new(authority: Arc<Authority>, waiting: mpsc::Receiver<Arc<Token>>) -> Self {
        let used = Vec::new();
        Self {
            authority,
            uses: Uses { waiting, used },
        }
    }

    /// Writes uses down, hears of revocations by other daemons and watches the store, until
    /// `drained` begins: from then on nobody uses a token.
    pub async fn run(self, drained: Shutdown) {
        let Self {
            authority,
            mut uses,
        } = self;
        // Beside each other: a store that does not answer must not keep anybody from noticing it.
        tokio::select! {
            () = authority.watch_store() => {}
            () = authority.follow_changes() => {}
            () = uses.keep_written(&authority, drained) => {}
        }
    }
}

impl Authority {
    /// Refuses all tokens while the store has been unreachable for too long. Never ends.
    async fn watch_store(&self) {
        let mut ticks = tokio::time::interval(TICK);
        loop {
            ticks.tick().await;
            let since = self.store.unreachable_since();
            let stale = since.is_some_and(|since| since.elapsed() > self.max_staleness);
            if self.stale.swap(stale, Ordering::Relaxed) == stale {
                continue;
            }
            if stale {
                tracing::error!(target: "auth", "{STALE}: all tokens are refused");
                // Who is connected with a token may be connected with a dead one.
                self.live.all().iter().for_each(|token| token.wake());
            } else {
                tracing::info!(target: "auth", "the token store can be reached again");
            }
        }
    }

    /// Does what other daemons tell. Never ends.
    async fn follow_changes(&self) {
        let mut changes = self.store.changes();
        loop {
            match changes.recv().await {
                Ok(Change::Revoked(ids)) => self.look_again(&ids).await,
                Ok(Change::Resync) | Err(RecvError::Lagged(_)) => self.resync().await,
                Err(RecvError::Closed) => {
                    changes = self.store.changes();
                    tokio::time::sleep(TICK).await;
                }
            }
        }
    }
}

/// The tokens that were used lately.
#[derive(Debug)]
struct Uses {
    waiting: mpsc::Receiver<Arc<Token>>,
    /// Those of which something is to be written down, or was less than a minute ago. Being here keeps
    /// them alive, and with them the knowledge of when they were really used.
    used: Vec<Arc<Token>>,
}

impl Uses {
    /// Writes uses down, and when `drained` begins all that is left.
    async fn keep_written(&mut self, authority: &Authority, drained: Shutdown) {
        let mut ticks = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = drained.begun() => break,
            }
            self.write(authority, false).await;
        }
        self.write(authority, true).await;
    }

    async fn write(&mut self, authority: &Authority, end: bool) {
        while let Ok(token) = self.waiting.try_recv() {
            self.used.push(token);
        }
        let now = now();
        let (mut tokens, mut uses) = (Vec::new(), Vec::new());
        self.used.retain(|token| match token.usage().due(now, end) {
            Due::Now(used) => {
                uses.push((token.id().to_owned(), used));
                tokens.push(token.clone());
                true
            }
            Due::Later => true,
            Due::Nothing => false,
        });
        if uses.is_empty() {
            return;
        }
        if let Err(error) = authority.store.record_uses(&uses).await {
            tracing::warn!(target: "auth", %error, "last uses of tokens are not written down yet");
            tokens.iter().for_each(|token| token.usage().still_due());
        }
    }
}
