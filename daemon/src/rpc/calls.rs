//! The calls and channels of one WebSocket that are running, so that `xrpc.cancel` can end them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lotus_core::Kind;
use tokio::sync::oneshot;

use super::request::RequestId;

/// The calls and channels of a connection that `xrpc.cancel` can name.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    by_id: Mutex<HashMap<RequestId<'static>, Running>>,
    serial: AtomicU64,
}

#[derive(Debug)]
struct Running {
    serial: u64,
    kind: Kind,
    cancel: oneshot::Sender<()>,
}

/// A call that has begun.
pub(crate) struct Call<C> {
    /// Ready when the client cancels.
    pub(crate) cancelled: C,
    pub(crate) registration: Registration,
}

/// Takes the call out of the register again.
pub(crate) struct Registration {
    calls: Arc<Calls>,
    id: RequestId<'static>,
    serial: u64,
}

impl Calls {
    /// An id that is in use already now means the newer call, as in go-jsonrpc.
    pub(crate) fn begin(
        self: &Arc<Self>,
        id: &RequestId<'static>,
        kind: Kind,
    ) -> Call<impl Future<Output = ()> + Send + 'static + use<>> {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let (cancel, cancelled) = oneshot::channel();
        self.lock().insert(
            id.clone(),
            Running {
                serial,
                kind,
                cancel,
            },
        );
        let registration = Registration {
            calls: self.clone(),
            id: id.clone(),
            serial,
        };
        let cancelled = async move {
            if cancelled.await.is_err() {
                // Displaced by a newer call with the same id: nobody can cancel it any more.
                std::future::pending::<()>().await;
            }
        };
        Call {
            cancelled,
            registration,
        }
    }

    pub(crate) fn cancel(&self, id: &RequestId<'static>) {
        if let Some(running) = self.lock().remove(id) {
            let _ = running.cancel.send(());
        }
    }

    pub(crate) fn cancel_channels(&self) {
        let channels = self
            .lock()
            .extract_if(|_, running| running.kind == Kind::Channel)
            .collect::<Vec<_>>();
        for (_, running) in channels {
            let _ = running.cancel.send(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RequestId<'static>, Running>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registration {
    pub(crate) fn end(self) {
        let mut calls = self.calls.lock();
        if calls
            .get(&self.id)
            .is_some_and(|running| running.serial == self.serial)
        {
            calls.remove(&self.id);
        }
    }
}
