//! The settings of a client.

use std::sync::Arc;
use std::time::Duration;

use crate::backoff::Backoff;
use crate::client::{Client, Transport};
use crate::error::{Endpoint, Error, Explain};
use crate::info::ApiInfo;
use crate::path::ApiPath;
use crate::retry::Retries;
use crate::transport::{Dialler, Link, MAX_MESSAGE, Timeouts};

/// Sets the limits of a [`Client`] before it connects.
#[derive(Clone, Debug)]
pub struct ClientBuilder {
    timeouts: Timeouts,
    attempts: u32,
    reconnect: bool,
    backoff: Backoff,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            timeouts: Timeouts {
                connect: Duration::from_secs(10),
                request: Duration::from_secs(60),
            },
            attempts: 5,
            reconnect: true,
            // As go-jsonrpc waits before it connects anew.
            backoff: Backoff {
                first: Duration::from_millis(100),
                most: Duration::from_secs(5),
            },
        }
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
    /// longer than that. The time in which a call waits for a lost connection, and that of every
    /// attempt of a call that is repeated, is part of it.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.request = timeout;
        self
    }

    /// How often a call that is safe to repeat is tried in all while the connection fails; 5 times
    /// unless set. 1 (or 0) repeats nothing.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Whether a WebSocket that is lost is established anew; it is unless set. Without it, every
    /// call after the loss fails.
    #[must_use]
    pub fn reconnect(mut self, reconnect: bool) -> Self {
        self.reconnect = reconnect;
        self
    }

    /// How long to wait before connecting anew, and before repeating a call: `first` after the
    /// first failure, twice as long after each further one, `most` in the end. 100 milliseconds and
    /// 5 seconds unless set. Up to half of each delay is left to chance.
    #[must_use]
    pub fn backoff(mut self, first: Duration, most: Duration) -> Self {
        self.backoff = Backoff { first, most };
        self
    }

    /// Connects to a node. Over HTTP, nothing is sent before the first call.
    ///
    /// # Errors
    ///
    /// An address that cannot be dialled, a node that is not there, and a token that is refused;
    /// see [`Error`]. The first connection is tried once.
    pub async fn connect(&self, info: &ApiInfo, version: ApiPath) -> Result<Client, Error> {
        let url = info
            .address
            .dial_url(version)
            .map_err(|reason| Error::Address {
                origin: info.source.clone(),
                reason,
            })?;
        let explain = Arc::new(Explain {
            endpoint: Endpoint::new(&url, info.source.clone(), info.token.is_some()),
            request_timeout: self.timeouts.request,
            max_message: MAX_MESSAGE,
        });
        let stream = !matches!(url.scheme(), "http" | "https");
        let dialler = Dialler {
            url,
            token: info.token.clone(),
            timeouts: self.timeouts,
            explain: explain.clone(),
        };
        let transport = match (stream, self.reconnect) {
            (false, _) => Transport::Http(dialler.http()?),
            (true, false) => Transport::Ws(Arc::new(dialler.ws().await?)),
            (true, true) => {
                let first = dialler.ws().await?;
                Transport::Link(Link::keep(dialler, self.backoff, first))
            }
        };
        let retries = Retries {
            attempts: self.attempts,
            backoff: self.backoff,
        };
        Ok(Client::new(transport, explain, retries))
    }
}
