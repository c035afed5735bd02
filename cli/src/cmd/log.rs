//! `log`: what the daemon logs, and its alerts.

use std::fmt;

use anyhow::bail;
use clap::{Args, Subcommand};
use lotus_core::api::common::CommonClient;
use lotus_core::types::{Alert, AlertEvent};

use crate::opts::{Answer, Context};

/// Manage logging
#[derive(Debug, Args)]
pub(crate) struct LogCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List log systems
    List,
    /// Set log level: debug, info, warn or error
    SetLevel(SetLevel),
    /// Get alert states
    Alerts {
        /// Get all alerts, those that are not active too
        #[arg(long)]
        all: bool,
    },
}

#[derive(Debug, Args)]
struct SetLevel {
    /// Log system to set; may be repeated. All of them unless given
    #[arg(long, value_name = "SYSTEM", value_delimiter = ',')]
    system: Vec<String>,

    /// The level
    level: Option<String>,
}

struct Alerts<'a>(&'a [Alert]);

impl fmt::Display for Alerts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        for Alert {
            kind,
            active,
            last_active,
            last_resolved,
        } in self.0
        {
            let state = if *active { "active  " } else { "inactive" };
            lines.push(format!("{state} {}:{}", kind.system, kind.subsystem));
            for (what, event) in [("resolved", last_resolved), ("raised", last_active)] {
                if let Some(AlertEvent { message, time, .. }) = event {
                    lines.push(format!(
                        "           last {what} at {time:.3}; reason: {message}"
                    ));
                }
            }
        }
        f.write_str(&lines.join("\n"))
    }
}

impl LogCommand {
    pub(crate) async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self.command {
            Command::List => {
                let client = context.connect().await?.client;
                let systems = client.log_list().await.answer()?;
                context.out.result(systems.join("\n"), systems)
            }
            Command::SetLevel(SetLevel { level: None, .. }) => bail!("level is required"),
            Command::SetLevel(SetLevel {
                system,
                level: Some(level),
            }) => {
                let client = context.connect().await?.client;
                let systems = match system.is_empty() {
                    true => client.log_list().await.answer()?,
                    false => system,
                };
                for system in systems {
                    client.log_set_level(system, level.clone()).await.answer()?;
                }
                context.out.done()
            }
            Command::Alerts { all } => {
                let client = context.connect().await?.client;
                let mut alerts = client.log_alerts().await.answer()?;
                alerts.retain(|alert| all || alert.active);
                context.out.result(Alerts(&alerts), &alerts)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_are_listed_as_in_lotus() {
        let json = r#"[
            {"Type":{"System":"process","Subsystem":"fd-limit"},"Active":true,
             "LastActive":{"Type":"raised","Message":{"message":"low"},"Time":"2026-08-06T09:00:12.123456Z"},
             "LastResolved":{"Type":"resolved","Message":"ok","Time":"2026-08-05T09:00:12Z"}},
            {"Type":{"System":"api","Subsystem":"exposed"},"Active":false,
             "LastActive":null,"LastResolved":null}
        ]"#;
        let alerts: Vec<Alert> = serde_json::from_str(json).unwrap();
        let expected = "active   process:fd-limit\n           \
                        last resolved at 2026-08-05T09:00:12.000Z; reason: \"ok\"\n           \
                        last raised at 2026-08-06T09:00:12.123Z; reason: {\"message\":\"low\"}\n\
                        inactive api:exposed";
        assert_eq!(Alerts(&alerts).to_string(), expected);
    }
}
