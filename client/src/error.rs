//! What can go wrong between a client and a node, said so that the next step is plain.
//!
//! Every text names the endpoint that was tried and where its address came from, because "which
//! node did it talk to?" is the first question of whoever reads it. No text holds a token.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use jsonrpsee::client_transport::ws::{WsError, WsHandshakeError};
use jsonrpsee::core::http_helpers::HttpError;
use jsonrpsee::http_client::transport::Error as HttpTransportError;

use crate::address::{AddressError, redacted};
use crate::info::Source;

/// The error of a call, as the typed methods return it.
///
/// An error that the node reported is [`CallError::Call`]. Everything else that is not the
/// caller's own mistake is [`CallError::Transport`] around an [`Error`] of this crate. Show it with
/// [`message`].
pub type CallError = jsonrpsee::core::client::Error;

/// The endpoint that a client talks to: the URL that was dialled, and where it came from.
///
/// It can be printed: a user name, a password and a query are left out of the URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    url: String,
    source: Source,
    has_token: bool,
}

impl Endpoint {
    pub(crate) fn new(url: &url::Url, source: Source, has_token: bool) -> Self {
        Self {
            url: redacted(url),
            source,
            has_token,
        }
    }

    /// The URL that is dialled, such as `ws://127.0.0.1:1234/rpc/v0`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the address was found.
    pub fn source(&self) -> &Source {
        &self.source
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (address from {})", self.url, self.source)
    }
}

/// The reason why a node could not be reached, or did not answer as a node does.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be dialled.
    #[error("cannot use the address from {origin}: {reason}")]
    Address {
        /// Where the address was found.
        origin: Source,
        /// What is wrong with it.
        reason: AddressError,
    },
    /// No connection came about.
    #[error("cannot reach {endpoint}: {reason}")]
    Unreachable {
        /// What was dialled.
        endpoint: Endpoint,
        /// What the system said, and what to look at.
        reason: String,
    },
    /// The node refused the token, or wants one and got none (HTTP status 401).
    #[error("{}", unauthorized(endpoint))]
    Unauthorized {
        /// What was dialled.
        endpoint: Endpoint,
    },
    /// The other side answered with an HTTP status that no node uses for a call.
    #[error("{endpoint} answered with HTTP status {status}; {}", rejected(*status))]
    Rejected {
        /// What was dialled.
        endpoint: Endpoint,
        /// The status.
        status: u16,
    },
    /// The node did not answer a call in time. The call may still take effect.
    #[error("{endpoint} did not answer within {} s; it may still be working on the call", after.as_secs_f32())]
    Timeout {
        /// What was dialled.
        endpoint: Endpoint,
        /// How long the client has waited.
        after: Duration,
    },
    /// The connection was lost. A call in flight may have taken effect, or not.
    #[error("lost the connection to {endpoint}: {reason}")]
    Disconnected {
        /// What was dialled.
        endpoint: Endpoint,
        /// Why, as far as known.
        reason: String,
    },
    /// A method that returns a channel was called over HTTP.
    #[error(
        "{endpoint} cannot stream, because it is HTTP; give the address as ws:// or wss://, or as a multiaddr"
    )]
    NoChannels {
        /// What was dialled.
        endpoint: Endpoint,
    },
    /// The answer is not what the method returns.
    #[error(
        "cannot understand the answer of {endpoint}: {reason}; is it a node of another version?"
    )]
    Answer {
        /// What was dialled.
        endpoint: Endpoint,
        /// What is wrong with it.
        reason: String,
    },
    /// The request is larger than this client sends.
    #[error("the request to {endpoint} is larger than {limit} bytes")]
    TooLarge {
        /// What was dialled.
        endpoint: Endpoint,
        /// The limit in bytes.
        limit: u32,
    },
}

/// The text of a failed call that a user should see.
///
/// An error of the node is shown in the node's words. As Lotus's command line does, the code is
/// shown only when it is one that JSON-RPC reserves: `RPC error (-32601): …`.
pub fn message(error: &CallError) -> String {
    match error {
        CallError::Call(object) if (-32768..=-32000).contains(&object.code()) => {
            format!("RPC error ({}): {}", object.code(), object.message())
        }
        CallError::Call(object) => object.message().to_owned(),
        other => other.to_string(),
    }
}

fn unauthorized(endpoint: &Endpoint) -> String {
    let advice = "make one with `lotus auth create-token` on the machine of the node";
    if endpoint.has_token {
        let token = endpoint.source.of_token();
        format!("the node refused the token (HTTP 401) from {token}: {endpoint}; {advice}")
    } else {
        format!("the node wants a token (HTTP 401), and none was given: {endpoint}; {advice}")
    }
}

/// Puts the endpoint into the errors of one client.
#[derive(Clone, Debug)]
pub(crate) struct Explain {
    pub(crate) endpoint: Endpoint,
    pub(crate) request_timeout: Duration,
    pub(crate) max_message: u32,
}

impl Explain {
    /// An error of a call. What the node said, and what the caller did wrong, stays as it is.
    pub(crate) fn call(&self, error: CallError) -> CallError {
        let endpoint = self.endpoint.clone();
        let explained = match error {
            CallError::Transport(cause) => self.transport(cause.as_ref()),
            lost @ (CallError::RestartNeeded(_)
            | CallError::Custom(_)
            | CallError::ServiceDisconnect) => self.disconnected(&lost),
            CallError::RequestTimeout => Error::Timeout {
                endpoint,
                after: self.request_timeout,
            },
            CallError::HttpNotImplemented => Error::NoChannels { endpoint },
            CallError::ParseError(error) => Error::Answer {
                endpoint,
                reason: error.to_string(),
            },
            CallError::InvalidRequestId(error) => Error::Answer {
                endpoint,
                reason: error.to_string(),
            },
            CallError::InvalidSubscriptionId => Error::Answer {
                endpoint,
                reason: "it opened the same channel twice".to_owned(),
            },
            own => return own,
        };
        CallError::Transport(Box::new(explained))
    }

    /// The connection was lost, as `error` says.
    pub(crate) fn disconnected(&self, error: &CallError) -> Error {
        let reason = match error {
            CallError::RestartNeeded(cause) => disconnect_reason(cause),
            // What jsonrpsee says when sending fails before it has noted why.
            _ => "the connection broke".to_owned(),
        };
        Error::Disconnected {
            endpoint: self.endpoint.clone(),
            reason,
        }
    }

    /// An error of the WebSocket handshake.
    pub(crate) fn handshake(&self, error: &WsHandshakeError) -> Error {
        let reason = match error {
            WsHandshakeError::Rejected { status_code }
            | WsHandshakeError::Redirected { status_code, .. } => return self.status(*status_code),
            WsHandshakeError::Io(error) => describe_io(error),
            WsHandshakeError::ResolutionFailed(_) => "the host name is not known".to_owned(),
            WsHandshakeError::Timeout(after) => no_answer(*after),
            // Redirections are not followed, and this is how the transport says it met one.
            WsHandshakeError::NoAddressFound(_) => {
                "it redirects elsewhere, or its host name has no address".to_owned()
            }
            other => other.to_string(),
        };
        Error::Unreachable {
            endpoint: self.endpoint.clone(),
            reason,
        }
    }

    /// No connection came about in time.
    pub(crate) fn connect_timeout(&self, after: Duration) -> Error {
        Error::Unreachable {
            endpoint: self.endpoint.clone(),
            reason: no_answer(after),
        }
    }

    fn status(&self, status: u16) -> Error {
        let endpoint = self.endpoint.clone();
        match status {
            401 => Error::Unauthorized { endpoint },
            status => Error::Rejected { endpoint, status },
        }
    }

    fn transport(&self, error: &(dyn StdError + Send + Sync + 'static)) -> Error {
        let endpoint = self.endpoint.clone();
        match error.downcast_ref::<HttpTransportError>() {
            Some(HttpTransportError::Rejected { status_code }) => self.status(*status_code),
            Some(HttpTransportError::RequestTooLarge) => Error::TooLarge {
                endpoint,
                limit: self.max_message,
            },
            Some(HttpTransportError::Http(HttpError::TooLarge)) => {
                let reason = format!("it is larger than {} bytes", self.max_message);
                Error::Answer { endpoint, reason }
            }
            Some(HttpTransportError::Http(HttpError::Malformed)) => Error::Answer {
                endpoint,
                reason: "it is not JSON".to_owned(),
            },
            _ => Error::Unreachable {
                endpoint,
                reason: root_cause(error),
            },
        }
    }
}

/// What to look at after an HTTP status that is no answer to a call.
fn rejected(status: u16) -> &'static str {
    match status {
        503 => "the node cannot serve calls now: its log and its path /health/readyz say why",
        _ => "is this the API of a node?",
    }
}

fn no_answer(after: Duration) -> String {
    format!("no answer within {} s", after.as_secs_f32())
}

/// Whether a connection was lost because its token was revoked or has expired: the node closed it
/// with code 4401.
pub(crate) fn token_died(error: &CallError) -> bool {
    let CallError::RestartNeeded(cause) = error else {
        return false;
    };
    let CallError::Transport(cause) = cause.as_ref() else {
        return false;
    };
    matches!(cause.downcast_ref(), Some(WsError::Closed(reason)) if reason.code == 4401)
}

fn disconnect_reason(error: &CallError) -> String {
    let cause = match error {
        CallError::Transport(cause) => cause,
        CallError::InvalidRequestId(_) => return "it answered a call that was not made".to_owned(),
        // The error would quote the whole message, which may be as large as messages get.
        _ => return "it sent a message that is not JSON-RPC".to_owned(),
    };
    match cause.downcast_ref::<WsError>() {
        Some(WsError::Closed(reason)) => {
            let words = reason.descr.as_deref().unwrap_or_default();
            format!("the node closed it (code {}) {words}", reason.code)
                .trim_end()
                .to_owned()
        }
        Some(WsError::MessageTooLarge) => "a message was too large".to_owned(),
        Some(WsError::Connection(error)) => format!("the connection broke ({error})"),
        None => cause.to_string(),
    }
}

/// The innermost error of a chain: the outer ones only say that something failed.
fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut cause = error;
    loop {
        if let Some(error) = cause.downcast_ref::<io::Error>()
            && error.get_ref().is_none()
        {
            return describe_io(error);
        }
        match cause.source() {
            Some(source) => cause = source,
            None => return cause.to_string(),
        }
    }
}

fn describe_io(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused; is the daemon running?".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use jsonrpsee::types::ErrorObject;

    use super::*;

    fn call_error(code: i32, text: &str) -> CallError {
        CallError::Call(ErrorObject::owned(code, text, None::<()>))
    }

    #[test]
    fn the_node_is_quoted_and_only_reserved_codes_are_shown() {
        let denied = "missing permission to invoke 'WalletNew' (need 'write')";
        assert_eq!(message(&call_error(1, denied)), denied);
        assert_eq!(message(&call_error(-1_111_111, "x")), "x");
        assert_eq!(
            message(&call_error(-32601, "no such")),
            "RPC error (-32601): no such"
        );
        assert_eq!(message(&call_error(-32768, "x")), "RPC error (-32768): x");
        assert_eq!(message(&call_error(-32000, "x")), "RPC error (-32000): x");
        assert_eq!(message(&call_error(-31999, "x")), "x");
        assert_eq!(message(&call_error(-32769, "x")), "x");
    }

    #[test]
    fn the_advice_on_a_refused_token_names_its_origin() {
        let url = "ws://127.0.0.1:1234/rpc/v0?token=s3cret".parse().unwrap();
        let repo = Source::Repo("/home/u/.lotus/api".into());
        let error = Error::Unauthorized {
            endpoint: Endpoint::new(&url, repo.clone(), true),
        };
        assert_eq!(
            error.to_string(),
            "the node refused the token (HTTP 401) from /home/u/.lotus/token: \
             ws://127.0.0.1:1234/rpc/v0 (address from /home/u/.lotus/api); make one with \
             `lotus auth create-token` on the machine of the node"
        );
        let error = Error::Unauthorized {
            endpoint: Endpoint::new(&url, repo, false),
        };
        assert!(
            error
                .to_string()
                .starts_with("the node wants a token (HTTP 401)"),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("s3cret"));
    }
}
