//! A call that the audit log will have: every one that writes, signs or administers.

use std::sync::Arc;

use lotus_core::{Method, Permission};

use super::caller::Caller;
use super::reply::Reply;
use super::request::{Request, RequestId};
use crate::audit::{Audit, Entry, Outcome, Verdict};

/// A call under way. If it is cut off, because its connection closed or its token died, it is on
/// record without an outcome.
pub(crate) struct Recording {
    audit: Arc<Audit>,
    entry: Option<Entry>,
    permission: Permission,
}

impl Recording {
    /// Reading is not recorded.
    pub(crate) fn begin(
        audit: &Arc<Audit>,
        method: &'static Method,
        request: &Request<'_>,
        caller: &Caller,
    ) -> Option<Self> {
        if method.permission == Permission::Read {
            return None;
        }
        let id = request.id.as_ref().map(RequestId::json);
        Some(Self {
            audit: audit.clone(),
            entry: Some(caller.entry(method.name, id, Verdict::Allowed)),
            permission: method.permission,
        })
    }

    /// The call has ended. What signs or administers is on the disk before it is answered.
    pub(crate) async fn end(mut self, reply: &Reply) {
        let Some(mut entry) = self.entry.take() else {
            return;
        };
        entry.outcome = Some(if reply.is_error() {
            Outcome::Error
        } else {
            Outcome::Ok
        });
        let receipt = self.audit.record(entry);
        match self.permission {
            // A disk that fails is an alert, not a reason to answer nothing.
            Permission::Sign | Permission::Admin => drop(receipt.durable().await),
            Permission::Read | Permission::Write => receipt.accepted().await,
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            drop(self.audit.record(entry));
        }
    }
}
