//! The way to the database: two connections, lost and made again together.
//!
//! One works. The other listens to what daemons tell each other, and is asked once a second whether
//! it is still there; nothing else is asked of it, so that a long query is not taken for silence.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls, Socket, tls::NoTlsStream};

use super::super::{Change, StoreError};
use super::address::Address;
use super::schema;

/// How often the server is asked whether it is there.
const BEAT: Duration = Duration::from_secs(1);

/// The silence after which it counts as unreachable.
const UNREACHABLE: Duration = Duration::from_secs(2);

/// The silence after which the connections are given up.
const GIVE_UP: Duration = Duration::from_secs(4);

/// How long the server may take to greet.
const GREET: Duration = Duration::from_secs(5);

/// How long preparing may take; a migration is a part of it.
const PREPARE: Duration = Duration::from_secs(60);

/// The first and the longest pause between two attempts to connect.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// How long the server may work on one query, in milliseconds; after it, the query is undone.
const STATEMENT_TIMEOUT: u32 = 30_000;

/// What is known of the way to the database.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) address: Address,
    pub(super) changes: broadcast::Sender<Change>,
    state: Mutex<State>,
}

struct State {
    /// The connection that works, or why there is none.
    client: Result<Arc<Client>, String>,
    /// When the last question was asked that has been answered.
    heard: Instant,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("client", &self.client.as_ref().map(|_| ()))
            .field("heard", &self.heard)
            .finish()
    }
}

impl Link {
    /// Connects, prepares the tables, and keeps connecting until the link is dropped.
    pub(super) async fn open(address: Address) -> Result<Arc<Self>, StoreError> {
        let changes = broadcast::Sender::new(1024);
        let (client, connections) = connect(&address, &changes).await?;
        let link = Arc::new(Self {
            address,
            changes,
            state: Mutex::new(State {
                client: Ok(client),
                heard: Instant::now(),
            }),
        });
        tokio::spawn(keep(Arc::downgrade(&link), connections));
        Ok(link)
    }

    /// The connection that works.
    pub(super) fn client(&self) -> Result<Arc<Client>, StoreError> {
        let state = self.state();
        state.client.clone().map_err(|problem| {
            let since = state.heard.elapsed().as_secs();
            self.address
                .failed(format!("unreachable for {since} s: {problem}"))
        })
    }

    pub(super) fn unreachable_since(&self) -> Option<Instant> {
        let state = self.state();
        let silent = state.heard.elapsed() > UNREACHABLE;
        (silent || state.client.is_err()).then_some(state.heard)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The two connections' other ends; dropped, they are closed.
struct Connections {
    listener: Client,
    /// Ends with the first connection that ends, and why.
    driving: JoinSet<String>,
}

async fn connect(
    address: &Address,
    changes: &broadcast::Sender<Change>,
) -> Result<(Arc<Client>, Connections), StoreError> {
    let mut driving = JoinSet::new();
    let mut client = connect_one(address, changes, &mut driving).await?;
    let listener = connect_one(address, changes, &mut driving).await?;
    within(address, PREPARE, async {
        schema::migrate(&mut client, address).await?;
        let setting = format!("SET statement_timeout = {STATEMENT_TIMEOUT}");
        let set = client.batch_execute(&setting).await;
        set.map_err(|error| address.error(&error))?;
        let listening = listener.batch_execute("LISTEN lotus_tokens").await;
        listening.map_err(|error| address.error(&error))
    })
    .await?;
    Ok((Arc::new(client), Connections { listener, driving }))
}

async fn connect_one(
    address: &Address,
    changes: &broadcast::Sender<Change>,
    driving: &mut JoinSet<String>,
) -> Result<Client, StoreError> {
    within(address, GREET, async {
        let connected = address.config().connect(NoTls).await;
        let (client, connection) = connected.map_err(|error| address.error(&error))?;
        driving.spawn(drive(connection, changes.clone()));
        Ok(client)
    })
    .await
}

async fn within<T>(
    address: &Address,
    limit: Duration,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout(limit, work).await.unwrap_or_else(|_| {
        let why = format!("no answer within {} s", limit.as_secs());
        Err(address.failed(why))
    })
}

/// Drives a connection until it ends, and passes on what it is told.
async fn drive(
    connection: Connection<Socket, NoTlsStream>,
    changes: broadcast::Sender<Change>,
) -> String {
    let mut connection = pin!(connection);
    loop {
        match poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notification(told))) => {
                // Nobody may be interested yet.
                let _ = changes.send(change(told.payload()));
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                return match error.as_db_error() {
                    Some(said) => said.message().to_owned(),
                    None => error.to_string(),
                };
            }
            None => return "the connection was closed".to_owned(),
        }
    }
}

/// What a notification says. Whatever else somebody sends on the channel may be news.
fn change(payload: &str) -> Change {
    serde_json::from_str(payload).map_or(Change::Resync, Change::Revoked)
}

/// Notices the loss of the connections and makes new ones, until nobody needs them.
async fn keep(link: Weak<Link>, mut connections: Connections) {
    loop {
        let problem = beat(&link, &mut connections).await;
        if let Some(link) = link.upgrade() {
            tracing::warn!(
                store = link.address.place(),
                problem,
                "the token store is lost"
            );
            // Before the connections are closed, so that those who wait on them learn why.
            link.state().client = Err(problem);
        }
        drop(connections);
        let Some(found) = reconnect(&link).await else {
            return;
        };
        connections = found;
    }
}

/// Asks the server once a second, until it does not answer or nobody needs it.
async fn beat(link: &Weak<Link>, connections: &mut Connections) -> String {
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            ended = connections.driving.join_next() => {
                let ended = ended.and_then(Result::ok);
                return ended.unwrap_or_else(|| "the connection was lost".to_owned());
            }
            _ = beats.tick() => {}
        }
        // What daemons were told before the question has arrived when the answer has.
        let asked = Instant::now();
        match timeout(GIVE_UP, connections.listener.simple_query("SELECT 1")).await {
            Ok(Ok(_)) => {}
            // The connection's own end says more.
            Ok(Err(error)) => {
                let ended = timeout(BEAT, connections.driving.join_next()).await;
                let ended = ended.ok().flatten().and_then(Result::ok);
                return ended.unwrap_or_else(|| error.to_string());
            }
            Err(_) => return format!("no answer for {} s", GIVE_UP.as_secs()),
        }
        let Some(link) = link.upgrade() else {
            return String::new();
        };
        link.state().heard = asked;
    }
}

/// Connects again, with pauses that grow. `None` when nobody needs it any more.
async fn reconnect(link: &Weak<Link>) -> Option<Connections> {
    let mut pause = PAUSES.0;
    loop {
        // Between half the pause and all of it: daemons that lost the same server come back one by
        // one.
        sleep(pause.mul_f64(rand::random_range(0.5..=1.0))).await;
        pause = (pause * 2).min(PAUSES.1);
        let link = link.upgrade()?;
        let asked = Instant::now();
        match connect(&link.address, &link.changes).await {
            Ok((client, connections)) => {
                {
                    let mut state = link.state();
                    state.client = Ok(client);
                    state.heard = asked;
                }
                tracing::info!(store = link.address.place(), "the token store is back");
                let _ = link.changes.send(Change::Resync);
                return Some(connections);
            }
            Err(StoreError::Failed { why, .. }) => link.state().client = Err(why),
            Err(error) => link.state().client = Err(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_may_be_news() {
        let ids = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(change(r#"["a", "b"]"#), Change::Revoked(ids));
        for odd in ["", "a", "{}", "[1]"] {
            assert_eq!(change(odd), Change::Resync, "{odd}");
        }
    }
}
