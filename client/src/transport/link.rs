//! A WebSocket that comes back when it is lost.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::{Connection, Dialler};
use crate::backoff::Backoff;
use crate::error::{Error, token_died};

/// The connection to a node, one after the other. Its clones share it; when the last is dropped, so
/// is the connection.
#[derive(Clone)]
pub(crate) struct Link(watch::Receiver<State>);

enum State {
    Up(Arc<Connection>),
    /// There will be another one; the error says why there is none yet.
    Down(Error),
    /// There will be none.
    Ended(Error),
}

impl Link {
    /// Keeps a connection up.
    pub(crate) fn keep(dialler: Dialler, backoff: Backoff, first: Connection) -> Self {
        let first = Arc::new(first);
        let (state, link) = watch::channel(State::Up(first.clone()));
        tokio::spawn(keep(dialler, backoff, first, state));
        Self(link)
    }

    /// The connection, for which it waits as long as it takes.
    ///
    /// # Errors
    ///
    /// Why there will be no other.
    pub(crate) async fn connection(&self) -> Result<Arc<Connection>, Error> {
        let mut link = self.0.clone();
        let settled = |state: &State| match state {
            // It may be lost, and its keeper be about to notice.
            State::Up(connection) => connection.client.is_connected(),
            State::Down(_) => false,
            State::Ended(_) => true,
        };
        // Without a keeper (its runtime has gone), what it left is the last word.
        match link.wait_for(settled).await {
            Ok(state) => state.outcome(),
            Err(_) => self.0.borrow().outcome(),
        }
    }

    /// Whether the connection is open.
    pub(crate) fn is_connected(&self) -> bool {
        matches!(&*self.0.borrow(), State::Up(connection) if connection.client.is_connected())
    }

    /// Whether there will be no other connection.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(*self.0.borrow(), State::Ended(_))
    }

    /// Why there is no connection.
    pub(crate) fn trouble(&self) -> Option<Error> {
        self.0.borrow().outcome().err()
    }
}

impl State {
    fn outcome(&self) -> Result<Arc<Connection>, Error> {
        match self {
            State::Up(connection) => Ok(connection.clone()),
            State::Down(error) | State::Ended(error) => Err(error.clone()),
        }
    }
}

/// Waits for the loss of a connection and dials anew, until nobody wants it any more.
async fn keep(
    dialler: Dialler,
    backoff: Backoff,
    mut connection: Arc<Connection>,
    state: watch::Sender<State>,
) {
    let mut failures = 0;
    loop {
        let begun = Instant::now();
        let cause = tokio::select! {
            cause = connection.client.on_disconnect() => cause,
            () = state.closed() => return,
        };
        let lost = dialler.explain.disconnected(&cause);
        if token_died(&cause) {
            state.send_replace(State::Ended(lost));
            return;
        }
        tracing::debug!("{lost}");
        state.send_replace(State::Down(lost));
        // One that is lost at once, time and again, is not dialled at full speed.
        if begun.elapsed() >= backoff.most {
            failures = 0;
        }
        connection = loop {
            let delay = backoff.delay(failures);
            failures = failures.saturating_add(1);
            let dialled = tokio::select! {
                dialled = async {
                    sleep(delay).await;
                    dialler.ws().await
                } => dialled,
                () = state.closed() => return,
            };
            match dialled {
                Ok(connection) => break Arc::new(connection),
                Err(error @ Error::Unauthorized { .. }) => {
                    state.send_replace(State::Ended(error));
                    return;
                }
                Err(error) => {
                    tracing::debug!("{error}");
                    state.send_replace(State::Down(error));
                }
            }
        };
        state.send_replace(State::Up(connection.clone()));
    }
}
