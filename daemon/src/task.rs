//! Work on other threads, and work that nobody may interrupt.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinError;

/// Does work that blocks its thread on one that may be blocked: from now on, and to its end, even if
/// nobody waits for it.
///
/// # Errors
/// The work panicked, or the runtime is shutting down.
pub(crate) fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = Result<T, JoinError>> + Send {
    let done = Arc::new(Mutex::new(None));
    let result = done.clone();
    // In a box all work is of one type: each type that is spawned costs the compiler eight
    // functions of the runtime.
    let work: Box<dyn FnOnce() + Send> = Box::new(move || {
        let value = work();
        *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    });
    let ended = tokio::task::spawn_blocking(work);
    async move {
        ended.await?;
        let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(done
            .take()
            .expect("work that ends without a panic has left its result"))
    }
}

/// Does work to its end even if whoever waits for it goes away meanwhile, which it may do because of
/// this very work: the caller's token may be the one that dies. `failed` words a panic of the work.
pub(crate) async fn to_the_end<T, E>(
    work: impl Future<Output = Result<T, E>> + Send + 'static,
    failed: impl FnOnce(JoinError) -> E,
) -> Result<T, E>
where
    T: Send + 'static,
    E: Send + 'static,
{
    tokio::spawn(work).await.map_err(failed)?
}
