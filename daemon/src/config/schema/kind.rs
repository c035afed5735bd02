//! What the value of a setting can be.

use multiaddr::{Multiaddr, Protocol};
use toml_edit::{InlineTable, Value};

use super::super::duration;
use crate::log::Level;

/// The least that something on the disk may be bounded to, in bytes.
const SMALLEST_SIZE: i64 = 1 << 20;

/// What a setting's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// Any text.
    Text,
    /// A multiaddr that can be bound: a host and a TCP port.
    ListenAddress,
    /// A duration above zero.
    Timeout,
    /// A duration.
    Duration,
    /// What a caller without a token may do: empty or `read`.
    Anonymous,
    /// A number of bytes, at least 1.
    Bytes,
    /// A number of bytes on the disk: 0 for no bound, or at least [`SMALLEST_SIZE`].
    Size,
    /// A number of things, at least 1.
    Count,
    Bool,
    /// Host names without ports, or `*`.
    Hosts,
    /// A table from log subsystem to level.
    Levels,
    /// A table from name of the chain to RPC path.
    Aliases,
}

impl Kind {
    /// Whether it is a table of entries that have any name.
    pub(in super::super) fn is_map(self) -> bool {
        matches!(self, Kind::Levels | Kind::Aliases)
    }

    /// The type's name in the comment, as Lotus writes it (Go's).
    pub(in super::super) fn type_name(self) -> &'static str {
        match self {
            Kind::Text | Kind::ListenAddress | Kind::Anonymous => "string",
            Kind::Timeout | Kind::Duration => "Duration",
            Kind::Bytes | Kind::Count => "uint32",
            Kind::Size => "uint64",
            Kind::Bool => "bool",
            Kind::Hosts => "[]string",
            Kind::Levels | Kind::Aliases => "map[string]string",
        }
    }

    /// What a good value is, to complete "expected …".
    pub(in super::super) fn expected(self) -> &'static str {
        match self {
            Kind::Text => "a text in quotes",
            Kind::ListenAddress => {
                "a multiaddr with a host and a TCP port, such as \"/ip4/127.0.0.1/tcp/1234/http\""
            }
            Kind::Timeout => "a duration above zero, such as \"30s\" or \"1h30m0s\"",
            Kind::Duration => "a duration, such as \"10s\" or \"1h30m0s\"",
            Kind::Anonymous => "\"\" or \"read\"",
            Kind::Bytes => "a number of bytes from 1 to 4294967295",
            Kind::Size => "a number of bytes from 1048576, or 0 for no bound",
            Kind::Count => "a whole number from 1 to 4294967295",
            Kind::Bool => "true or false",
            Kind::Hosts => {
                "a list of host names without ports, such as [\"node.example.org\"], or [\"*\"]"
            }
            Kind::Levels => "a level for each log system: debug, info, warn or error",
            Kind::Aliases => "a path for each name, such as F = \"/rpc/v1\"",
        }
    }

    /// Whether `value`, from a file, is good. A map answers for one entry of the table.
    pub(in super::super) fn accepts(self, value: &Value) -> bool {
        let text = |good: fn(&str) -> bool| value.as_str().is_some_and(good);
        match self {
            Kind::Text => text(|_| true),
            Kind::ListenAddress => text(is_listen_address),
            Kind::Timeout => text(|text| duration::parse(text).is_some_and(|d| !d.is_zero())),
            Kind::Duration => text(|text| duration::parse(text).is_some()),
            Kind::Anonymous => text(|text| matches!(text, "" | "read")),
            Kind::Bytes | Kind::Count => value
                .as_integer()
                .is_some_and(|n| (1..=i64::from(u32::MAX)).contains(&n)),
            Kind::Size => value
                .as_integer()
                .is_some_and(|n| n == 0 || n >= SMALLEST_SIZE),
            Kind::Bool => value.is_bool(),
            Kind::Hosts => value.as_array().is_some_and(|hosts| {
                let good = |host: &Value| host.as_str().is_some_and(is_host);
                hosts.iter().all(good)
            }),
            Kind::Levels => text(|text| text.parse::<Level>().is_ok()),
            Kind::Aliases => text(|text| text.starts_with('/')),
        }
    }

    /// Reads a good value from plain text, as in an environment variable or on a command line.
    /// A map reads a whole table in Go's envconfig syntax: `rpc:debug,main:warn`; a list is
    /// separated by commas there.
    pub(in super::super) fn parse(self, text: &str) -> Option<Value> {
        let value: Value = match self {
            Kind::Bytes | Kind::Count | Kind::Size => text.trim().parse::<i64>().ok()?.into(),
            // What Go's strconv.ParseBool takes.
            Kind::Bool => match text {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => true.into(),
                "0" | "f" | "F" | "false" | "FALSE" | "False" => false.into(),
                _ => return None,
            },
            Kind::Hosts => {
                let hosts = text.split(',').map(str::trim);
                hosts.filter(|host| !host.is_empty()).collect()
            }
            Kind::Levels | Kind::Aliases => return self.parse_map(text),
            _ => text.into(),
        };
        self.accepts(&value).then_some(value)
    }

    fn parse_map(self, text: &str) -> Option<Value> {
        let mut map = InlineTable::new();
        if text.trim().is_empty() {
            return Some(map.into());
        }
        for pair in text.split(',') {
            let (name, value) = pair.split_once(':')?;
            map.insert(name.trim(), self.parse_entry(value)?);
        }
        Some(map.into())
    }

    /// Reads one entry of a map.
    pub(in super::super) fn parse_entry(self, text: &str) -> Option<Value> {
        let value = Value::from(text.trim());
        self.accepts(&value).then_some(value)
    }
}

/// A name as it may stand in a `Host` header, or `*`.
fn is_host(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    text == "*" || !text.is_empty() && text.bytes().all(legal)
}

fn is_listen_address(text: &str) -> bool {
    use Protocol::{Dns, Dns4, Dns6, Ip4, Ip6, Tcp};
    let Ok(address) = text.parse::<Multiaddr>() else {
        return false;
    };
    let mut parts = address.iter();
    matches!(
        parts.next(),
        Some(Ip4(_) | Ip6(_) | Dns(_) | Dns4(_) | Dns6(_))
    ) && matches!(parts.next(), Some(Tcp(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listen_addresses_have_a_host_and_a_port() {
        for good in [
            "/ip4/0.0.0.0/tcp/3453/http",
            "/ip6/::1/tcp/0",
            "/dns/lotus/tcp/1234/http",
        ] {
            assert!(Kind::ListenAddress.parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "127.0.0.1:1234",
            "/ip4/127.0.0.1",
            "/ip4/1.2.3/tcp/1",
            "/tcp/1",
            "/unix/a",
        ] {
            assert!(Kind::ListenAddress.parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn hosts_have_no_ports() {
        for good in ["", "*", "node.example.org", "a, b_c,D-4"] {
            assert!(Kind::Hosts.parse(good).is_some(), "{good}");
        }
        for bad in ["node:1234", "http://node", "a b", "*.example.org", "é"] {
            assert!(Kind::Hosts.parse(bad).is_none(), "{bad}");
        }
    }
}
