//! Objects of IPLD, and their size.

use serde_json::Value;

use super::Cid;
use crate::object;

/// A node of IPLD, decoded (Lotus `api.IpldObject`).
#[object]
#[derive(Eq)]
pub struct IpldObject {
    /// The block that it is in.
    #[required]
    pub cid: Cid,
    /// The node as JSON.
    pub obj: Value,
}

/// The extent of a graph (Lotus `api.ObjStat`).
#[object]
#[derive(Eq, Hash)]
pub struct ObjStat {
    /// The length of all its blocks, in bytes.
    pub size: u64,
    /// How many blocks it has.
    pub links: u64,
}
