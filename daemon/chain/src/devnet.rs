//! The network's own miner: makes blocks of the messages that wait, all in this process.
//!
//! Time on a local network is the chain's own. A block's timestamp is that of its parents and one
//! block delay for each epoch since; whether that much time has really passed does not matter. So
//! where blocks are made on demand, the chain's clock stands while nobody sends anything, and runs
//! ahead while many do; and in tests nothing has to be waited for.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use lotus_types::{Address, SignedMessage, TipSet};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::chain::{Chain, ChainError, MAX_NULL_ROUNDS, MessageSource, check_epoch};
use crate::keys::Key;

/// How long a message waits for others to share a block with.
const DEBOUNCE: Duration = Duration::from_millis(5);
/// How long nothing is tried after a failure, such as a full disk.
const PAUSE: Duration = Duration::from_secs(1);

/// When blocks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockMode {
    /// As soon as a message waits, and then one more, empty, because only that says what the first
    /// one's messages did. And as many as somebody waits for, with [`Chain::wait_message`].
    OnMessage,
    /// One every so often, whether messages wait or not.
    Every(Duration),
    /// Only by miners that submit them.
    MinersOnly,
}

/// The miner of a local network. It stops when this is dropped.
pub struct Devnet {
    maker: Arc<Maker>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Devnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Devnet")
            .field("miner", &self.maker.miner)
            .finish_non_exhaustive()
    }
}

struct Maker {
    chain: Chain,
    source: Arc<dyn MessageSource>,
    miner: Address,
    key: Key,
    /// Whoever makes a block.
    turn: Mutex<()>,
    /// Whether the last block that was due could not be made.
    stuck: AtomicBool,
}

impl Devnet {
    /// Begins to make blocks as `miner`, which signs them with `key`, of the messages of `source`,
    /// which from now on hears of every move of the head.
    ///
    /// # Errors
    /// [`ChainError::NotAMiner`] if the key is not the miner's: the chain was started with another
    /// seed phrase; or no thread can be started.
    pub fn start(
        chain: Chain,
        source: Arc<dyn MessageSource>,
        miner: Address,
        key: Key,
        mode: BlockMode,
    ) -> Result<Devnet, ChainError> {
        let head = chain.head();
        let base = chain.mining_base(&miner, head.height() + 1, &head)?;
        if base.is_none_or(|base| base.worker_key != key.address()) {
            return Err(ChainError::NotAMiner(miner));
        }
        chain.set_source(&source);
        let maker = Arc::new(Maker {
            chain,
            source,
            miner,
            key,
            turn: Mutex::default(),
            stuck: AtomicBool::default(),
        });
        let (stop, stopped) = watch::channel(false);
        let thread = match mode {
            BlockMode::MinersOnly => None,
            _ => Some(maker.clone().spawn(mode, stopped)?),
        };
        Ok(Devnet {
            maker,
            stop,
            thread,
        })
    }

    /// Makes a block now, after some null rounds, of the messages that wait, if any do; and returns
    /// the new head. Blocks the thread.
    ///
    /// # Errors
    /// There are too many null rounds, or the block cannot be made.
    pub fn mine(&self, null_rounds: i64) -> Result<Arc<TipSet>, ChainError> {
        self.maker.make(null_rounds)
    }

    /// Whether the last block that was due could not be made, for a full disk for instance. The log
    /// says why, and it is tried again every second.
    pub fn is_stuck(&self) -> bool {
        self.maker.stuck.load(Ordering::Relaxed)
    }

    /// Stops making blocks: when it returns, the last one is done. Dropping does the same.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that made blocks had panicked");
        }
    }
}

impl Maker {
    fn spawn(
        self: Arc<Self>,
        mode: BlockMode,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<JoinHandle<()>, ChainError> {
        // Of its own, with a timer only: it waits here and works in between.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(ChainError::Start)?;
        let work = move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = stopped.wait_for(|stopped| *stopped) => {}
                    () = self.run(mode) => {}
                }
            });
        };
        std::thread::Builder::new()
            .name("blocks".to_owned())
            .spawn(work)
            .map_err(ChainError::Start)
    }

    async fn run(&self, mode: BlockMode) {
        match mode {
            BlockMode::OnMessage => self.on_message().await,
            BlockMode::Every(period) => self.every(period).await,
            BlockMode::MinersOnly => {}
        }
    }

    async fn on_message(&self) {
        let mut arrivals = self.source.arrivals();
        let mut wanted = self.chain.wanted();
        loop {
            let height = *wanted.borrow_and_update();
            arrivals.borrow_and_update();
            match self.noted(self.step(height)) {
                // A chance to stop, between two blocks.
                Some(true) => tokio::task::yield_now().await,
                Some(false) => tokio::select! {
                    Ok(()) = arrivals.changed() => tokio::time::sleep(DEBOUNCE).await,
                    Ok(()) = wanted.changed() => {}
                    else => return,
                },
                None => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    async fn every(&self, period: Duration) {
        // A period of zero is none.
        let mut ticks = tokio::time::interval(period.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            if self.noted(self.make(0)).is_none() {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Takes note of whether a block could be made, and says why not.
    fn noted<T>(&self, made: Result<T, ChainError>) -> Option<T> {
        self.stuck.store(made.is_err(), Ordering::Relaxed);
        made.inspect_err(|error| tracing::error!(%error, "a block could not be made; trying again"))
            .ok()
    }

    /// Makes a block if there is a reason to, and returns whether there was.
    fn step(&self, wanted: i64) -> Result<bool, ChainError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let parents = self.chain.head();
        let messages = self.chain.choose(&*self.source, &parents)?;
        let empty = self.chain.genesis().min_ticket_block().messages;
        let untold = parents.blocks().iter().any(|block| block.messages != empty);
        let reason = untold || parents.height() < wanted || !messages.is_empty();
        if reason {
            self.build(&parents, 0, &messages)?;
        }
        Ok(reason)
    }

    /// Makes a block, and returns the head that it leads to.
    fn make(&self, null_rounds: i64) -> Result<Arc<TipSet>, ChainError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let parents = self.chain.head();
        let epoch = parents.height().saturating_add(1);
        check_epoch(epoch.saturating_add(null_rounds), &parents)?;
        let messages = self.chain.choose(&*self.source, &parents)?;
        self.build(&parents, null_rounds, &messages)
    }

    fn build(
        &self,
        parents: &Arc<TipSet>,
        null_rounds: i64,
        messages: &[SignedMessage],
    ) -> Result<Arc<TipSet>, ChainError> {
        // Where others have power, too, it may not win every epoch.
        for later in null_rounds..=MAX_NULL_ROUNDS {
            let (miner, key) = (&self.miner, &self.key);
            let made = self
                .chain
                .extend(miner, key, parents, later, messages.to_vec())?;
            if let Some(head) = made {
                return Ok(head);
            }
            let head = self.chain.head();
            if head.key() != parents.key() {
                // Somebody else was faster.
                return Ok(head);
            }
        }
        Err(ChainError::NotAMiner(self.miner))
    }
}
