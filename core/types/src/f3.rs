//! F3, the fast finality of Filecoin (FIP-0086): its certificates, parameters and participants.

mod certificate;
mod manifest;
mod participation;
mod progress;

pub use certificate::{
    F3TipSet, FinalityCertificate, PowerEntry, PowerTableDelta, SupplementalData,
};
pub use manifest::{
    F3CertificateExchangeConfig, F3ChainExchangeConfig, F3EcConfig, F3GpbftConfig, F3Manifest,
    F3PartialMessageConfig, F3PubSubConfig,
};
pub use participation::{F3Participant, F3ParticipationLease};
pub use progress::{F3Phase, F3Progress};
