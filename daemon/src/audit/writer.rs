//! The thread that writes: batches records, makes them durable in groups, and outlives a bad disk.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::log::Log;
use super::queue::Queue;
use crate::alerts::Alerts;

/// How long a record may wait to become durable with others, unless somebody waits for it.
const GROUP_TIME: Duration = Duration::from_millis(50);

/// How many records become durable at once at the latest.
const GROUP_SIZE: usize = 4096;

/// How long to wait before a failed write is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// How often and at what distance it is tried while the daemon wants to end.
const LAST_RETRIES: usize = 3;
const LAST_RETRY: Duration = Duration::from_millis(100);

/// What the alert is called.
const ALERT: (&str, &str) = ("audit", "write");

/// The writer of one log.
pub(super) struct Writer {
    pub(super) queue: Arc<Queue>,
    pub(super) log: Log,
    pub(super) alerts: Alerts,
}

/// What to do with the records that were appended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Write them: they survive the death of the process.
    Flush,
    /// Make them durable, and move the head.
    Commit,
}

/// The disk failed until the daemon ended.
struct GivenUp;

/// Ends the queue however the writer ends.
struct Ending(Arc<Queue>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.finish(true);
    }
}

impl Writer {
    /// Writes until the queue is closed.
    pub(super) fn run(mut self) {
        let _ending = Ending(self.queue.clone());
        let mut batch = VecDeque::new();
        let mut unsynced = 0;
        let mut deadline = None;
        loop {
            let wish = self.queue.take(&mut batch, deadline);
            unsynced += batch.len();
            if self.append(&mut batch).is_err() {
                return;
            }
            let late = deadline.is_some_and(|deadline| deadline <= Instant::now());
            let step = if wish.urgent || wish.closing || late || unsynced >= GROUP_SIZE {
                Step::Commit
            } else {
                Step::Flush
            };
            match self.persist(step) {
                Ok(true) => {
                    self.queue.made_durable(wish.taken);
                    (unsynced, deadline) = (0, None);
                }
                Ok(false) if unsynced > 0 => {
                    deadline.get_or_insert_with(|| Instant::now() + GROUP_TIME);
                }
                Ok(false) => {}
                Err(GivenUp) => return,
            }
            if wish.closing && self.queue.finish(false) {
                return;
            }
        }
    }

    fn append(&mut self, batch: &mut VecDeque<super::Record>) -> Result<(), GivenUp> {
        for mut record in batch.drain(..) {
            self.log.append(&mut record);
            if self.log.is_full() {
                self.persist(Step::Commit)?;
            }
        }
        Ok(())
    }

    /// Takes this step, until it succeeds; says whether everything is durable now.
    fn persist(&mut self, step: Step) -> Result<bool, GivenUp> {
        let done = match step {
            Step::Flush => self.log.flush(),
            Step::Commit => self.log.commit(),
        };
        let Err(mut error) = done else {
            return Ok(step == Step::Commit);
        };
        let (system, subsystem) = ALERT;
        let message = json!({
            "message": "the audit log cannot be written; records are kept in memory until it can",
            "error": error.to_string(),
        });
        self.alerts.raise_error(system, subsystem, message);
        let mut last_retries = 0;
        loop {
            self.queue.set_failing(true);
            if self.queue.pause(RETRY) {
                if last_retries == LAST_RETRIES {
                    tracing::error!(
                        target: "audit", %error,
                        "the last records of the audit log could not be written"
                    );
                    return Err(GivenUp);
                }
                last_retries += 1;
                thread::sleep(LAST_RETRY);
            }
            match self.log.commit() {
                Ok(()) => break,
                Err(again) => error = again,
            }
        }
        self.queue.set_failing(false);
        let message = json!({ "message": "the audit log is written again" });
        self.alerts.resolve(system, subsystem, message);
        Ok(true)
    }
}
