//! For which hosts requests are answered.
//!
//! A web page can have the name of its own server resolve to 127.0.0.1, and is then, to the browser,
//! of the same origin as this daemon: it could read whatever needs no token. What it cannot do is to
//! send another `Host` than its own name. So a listener that only this machine can reach answers
//! only under names that lead to this machine for sure.

use std::net::{IpAddr, SocketAddr};

use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use http::{Response, StatusCode};
use multiaddr::Protocol;

use super::Listener;
use super::paths::{Body, Paths, plain, transport};
use crate::audit::{Entry, Verdict};
use crate::config::Api;

/// In `[API] AllowedHosts`: every name.
const EVERY: &str = "*";

/// The most of a name that is repeated, in characters.
const SHOWN: usize = 100;

/// The hosts that requests may be for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hosts {
    /// Any.
    Any,
    /// IP addresses, and these names in lower case.
    Named(Vec<String>),
}

impl Hosts {
    /// What the config says about a listener.
    pub(crate) fn of(api: &Api, listener: &Listener) -> Self {
        let every = api.allowed_hosts.iter().any(|name| name == EVERY);
        if every || api.allowed_hosts.is_empty() && !listener.is_loopback() {
            return Self::Any;
        }
        let remote = name(&api.remote_listen_address);
        let own = listener.address().iter().find_map(|part| match part {
            Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => {
                Some(name.to_ascii_lowercase())
            }
            _ => None,
        });
        let listed = api.allowed_hosts.iter();
        let listed = listed.map(|name| name.to_ascii_lowercase());
        let names = listed.chain(remote).chain(own);
        Self::Named(names.chain(["localhost".to_owned()]).collect())
    }

    /// Whether a request is for one of them; else for which host it is. One without a host, as
    /// HTTP/1.0 has it, is no browser's.
    fn check(&self, request: &Parts) -> Result<(), String> {
        let Self::Named(names) = self else {
            return Ok(());
        };
        let headers = request.headers.get_all(HOST).iter();
        let headers = headers.map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
        let target = request.uri.authority().map(Authority::to_string);
        for host in headers.chain(target).filter(|host| !host.is_empty()) {
            let good = name(&host).is_some_and(|name| is_ip(&name) || names.contains(&name));
            if !good {
                return Err(host.chars().take(SHOWN).collect());
            }
        }
        Ok(())
    }
}

/// The name or address in `host:port`, in lower case and without the dot at its end.
fn name(host: &str) -> Option<String> {
    let authority: Authority = host.parse().ok()?;
    let name = authority.host();
    Some(name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase())
}

fn is_ip(name: &str) -> bool {
    let inner = name.strip_prefix('[').and_then(|ip| ip.strip_suffix(']'));
    inner.unwrap_or(name).parse::<IpAddr>().is_ok()
}

impl Paths {
    /// The refusal of a request for another host.
    pub(super) async fn other_host(
        &self,
        request: &Parts,
        peer: SocketAddr,
    ) -> Option<Response<Body>> {
        let host = self.served.hosts.check(request).err()?;
        let why = format!(
            "the host {host:?} is none that this daemon answers for; if it is yours, add it to [API] AllowedHosts"
        );
        let record = Entry {
            token: None,
            name: None,
            address: peer,
            transport: transport(request),
            path: request.uri.path().to_owned().into(),
            method: None,
            verdict: Verdict::Refused,
            reason: Some(why.clone().into()),
            request: None,
            outcome: None,
        };
        self.served.audit.record(record).accepted().await;
        Some(plain(StatusCode::FORBIDDEN, why + "\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use lotus_core::Role;

    fn parts(target: &str, hosts: &[&str]) -> Parts {
        let mut request = http::Request::get(target);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        request.body(()).unwrap().into_parts().0
    }

    async fn hosts(listen: &str, remote: &str, allowed: &[&str]) -> Hosts {
        let mut api = Config::defaults(Role::FullNode).api;
        api.remote_listen_address = remote.to_owned();
        api.allowed_hosts = allowed.iter().map(|name| (*name).to_owned()).collect();
        let listener = Listener::bind(&listen.parse().unwrap()).await.unwrap();
        Hosts::of(&api, &listener)
    }

    #[tokio::test]
    async fn on_loopback_only_this_machine_s_names_are_good() {
        let hosts = hosts(
            "/dns4/LocalHost/tcp/0/http",
            "node.example.org:2345",
            &["Proxy.lan"],
        )
        .await;
        for good in [
            "127.0.0.1:1234",
            "[::1]:1234",
            "192.0.2.7",
            "localhost",
            "LOCALHOST:1234",
            "localhost.:1234",
            "proxy.LAN:80",
            "node.example.org",
            "",
        ] {
            assert_eq!(hosts.check(&parts("/", &[good])), Ok(()), "{good}");
        }
        assert_eq!(hosts.check(&parts("/", &[])), Ok(()));
        for bad in [
            "evil.example:1234",
            "localhost.evil.example",
            "evil.localhost",
            "127.0.0.1.evil.example",
            "127.1",
            "a b",
            "localhost@evil.example",
            "évil",
        ] {
            assert!(hosts.check(&parts("/", &[bad])).is_err(), "{bad}");
        }
        assert!(hosts.check(&parts("/", &["localhost", "evil"])).is_err());
        let absolute = parts("http://evil.example/rpc/v1", &["localhost"]);
        assert!(hosts.check(&absolute).is_err());
    }

    #[tokio::test]
    async fn elsewhere_nothing_is_checked_unless_names_are_listed() {
        let evil = parts("/", &["evil.example"]);
        let all = "/ip4/0.0.0.0/tcp/0";
        assert_eq!(hosts(all, "", &[]).await, Hosts::Any);
        assert_eq!(hosts("/ip4/127.0.0.1/tcp/0", "", &["*"]).await, Hosts::Any);
        let listed = hosts(all, "", &["node"]).await;
        assert!(listed.check(&evil).is_err());
        assert_eq!(listed.check(&parts("/", &["node:1"])), Ok(()));
    }
}
