//! How gossipsub values peers.

use std::collections::BTreeMap;

use crate::PeerId;
use crate::{go, object};

/// A peer and its score (Lotus `api.PubsubScore`).
#[object]
pub struct PubsubScore {
    /// The peer.
    #[serde(rename = "ID")]
    #[required]
    pub id: PeerId,
    /// What it is worth.
    pub score: Option<PeerScore>,
}

/// How a peer's score is made up (libp2p pubsub's `PeerScoreSnapshot`). Messages of a peer with a
/// score below a threshold are ignored.
#[object]
pub struct PeerScore {
    /// The sum, weighted.
    #[serde(serialize_with = "go::float")]
    pub score: f64,
    /// What it did in each topic.
    pub topics: BTreeMap<String, TopicScore>,
    /// What the node itself thinks of it.
    #[serde(serialize_with = "go::float")]
    pub app_specific_score: f64,
    /// How many peers too many share its IP address, squared.
    #[serde(rename = "IPColocationFactor", serialize_with = "go::float")]
    pub ip_colocation_factor: f64,
    /// What it did wrong, squared.
    #[serde(serialize_with = "go::float")]
    pub behaviour_penalty: f64,
}

/// What a peer did in one topic (libp2p pubsub's `TopicScoreSnapshot`).
#[object]
pub struct TopicScore {
    /// How long it has been in the topic's mesh, in nanoseconds.
    pub time_in_mesh: i64,
    /// Messages that it was the first to deliver; they count less as time goes by.
    #[serde(serialize_with = "go::float")]
    pub first_message_deliveries: f64,
    /// Messages that it delivered as a member of the mesh; they count less as time goes by.
    #[serde(serialize_with = "go::float")]
    pub mesh_message_deliveries: f64,
    /// Messages that were not valid; they count less as time goes by.
    #[serde(serialize_with = "go::float")]
    pub invalid_message_deliveries: f64,
}
