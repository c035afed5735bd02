//! `wait-api`: for scripts that start a daemon and then use it.

use std::time::Duration;

use anyhow::bail;
use clap::Args;
use lotus_client::ApiPath;
use lotus_core::api::common::CommonClient;
use lotus_daemon::config::duration;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::opts::{Answer, Connection, Context};

/// How often the daemon is looked for.
const INTERVAL: Duration = Duration::from_millis(100);

/// Wait for lotus api to come online
#[derive(Debug, Args)]
pub(crate) struct WaitApi {
    /// How long to wait
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = read_duration)]
    timeout: Duration,
}

fn read_duration(text: &str) -> Result<Duration, String> {
    duration::parse(text).ok_or_else(|| "use a duration such as 30s or 1m30s".to_owned())
}

impl WaitApi {
    pub(crate) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let deadline = Instant::now() + self.timeout;
        let mut reason = String::new();
        loop {
            let next = Instant::now() + INTERVAL;
            let answer = timeout_at(deadline, ask(context, self.timeout)).await;
            match answer {
                Ok(Ok(())) => return context.out.done(),
                Ok(Err(error)) => {
                    let error = format!("{error:#}");
                    // Once per reason: the same line every moment tells nothing.
                    if error != reason {
                        context
                            .out
                            .note(format_args!("Not online yet... ({error})"));
                        reason = error;
                    }
                }
                Err(_) if reason.is_empty() => "no answer".clone_into(&mut reason),
                Err(_) => {}
            }
            if next >= deadline {
                bail!("timed out waiting for api to come online: {reason}");
            }
            sleep_until(next).await;
        }
    }
}

async fn ask(context: &Context, timeout: Duration) -> anyhow::Result<()> {
    // Read anew each time: a daemon that starts may listen on another port than the last.
    let found = context.find(context.role)?;
    Connection::open(found, ApiPath::V0, timeout)
        .await?
        .client
        .version()
        .await
        .answer()?;
    Ok(())
}
