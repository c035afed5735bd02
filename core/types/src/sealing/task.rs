//! The tasks of workers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::open_enum::text_enum;
use crate::schema::schema;

text_enum! {
    /// A kind of task (Lotus `storage/sealer/sealtasks/task.go`).
    pub enum TaskType {
        /// Computing the commitment of a piece.
        DataCid = "seal/v0/datacid",
        /// Writing a piece to a sector.
        AddPiece = "seal/v0/addpiece",
        /// Pre-commit phase 1: labels.
        PreCommit1 = "seal/v0/precommit/1",
        /// Pre-commit phase 2: trees.
        PreCommit2 = "seal/v0/precommit/2",
        /// Commit phase 1: vanilla proofs.
        Commit1 = "seal/v0/commit/1",
        /// Commit phase 2: the SNARK.
        Commit2 = "seal/v0/commit/2",
        /// Putting a sealed sector's files in order.
        Finalize = "seal/v0/finalize",
        /// Putting a sector's unsealed file in order.
        FinalizeUnsealed = "seal/v0/finalizeunsealed",
        /// Fetching a sector's files from another machine.
        Fetch = "seal/v0/fetch",
        /// Unsealing a piece.
        Unseal = "seal/v0/unseal",
        /// Encoding new data into a replica.
        ReplicaUpdate = "seal/v0/replicaupdate",
        /// The vanilla proofs of an updated replica.
        ProveReplicaUpdate1 = "seal/v0/provereplicaupdate/1",
        /// The SNARK of an updated replica.
        ProveReplicaUpdate2 = "seal/v0/provereplicaupdate/2",
        /// Computing the old replica back from an updated one.
        RegenSectorKey = "seal/v0/regensectorkey",
        /// Putting the files of an updated replica in order.
        FinalizeReplicaUpdate = "seal/v0/finalize/replicaupdate",
        /// Downloading a sector that was sealed elsewhere.
        DownloadSector = "seal/v0/download/sector",
        /// A proof of space-time for a deadline.
        GenerateWindowPoSt = "post/v0/windowproof",
        /// A proof of space-time for a block.
        GenerateWinningPoSt = "post/v0/winningproof",
    }
}

/// Kinds of tasks. On the wire an object with an empty object for each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TaskTypes(pub BTreeSet<TaskType>);

/// Go's `struct{}`.
#[derive(Serialize)]
struct Empty {}

impl Serialize for TaskTypes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|task| (task, Empty {})))
    }
}

impl<'de> Deserialize<'de> for TaskTypes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TaskTypes, D::Error> {
        let tasks = BTreeMap::<TaskType, serde::de::IgnoredAny>::deserialize(deserializer)?;
        Ok(TaskTypes(tasks.into_keys().collect()))
    }
}

schema!(TaskTypes, "TaskTypes", {
    "type": "object",
    "additionalProperties": { "type": "object" },
    "description": "Kinds of tasks, each with an empty object.",
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_set_of_tasks_round_trips(names in any::<Vec<String>>()) {
            let tasks = names.iter().map(|name| TaskType::from(name.as_str()));
            let tasks = TaskTypes(tasks.collect());
            let json = serde_json::to_string(&tasks).unwrap();
            prop_assert_eq!(serde_json::from_str::<TaskTypes>(&json).unwrap(), tasks);
        }
    }

    #[test]
    fn a_set_is_an_object_of_empty_objects() {
        let json = r#"{"seal/v0/precommit/2":{}}"#;
        let tasks: TaskTypes = serde_json::from_str(json).unwrap();
        assert_eq!(tasks.0.first(), Some(&TaskType::PreCommit2));
        assert_eq!(serde_json::to_string(&tasks).unwrap(), json);
        assert_eq!(
            crate::go::from_str::<TaskTypes>("null").unwrap(),
            TaskTypes::default()
        );
    }
}
