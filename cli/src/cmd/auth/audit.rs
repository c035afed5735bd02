//! `auth audit`: who called what, from the log in the repo; no daemon is asked.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use clap::Args;
use lotus_daemon::audit::{self, Key, Outcome, Record, Summary, Verdict};
use lotus_daemon::keystore::Keystore;
use serde_json::{Value, json};

use super::registry::short_id;
use crate::opts::Context;
use crate::table::Table;

/// Show the audit log of this machine's daemon, or check that nobody has changed it
#[derive(Debug, Args)]
pub(super) struct Audit {
    /// Check every record: none was changed, removed, inserted or reordered, and the end is there
    #[arg(long)]
    verify: bool,

    /// How many records to show, the last ones; 20 if omitted, none with --verify
    #[arg(long, value_name = "N")]
    tail: Option<usize>,
}

impl Audit {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let repo = context.repo_path()?;
        let dir = repo.join("audit");
        if !dir.is_dir() {
            bail!(
                "there is no audit log at {}; a daemon begins it when it starts",
                dir.display()
            );
        }
        let summary = match self.verify {
            true => Some(audit::verify(&dir, &key(&repo)?)?),
            false => None,
        };
        let count = self.tail.unwrap_or(if self.verify { 0 } else { 20 });
        // Reading begins with the last file, whatever is to be shown of it.
        let records = match count {
            0 => Vec::new(),
            count => audit::tail(&dir, count)?,
        };
        let parts = [
            summary.as_ref().map(words).unwrap_or_default(),
            table(&records).to_string(),
        ];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() {
            context.out.note("The audit log is empty.");
        }
        let json = match &summary {
            Some(summary) => json!({ "verified": verified(summary), "records": records }),
            None => json!({ "records": records }),
        };
        context.out.result(parts.join("\n\n"), json)
    }
}

/// The key that the log in a repo is sealed with.
fn key(repo: &Path) -> anyhow::Result<Key> {
    let dir = repo.join("keystore");
    if !dir.is_dir() {
        bail!("there is no keystore at {}", dir.display());
    }
    // Opening a keystore clears its scratch directory, which is the repo. A daemon may be at work
    // there, so this reader names another one, in which there is nothing to clear.
    let keystore = Keystore::open(dir.clone(), dir)?;
    Key::load(&keystore)?.context("the key of the audit log is not in the keystore")
}

fn words(summary: &Summary) -> String {
    let Summary {
        records,
        removed,
        files,
        lost,
        unsealed,
        torn,
        ..
    } = summary;
    let (records, files) = (count(*records, "record"), count(*files, "file"));
    let mut words = format!("The audit log is as it was written: {records} in {files}");
    if let (Some(first), Some(last)) = (summary.first, summary.last) {
        let _ = write!(words, ", from {first:.0} to {last:.0}");
    }
    words.push('.');
    if *removed > 0 {
        let removed = count(*removed, "record");
        let _ = write!(
            words,
            "\nThe daemon has removed {removed} before that, as [Audit] MaxSize or MaxAge asks."
        );
    }
    if *lost > 0 {
        let calls = count(*lost, "more call");
        let _ = write!(
            words,
            "\n{calls} could not be recorded, by the log's own words."
        );
    }
    if *unsealed > 0 {
        let last = match *unsealed {
            1 => "The last record is".to_owned(),
            more => format!("The last {more} records are"),
        };
        let _ = write!(
            words,
            "\n{last} not sealed yet: whether more of these were removed cannot be known."
        );
    }
    if *torn > 0 {
        let _ = write!(
            words,
            "\nAt the end, {} of an unfinished record, as a crash leaves them.",
            count(*torn, "byte")
        );
    }
    words
}

fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

fn verified(summary: &Summary) -> Value {
    json!({
        "records": summary.records,
        "removed": summary.removed,
        "files": summary.files,
        "first": summary.first,
        "last": summary.last,
        "lost": summary.lost,
        "unsealed": summary.unsealed,
        "torn": summary.torn,
    })
}

fn table(records: &[Record]) -> Table<7> {
    let rows = records.iter().map(|record| {
        let token = match (&record.name, &record.token) {
            (Some(name), _) => name.clone(),
            (None, Some(id)) => short_id(id).to_owned(),
            (None, None) => "-".to_owned(),
        };
        let outcome = match record.outcome {
            Some(Outcome::Ok) => "ok",
            Some(Outcome::Error) => "error",
            None => "-",
        };
        let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
        [
            format!("{:.3}", record.time),
            verdict(record.verdict).to_owned(),
            token,
            record
                .address
                .map_or_else(|| "-".to_owned(), |address| address.to_string()),
            text(record.method.as_deref()),
            outcome.to_owned(),
            text(record.reason.as_deref()),
        ]
    });
    let titles = [
        "Time", "Verdict", "Token", "From", "Method", "Outcome", "Reason",
    ];
    Table::new(titles, rows)
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => "allowed",
        Verdict::Refused => "refused",
        Verdict::Unauthenticated => "unauthenticated",
        Verdict::Lost => "lost",
        Verdict::Recovered => "recovered",
        // The log may learn words that this list does not have yet.
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_kind_is_not_many() {
        let said = |number: u64| {
            let mut summary = Summary::default();
            summary.records = number;
            summary.files = number;
            summary.removed = number;
            summary.lost = number;
            summary.unsealed = number;
            summary.torn = number;
            words(&summary)
        };
        assert_eq!(
            said(1),
            "The audit log is as it was written: 1 record in 1 file.\n\
             The daemon has removed 1 record before that, as [Audit] MaxSize or MaxAge asks.\n\
             1 more call could not be recorded, by the log's own words.\n\
             The last record is not sealed yet: whether more of these were removed cannot be known.\n\
             At the end, 1 byte of an unfinished record, as a crash leaves them."
        );
        assert!(said(2).contains("2 records in 2 files.\n"), "{}", said(2));
        assert!(said(2).contains("The last 2 records are not sealed yet"));
        assert!(!words(&Summary::default()).contains('\n'));
    }
}
