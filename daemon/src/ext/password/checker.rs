//! Hashing under load: off the runtime, at most two at a time, and slower for those who guess.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{HashError, Secret, State, Unfit};
use crate::ext::backoff::Backoff;
use crate::task;

/// How many hashes are computed at a time. Each takes 19 MiB and some 20 ms of a core.
const HASHES: usize = 2;

/// The time, which a test sets.
type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// Checks passwords for callers that nobody knows yet.
pub(crate) struct Checker {
    hashes: Arc<Semaphore>,
    backoff: Backoff,
    clock: Clock,
}

impl fmt::Debug for Checker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checker").finish_non_exhaustive()
    }
}

/// Why a password was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CheckError {
    /// It is not the password in force.
    #[error("incorrect password")]
    Incorrect,
    /// It may not become the password.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// Too many wrong ones came from the same address; this one was not looked at.
    #[error("too many wrong passwords from this address; try again in {0} s")]
    Wait(u64),
    /// It could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The check ended abnormally.
    #[error("the password could not be checked; try again")]
    Aborted,
}

impl Checker {
    /// A checker that remembers nobody.
    pub(crate) fn new() -> Self {
        Self::with_clock(Arc::new(Instant::now))
    }

    pub(crate) fn with_clock(clock: Clock) -> Self {
        Self {
            hashes: Arc::new(Semaphore::new(HASHES)),
            backoff: Backoff::default(),
            clock,
        }
    }

    /// Whether `password` is in force.
    ///
    /// # Errors
    /// [`CheckError::Incorrect`], or [`CheckError::Wait`] without a look at it.
    pub(crate) async fn check(
        &self,
        source: IpAddr,
        password: Secret,
        state: State,
    ) -> Result<(), CheckError> {
        let source = self.backoff.source(source, (self.clock)());
        let mut failures = source.lock_owned().await;
        if let Some(wait) = failures.wait((self.clock)()) {
            return Err(CheckError::Wait(rounded_up(wait)));
        }
        let permit = self.permit().await?;
        let clock = self.clock.clone();
        // A caller who goes away does not stop this: the attempt counts, and so does the hash.
        let checked = task::blocking(move || {
            let right = state.matches(&password);
            match right {
                Ok(true) => failures.clear(),
                Ok(false) => failures.add(clock()),
                Err(_) => {}
            }
            drop(permit);
            right
        });
        match checked.await.map_err(|_| CheckError::Aborted)?? {
            true => Ok(()),
            false => Err(CheckError::Incorrect),
        }
    }

    /// The state after a change to `password`.
    ///
    /// # Errors
    /// [`CheckError::Unfit`] when it may not become the password.
    pub(crate) async fn change(&self, state: State, password: Secret) -> Result<State, CheckError> {
        let permit = self.permit().await?;
        let changed = task::blocking(move || {
            let changed = password
                .judge()
                .map_err(CheckError::from)
                .and_then(|()| Ok(state.changed(&password)?));
            drop(permit);
            changed
        });
        changed.await.map_err(|_| CheckError::Aborted)?
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, CheckError> {
        let permit = self.hashes.clone().acquire_owned().await;
        permit.map_err(|_| CheckError::Aborted)
    }
}

fn rounded_up(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    use tokio::time::timeout;

    const RIGHT: &str = "correcthorsebatterystaple";
    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    struct Test {
        checker: Checker,
        state: State,
        now: Arc<Mutex<Instant>>,
    }

    impl Test {
        fn new() -> Self {
            let now = Arc::new(Mutex::new(Instant::now()));
            let clock = now.clone();
            Self {
                checker: Checker::with_clock(Arc::new(move || *clock.lock().unwrap())),
                state: State::new(&Secret::new(RIGHT)).unwrap(),
                now,
            }
        }

        async fn check(&self, source: IpAddr, password: &str) -> Result<(), CheckError> {
            let password = Secret::new(password);
            self.checker
                .check(source, password, self.state.clone())
                .await
        }

        fn pass(&self, seconds: u64) {
            *self.now.lock().unwrap() += Duration::from_secs(seconds);
        }
    }

    #[tokio::test]
    async fn guessing_gets_slower_for_the_guesser_only() {
        let test = Test::new();
        for _ in 0..10 {
            assert_eq!(test.check(HERE, "wrong").await, Err(CheckError::Incorrect));
        }
        assert_eq!(test.check(HERE, RIGHT).await, Err(CheckError::Wait(1)));
        assert_eq!(test.check(THERE, RIGHT).await, Ok(()));
        test.pass(1);
        assert_eq!(test.check(HERE, "wrong").await, Err(CheckError::Incorrect));
        test.pass(1);
        let refused = test.check(HERE, RIGHT).await.unwrap_err();
        let text = "too many wrong passwords from this address; try again in 1 s";
        assert_eq!(refused.to_string(), text);
        test.pass(1);
        assert_eq!(test.check(HERE, RIGHT).await, Ok(()));
        assert_eq!(test.check(HERE, "wrong").await, Err(CheckError::Incorrect));
    }

    #[tokio::test]
    async fn guesses_side_by_side_gain_nothing() {
        let test = Test::new();
        let guesses = (0..40).map(|_| test.check(HERE, "wrong"));
        let answers = futures_util::future::join_all(guesses).await;
        let tried = |answer: &&Result<(), CheckError>| **answer == Err(CheckError::Incorrect);
        assert_eq!(answers.iter().filter(tried).count(), 10);
    }

    /// A caller who hangs up before the answer has guessed all the same.
    #[tokio::test]
    async fn hanging_up_does_not_undo_an_attempt() {
        let test = Test::new();
        for _ in 0..10 {
            let check = test.check(HERE, "wrong");
            assert!(timeout(Duration::ZERO, check).await.is_err());
            let source = test.checker.backoff.source(HERE, Instant::now());
            drop(
                timeout(Duration::from_secs(60), source.lock())
                    .await
                    .unwrap(),
            );
        }
        assert_eq!(test.check(HERE, RIGHT).await, Err(CheckError::Wait(1)));
    }

    #[tokio::test]
    async fn no_more_than_two_hashes_at_a_time() {
        let test = Test::new();
        let both = test
            .checker
            .hashes
            .clone()
            .try_acquire_many_owned(2)
            .unwrap();
        let mut check = Box::pin(test.check(HERE, RIGHT));
        assert!(timeout(Duration::ZERO, &mut check).await.is_err());
        assert!(test.checker.hashes.try_acquire().is_err());
        drop(both);
        assert_eq!(check.await, Ok(()));
    }

    #[tokio::test]
    async fn a_new_password_must_be_fit() {
        let test = Test::new();
        let change = |to: &str| test.checker.change(test.state.clone(), Secret::new(to));
        assert_eq!(change("").await, Err(CheckError::Unfit(Unfit::Empty)));
        assert_eq!(
            change("password1").await,
            Err(CheckError::Unfit(Unfit::Weak))
        );
        let changed = change("fejhkefjhefjhefhje").await.unwrap();
        assert!(changed.matches(&Secret::new("fejhkefjhefjhefhje")).unwrap());
    }
}
