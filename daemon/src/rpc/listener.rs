//! The listening socket, named by a multiaddr as in Lotus's config.

use std::io;
use std::net::{IpAddr, SocketAddr};

use multiaddr::{Multiaddr, Protocol};
use tokio::net::{TcpListener, TcpStream};

/// A bound socket and the multiaddr under which it is announced.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: Multiaddr,
    local: SocketAddr,
}

/// Why the API cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// A multiaddr that is not one of TCP.
    #[error("{address} is not a listen address: {why}; write it as /ip4/127.0.0.1/tcp/1234/http")]
    Address {
        /// What was configured.
        address: Multiaddr,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Another process has it.
    #[error(
        "address {0} is in use; choose another with --api or [API] ListenAddress, or stop the process that has it"
    )]
    InUse(String),
    /// Any other refusal of the operating system.
    #[error("cannot listen on {address}: {source}")]
    Io {
        /// Host and port.
        address: String,
        /// What the system said.
        source: io::Error,
    },
}

impl Listener {
    /// Binds a multiaddr: `/ip4`, `/ip6`, `/dns`, `/dns4` or `/dns6`, then `/tcp`. What follows
    /// (`/http`) is kept for the announcement and otherwise ignored, as Lotus does. Port 0 takes a
    /// free port.
    pub async fn bind(address: &Multiaddr) -> Result<Self, ListenError> {
        let bad = |why| ListenError::Address {
            address: address.clone(),
            why,
        };
        let mut parts = address.iter();
        let host = match parts.next() {
            Some(Protocol::Ip4(ip)) => ip.to_string(),
            Some(Protocol::Ip6(ip)) => ip.to_string(),
            Some(Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name)) => {
                name.into_owned()
            }
            _ => return Err(bad("it does not begin with /ip4, /ip6 or /dns")),
        };
        let Some(Protocol::Tcp(port)) = parts.next() else {
            return Err(bad("the host is not followed by /tcp and a port"));
        };
        let shown = format!("{host}:{port}");
        let refused = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => ListenError::InUse(shown.clone()),
            _ => ListenError::Io {
                address: shown.clone(),
                source,
            },
        };
        let socket = TcpListener::bind((host.as_str(), port))
            .await
            .map_err(refused)?;
        let local = socket.local_addr().map_err(refused)?;
        let with_port = address.iter().map(|part| match part {
            Protocol::Tcp(0) => Protocol::Tcp(local.port()),
            other => other,
        });
        Ok(Self {
            address: with_port.collect(),
            socket,
            local,
        })
    }

    /// The address as announced in the repo's `api` file, with the real port.
    pub fn address(&self) -> &Multiaddr {
        &self.address
    }

    /// The address of the socket.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Whether only this machine can reach the socket.
    pub fn is_loopback(&self) -> bool {
        self.local.ip().is_loopback()
    }

    /// Whether the socket listens on every interface of the machine.
    pub fn is_unspecified(&self) -> bool {
        matches!(self.local.ip(), IpAddr::V4(ip) if ip.is_unspecified())
            || matches!(self.local.ip(), IpAddr::V6(ip) if ip.is_unspecified())
    }

    pub(crate) async fn accept(&self) -> io::Result<TcpStream> {
        self.socket.accept().await.map(|(stream, _)| stream)
    }
}
