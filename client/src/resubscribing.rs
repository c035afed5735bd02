//! Streams that outlive the connection.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use jsonrpsee::core::DeserializeOwned;
use jsonrpsee::core::client::{Subscription, SubscriptionCloseReason};
use tokio::time::sleep;

use crate::client::Client;
use crate::error::CallError;
use crate::retry::is_connection_failure;
use crate::transport::Connection;

/// What a stream that outlives its connection yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<T> {
    /// A value of the channel.
    Value(T),
    /// The channel was opened anew, because the connection was lost or the program read too slowly.
    /// Values in between are missing. What follows is what the node sends first on a new channel:
    /// `ChainNotify`, for one, begins with the current head.
    Gap,
}

/// A stream that opens its channel anew when the connection is lost; made by
/// [`Client::resubscribing`].
///
/// It ends when the node closes the channel. An error of a single value (it is of another type) does
/// not end it; an error that says why the channel cannot be opened anew comes last. Dropping it
/// closes the channel.
pub struct Resubscribing<T>(BoxStream<'static, Result<Event<T>, CallError>>);

impl<T> Resubscribing<T> {
    /// The next event.
    #[allow(clippy::should_implement_trait)] // As jsonrpsee's `Subscription::next`.
    pub async fn next(&mut self) -> Option<Result<Event<T>, CallError>> {
        self.0.next().await
    }
}

impl<T> Stream for Resubscribing<T> {
    type Item = Result<Event<T>, CallError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(cx)
    }
}

impl<T> fmt::Debug for Resubscribing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resubscribing").finish_non_exhaustive()
    }
}

impl Client {
    /// Opens a channel, and opens it anew whenever the connection is lost.
    ///
    /// `open` opens the channel on the client that it is given, which ends with its connection.
    ///
    /// ```
    /// use lotus_client::Event;
    /// use lotus_client::full_node::*;
    /// # use lotus_client::{CallError, Client};
    ///
    /// # async fn follow(client: Client) -> Result<(), CallError> {
    /// let open = |client: Client| async move { client.chain_notify().await };
    /// let mut heads = client.resubscribing(open).await?;
    /// while let Some(event) = heads.next().await {
    ///     match event? {
    ///         Event::Value(changes) => println!("{} changes", changes.len()),
    ///         Event::Gap => println!("some may be missing"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// What `open` returns when it is called for the first time; a client over HTTP cannot stream.
    pub async fn resubscribing<T, Open, Opening>(
        &self,
        open: Open,
    ) -> Result<Resubscribing<T>, CallError>
    where
        T: DeserializeOwned + Send + 'static,
        Open: FnMut(Client) -> Opening + Send + 'static,
        Opening: Future<Output = Result<Subscription<T>, CallError>> + Send + 'static,
    {
        let mut channel = Channel {
            client: self.clone(),
            open,
            current: None,
        };
        channel.open().await?;
        let events = stream::unfold(channel, async |mut channel| {
            Some((channel.next().await?, channel))
        });
        Ok(Resubscribing(events.fuse().boxed()))
    }
}

struct Channel<T, Open> {
    client: Client,
    open: Open,
    /// The stream and the connection that it is on. None after the end.
    current: Option<(Subscription<T>, Arc<Connection>)>,
}

impl<T, Open, Opening> Channel<T, Open>
where
    T: DeserializeOwned,
    Open: FnMut(Client) -> Opening,
    Opening: Future<Output = Result<Subscription<T>, CallError>>,
{
    async fn next(&mut self) -> Option<Result<Event<T>, CallError>> {
        let (stream, connection) = self.current.as_mut()?;
        if let Some(value) = stream.next().await {
            let error = |error| self.client.explained(CallError::ParseError(error));
            return Some(value.map(Event::Value).map_err(error));
        }
        let lagged = matches!(stream.close_reason(), Some(SubscriptionCloseReason::Lagged));
        let ended = !lagged && connection.was_closed_by_node(stream);
        self.current = None;
        if ended {
            return None;
        }
        Some(self.reopen().await.map(|()| Event::Gap))
    }

    /// Opens the channel, for as long as only the connection fails.
    async fn reopen(&mut self) -> Result<(), CallError> {
        let backoff = self.client.retries().backoff;
        let mut failures = 0;
        loop {
            match self.open().await {
                Err(error) if is_connection_failure(&error) && self.client.may_recover() => {
                    sleep(backoff.delay(failures)).await;
                    failures += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn open(&mut self) -> Result<(), CallError> {
        let connection = self.client.connection().await?;
        let stream = (self.open)(self.client.on(connection.clone())).await?;
        self.current = Some((stream, connection));
        Ok(())
    }
}
