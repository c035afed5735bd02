//! Work that nobody may interrupt.

use tokio::task::JoinError;

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
