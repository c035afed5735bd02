//! Authentication, version, logging and life cycle: what the node and the miner both serve.

use jiff::Timestamp;
use jsonrpsee::core::SubscriptionResult;
use jsonrpsee::proc_macros::rpc;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::types::{Alert, Bytes, Version};
use crate::{Error, Permissions, permissioned};

/// Lotus `api/api_common.go`.
#[permissioned]
#[rpc(server, client, namespace = "Filecoin", namespace_separator = ".")]
pub trait Common {
    /// Mints a token with the permissions `perms` and returns its text.
    ///
    /// Names other than `read`, `write`, `sign` and `admin` are refused, and so are permissions
    /// that the calling token lacks. The token is valid until the secret changes. (On the wire the
    /// result is the base64 of the token's ASCII, as Go encodes `[]byte`.)
    #[method(name = "AuthNew", perm = admin, with_extensions)]
    async fn auth_new(&self, perms: Vec<String>) -> Result<Bytes, Error>;

    /// Checks a token (without `Bearer `) and returns the permissions that it carries.
    ///
    /// A token that is malformed, signed with another secret or expired is an error that begins
    /// with `JWT Verification failed: `.
    #[method(name = "AuthVerify", perm = read)]
    async fn auth_verify(&self, token: String) -> Result<Permissions, Error>;

    /// Returns the versions of the daemon and of the API on this path.
    #[method(name = "Version", perm = read)]
    async fn version(&self) -> Result<Version, Error>;

    /// Returns an OpenRPC document that describes every method of this path.
    #[method(name = "Discover", aliases = ["rpc.discover"], perm = read)]
    async fn discover(&self) -> Result<Box<RawValue>, Error>;

    /// Lists the logging subsystems, sorted.
    #[method(name = "LogList", perm = write)]
    async fn log_list(&self) -> Result<Vec<String>, Error>;

    /// Sets the level (`debug`, `info`, `warn`, `error`) of a logging subsystem, or of all with `*`.
    #[method(name = "LogSetLevel", perm = write)]
    async fn log_set_level(&self, subsystem: String, level: String) -> Result<(), Error>;

    /// Lists the alerts of this process, active and resolved.
    #[method(name = "LogAlerts", perm = admin)]
    async fn log_alerts(&self) -> Result<Vec<Alert>, Error>;

    /// Returns an id that is constant for the life of the process.
    #[method(name = "Session", perm = read)]
    async fn session(&self) -> Result<Uuid, Error>;

    /// Returns the time at which the process started.
    #[method(name = "StartTime", perm = read)]
    async fn start_time(&self) -> Result<Timestamp, Error>;

    /// Shuts the daemon down gracefully; the answer is sent before it begins.
    #[method(name = "Shutdown", perm = admin)]
    async fn shutdown(&self) -> Result<(), Error>;

    /// A channel without values that closes when the daemon shuts down.
    #[subscription(name = "Closing", perm = read, item = ())]
    async fn closing(&self) -> SubscriptionResult;
}
