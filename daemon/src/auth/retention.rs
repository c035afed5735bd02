//! How long tokens that are dead stay on record.
//!
//! A token that verifies by its signature needs its record for as long as it does: without it, a
//! revoked one would be taken for one of a real Lotus, and be valid again. So a record goes only
//! when the token has expired, by its own `exp` or because the secret that signed it is gone.

use std::time::Duration;

use super::store::StoreError;
use super::{Authority, now};
use crate::shutdown::Shutdown;

/// How often it is looked for records that can go.
const INTERVAL: Duration = Duration::from_secs(86_400);

/// How long a token may take from its time of issue to its signature, in seconds: one that was
/// being made while the secret changed may be signed with the new one. The stores give up sooner.
const MINTING: u64 = 60;

impl Authority {
    /// Forgets tokens `keep` after they have expired: now, and once a day until `shutdown` begins.
    pub(crate) async fn keep_records(&self, keep: Duration, shutdown: Shutdown) {
        loop {
            match self.store.prune(now().saturating_sub(keep.as_secs())).await {
                Ok(0) => {}
                Ok(count) => {
                    tracing::info!(target: "auth", count, "forgot tokens that expired long ago");
                }
                Err(error) => {
                    tracing::warn!(target: "auth", %error, "old records of tokens are kept");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                () = shutdown.begun() => return,
            }
        }
    }

    /// Notes that the secret of all tokens so far is gone from `until` on.
    pub(super) async fn note_secret_gone(&self, until: u64) -> Result<(), StoreError> {
        self.store
            .secret_gone(now().saturating_sub(MINTING), until)
            .await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lotus_core::types::TokenOrigin;
    use lotus_core::{Permissions, Scope};

    use super::super::store::embedded::Embedded;
    use super::super::store::{Record, TokenStore};
    use super::super::{Catalogue, Keys, now};
    use super::*;
    use crate::keystore::Keystore;
    use crate::repo::TokenFile;

    /// Minted, and revoked at once.
    fn revoked(id: &str, issued: u64) -> Record {
        Record {
            id: id.to_owned(),
            name: None,
            origin: TokenOrigin::Minted,
            permissions: Permissions::READ,
            scope: Scope::ALL,
            issued_by: None,
            issued,
            expires: None,
            idle: None,
            last_used: None,
            revoked: Some(issued),
        }
    }

    #[tokio::test]
    async fn a_revoked_token_is_forgotten_only_when_its_secret_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let keystore = Keystore::open(dir.path().join("keystore"), dir.path().into()).unwrap();
        let store = Embedded::open(&dir.path().join("tokens.redb"))
            .await
            .unwrap();
        let keys = Keys::open(&keystore).unwrap();
        let store = Arc::new(store);
        let patience = Duration::from_secs(1);
        let (authority, _) = Authority::open(
            Arc::new(keystore),
            keys,
            store.clone(),
            patience,
            Catalogue::default(),
        );
        store.insert(&revoked("old", 1000)).await.unwrap();
        // Perhaps signed a moment later, with the new secret.
        store.insert(&revoked("fresh", now())).await.unwrap();
        assert_eq!(store.prune(u64::MAX / 4).await.unwrap(), 0);

        let grace = 3600;
        let file = TokenFile::at(dir.path().join("token"));
        authority.rotate(grace, &file).await.unwrap();
        // The old secret is still good.
        assert_eq!(store.prune(now() + grace).await.unwrap(), 0);
        assert_eq!(store.prune(now() + grace + 1).await.unwrap(), 1);
        assert!(store.get("old").await.unwrap().is_none());
        assert!(store.get("fresh").await.unwrap().is_some());
    }
}
