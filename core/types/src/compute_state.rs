//! What computing a tipset's state results in.

use super::{Cid, InvocResult};
use crate::object;

/// A computed state and how it came about (Lotus `api.ComputeStateOutput`).
#[object]
pub struct ComputeStateOutput {
    /// The root of the state tree.
    #[required]
    pub root: Cid,
    /// Every message, the implicit ones (cron and rewards) too, in order. On the wire none are
    /// `null`.
    #[nil]
    pub trace: Vec<InvocResult>,
}
