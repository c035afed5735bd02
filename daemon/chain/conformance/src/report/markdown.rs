//! The report as `docs/conformance.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use lotus_chain::vm::actors;

use super::Report;

const INTRODUCTION: &str = "\
# Conformance

The virtual machine of this project against the real one: `fvm` 4.8.4 running the built-in actors v17
(devnet), the same messages on both. After every message these must be the same: the exit code, the return
value, the events root, the **whole state root**, and every call that one actor made to another, with its
parameters, value, exit code and return value. The balances of all actors together must not have changed.

Each seed runs

* messages drawn at random, without fees: good, bad and meaningless ones for every actor, while epochs pass;
* the same with fees: what each message pays must be what the real machine takes for the gas that it has
  used, and the state root must be the same but for the difference in gas;
* directed life cycles: payment channels from creation to collection, multisigs whose funds unlock and
  whose signers come and go, multisigs that own multisigs, miners through changes of worker, owner and
  beneficiary, rewards that vest, penalties and debts, power and cron, datacap from the first verifier to
  the last expired allocation, constructors called by those who may, links that lead nowhere.

Run it again with

```text
cd daemon/chain/conformance
FILECOIN_BUNDLE=builtin-actors-v17-devnet.car.zst cargo run --release -- \\
  --seeds 1-12 --report ../../../docs/conformance.md --record ../tests/vectors
```

";

const GAS: &str = "
## Gas

Gas is the one thing in which the two differ: the real machine counts wasm instructions, ours charges a flat
price for each call (`daemon/chain/src/vm/gas.rs` says what for what). An estimate is what our own machine
uses, so it is enough here whatever the real one would use. For information, our gas in per cent of the real
machine's, by method, over the messages that both executed:

| actor | method | messages | least | median | most |
|---|---|--:|--:|--:|--:|
";

const RAISES: &str = "
## Exit codes

What each method can raise by itself, and what of it no message and no call has raised. The machine's own
codes (below 16) are left out, and so is what a constructor, a token's receiver or a voucher's call passes on.

| actor | method | exit codes | not seen |
|---|---|---|---|
";

impl Report {
    pub fn markdown(&self) -> String {
        let total: usize = self.counts.values().map(|count| count.messages.all).sum();
        let inner: usize = self.counts.values().map(|count| count.inner.all).sum();
        let seeds: Vec<_> = self.seeds.iter().map(u64::to_string).collect();
        let mut text = INTRODUCTION.to_owned();
        let _ = writeln!(
            text,
            "Seeds {}; {total} messages, which made {inner} calls; {} differ.\n",
            seeds.join(", "),
            self.differences.len(),
        );
        text.push_str(
            "| actor | method | messages | succeed | calls | succeed | differ | exit codes |\n\
             |---|---|--:|--:|--:|--:|--:|---|\n",
        );
        for ((actor, method), count) in &self.counts {
            let mut exits: Vec<_> = count.messages.exits.keys().collect();
            exits.extend(count.inner.exits.keys());
            exits.sort_unstable();
            exits.dedup();
            let exits: Vec<_> = exits.into_iter().map(u32::to_string).collect();
            let _ = writeln!(
                text,
                "| {actor} | {method} | {} | {} | {} | {} | {} | {} |",
                count.messages.all,
                count.messages.ok,
                count.inner.all,
                count.inner.ok,
                count.differ,
                exits.join(" ")
            );
        }
        self.write_differences(&mut text);
        self.write_raises(&mut text);
        self.write_gas(&mut text);
        write_refused(&mut text);
        text
    }

    fn write_differences(&self, text: &mut String) {
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
    }

    fn write_raises(&self, text: &mut String) {
        text.push_str(RAISES);
        let list = |codes: &[u32]| {
            codes
                .iter()
                .map(u32::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        };
        for (kind, method, codes, unseen) in self.raised() {
            let _ = writeln!(
                text,
                "| {} | {method} | {} | {} |",
                kind.name(),
                list(&codes),
                list(&unseen)
            );
        }
    }

    fn write_gas(&self, text: &mut String) {
        text.push_str(GAS);
        for ((actor, method), count) in &self.counts {
            let mut gas = count.gas.clone();
            gas.sort_unstable();
            if let (Some(least), Some(most)) = (gas.first(), gas.last()) {
                let median = gas[gas.len() / 2];
                let _ = writeln!(
                    text,
                    "| {actor} | {method} | {} | {least} | {median} | {most} |",
                    gas.len()
                );
            }
        }
    }
}

fn write_refused(text: &mut String) {
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
}
