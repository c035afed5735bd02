//! What was run and what came of it.

use std::collections::BTreeMap;
use std::fmt::Write;

use fvm_shared::message::Message;
use lotus_chain::vm::actors;
use lotus_chain::vm::manifest::ActorKind;

use crate::world::Outcome;

/// Counts of all runs.
#[derive(Default)]
pub struct Report {
    pub seeds: Vec<u64>,
    /// By actor and method: messages, those with exit code 0, those that differ, exit codes.
    counts: BTreeMap<(String, String), Count>,
    pub differences: Vec<String>,
    /// What each of them is, without its particulars.
    kinds: Vec<String>,
    /// By actor and method: our gas by the real machine's, in per cent; the least and the most.
    gas: BTreeMap<(String, String), (u64, u64)>,
}

#[derive(Default)]
struct Count {
    messages: usize,
    ok: usize,
    differ: usize,
    exits: BTreeMap<u32, usize>,
}

impl Report {
    pub fn count(
        &mut self,
        source: &str,
        kind: Option<ActorKind>,
        message: &Message,
        real: &Outcome,
        native: &Outcome,
        same: bool,
    ) {
        let key = key(kind, message);
        let count = self.counts.entry(key.clone()).or_default();
        count.messages += 1;
        count.ok += usize::from(real.exit_code.is_success());
        *count.exits.entry(real.exit_code.value()).or_default() += 1;
        if same {
            return;
        }
        count.differ += 1;
        let params = message.params.bytes();
        let text = format!(
            "{source}: {} {} from {} to {} value {} params {}: exit {} / ours {}, return {} / {}, \
             events {}, root {}\n      real: {}\n      ours: {}",
            key.0,
            key.1,
            message.from,
            message.to,
            message.value,
            hex(params),
            real.exit_code,
            native.exit_code,
            hex(&real.returned),
            hex(&native.returned),
            if real.events == native.events {
                "same"
            } else {
                "differ"
            },
            if real.root == native.root {
                "same"
            } else {
                "differs"
            },
            real.error
                .as_deref()
                .unwrap_or("-")
                .trim()
                .replace('\n', " | "),
            native.error.as_deref().unwrap_or("-"),
        );
        self.kinds.push(format!(
            "{} {}: exit code {}, ours {}; state root {}",
            key.0,
            key.1,
            real.exit_code,
            native.exit_code,
            if real.root == native.root {
                "the same"
            } else {
                "another"
            },
        ));
        if self.differences.len() < 40 {
            eprintln!("{text}");
        }
        self.differences.push(text);
    }

    pub fn gas(&mut self, kind: Option<ActorKind>, message: &Message, real: u64, ours: u64) {
        if real == 0 || ours == 0 {
            return;
        }
        let ratio = ours * 100 / real;
        let entry = self.gas.entry(key(kind, message)).or_insert((u64::MAX, 0));
        *entry = (entry.0.min(ratio), entry.1.max(ratio));
    }

    pub fn print(&self) {
        for ((actor, method), count) in &self.counts {
            let gas = self.gas.get(&(actor.clone(), method.clone()));
            eprintln!(
                "{actor:18} {method:34} {:6} messages, {:6} ok, {:4} differ, exits {:?}, gas % {gas:?}",
                count.messages, count.ok, count.differ, count.exits
            );
        }
    }

    pub fn markdown(&self) -> String {
        let total: usize = self.counts.values().map(|count| count.messages).sum();
        let mut text = format!(
            "# Conformance\n\n\
             The virtual machine of this project against the real one: `fvm` 4.8.4 running the built-in \
             actors v17\n(devnet), the same messages on both, and after every message the same exit \
             code, return value, events root and\n**whole state root**. Fees are zero in this run.\n\n\
             Run it again with\n\n```text\ncd daemon/chain/conformance\n\
             FILECOIN_BUNDLE=builtin-actors-v17-devnet.car.zst cargo run --release -- \\\n  \
             --report ../../../docs/conformance.md --record ../tests/vectors\n```\n\n\
             Seeds {}; {total} messages, {} differ.\n\n\
             | actor | method | messages | succeed | differ | exit codes |\n\
             |---|---|--:|--:|--:|---|\n",
            self.seeds
                .iter()
                .map(u64::to_string)
                .collect::<Vec<_>>()
                .join(", "),
            self.differences.len(),
        );
        for ((actor, method), count) in &self.counts {
            let exits: Vec<_> = count.exits.keys().map(u32::to_string).collect();
            let _ = writeln!(
                text,
                "| {actor} | {method} | {} | {} | {} | {} |",
                count.messages,
                count.ok,
                count.differ,
                exits.join(" ")
            );
        }
        text.push_str("\n## What differs\n\n");
        if self.differences.is_empty() {
            text.push_str("Nothing.\n");
        }
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for kind in &self.kinds {
            *kinds.entry(kind).or_default() += 1;
        }
        for (kind, count) in kinds {
            let _ = writeln!(text, "* {kind}: {count} messages");
        }
        text.push_str(
            "\n## What is refused by design, and so not generated\n\n\
             * `eam`: every method but sends, and every method of contracts: they are not executed here.\n",
        );
        for (actor, refused) in [
            ("storageminer", actors::miner::NOT_IMPLEMENTED),
            ("storagemarket", actors::market::NOT_IMPLEMENTED),
            ("verifiedregistry", actors::verifreg::NOT_IMPLEMENTED),
        ] {
            let names: Vec<_> = refused.iter().map(|(_, name)| *name).collect();
            let _ = writeln!(text, "* `{actor}`: {}.", names.join(", "));
        }
        text
    }
}

fn key(kind: Option<ActorKind>, message: &Message) -> (String, String) {
    let actor = kind.map_or("(new address)", ActorKind::name).to_owned();
    let method = match message.method_num {
        0 => "Send".to_owned(),
        number => kind
            .and_then(|kind| actors::methods(kind).iter().find(|(n, _)| *n == number))
            .map_or("(other)".to_owned(), |(_, name)| (*name).to_owned()),
    };
    (actor, method)
}

fn hex(bytes: &[u8]) -> String {
    let shown: String = bytes
        .iter()
        .take(80)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if bytes.len() > 80 {
        format!("{shown}…")
    } else {
        shown
    }
}
