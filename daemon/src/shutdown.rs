//! The wish to shut down: made once by a signal, a call or an owner, seen by everybody.

use tokio::sync::watch;

/// A switch that goes from off to on once. Clones share it.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Sender<bool>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Shutdown {
    /// Asks everybody to finish.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether [`Shutdown::begin`] was called.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for [`Shutdown::begin`]; returns at once when it was called before.
    pub async fn begun(&self) {
        let mut receiver = self.0.subscribe();
        // The sender is `self`, so it is not dropped while this waits.
        let _ = receiver.wait_for(|begun| *begun).await;
    }
}
