//! Where the database is: the URL of the config, and what of it may be shown.

use std::error::Error as _;
use std::time::Duration;

use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Config, Error};

use super::super::StoreError;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);

/// After how long a peer that does not answer at all is given up by the operating system.
const SILENT_PEER: Duration = Duration::from_secs(10);

/// A database, with the password that must not be shown.
pub(super) struct Address {
    config: Config,
    place: String,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Address").field(&self.place).finish()
    }
}

impl Address {
    /// Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE`.
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        let failed = |why: &str| StoreError::Failed {
            place: "postgres://…".to_owned(),
            why: why.to_owned(),
        };
        let scheme = ["postgres://", "postgresql://"]
            .into_iter()
            .find(|scheme| url.starts_with(scheme));
        // The parser takes what follows the first @ for the host, which would then be shown.
        if scheme.is_none() || url.matches('@').count() > 1 {
            return Err(failed(
                "its URL must be postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters in the password percent-encoded (@ is %40)",
            ));
        }
        let mut config: Config = url.parse().map_err(|error: Error| {
            // The parser's other texts may repeat a part of the password.
            let cause = error.source().map(ToString::to_string);
            match cause.filter(|cause| cause.starts_with("invalid value for option")) {
                Some(cause) if cause.contains("sslmode") => failed(NO_TLS),
                Some(cause) => failed(&format!("its URL cannot be read: {cause}")),
                None => failed("its URL cannot be read; check its options, and that special characters are percent-encoded"),
            }
        })?;
        if config.get_hosts().is_empty() {
            config.host("localhost");
        }
        let address = Self {
            place: place(&config),
            config,
        };
        if address.config.get_ssl_mode() == SslMode::Require {
            return Err(address.failed(NO_TLS));
        }
        Ok(address)
    }

    /// How to connect.
    pub(super) fn config(&self) -> Config {
        let mut config = self.config.clone();
        if config.get_application_name().is_none() {
            config.application_name("lotus");
        }
        config
            .ssl_mode(SslMode::Disable)
            .connect_timeout(CONNECT)
            .keepalives_idle(SILENT_PEER)
            .tcp_user_timeout(SILENT_PEER);
        config
    }

    /// The database without user and password.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// An operation that failed.
    pub(super) fn failed(&self, why: impl Into<String>) -> StoreError {
        StoreError::Failed {
            place: self.place.clone(),
            why: why.into(),
        }
    }

    /// Something in the database that should not be.
    pub(super) fn damaged(&self, why: impl Into<String>) -> StoreError {
        StoreError::Damaged {
            place: self.place.clone(),
            why: why.into(),
        }
    }

    /// What the server, or the way to it, says.
    pub(super) fn error(&self, error: &Error) -> StoreError {
        let Some(said) = error.as_db_error() else {
            return match error.source() {
                Some(cause) => self.failed(format!("{error}: {cause}")),
                None => self.failed(error.to_string()),
            };
        };
        let why = format!("{}: {}", said.severity(), said.message());
        // Undefined tables, columns and functions; data and indexes that contradict themselves.
        match said.code().code() {
            "42P01" | "42703" | "42883" | "XX001" | "XX002" => self.damaged(why),
            _ => self.failed(why),
        }
    }
}

const NO_TLS: &str = "its URL asks for TLS, which this program cannot speak to PostgreSQL; use sslmode=disable over a Unix socket, a private network or a tunnel";

fn place(config: &Config) -> String {
    let database = config.get_dbname().unwrap_or_default();
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate().map(|(index, host)| {
        let host = match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(directory) => directory.display().to_string(),
        };
        match ports.get(index).or(ports.first()) {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    });
    format!(
        "postgres://{}/{database}",
        hosts.collect::<Vec<_>>().join(",")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_never_shown() {
        for url in [
            "postgres://lotus:hunter2@db.example:5433/tokens",
            "postgresql://lotus:hunter2@[::1]/tokens?connect_timeout=3",
            "postgres://lotus:hunter2@%2Frun%2Fpostgresql/tokens",
            "postgres://db.example/tokens?user=lotus&password=hunter2",
        ] {
            let address = Address::parse(url).unwrap();
            let shown = format!("{address:?} {} {:?}", address.place(), address.failed("x"));
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(shown.contains("tokens"), "{shown}");
        }
        for url in [
            "postgres://lotus:hu@nter2@db.example/tokens",
            "postgres://lotus:hu@nter2/x@db.example/tokens",
            "postgres://lotus:nter2",
            "postgres://lotus@db.example:nter2/tokens",
            "postgres://db.example/tokens?nter2=1",
            "postgres://db.example/tokens?nter2",
            "postgres://lotus:%ff%fe@db.example/%ff",
            "mysql://lotus:nter2@db.example/tokens",
            "nter2",
            "",
        ] {
            let error = Address::parse(url).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("nter2"), "{error}");
            assert!(error.to_string().contains("URL"), "{error}");
        }
    }

    #[test]
    fn tls_is_refused_rather_than_left_out() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = format!("postgres://lotus:hunter2@db.example/tokens?sslmode={mode}");
            let error = Address::parse(&url).unwrap_err().to_string();
            assert!(
                error.contains("TLS") && error.contains("sslmode"),
                "{error}"
            );
            assert!(!error.contains("hunter2"), "{error}");
        }
        for mode in ["disable", "prefer"] {
            let url = format!("postgres://db.example/tokens?sslmode={mode}");
            assert!(Address::parse(&url).is_ok());
        }
    }
}
