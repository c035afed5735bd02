//! Where a node listens: a multiaddr, as Lotus writes it, or a URL; and the URL that is dialled.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use multiaddr::{Multiaddr, Protocol};
use url::{Host, Url};

use crate::path::ApiPath;

/// The address of a node's API.
///
/// Accepted are a multiaddr (`/ip4/127.0.0.1/tcp/1234/http`, `/dns/example.org/tcp/443/wss`), a
/// URL whose scheme is `http`, `https`, `ws` or `wss`, and `host:port`, which means
/// `ws://host:port`. A trailing `/rpc/v0`, `/rpc/v1`, … of a URL is dropped, because the version is
/// chosen when dialling (Lotus appends a second one).
///
/// [`fmt::Display`] and [`fmt::Debug`] leave out the user name, the password and the query of a
/// URL, which may hold a token.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A multiaddr. It is always dialled as a WebSocket, even when it ends in `/http` (as Lotus).
    Multiaddr(Multiaddr),
    /// A URL, whose scheme chooses the transport.
    Url(Url),
}

/// The reason why a text is no address, or why an address cannot be dialled. It never quotes the
/// text, because a token might be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The text is empty or has none of the three forms.
    #[error(
        "the address is neither a multiaddr such as /ip4/127.0.0.1/tcp/1234/http, nor a URL such \
         as https://example.org, nor host:port"
    )]
    Form,
    /// The text starts with `/` and is no multiaddr.
    #[error(
        "the address is not a valid multiaddr; it should look like /ip4/127.0.0.1/tcp/1234/http"
    )]
    Multiaddr,
    /// The multiaddr does not start with an IP address or a host name followed by a TCP port.
    #[error(
        "the multiaddr has no TCP endpoint; it must start with ip4, ip6, dns, dns4 or dns6 and a \
         tcp port, such as /dns/example.org/tcp/1234/http"
    )]
    NoEndpoint,
    /// The text has a scheme and is no URL.
    #[error("the address is not a valid URL; it should look like http://127.0.0.1:1234")]
    Url,
    /// The scheme of the URL is none of the four.
    #[error("the scheme of the URL is not supported; use http, https, ws or wss")]
    Scheme,
}

impl Address {
    /// The URL to dial for a version of the API.
    ///
    /// A multiaddr becomes `ws://host:port/rpc/<version>`, or `wss://` when it contains `/wss`,
    /// `/tls` or `/https` (Lotus overlooks the last). A URL keeps its scheme and its path, and
    /// `/rpc/<version>` is appended. The addresses `0.0.0.0` and `::` mean "every interface" to a
    /// listener, and are dialled as loopback.
    ///
    /// # Errors
    ///
    /// [`AddressError::NoEndpoint`] for a multiaddr without a TCP endpoint. An address that was
    /// parsed from a text can always be dialled.
    pub fn dial_url(&self, version: ApiPath) -> Result<Url, AddressError> {
        let mut url = match self {
            Address::Multiaddr(address) => multiaddr_url(address)?,
            Address::Url(url) => url.clone(),
        };
        let loopback = match url.host() {
            Some(Host::Ipv4(Ipv4Addr::UNSPECIFIED)) => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            Some(Host::Ipv6(Ipv6Addr::UNSPECIFIED)) => Some(IpAddr::V6(Ipv6Addr::LOCALHOST)),
            _ => None,
        };
        if let Some(loopback) = loopback {
            url.set_ip_host(loopback).map_err(|()| AddressError::Url)?;
        }
        let path = format!("{}/rpc/{version}", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Ok(url)
    }

    /// The address with everything that was given, secrets in a URL included.
    pub(crate) fn in_full(&self) -> String {
        match self {
            Address::Multiaddr(address) => address.to_string(),
            Address::Url(url) if url.query().is_none() => {
                url.as_str().trim_end_matches('/').to_owned()
            }
            Address::Url(url) => url.as_str().to_owned(),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.starts_with('/') {
            let address: Multiaddr = text
                .trim_end_matches('/')
                .parse()
                .map_err(|_| AddressError::Multiaddr)?;
            multiaddr_url(&address)?;
            return Ok(Address::Multiaddr(address));
        }
        let url = if text.contains("://") {
            Url::parse(text).map_err(|_| AddressError::Url)?
        } else if is_host_and_port(text) {
            Url::parse(&format!("ws://{text}")).map_err(|_| AddressError::Url)?
        } else {
            return Err(AddressError::Form);
        };
        if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") {
            return Err(AddressError::Scheme);
        }
        Ok(Address::Url(without_version(url)))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Multiaddr(address) => address.fmt(f),
            Address::Url(url) => f.write_str(&redacted(url)),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// A URL as it may be shown: without user name, password, query and trailing slash.
pub(crate) fn redacted(url: &Url) -> String {
    let mut url = url.clone();
    // Both fail only for URLs without a host, which hold no such secrets.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.as_str().trim_end_matches('/').to_owned()
}

/// Whether a text is `host:port`, optionally followed by a path.
pub(crate) fn is_host_and_port(text: &str) -> bool {
    let authority = text.split('/').next().unwrap_or(text);
    let Some((host, port)) = authority.rsplit_once(':') else {
        return false;
    };
    port.parse::<u16>().is_ok_and(|port| port != 0) && is_host(host)
}

fn is_host(text: &str) -> bool {
    if let Some(inner) = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return inner.parse::<Ipv6Addr>().is_ok();
    }
    // A JWT is spelled with the characters of a host name; reading one as a host would print it.
    !text.is_empty()
        && text.len() <= 253
        && !text.starts_with("eyJ")
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

fn multiaddr_url(address: &Multiaddr) -> Result<Url, AddressError> {
    let mut parts = address.iter();
    let host = match parts.next() {
        Some(Protocol::Ip4(ip)) => ip.to_string(),
        Some(Protocol::Ip6(ip)) => format!("[{ip}]"),
        Some(Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name))
            if is_host(&name) =>
        {
            name.into_owned()
        }
        _ => return Err(AddressError::NoEndpoint),
    };
    let Some(Protocol::Tcp(port)) = parts.next() else {
        return Err(AddressError::NoEndpoint);
    };
    let tls = parts.any(|p| matches!(p, Protocol::Wss(_) | Protocol::Tls | Protocol::Https));
    let scheme = if tls { "wss" } else { "ws" };
    Url::parse(&format!("{scheme}://{host}:{port}")).map_err(|_| AddressError::NoEndpoint)
}

/// Drops `/rpc/v0`, `/rpc/v1`, … from the end of the path.
fn without_version(mut url: Url) -> Url {
    let path = url.path().trim_end_matches('/');
    if let Some((base, version)) = path.rsplit_once("/rpc/v")
        && !version.is_empty()
        && version.bytes().all(|b| b.is_ascii_digit())
    {
        let base = base.to_owned();
        url.set_path(&base);
    }
    url
}

/// Addresses in the spelling that we print.
#[cfg(test)]
pub(crate) fn any_address() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;

    let name = "[a-z][a-z0-9]{0,8}(\\.[a-z]{2,5})?";
    let tail = prop_oneof![Just(""), Just("/http"), Just("/https"), Just("/wss")];
    let host = prop_oneof![
        any::<Ipv4Addr>().prop_map(|ip| format!("/ip4/{ip}")),
        any::<Ipv6Addr>().prop_map(|ip| format!("/ip6/{ip}")),
        name.prop_map(|name| format!("/dns/{name}")),
    ];
    let multiaddr = (host, any::<u16>(), tail)
        .prop_map(|(host, port, tail)| format!("{host}/tcp/{port}{tail}"));
    let scheme = prop_oneof![Just("http"), Just("https"), Just("ws"), Just("wss")];
    // Ports that are no scheme's default, which a URL leaves out.
    let url = (scheme, name, 1024u16.., "(/[a-z]{1,6}){0,2}")
        .prop_map(|(scheme, host, port, path)| format!("{scheme}://{host}:{port}{path}"));
    prop_oneof![multiaddr, url]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dialled(text: &str) -> String {
        let address: Address = text.parse().unwrap();
        address.dial_url(ApiPath::V1).unwrap().to_string()
    }

    #[test]
    fn a_multiaddr_is_dialled_as_a_websocket() {
        assert_eq!(
            dialled("/ip4/127.0.0.1/tcp/1234/http"),
            "ws://127.0.0.1:1234/rpc/v1"
        );
        assert_eq!(
            dialled("/ip4/10.0.0.7/tcp/1234"),
            "ws://10.0.0.7:1234/rpc/v1"
        );
        assert_eq!(dialled("/ip6/::1/tcp/1234/http"), "ws://[::1]:1234/rpc/v1");
        for dns in ["dns", "dns4", "dns6"] {
            let text = format!("/{dns}/node.example.org/tcp/1234/http");
            assert_eq!(dialled(&text), "ws://node.example.org:1234/rpc/v1");
        }
        assert_eq!(
            dialled("/ip4/127.0.0.1/tcp/1234/http/"),
            "ws://127.0.0.1:1234/rpc/v1"
        );
    }

    #[test]
    fn tls_in_a_multiaddr_is_honoured() {
        for tls in ["wss", "tls/http", "https", "tls/ws"] {
            let text = format!("/dns/node.example.org/tcp/4430/{tls}");
            assert_eq!(dialled(&text), "wss://node.example.org:4430/rpc/v1");
        }
        assert_eq!(
            dialled("/dns/example.org/tcp/443/https"),
            "wss://example.org/rpc/v1"
        );
    }

    #[test]
    fn every_interface_is_dialled_as_loopback() {
        assert_eq!(
            dialled("/ip4/0.0.0.0/tcp/3453/http"),
            "ws://127.0.0.1:3453/rpc/v1"
        );
        assert_eq!(dialled("/ip6/::/tcp/3453/http"), "ws://[::1]:3453/rpc/v1");
        assert_eq!(
            dialled("http://0.0.0.0:1234"),
            "http://127.0.0.1:1234/rpc/v1"
        );
        assert_eq!(dialled("ws://[::]:1234"), "ws://[::1]:1234/rpc/v1");
    }

    #[test]
    fn a_url_keeps_its_scheme_and_path_and_gets_one_version() {
        assert_eq!(dialled("http://h:1"), "http://h:1/rpc/v1");
        assert_eq!(dialled("wss://h/base/"), "wss://h/base/rpc/v1");
        assert_eq!(
            dialled("https://api.example.org/rpc/v0"),
            "https://api.example.org/rpc/v1"
        );
        assert_eq!(
            dialled("https://api.example.org/f/rpc/v1/"),
            "https://api.example.org/f/rpc/v1"
        );
        assert_eq!(dialled("http://h/rpc/vx"), "http://h/rpc/vx/rpc/v1");
        assert_eq!(dialled("ws://h?token=t"), "ws://h/rpc/v1?token=t");
    }

    #[test]
    fn host_and_port_mean_a_websocket() {
        assert_eq!(dialled("localhost:1234"), "ws://localhost:1234/rpc/v1");
        assert_eq!(dialled("1.2.3.4:1234/rpc/v0"), "ws://1.2.3.4:1234/rpc/v1");
        assert_eq!(dialled("[::1]:1234"), "ws://[::1]:1234/rpc/v1");
    }

    #[test]
    fn what_cannot_be_dialled_is_refused_when_parsed() {
        let error = |text: &str| text.parse::<Address>().unwrap_err();
        assert_eq!(error(""), AddressError::Form);
        assert_eq!(error("localhost"), AddressError::Form);
        assert_eq!(error("h:0"), AddressError::Form);
        assert_eq!(error("h:70000"), AddressError::Form);
        assert_eq!(error("/ip4/1.2.3/tcp/1"), AddressError::Multiaddr);
        assert_eq!(
            error("/ip4/127.0.0.1/tcp/1234/http:eyJtoken"),
            AddressError::Multiaddr
        );
        assert_eq!(error("/ip4/127.0.0.1/udp/1234"), AddressError::NoEndpoint);
        assert_eq!(error("/dns/u:p@h/tcp/1"), AddressError::NoEndpoint);
        assert_eq!(error("/unix/run"), AddressError::NoEndpoint);
        assert_eq!(error("/"), AddressError::NoEndpoint);
        assert_eq!(error("ftp://h"), AddressError::Scheme);
        assert_eq!(error("http://"), AddressError::Url);
    }

    #[test]
    fn secrets_in_a_url_are_not_shown() {
        let address: Address = "wss://user:pass@h:1/p?token=s3cret".parse().unwrap();
        assert_eq!(address.to_string(), "wss://h:1/p");
        assert_eq!(format!("{address:?}"), "Address(wss://h:1/p)");
        assert_eq!(address.in_full(), "wss://user:pass@h:1/p?token=s3cret");
    }

    proptest! {
        #[test]
        fn an_address_survives_printing(address in any_address()) {
            let parsed: Address = address.parse().unwrap();
            prop_assert_eq!(&parsed.in_full(), &address);
            prop_assert!(parsed.dial_url(ApiPath::V0).unwrap().path().ends_with("/rpc/v0"));
        }

        #[test]
        fn no_text_panics(text in ".{0,60}") {
            let _ = text.parse::<Address>();
        }
    }
}
