//! The connection to a node, which every trait of typed methods is implemented for.

use std::fmt;
use std::sync::Arc;

use jsonrpsee::core::DeserializeOwned;
use jsonrpsee::core::client::{BatchResponse, ClientT, Subscription, SubscriptionClientT};
use jsonrpsee::core::params::BatchRequestBuilder;
use jsonrpsee::core::traits::ToRpcParams;
use lotus_core::{ReadOnly, go};
use serde_json::value::RawValue;
use tokio::time::{sleep, timeout};

use crate::builder::ClientBuilder;
use crate::error::{CallError, Endpoint, Error, Explain};
use crate::info::ApiInfo;
use crate::path::ApiPath;
use crate::retry::{Retries, is_connection_failure};
use crate::transport::{Connection, Http, Link};

/// A client of a node.
///
/// It implements jsonrpsee's [`ClientT`] and [`SubscriptionClientT`], and with them every client
/// trait of `lotus_core::api`. The scheme of the address chooses the transport: `http` and `https`
/// send one HTTP request per call and cannot stream; everything else is one WebSocket.
///
/// Cloning is cheap, and the clones share the connection. A WebSocket that is lost is established
/// anew, unless [`ClientBuilder::reconnect`] says otherwise: what becomes of calls and streams
/// meanwhile is in the table of the [crate's documentation](crate#when-the-connection-fails).
///
/// go-jsonrpc has no batches on a WebSocket: send [`ClientT::batch_request`] over HTTP.
#[derive(Clone)]
pub struct Client {
    transport: Transport,
    explain: Arc<Explain>,
    retries: Retries,
}

#[derive(Clone)]
pub(crate) enum Transport {
    Http(Http),
    /// This connection and no other.
    Ws(Arc<Connection>),
    /// A connection that comes back.
    Link(Link),
}

impl Client {
    /// Connects to a node with the default settings.
    ///
    /// # Errors
    ///
    /// See [`ClientBuilder::connect`].
    pub async fn connect(info: &ApiInfo, version: ApiPath) -> Result<Self, Error> {
        Self::builder().connect(info, version).await
    }

    /// A builder with the default settings.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) fn new(transport: Transport, explain: Arc<Explain>, retries: Retries) -> Self {
        Self {
            transport,
            explain,
            retries,
        }
    }

    /// The endpoint that this client talks to.
    pub fn endpoint(&self) -> &Endpoint {
        &self.explain.endpoint
    }

    /// Whether the WebSocket is open now. Always true for HTTP, which connects per call.
    pub fn is_connected(&self) -> bool {
        match &self.transport {
            Transport::Http(_) => true,
            Transport::Ws(connection) => connection.client.is_connected(),
            Transport::Link(link) => link.is_connected(),
        }
    }

    /// The same client without the methods that need more than the permission `read`: it has the
    /// `…Reader` traits instead of the `…Client` traits.
    pub fn read_only(&self) -> ReadOnly<Self> {
        ReadOnly::new(self.clone())
    }

    /// Says a failure in the words of this client.
    pub(crate) fn explained(&self, error: CallError) -> CallError {
        self.explain.call(error)
    }

    pub(crate) fn retries(&self) -> Retries {
        self.retries
    }

    /// The WebSocket, for which it waits while it is being established anew.
    pub(crate) async fn connection(&self) -> Result<Arc<Connection>, CallError> {
        match &self.transport {
            Transport::Http(_) => Err(self.explained(CallError::HttpNotImplemented)),
            Transport::Ws(connection) => Ok(connection.clone()),
            Transport::Link(link) => link.connection().await.map_err(call_error),
        }
    }

    /// This client on one connection, with which it ends.
    pub(crate) fn on(&self, connection: Arc<Connection>) -> Self {
        Self {
            transport: Transport::Ws(connection),
            ..self.clone()
        }
    }

    /// Whether another attempt can fare better than one that failed.
    pub(crate) fn may_recover(&self) -> bool {
        match &self.transport {
            Transport::Http(_) => true,
            Transport::Ws(connection) => connection.client.is_connected(),
            Transport::Link(link) => !link.has_ended(),
        }
    }

    /// Bounds the whole of a call, the wait for a connection included.
    async fn in_time<T>(
        &self,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let late = |_| {
            let unsent = match &self.transport {
                Transport::Link(link) => link.trouble(),
                _ => None,
            };
            Err(unsent.map_or_else(|| self.explained(CallError::RequestTimeout), call_error))
        };
        timeout(self.explain.request_timeout, call)
            .await
            .unwrap_or_else(late)
    }

    /// Makes a call, again if the connection fails and the method allows it, and returns the text
    /// of its result.
    async fn call(&self, method: &str, params: Params) -> Result<Box<RawValue>, CallError> {
        let attempts = self.retries.attempts(method);
        // What to say when time runs out before the next attempt has begun.
        let mut failed = None;
        let repeated = async {
            let mut failures = 0;
            loop {
                match self.attempt(method, params.clone()).await {
                    Err(error)
                        if failures + 1 < attempts
                            && is_connection_failure(&error)
                            && self.may_recover() =>
                    {
                        tracing::debug!("{method} will be tried again: {error}");
                        failed = Some(error);
                        sleep(self.retries.backoff.delay(failures)).await;
                        failed = None;
                        failures += 1;
                    }
                    answer => return answer,
                }
            }
        };
        let answer = self.in_time(repeated).await;
        answer.map_err(|error| failed.unwrap_or(error))
    }

    async fn attempt(&self, method: &str, params: Params) -> Result<Box<RawValue>, CallError> {
        match &self.transport {
            Transport::Http(client) => client.request(method, params).await,
            _ => {
                let connection = self.connection().await?;
                connection.client.request(method, params).await
            }
        }
        .map_err(|error| self.explained(error))
    }

    /// Reads a result as Go's clients do, to whom `null` is a value of most types.
    fn read<R: DeserializeOwned>(&self, result: &RawValue) -> Result<R, CallError> {
        go::from_str(result.get()).map_err(|error| self.explained(CallError::ParseError(error)))
    }
}

impl ClientT for Client {
    async fn notification<P>(&self, method: &str, params: P) -> Result<(), CallError>
    where
        P: ToRpcParams + Send,
    {
        self.in_time(async {
            match &self.transport {
                Transport::Http(client) => client.notification(method, params).await,
                _ => {
                    let connection = self.connection().await?;
                    connection.client.notification(method, params).await
                }
            }
            .map_err(|error| self.explained(error))
        })
        .await
    }

    async fn request<R, P>(&self, method: &str, params: P) -> Result<R, CallError>
    where
        R: DeserializeOwned,
        P: ToRpcParams + Send,
    {
        let params = Params(params.to_rpc_params()?);
        let result = self.call(method, params).await?;
        self.read(&result)
    }

    async fn batch_request<'a, R>(
        &self,
        batch: BatchRequestBuilder<'a>,
    ) -> Result<BatchResponse<'a, R>, CallError>
    where
        R: DeserializeOwned + fmt::Debug + 'a,
    {
        let answers: BatchResponse<'a, Box<RawValue>> = self
            .in_time(async {
                match &self.transport {
                    Transport::Http(client) => client.batch_request(batch).await,
                    _ => {
                        let connection = self.connection().await?;
                        connection.client.batch_request(batch).await
                    }
                }
                .map_err(|error| self.explained(error))
            })
            .await?;
        let (good, bad) = (answers.num_successful_calls(), answers.num_failed_calls());
        let answers = answers
            .into_iter()
            .map(|answer| match answer {
                Ok(result) => self.read(&result).map(Ok),
                Err(error) => Ok(Err(error)),
            })
            .collect::<Result<_, _>>()?;
        Ok(BatchResponse::new(good, answers, bad))
    }
}

impl SubscriptionClientT for Client {
    async fn subscribe<'a, Item, P>(
        &self,
        subscribe_method: &'a str,
        params: P,
        unsubscribe_method: &'a str,
    ) -> Result<Subscription<Item>, CallError>
    where
        P: ToRpcParams + Send,
        Item: DeserializeOwned,
    {
        self.in_time(async {
            let connection = self.connection().await?;
            let client = &connection.client;
            client
                .subscribe(subscribe_method, params, unsubscribe_method)
                .await
                .map_err(|error| self.explained(error))
        })
        .await
    }

    async fn subscribe_to_method<Item>(&self, method: &str) -> Result<Subscription<Item>, CallError>
    where
        Item: DeserializeOwned,
    {
        self.in_time(async {
            let connection = self.connection().await?;
            let stream = connection.client.subscribe_to_method(method).await;
            stream.map_err(|error| self.explained(error))
        })
        .await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", self.endpoint())
            .finish_non_exhaustive()
    }
}

/// The parameters of a call, which can be sent more than once.
#[derive(Clone)]
struct Params(Option<Box<RawValue>>);

impl ToRpcParams for Params {
    fn to_rpc_params(self) -> Result<Option<Box<RawValue>>, serde_json::Error> {
        Ok(self.0)
    }
}

fn call_error(error: Error) -> CallError {
    CallError::Transport(Box::new(error))
}
