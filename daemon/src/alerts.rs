//! The daemon's alerts: raised where a condition is found, listed by `Filecoin.LogAlerts`.
//!
//! As Lotus's `journal/alerting`, without the journal and without registration: an alert is listed
//! from the first time it is raised.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use lotus_core::types::{Alert, AlertEvent, AlertType};
use serde_json::Value;

/// The alerts of one daemon. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Alerts {
    alerts: Arc<Mutex<BTreeMap<AlertType, Alert>>>,
}

impl Alerts {
    /// No alerts yet.
    pub fn new() -> Alerts {
        Alerts::default()
    }

    /// Says that the condition `subsystem` of `system` holds, and logs that as a warning. Raising it
    /// again replaces what was said about it.
    pub fn raise(&self, system: &str, subsystem: &str, message: Value) {
        tracing::warn!(target: "main", system, subsystem, "alert raised: {}", words(&message));
        self.set(system, subsystem, message);
    }

    /// As [`Alerts::raise`], for a condition in which something fails; it is logged as an error.
    pub fn raise_error(&self, system: &str, subsystem: &str, message: Value) {
        tracing::error!(target: "main", system, subsystem, "alert raised: {}", words(&message));
        self.set(system, subsystem, message);
    }

    fn set(&self, system: &str, subsystem: &str, message: Value) {
        let kind = AlertType {
            system: system.to_owned(),
            subsystem: subsystem.to_owned(),
        };
        let mut alerts = self.lock();
        let alert = alerts.entry(kind.clone()).or_insert(Alert {
            kind,
            active: true,
            last_active: None,
            last_resolved: None,
        });
        alert.active = true;
        alert.last_active = Some(event("raised", message));
    }

    /// Says that the condition no longer holds, and logs that. Nothing happens unless it is active.
    pub fn resolve(&self, system: &str, subsystem: &str, message: Value) {
        let kind = AlertType {
            system: system.to_owned(),
            subsystem: subsystem.to_owned(),
        };
        let mut alerts = self.lock();
        let Some(alert) = alerts.get_mut(&kind).filter(|alert| alert.active) else {
            return;
        };
        tracing::info!(target: "main", system, subsystem, "alert resolved: {}", words(&message));
        alert.active = false;
        alert.last_resolved = Some(event("resolved", message));
    }

    /// Every alert that was ever raised, active or not, by system and subsystem.
    pub fn list(&self) -> Vec<Alert> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<AlertType, Alert>> {
        // Entries are replaced whole, so a panic elsewhere leaves nothing half done.
        self.alerts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an alert says, for the log. The member `message` is what the others are about.
fn words(message: &Value) -> String {
    let Some(text) = message.get("message").and_then(Value::as_str) else {
        return message.to_string();
    };
    let others = message.as_object().into_iter().flatten();
    let others: Vec<_> = others
        .filter(|(key, _)| *key != "message")
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    match others.is_empty() {
        true => text.to_owned(),
        false => format!("{text} ({})", others.join(", ")),
    }
}

fn event(kind: &str, message: Value) -> AlertEvent {
    AlertEvent {
        kind: kind.to_owned(),
        message,
        time: Timestamp::now(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_alert_is_raised_resolved_and_raised_again() {
        let alerts = Alerts::new();
        alerts.raise("process", "fd-limit", json!({"have": 1}));
        let [raised] = &alerts.list()[..] else {
            panic!("one alert")
        };
        assert!(raised.active && raised.last_resolved.is_none());
        let event = raised.last_active.clone().unwrap();
        assert_eq!(
            (&*event.kind, &event.message),
            ("raised", &json!({"have": 1}))
        );

        alerts.resolve("process", "fd-limit", json!("ok"));
        let [resolved] = &alerts.list()[..] else {
            panic!("one alert")
        };
        assert!(!resolved.active);
        assert_eq!(resolved.last_active, Some(event), "kept");
        let event = resolved.last_resolved.clone().unwrap();
        assert_eq!((&*event.kind, &event.message), ("resolved", &json!("ok")));

        alerts.raise("process", "fd-limit", json!(null));
        assert!(alerts.list()[0].active && alerts.list()[0].last_resolved.is_some());
    }

    #[test]
    fn resolving_what_does_not_hold_changes_nothing() {
        let alerts = Alerts::new();
        alerts.resolve("process", "fd-limit", json!(null));
        assert_eq!(alerts.list(), []);
        alerts.raise("process", "fd-limit", json!(null));
        alerts.resolve("process", "fd-limit", json!("first"));
        let before = alerts.list();
        alerts.resolve("process", "fd-limit", json!("second"));
        assert_eq!(alerts.list(), before);
    }

    #[test]
    fn clones_share_and_lists_are_sorted() {
        let alerts = Alerts::new();
        alerts.clone().raise("b", "a", json!(1));
        alerts.raise("a", "z", json!(2));
        alerts.raise("a", "b", json!(3));
        let names: Vec<_> = alerts
            .list()
            .into_iter()
            .map(|a| a.kind.system + "." + &a.kind.subsystem)
            .collect();
        assert_eq!(names, ["a.b", "a.z", "b.a"]);
    }

    #[test]
    fn the_log_has_all_that_an_alert_says() {
        assert_eq!(
            words(&json!({ "message": "the disk is full" })),
            "the disk is full"
        );
        let with_cause = json!({ "message": "cannot write", "error": "no space", "code": 28 });
        assert_eq!(
            words(&with_cause),
            "cannot write (code: 28, error: \"no space\")"
        );
        assert_eq!(words(&json!({ "have": 1 })), "{\"have\":1}");
    }
}
