//! The parameters of F3 in a network.

use crate::Cid;
use crate::{go, object};

/// Everything that the participants of F3 must agree on, and how a node runs it (go-f3
/// `manifest.Manifest`).
#[object]
pub struct F3Manifest {
    /// The version of the protocol.
    pub protocol_version: u64,
    /// The number of the first instance.
    pub initial_instance: u64,
    /// The epoch at which F3 began.
    pub bootstrap_epoch: i64,
    /// The network's name, which separates its messages from those of others.
    pub network_name: String,
    /// The power table of the first instance; none while it follows from the bootstrap epoch.
    pub initial_power_table: Option<Cid>,
    /// How many instances back the power table is that an instance uses.
    pub committee_lookback: u64,
    /// The pace of instances that catch up with the chain, in nanoseconds.
    pub catch_up_alignment: i64,
    /// The consensus.
    pub gpbft: F3GpbftConfig,
    /// The chain that it finalises.
    #[serde(rename = "EC")]
    pub ec: F3EcConfig,
    /// How certificates spread.
    pub certificate_exchange: F3CertificateExchangeConfig,
    /// How messages spread.
    pub pub_sub: F3PubSubConfig,
    /// How proposed chains spread.
    pub chain_exchange: F3ChainExchangeConfig,
    /// How messages are completed that arrive before the chain they are about.
    pub partial_message_manager: F3PartialMessageConfig,
}

/// Parameters of the consensus (go-f3 `manifest.GpbftConfig`).
#[object]
pub struct F3GpbftConfig {
    /// The bound on the time that a message takes, in nanoseconds.
    pub delta: i64,
    /// By what the bound grows from round to round.
    #[serde(serialize_with = "go::float")]
    pub delta_back_off_exponent: f64,
    /// How many times the bound the first phase lasts.
    #[serde(serialize_with = "go::float")]
    pub quality_delta_multiplier: f64,
    /// How many rounds ahead messages are kept.
    pub max_lookahead_rounds: u64,
    /// How many tipsets are proposed at most.
    pub chain_proposed_length: i64,
    /// The time before a message is sent again, in nanoseconds.
    pub rebroadcast_backoff_base: i64,
    /// By what that time grows.
    #[serde(serialize_with = "go::float")]
    pub rebroadcast_backoff_exponent: f64,
    /// The part of that time that is left to chance.
    #[serde(serialize_with = "go::float")]
    pub rebroadcast_backoff_spread: f64,
    /// The longest that time gets, in nanoseconds.
    pub rebroadcast_backoff_max: i64,
}

/// Parameters of the chain that F3 finalises (go-f3 `manifest.EcConfig`).
#[object]
pub struct F3EcConfig {
    /// The time between two epochs, in nanoseconds.
    pub period: i64,
    /// After how many epochs the chain is final without F3.
    pub finality: i64,
    /// How many epochs after a tipset the next instance begins.
    #[serde(serialize_with = "go::float")]
    pub delay_multiplier: f64,
    /// How that delay grows while instances decide nothing new.
    #[serde(serialize_with = "go::nil_float")]
    #[schemars(with = "Option<Vec<f64>>")]
    pub base_decision_backoff_table: Vec<f64>,
    /// How many epochs behind the head what is proposed ends.
    pub head_lookback: i64,
    /// Whether what F3 decides is final for the node.
    pub finalize: bool,
}

/// How certificates spread (go-f3 `manifest.CxConfig`).
#[object]
#[derive(Copy, Eq)]
pub struct F3CertificateExchangeConfig {
    /// How long a client waits for an answer, in nanoseconds.
    pub client_request_timeout: i64,
    /// How long a server takes for one, in nanoseconds.
    pub server_request_timeout: i64,
    /// The shortest time between two questions, in nanoseconds.
    pub minimum_poll_interval: i64,
    /// The longest, in nanoseconds.
    pub maximum_poll_interval: i64,
}

/// How messages spread (go-f3 `manifest.PubSubConfig`).
#[object]
#[derive(Copy, Eq)]
pub struct F3PubSubConfig {
    /// Whether messages are compressed.
    pub compression_enabled: bool,
    /// Whether proposed chains are compressed.
    pub chain_compression_enabled: bool,
    /// Messages that may wait to be validated.
    #[serde(rename = "GMessageSubscriptionBufferSize")]
    pub gmessage_subscription_buffer_size: i64,
    /// Validated messages that may wait to be processed.
    pub validated_message_buffer_size: i64,
}

/// How proposed chains spread (go-f3 `manifest.ChainExchangeConfig`).
#[object]
#[derive(Copy, Eq)]
pub struct F3ChainExchangeConfig {
    /// Chains that may wait to be processed.
    pub subscription_buffer_size: i64,
    /// The longest chain that is accepted, in tipsets.
    pub max_chain_length: i64,
    /// How many instances ahead chains are kept.
    pub max_instance_lookahead: u64,
    /// How many chains are kept of an instance that nobody asked for.
    pub max_discovered_chains_per_instance: i64,
    /// How many chains an instance may look for.
    pub max_wanted_chains_per_instance: i64,
    /// The time before a chain is sent again, in nanoseconds.
    pub rebroadcast_interval: i64,
    /// The oldest chain that is accepted, in nanoseconds.
    pub max_timestamp_age: i64,
}

/// How messages are completed that arrive before the chain they are about (go-f3
/// `manifest.PartialMessageManagerConfig`).
#[object]
#[derive(Copy, Eq)]
pub struct F3PartialMessageConfig {
    /// Discovered chains that may wait.
    pub pending_discovered_chains_buffer_size: i64,
    /// Incomplete messages that may wait.
    pub pending_partial_messages_buffer_size: i64,
    /// Chains to be sent that may wait.
    pub pending_chain_broadcasts_buffer_size: i64,
    /// Finished instances that may wait to be forgotten.
    pub pending_instance_removal_buffer_size: i64,
    /// Completed messages that may wait.
    pub completed_messages_buffer_size: i64,
    /// Incomplete messages that are kept of an instance.
    pub max_buffered_messages_per_instance: i64,
    /// Validated messages that are remembered of an instance.
    pub max_cached_validated_messages_per_instance: i64,
}
