//! `auth inspect`: what a token says, and what its daemon says about it.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use lotus_client::{CallError, Token};
use lotus_core::Permissions;
use lotus_core::api::auth::AuthClient;
use lotus_core::api::common::CommonClient;
use lotus_core::types::TokenInfo;
use serde::Serialize;
use serde_json::{Map, Value};

use super::decode::{Decoded, decode, seconds};
use super::registry::Registry;
use super::{given, list};
use crate::opts::{Answer, Context};
use crate::output;
use crate::span::{relative, short};
use crate::table::printable;

/// Show what a token says, and what the daemon says about it
///
/// The token is read from --file, from stdin, or from the argument. Without a daemon, only what the
/// token itself says is shown.
#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// The token; stdin if omitted or -. Other users of this machine can see arguments
    #[arg(conflicts_with = "file")]
    token: Option<String>,

    /// The file with the token; - is stdin
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// Do not show the token to the daemon
    #[arg(long)]
    offline: bool,
}

/// What is known of a token.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Inspection {
    #[serde(flatten)]
    decoded: Decoded,
    /// What the daemon says; absent if none was asked.
    online: Option<Online>,
    #[serde(skip)]
    now: Timestamp,
}

/// What a daemon says about a token.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Online {
    endpoint: String,
    /// What the token allows there, if the daemon accepts it.
    permissions: Option<Permissions>,
    /// Why the daemon refuses it.
    refusal: Option<String>,
    /// What its registry has on the token.
    record: Option<TokenInfo>,
    /// Why there is no record.
    no_record: Option<String>,
}

impl Inspect {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let token = self.token(context)?;
        let now = Timestamp::now();
        let decoded = decode(token.expose(), now)?;
        let online = match self.offline {
            true => None,
            false => match ask(context, &token, &decoded.id).await {
                Ok(online) => Some(online),
                Err(error) => {
                    context
                        .out
                        .note(format_args!("No daemon answered: {error:#}"));
                    None
                }
            },
        };
        let inspection = Inspection {
            decoded,
            online,
            now,
        };
        context.out.result(&inspection, &inspection)
    }

    fn token(&self, context: &Context) -> anyhow::Result<Token> {
        match (&self.file, self.token.as_deref()) {
            (Some(file), _) => given::read(file, context),
            (None, Some(text)) if text != "-" => {
                context.out.note(
                    "Note: other users of this machine can see arguments; --file and stdin are private.",
                );
                Token::new(text).context("the argument is no token")
            }
            (None, None) if output::stdin_is_terminal() => {
                bail!("give a token: --file FILE, or - and the token on stdin")
            }
            _ => given::stdin(context),
        }
    }
}

async fn ask(context: &Context, token: &Token, id: &str) -> anyhow::Result<Online> {
    let registry = Registry::open(context).await?;
    let client = &registry.client;
    let (permissions, refusal) = match client.auth_verify(token.expose().to_owned()).await {
        Ok(permissions) => (Some(permissions), None),
        Err(CallError::Call(error)) => (None, Some(error.message().to_owned())),
        other => (Some(other.answer()?), None),
    };
    // After it was verified: a token of Lotus is recorded when it is first seen.
    let (record, no_record) = match registry.answer(client.get(id.to_owned()).await) {
        Ok(record) => (Some(record), None),
        Err(error) => (None, Some(format!("{error:#}"))),
    };
    Ok(Online {
        endpoint: client.endpoint().to_string(),
        permissions,
        refusal,
        record,
        no_record,
    })
}

/// The claims that have a line of their own.
const KNOWN: [&str; 9] = [
    "Allow",
    "jti",
    "iat",
    "nbf",
    "exp",
    "endpoints",
    "Endpoints",
    "methods",
    "name",
];

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Decoded {
            header,
            claims,
            id,
            problems,
        } = &self.decoded;
        let mut lines = vec![
            ("Header", Value::Object(header.clone()).to_string()),
            ("ID", id.clone()),
            ("Name", claims.get("name").map_or("none".into(), text)),
            (
                "Permissions",
                claims.get("Allow").map_or("none".into(), text),
            ),
        ];
        let endpoints = claims.get("endpoints").or_else(|| claims.get("Endpoints"));
        lines.push(("Endpoints", endpoints.map_or("all".into(), text)));
        lines.push(("Methods", claims.get("methods").map_or("all".into(), text)));
        lines.push(("Issued", self.time(claims, "iat", "not said")));
        if claims.contains_key("nbf") {
            lines.push(("Not before", self.time(claims, "nbf", "")));
        }
        lines.push(("Expires", self.time(claims, "exp", "never")));
        for (claim, value) in claims {
            if !KNOWN.contains(&claim.as_str()) {
                lines.push(("Also says", format!("{claim}: {value}")));
            }
        }
        for problem in problems {
            lines.push(("Problem", format!("nodes refuse it: {problem}")));
        }
        let unchecked = "not checked here: that takes the secret of its node";
        lines.push(("Signature", unchecked.to_owned()));
        if let Some(online) = &self.online {
            lines.push(("", String::new()));
            online.describe(self.now, &mut lines);
        }
        let lines = lines.into_iter().map(|(label, text)| match label {
            "" => String::new(),
            label => format!("{:13}{}", format!("{label}:"), printable(&text)),
        });
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}

impl Inspection {
    /// A claim that is a time, for people; as it is when it is none.
    fn time(&self, claims: &Map<String, Value>, claim: &str, absent: &str) -> String {
        let time = seconds(claims, claim).and_then(|second| Timestamp::from_second(second).ok());
        match (time, claims.get(claim)) {
            (Some(time), _) => format!("{time:.0} ({})", relative(time, self.now)),
            (None, Some(value)) => value.to_string(),
            (None, None) => absent.to_owned(),
        }
    }
}

impl Online {
    fn describe(&self, now: Timestamp, lines: &mut Vec<(&'static str, String)>) {
        lines.push(("Node", self.endpoint.clone()));
        lines.push((
            "Verdict",
            match (&self.permissions, &self.refusal) {
                (Some(permissions), _) => format!("accepted, with permissions {permissions}"),
                (None, Some(refusal)) => format!("refused: {refusal}"),
                (None, None) => "unknown".to_owned(),
            },
        ));
        let Some(record) = &self.record else {
            let reason = self.no_record.as_deref().unwrap_or("unknown");
            return lines.push(("Registry", reason.to_owned()));
        };
        lines.push(("Status", list::standing(record, now)));
        lines.push(("Known as", list::name(record).to_owned()));
        if let Some(revoked) = record.revoked {
            let ago = relative(revoked, now);
            lines.push(("Revoked", format!("{revoked:.0} ({ago})")));
        }
        if let Some(idle) = record.idle {
            let idle = format!("when it was not used for {}", short(idle));
            lines.push(("Dies", idle));
        }
        lines.push((
            "Last used",
            match &record.last_used {
                None => "never".to_owned(),
                Some(last) => format!(
                    "{:.0} ({}) from {}, {}",
                    last.at,
                    relative(last.at, now),
                    last.address,
                    last.method
                ),
            },
        ));
    }
}

/// A value without the quotes and brackets of JSON, where it is a text or a list of texts.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_string) => {
            let list: Vec<_> = list.iter().filter_map(Value::as_str).collect();
            list.join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode::tests::token;
    use super::*;

    fn inspected(claims: &str) -> String {
        let now = Timestamp::from_second(1_769_860_800).unwrap();
        let decoded = decode(&token(r#"{"alg":"HS256","typ":"JWT"}"#, claims), now).unwrap();
        Inspection {
            decoded,
            online: None,
            now,
        }
        .to_string()
    }

    #[test]
    fn claims_are_shown_for_people() {
        let shown = inspected(
            r#"{"Allow":["read","sign"],"jti":"ab","iat":1769850000,"exp":1769860000,
                "endpoints":["/rpc/v1"],"name":"curio","aud":"x"}"#,
        );
        let expected = "\
            Header:      {\"alg\":\"HS256\",\"typ\":\"JWT\"}\n\
            ID:          ab\n\
            Name:        curio\n\
            Permissions: read, sign\n\
            Endpoints:   /rpc/v1\n\
            Methods:     all\n\
            Issued:      2026-01-31T09:00:00Z (3h ago)\n\
            Expires:     2026-01-31T11:46:40Z (13m ago)\n\
            Also says:   aud: \"x\"\n\
            Problem:     nodes refuse it: it has expired\n\
            Signature:   not checked here: that takes the secret of its node";
        assert_eq!(shown, expected);
    }

    #[test]
    fn hostile_claims_cannot_move_the_cursor_or_pass_for_others() {
        let shown = inspected(r#"{"name":"a\u001b[2J\nStatus: fine","exp":"never","Allow":[]}"#);
        assert!(!shown.contains('\u{1b}'), "{shown}");
        assert!(shown.contains("\\nStatus: fine"), "{shown}");
        assert!(shown.contains("Expires:     \"never\""), "{shown}");
        assert!(shown.contains("Permissions: []"), "{shown}");
        assert!(
            shown.contains("Problem:     nodes refuse it: invalid type"),
            "{shown}"
        );
    }
}
