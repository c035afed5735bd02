//! What was run and what came of it.

mod markdown;
mod raises;

use std::collections::BTreeMap;

use fvm_shared::MethodNum;
use fvm_shared::message::Message;
use lotus_chain::vm::actors;
use lotus_chain::vm::manifest::ActorKind;

use crate::run::Outcome;

/// Counts of all runs.
#[derive(Default)]
pub struct Report {
    pub seeds: Vec<u64>,
    /// By actor and method.
    counts: BTreeMap<Key, Count>,
    pub differences: Vec<String>,
    /// Life cycles that went another way than told.
    pub failures: Vec<String>,
    /// What each of them is, without its particulars.
    kinds: Vec<String>,
}

/// An actor and its method.
type Key = (String, String);

#[derive(Default)]
struct Count {
    messages: Calls,
    /// Calls that other actors made.
    inner: Calls,
    differ: usize,
    /// Our gas by the real machine's, in per cent, of each message that both executed.
    gas: Vec<u64>,
}

/// How calls ended.
#[derive(Default)]
struct Calls {
    all: usize,
    ok: usize,
    exits: BTreeMap<u32, usize>,
}

impl Calls {
    fn add(&mut self, exit: fvm_shared::error::ExitCode) {
        self.all += 1;
        self.ok += usize::from(exit.is_success());
        *self.exits.entry(exit.value()).or_default() += 1;
    }
}

/// What a message was sent to.
#[derive(Clone, Copy)]
pub enum Receiver {
    /// An address that nobody had.
    New,
    /// An address without an actor, such as one that is gone.
    None,
    Actor(ActorKind),
}

/// A message that both machines have executed.
pub struct Sent<'a> {
    pub source: &'a str,
    pub receiver: Receiver,
    pub message: &'a Message,
    pub real: &'a Outcome,
    pub native: &'a Outcome,
    pub same: bool,
}

impl Report {
    pub fn count(&mut self, sent: &Sent<'_>) {
        let name = match sent.receiver {
            Receiver::New => "(new address)",
            Receiver::None => "(no actor)",
            Receiver::Actor(kind) => kind.name(),
        };
        let kind = match sent.receiver {
            Receiver::Actor(kind) => Some(kind),
            _ => None,
        };
        let key = (name.to_owned(), method(kind, sent.message.method_num));
        let count = self.counts.entry(key.clone()).or_default();
        count.messages.add(sent.real.exit_code);
        count.differ += usize::from(!sent.same);
        if sent.real.gas_used > 0 && sent.real.exit_code == sent.native.exit_code {
            count
                .gas
                .push(sent.native.gas_used * 100 / sent.real.gas_used);
        }
        for call in sent.real.calls.iter().skip(1) {
            if let Some((_, Some(kind))) = call.invoked {
                let key = (kind.name().to_owned(), method(Some(kind), call.method));
                self.counts
                    .entry(key)
                    .or_default()
                    .inner
                    .add(call.exit_code);
            }
        }
        if !sent.same {
            self.differ(&key, sent);
        }
    }

    pub fn fail(&mut self, failure: String) {
        eprintln!("{failure}");
        self.failures.push(failure);
    }

    fn differ(&mut self, key: &Key, sent: &Sent<'_>) {
        let (real, native, message) = (sent.real, sent.native, sent.message);
        let (source, (actor, method)) = (sent.source, key);
        let text = format!(
            "{source}: {actor} {method} from {} to {} value {} params {}: exit {} / ours {}, return {} \
             / {}, events {}, root {}, calls {}\n      real: {}\n      ours: {}",
            message.from,
            message.to,
            message.value,
            hex(message.params.bytes()),
            real.exit_code,
            native.exit_code,
            hex(&real.returned),
            hex(&native.returned),
            same(real.events == native.events),
            same(real.root == native.root),
            same(real.calls == native.calls),
            real.error
                .as_deref()
                .unwrap_or("-")
                .trim()
                .replace('\n', " | "),
            native.error.as_deref().unwrap_or("-"),
        );
        self.kinds.push(format!(
            "{actor} {method}: exit code {}, ours {}; state root {}; calls {}",
            real.exit_code,
            native.exit_code,
            same(real.root == native.root),
            same(real.calls == native.calls),
        ));
        if self.differences.len() < 40 {
            eprintln!("{text}");
            if real.calls != native.calls {
                let longest = real.calls.len().max(native.calls.len());
                let at = (0..longest)
                    .find(|at| real.calls.get(*at) != native.calls.get(*at))
                    .unwrap_or(longest);
                for (whose, calls) in [("real", &real.calls), ("ours", &native.calls)] {
                    match calls.get(at) {
                        Some(call) => eprintln!("      {whose} call {at}: {call}"),
                        None => eprintln!("      {whose}: {} calls", calls.len()),
                    }
                }
            }
        }
        self.differences.push(text);
    }

    pub fn print(&self) {
        for ((actor, method), count) in &self.counts {
            eprintln!(
                "{actor:18} {method:34} {:6} messages, {:6} ok, {:6} inner, {:6} ok, {:4} differ, exits \
                 {:?} inner {:?}",
                count.messages.all,
                count.messages.ok,
                count.inner.all,
                count.inner.ok,
                count.differ,
                count.messages.exits,
                count.inner.exits,
            );
        }
        for line in self.unseen() {
            eprintln!("not seen: {line}");
        }
    }
}

fn same(same: bool) -> &'static str {
    if same { "same" } else { "differs" }
}

fn method(kind: Option<ActorKind>, number: MethodNum) -> String {
    match number {
        0 => "Send".to_owned(),
        number => kind
            .and_then(|kind| actors::methods(kind).iter().find(|(n, _)| *n == number))
            .map_or("(other)".to_owned(), |(_, name)| (*name).to_owned()),
    }
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
