//! The two transports: HTTP, one request per call, and WebSocket, which can also stream.

mod link;
mod status;

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, header};
use jsonrpsee::client_transport::ws::WsTransportClientBuilder;
use jsonrpsee::core::client::{Subscription, SubscriptionKind};
use jsonrpsee::core::middleware::layer::RpcLogger;
use jsonrpsee::http_client::{self, HttpBackend, HttpClientBuilder};
use jsonrpsee::types::SubscriptionId;
use jsonrpsee::ws_client::{self, PingConfig, RpcServiceBuilder, WsClientBuilder};
use url::Url;

use crate::channels::{ChannelService, Channels};
use crate::error::{Error, Explain};
use crate::token::Token;
pub(crate) use link::Link;
use status::ReadableStatus;

/// The HTTP client; its layers show through in the type.
pub(crate) type Http =
    http_client::HttpClient<RpcLogger<http_client::RpcService<ReadableStatus<HttpBackend>>>>;

/// The WebSocket client.
pub(crate) type Ws = ws_client::WsClient<ChannelService<ws_client::RpcService>>;

/// The largest message in either direction, in bytes: well above Lotus's 100 MiB for requests.
pub(crate) const MAX_MESSAGE: u32 = 256 << 20;

/// Pings keep middle boxes from dropping a quiet connection, and find out that the peer is gone.
const PING_INTERVAL: Duration = Duration::from_secs(30);

/// Nobody is dropped for missing pongs: go-jsonrpc up to v0.10.1 never sends any. jsonrpsee has no
/// switch for that, and a year is as long as its timer runs.
const PONG_PATIENCE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long a client waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) request: Duration,
}

/// Makes connections to one endpoint.
pub(crate) struct Dialler {
    pub(crate) url: Url,
    pub(crate) token: Option<Token>,
    pub(crate) timeouts: Timeouts,
    pub(crate) explain: Arc<Explain>,
}

impl Dialler {
    /// An HTTP client. Nothing is sent before the first call.
    pub(crate) fn http(&self) -> Result<Http, Error> {
        HttpClientBuilder::new()
            .max_request_size(MAX_MESSAGE)
            .max_response_size(MAX_MESSAGE)
            .connect_timeout(self.timeouts.connect)
            .request_timeout(self.timeouts.request)
            .set_headers(headers(self.token.as_ref()))
            .set_http_middleware(tower::ServiceBuilder::new().layer(status::ReadableStatusLayer))
            .build(&self.url)
            .map_err(|error| Error::Unreachable {
                endpoint: self.explain.endpoint.clone(),
                reason: error.to_string(),
            })
    }

    /// A connected WebSocket client.
    pub(crate) async fn ws(&self) -> Result<Connection, Error> {
        let limit = self.timeouts.connect;
        let transport = WsTransportClientBuilder::default()
            .max_request_size(MAX_MESSAGE)
            .max_response_size(MAX_MESSAGE)
            .max_frame_size(MAX_MESSAGE)
            .connection_timeout(limit)
            .set_headers(headers(self.token.as_ref()))
            // A redirection is not followed: it would carry the token to another host.
            .max_redirections(1);
        // The transport bounds each step on its own; the user is promised a bound on the whole.
        let (sender, receiver) = tokio::time::timeout(limit, transport.build(self.url.clone()))
            .await
            .map_err(|_| self.explain.connect_timeout(limit))?
            .map_err(|error| self.explain.handshake(&error))?;

        let channels = Channels::default();
        let client = WsClientBuilder::new()
            .request_timeout(self.timeouts.request)
            .enable_ws_ping(
                PingConfig::new()
                    .ping_interval(PING_INTERVAL)
                    .inactive_limit(PONG_PATIENCE),
            )
            .set_rpc_middleware(RpcServiceBuilder::new().layer(channels.clone()))
            .build_with_transport(channels.sender(sender), channels.receiver(receiver));
        Ok(Connection { client, channels })
    }
}

/// One WebSocket.
pub(crate) struct Connection {
    pub(crate) client: Ws,
    channels: Channels,
}

impl Connection {
    /// Whether a stream on this connection that has ended did so because the node closed its
    /// channel, and not because the connection was lost or the program read too slowly.
    pub(crate) fn was_closed_by_node<T>(&self, stream: &Subscription<T>) -> bool {
        match stream.kind() {
            SubscriptionKind::Subscription(SubscriptionId::Num(channel)) => {
                !self.channels.is_open(*channel)
            }
            // Not a channel of go-jsonrpc: it has no end of its own.
            _ => false,
        }
    }
}

fn headers(token: Option<&Token>) -> HeaderMap {
    token
        .map(|token| (header::AUTHORIZATION, token.header()))
        .into_iter()
        .collect()
}
