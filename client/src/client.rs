//! The connection to a node, which every trait of typed methods is implemented for.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jsonrpsee::core::DeserializeOwned;
use jsonrpsee::core::client::{BatchResponse, ClientT, Subscription, SubscriptionClientT};
use jsonrpsee::core::params::BatchRequestBuilder;
use jsonrpsee::core::traits::ToRpcParams;

use lotus_core::go;
use serde_json::value::RawValue;

use crate::error::{CallError, Endpoint, Error, Explain};
use crate::info::ApiInfo;
use crate::path::ApiPath;
use crate::transport::{self, Http, MAX_MESSAGE, Timeouts, Ws};

/// A client of a node.
///
/// It implements jsonrpsee's [`ClientT`] and [`SubscriptionClientT`], and with them every client
/// trait of `lotus_core::api`. The scheme of the address chooses the transport: `http` and `https`
/// send one HTTP request per call and cannot stream; everything else is one WebSocket.
///
/// Cloning is cheap, and the clones share the connection. It is not re-established when it is lost:
/// streams end, calls fail with [`Error::Disconnected`], and the program decides when to connect
/// anew.
///
/// go-jsonrpc has no batches on a WebSocket: send [`ClientT::batch_request`] over HTTP.
#[derive(Clone)]
pub struct Client {
    transport: Transport,
    explain: Arc<Explain>,
}

#[derive(Clone)]
enum Transport {
    Http(Http),
    Ws(Arc<Ws>),
}

/// Sets the limits of a [`Client`] before it connects.
#[derive(Clone, Debug)]
pub struct ClientBuilder {
    timeouts: Timeouts,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        let timeouts = Timeouts {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(60),
        };
        Self { timeouts }
    }
}

impl ClientBuilder {
    /// How long connecting may take; 10 seconds unless set.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.connect = timeout;
        self
    }

    /// How long an answer may take; 60 seconds unless set. Waiting for a message on the chain takes
    /// longer than that.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.request = timeout;
        self
    }

    /// Connects to a node. Over HTTP, nothing is sent before the first call.
    ///
    /// # Errors
    ///
    /// An address that cannot be dialled, a node that is not there, and a token that is refused;
    /// see [`Error`].
    pub async fn connect(&self, info: &ApiInfo, version: ApiPath) -> Result<Client, Error> {
        let url = info
            .address
            .dial_url(version)
            .map_err(|reason| Error::Address {
                origin: info.source.clone(),
                reason,
            })?;
        let token = info.token.as_ref();
        let explain = Explain {
            endpoint: Endpoint::new(&url, info.source.clone(), token.is_some()),
            request_timeout: self.timeouts.request,
            max_message: MAX_MESSAGE,
        };
        let transport = match url.scheme() {
            "http" | "https" => {
                Transport::Http(transport::http(&url, token, self.timeouts, &explain)?)
            }
            _ => Transport::Ws(Arc::new(
                transport::ws(&url, token, self.timeouts, &explain).await?,
            )),
        };
        Ok(Client {
            transport,
            explain: Arc::new(explain),
        })
    }
}

impl Client {
    /// Connects to a node with the default timeouts.
    ///
    /// # Errors
    ///
    /// See [`ClientBuilder::connect`].
    pub async fn connect(info: &ApiInfo, version: ApiPath) -> Result<Self, Error> {
        Self::builder().connect(info, version).await
    }

    /// A builder with the default timeouts.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// The endpoint that this client talks to.
    pub fn endpoint(&self) -> &Endpoint {
        &self.explain.endpoint
    }

    /// Whether the WebSocket is open. Always true for HTTP, which connects per call.
    pub fn is_connected(&self) -> bool {
        match &self.transport {
            Transport::Http(_) => true,
            Transport::Ws(client) => client.is_connected(),
        }
    }
}

impl ClientT for Client {
    async fn notification<Params>(&self, method: &str, params: Params) -> Result<(), CallError>
    where
        Params: ToRpcParams + Send,
    {
        match &self.transport {
            Transport::Http(client) => client.notification(method, params).await,
            Transport::Ws(client) => client.notification(method, params).await,
        }
        .map_err(|error| self.explain.call(error))
    }

    async fn request<R, Params>(&self, method: &str, params: Params) -> Result<R, CallError>
    where
        R: DeserializeOwned,
        Params: ToRpcParams + Send,
    {
        // As text first: `null` is a value of most types, as Go's clients read it.
        let result: Box<RawValue> = match &self.transport {
            Transport::Http(client) => client.request(method, params).await,
            Transport::Ws(client) => client.request(method, params).await,
        }
        .map_err(|error| self.explain.call(error))?;
        go::from_str(result.get()).map_err(|error| self.explain.call(CallError::ParseError(error)))
    }

    async fn batch_request<'a, R>(
        &self,
        batch: BatchRequestBuilder<'a>,
    ) -> Result<BatchResponse<'a, R>, CallError>
    where
        R: DeserializeOwned + fmt::Debug + 'a,
    {
        match &self.transport {
            Transport::Http(client) => client.batch_request(batch).await,
            Transport::Ws(client) => client.batch_request(batch).await,
        }
        .map_err(|error| self.explain.call(error))
    }
}

impl SubscriptionClientT for Client {
    async fn subscribe<'a, Item, Params>(
        &self,
        subscribe_method: &'a str,
        params: Params,
        unsubscribe_method: &'a str,
    ) -> Result<Subscription<Item>, CallError>
    where
        Params: ToRpcParams + Send,
        Item: DeserializeOwned,
    {
        match &self.transport {
            Transport::Http(_) => Err(CallError::HttpNotImplemented),
            Transport::Ws(client) => {
                client
                    .subscribe(subscribe_method, params, unsubscribe_method)
                    .await
            }
        }
        .map_err(|error| self.explain.call(error))
    }

    async fn subscribe_to_method<Item>(&self, method: &str) -> Result<Subscription<Item>, CallError>
    where
        Item: DeserializeOwned,
    {
        match &self.transport {
            Transport::Http(_) => Err(CallError::HttpNotImplemented),
            Transport::Ws(client) => client.subscribe_to_method(method).await,
        }
        .map_err(|error| self.explain.call(error))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", self.endpoint())
            .finish_non_exhaustive()
    }
}
