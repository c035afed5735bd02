//! The feed of what comes into the pool and leaves it, and the bell of who makes blocks.

use lotus_types::{MpoolChange, MpoolUpdate, SignedMessage};
use tokio::sync::{broadcast, watch};

/// How many changes a listener may be behind before it misses some.
const BACKLOG: usize = 4096;

/// Whoever listens.
#[derive(Debug)]
pub(super) struct Updates {
    feed: broadcast::Sender<MpoolUpdate>,
    added: watch::Sender<u64>,
}

impl Updates {
    pub(super) fn new() -> Updates {
        Updates {
            feed: broadcast::Sender::new(BACKLOG),
            added: watch::Sender::new(0),
        }
    }

    pub(super) fn added(&self, message: &SignedMessage) {
        self.tell(MpoolChange::Add, message);
        self.added.send_modify(|count| *count += 1);
    }

    pub(super) fn removed(&self, message: &SignedMessage) {
        self.tell(MpoolChange::Remove, message);
    }

    fn tell(&self, kind: MpoolChange, message: &SignedMessage) {
        if self.feed.receiver_count() == 0 {
            return;
        }
        let message = Some(message.clone());
        // The last listener may have left since; then nobody misses anything.
        let _ = self.feed.send(MpoolUpdate { kind, message });
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<MpoolUpdate> {
        self.feed.subscribe()
    }

    pub(super) fn count(&self) -> watch::Receiver<u64> {
        self.added.subscribe()
    }
}
