//! Which sector numbers a miner has used, and which it will use.

use crate::BitField;
use crate::object;

/// The state of the assigner of sector numbers (Lotus `api.NumAssignerMeta`).
#[object]
#[derive(Eq)]
pub struct NumAssignerMeta {
    /// The numbers that somebody has reserved.
    pub reserved: BitField,
    /// The numbers that the chain says were used.
    pub allocated: BitField,
    /// The numbers that this process has given to sectors, and those that the chain says were used.
    pub in_use: BitField,
    /// The number that the next sector gets.
    pub next: u64,
}
