//! The signals that end a daemon.

use anyhow::{Context as _, bail};
use lotus_daemon::StartError;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask a program to end.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub(super) fn new() -> anyhow::Result<Self> {
        let interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
        let terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
        Ok(Self {
            interrupt,
            terminate,
        })
    }

    /// The next one, by the name that Go gives it.
    pub(super) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "interrupt",
            _ = self.terminate.recv() => "terminated",
        }
    }

    /// Does something that is not worth to be ended gracefully.
    pub(super) async fn interrupt<T>(
        &mut self,
        work: impl Future<Output = Result<T, StartError>>,
    ) -> anyhow::Result<T> {
        tokio::select! {
            done = work => Ok(done?),
            signal = self.next() => bail!("ended by a signal before it was ready ({signal})"),
        }
    }
}
