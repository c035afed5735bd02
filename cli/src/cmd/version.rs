//! `version`: the daemon's version, and this program's.

use std::fmt;

use lotus_core::api::common::CommonClient;
use lotus_core::types;
use serde::Serialize;

use crate::opts::{Answer, Context};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Versions {
    daemon: Option<Daemon>,
    program: &'static str,
    local: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Daemon {
    version: String,
    api: String,
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Daemon { version, api }) = &self.daemon {
            writeln!(f, "Daemon:  {version}+api{api}")?;
        }
        write!(f, "Local: {} version {}", self.program, self.local)
    }
}

/// Prints both versions. Without a daemon it prints its own, and says why on stderr.
pub(crate) async fn run(context: &Context) -> anyhow::Result<()> {
    let daemon = match ask(context).await {
        Ok(version) => Some(Daemon {
            version: version.version,
            api: version.api_version.to_string(),
        }),
        Err(error) => {
            context
                .out
                .note(format_args!("No daemon answered: {error:#}"));
            None
        }
    };
    let versions = Versions {
        daemon,
        program: context.role.program(),
        local: crate::VERSION,
    };
    context.out.result(&versions, &versions)
}

async fn ask(context: &Context) -> anyhow::Result<types::Version> {
    context.connect().await?.client.version().await.answer()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_lotus_s() {
        let daemon = Daemon {
            version: "0.1.0+devnet".to_owned(),
            api: "1.5.0".to_owned(),
        };
        let versions = Versions {
            daemon: Some(daemon),
            program: "lotus",
            local: "0.1.0",
        };
        let expected = "Daemon:  0.1.0+devnet+api1.5.0\nLocal: lotus version 0.1.0";
        assert_eq!(versions.to_string(), expected);
        let alone = Versions {
            daemon: None,
            program: "lotus-miner",
            local: "0.1.0",
        };
        assert_eq!(alone.to_string(), "Local: lotus-miner version 0.1.0");
    }
}
