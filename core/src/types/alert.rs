//! placeholder
use serde::{Deserialize, Serialize};
/// p
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Alert;
/// p
#[derive(Clone, Debug)]
pub struct AlertEvent;
/// p
#[derive(Clone, Debug)]
pub struct AlertType;
