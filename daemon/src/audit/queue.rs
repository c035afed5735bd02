//! The queue between those who record and the one thread that writes.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;

use super::NotRecorded;
use super::record::{Entry, Record, Verdict};

/// Records on their way to the writer. Each has a ticket: how many were pushed up to it.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// There is something for the writer to do.
    work: Condvar,
    progress: watch::Sender<Progress>,
    capacity: usize,
    lost: AtomicU64,
    failed: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    records: VecDeque<Record>,
    pushed: u64,
    /// Whether somebody waits for what was pushed to be durable.
    urgent: bool,
    failing: bool,
    closing: bool,
    closed: bool,
    /// Whether the writer waits for work.
    idle: bool,
}

/// How far the writer has come.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    /// The last ticket that the writer has taken off the queue.
    taken: u64,
    /// The last ticket whose record is durable.
    durable: u64,
    /// Whether the last attempt to write failed.
    failing: bool,
    /// Whether the writer has ended.
    closed: bool,
}

/// What the writer is to do with what it has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wish {
    /// The last ticket taken.
    pub(super) taken: u64,
    /// Make it durable now.
    pub(super) urgent: bool,
    /// And end.
    pub(super) closing: bool,
}

impl Queue {
    pub(super) fn new(capacity: usize) -> Queue {
        Queue {
            state: Mutex::default(),
            work: Condvar::new(),
            progress: watch::Sender::default(),
            capacity,
            lost: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing between two statements under the lock can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, state: &mut State) {
        if mem::take(&mut state.idle) {
            self.work.notify_one();
        }
    }

    /// Adds the record of a call, and returns its ticket; `None` if it is lost.
    pub(super) fn push(&self, entry: Entry) -> Option<u64> {
        let record = Record::of(entry, Timestamp::now());
        self.push_record(record)
    }

    pub(super) fn push_record(&self, record: Record) -> Option<u64> {
        let mut state = self.lock();
        if state.closed {
            self.lost.fetch_add(1, Ordering::Relaxed);
            tracing::error!(target: "audit", "a call came after the audit log was closed");
            return None;
        }
        let kept = !state.failing || state.records.len() < self.capacity;
        if kept {
            state.records.push_back(record);
            state.pushed += 1;
        } else {
            self.lost.fetch_add(1, Ordering::Relaxed);
            match state.records.back_mut() {
                Some(last) if last.verdict == Verdict::Lost => {
                    last.count = last.count.map(|count| count + 1);
                }
                _ => {
                    state.records.push_back(Record::lost(1, record.time));
                    state.pushed += 1;
                }
            }
        }
        let ticket = kept.then_some(state.pushed);
        self.wake(&mut state);
        ticket
    }

    /// Waits until there is room for the record of this ticket, or the disk fails: then what is too
    /// much is lost and nobody waits.
    pub(super) async fn accepted(&self, ticket: u64) {
        let room = self.capacity as u64;
        let mut progress = self.progress.subscribe();
        let done = |p: &Progress| ticket <= p.taken + room || p.failing || p.closed;
        // The sender is `self`, so it is not dropped while this waits.
        let _ = progress.wait_for(done).await;
    }

    /// Waits until the record of this ticket is durable.
    pub(super) async fn durable(&self, ticket: u64) -> Result<(), NotRecorded> {
        let mut progress = self.progress.subscribe();
        if progress.borrow().durable < ticket {
            let mut state = self.lock();
            state.urgent = true;
            self.wake(&mut state);
        }
        let done = |p: &Progress| ticket <= p.durable || p.failing || p.closed;
        match progress.wait_for(done).await {
            Ok(progress) if ticket <= progress.durable => Ok(()),
            _ => Err(NotRecorded),
        }
    }

    /// Asks the writer to write all and end.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closing = true;
        self.wake(&mut state);
    }

    /// Waits until the writer has ended. How many records did it leave unwritten?
    pub(super) async fn closed(&self) -> u64 {
        let mut progress = self.progress.subscribe();
        // The sender is `self`, so it is not dropped while this waits.
        let _ = progress.wait_for(|p| p.closed).await;
        let durable = progress.borrow().durable;
        self.lock().pushed - durable
    }

    /// How many records were lost.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// How many attempts to write failed.
    pub(super) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    // The writer's side.

    /// Moves all records into `batch`, which is empty. Waits for one until `deadline`.
    pub(super) fn take(&self, batch: &mut VecDeque<Record>, deadline: Option<Instant>) -> Wish {
        let mut state = self.lock();
        while state.records.is_empty() && !state.urgent && !state.closing {
            state.idle = true;
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            match left {
                Some(Duration::ZERO) => break,
                Some(left) => {
                    let waited = self.work.wait_timeout(state, left);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                None => {
                    let waited = self.work.wait(state);
                    state = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
        state.idle = false;
        mem::swap(&mut state.records, batch);
        let wish = Wish {
            taken: state.pushed,
            urgent: mem::take(&mut state.urgent),
            closing: state.closing,
        };
        drop(state);
        if !batch.is_empty() {
            self.progress.send_modify(|p| p.taken = wish.taken);
        }
        wish
    }

    /// Says that everything up to this ticket is durable.
    pub(super) fn made_durable(&self, ticket: u64) {
        self.progress.send_modify(|p| p.durable = ticket);
    }

    /// Says that the disk failed, or that it works again.
    pub(super) fn set_failing(&self, failing: bool) {
        if failing {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        self.lock().failing = failing;
        self.progress.send_modify(|p| p.failing = failing);
    }

    /// Waits so long before the next attempt, or until the log is to be closed; says whether it is.
    pub(super) fn pause(&self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        let mut state = self.lock();
        while !state.closing {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state.idle = true;
            let waited = self.work.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.idle = false;
        state.closing
    }

    /// Ends the queue if it is empty or must end; says whether it has ended.
    pub(super) fn finish(&self, must: bool) -> bool {
        let mut state = self.lock();
        state.closed |= must || state.records.is_empty();
        let closed = state.closed;
        drop(state);
        if closed {
            self.progress.send_modify(|p| p.closed = true);
        }
        closed
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::entry;
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn who_records_waits_while_the_queue_is_full_and_nothing_is_dropped() {
        let queue = Queue::new(2);
        let tickets: Vec<u64> = (1..=4).map(|n| queue.push(entry(n)).unwrap()).collect();
        let waits = |ticket| queue.accepted(ticket).now_or_never().is_none();
        assert_eq!(
            tickets.iter().map(|t| waits(*t)).collect::<Vec<_>>(),
            [false, false, true, true]
        );

        let mut batch = VecDeque::new();
        assert_eq!(queue.take(&mut batch, None).taken, 4);
        assert_eq!(batch.len(), 4);
        assert!(!waits(4));
        assert_eq!(queue.lost(), 0);
    }

    #[test]
    fn while_the_disk_fails_what_exceeds_the_queue_is_counted_and_nobody_waits() {
        let queue = Queue::new(2);
        queue.set_failing(true);
        let tickets: Vec<_> = (1..=5).map(|n| queue.push(entry(n))).collect();
        assert_eq!(tickets, [Some(1), Some(2), None, None, None]);
        assert_eq!(queue.durable(2).now_or_never(), Some(Err(NotRecorded)));
        assert_eq!(queue.accepted(2).now_or_never(), Some(()));
        assert_eq!((queue.lost(), queue.failed()), (3, 1));

        queue.set_failing(false);
        let mut batch = VecDeque::new();
        queue.push(entry(6)).unwrap();
        queue.take(&mut batch, None);
        let batch: Vec<_> = batch.iter().map(|r| (r.verdict, r.count)).collect();
        let (call, lost) = ((Verdict::Allowed, None), (Verdict::Lost, Some(3)));
        assert_eq!(batch, [call, call, lost, call]);
    }

    #[test]
    fn to_wait_for_durability_hurries_the_writer() {
        let queue = Queue::new(2);
        let ticket = queue.push(entry(1)).unwrap();
        assert_eq!(queue.durable(ticket).now_or_never(), None);
        let mut batch = VecDeque::new();
        assert!(queue.take(&mut batch, None).urgent);
        queue.made_durable(ticket);
        assert_eq!(queue.durable(ticket).now_or_never(), Some(Ok(())));
    }

    #[test]
    fn after_the_end_nothing_is_taken_silently() {
        let queue = Queue::new(2);
        queue.push(entry(1)).unwrap();
        assert!(!queue.finish(false), "there is a record to write");
        assert!(queue.finish(true));
        assert_eq!(queue.closed().now_or_never(), Some(1));
        assert_eq!(queue.push(entry(2)), None);
        assert_eq!(queue.lost(), 1);
    }
}
