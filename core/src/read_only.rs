//! A client that cannot do more than read.

/// Wraps a client, and has only the methods that need the permission `read`.
///
/// Every trait of this API comes twice: `WalletClient` for a client, and `WalletReader` for a
/// `ReadOnly` client. A program that holds a `read` token and wraps its client finds out when it is
/// compiled, and not when it runs, that it wants more than it may.
#[derive(Clone, Debug)]
pub struct ReadOnly<C>(C);

impl<C> ReadOnly<C> {
    /// Gives up everything but reading.
    pub fn new(client: C) -> Self {
        Self(client)
    }
}

/// For what `#[permissioned]` makes; no other way leads back to the client.
#[doc(hidden)]
pub fn passed_on<C>(reader: &ReadOnly<C>) -> &C {
    &reader.0
}
