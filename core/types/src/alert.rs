//! Alerts: conditions of a daemon that its operator should know about.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One condition and how it stands, as `LogAlerts` lists it (Lotus: `journal/alerting/alerts.go`).
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Alert {
    /// Which condition.
    #[serde(rename = "Type")]
    pub kind: AlertType,
    /// Whether it holds now.
    pub active: bool,
    /// When and why it was last raised; `null` if never.
    pub last_active: Option<AlertEvent>,
    /// When and why it was last resolved; `null` if never.
    pub last_resolved: Option<AlertEvent>,
}

/// The identity of an alert.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "PascalCase")]
pub struct AlertType {
    /// The part of the daemon that it is about: `process`.
    pub system: String,
    /// The condition in that part: `fd-limit`.
    pub subsystem: String,
}

/// An alert being raised or resolved.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AlertEvent {
    /// `raised` or `resolved`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// What the daemon has to say about it; any JSON.
    pub message: Value,
    /// When it happened, RFC 3339.
    pub time: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lotus_example_is_read_and_written_unchanged() {
        let wire = r#"{"Type":{"System":"string value","Subsystem":"string value"},"Active":true,"LastActive":{"Type":"string value","Message":"json raw message","Time":"0001-01-01T00:00:00Z"},"LastResolved":null}"#;
        let alert: Alert = serde_json::from_str(wire).unwrap();
        assert_eq!(serde_json::to_string(&alert).unwrap(), wire);
    }

    #[test]
    fn a_time_with_an_offset_is_read() {
        let wire = r#"{"Type":"raised","Message":{},"Time":"2021-02-23T10:58:01.469123456-05:00"}"#;
        let event: AlertEvent = serde_json::from_str(wire).unwrap();
        assert_eq!(event.time.to_string(), "2021-02-23T15:58:01.469123456Z");
    }
}
