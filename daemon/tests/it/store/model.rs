//! What a store does, said as simply as possible, and random changes to compare a store with.

use std::collections::BTreeMap;
use std::sync::Arc;

use lotus_core::types::TokenOrigin;
use lotus_daemon::auth::store::{Record, StoreError, TokenStore};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{record, used};

#[derive(Default)]
struct Model {
    /// In the order in which they were inserted.
    records: Vec<Record>,
    /// Name → id.
    holders: BTreeMap<String, String>,
}

impl Model {
    fn find(&mut self, id: &str) -> Option<&mut Record> {
        self.records.iter_mut().find(|record| record.id == id)
    }

    fn insert(&mut self, record: &Record) -> Result<(), &'static str> {
        if self.find(&record.id).is_some() {
            return Err("id");
        }
        if let Some(name) = record.name.clone().filter(|_| record.revoked.is_none()) {
            let holder = self.holders.get(&name).cloned();
            if let Some(holder) = holder.and_then(|id| self.find(&id))
                && holder.expires.is_none_or(|expires| expires > record.issued)
            {
                return Err("name");
            }
            self.holders.insert(name, record.id.clone());
        }
        self.records.push(record.clone());
        Ok(())
    }

    fn by_name(&self, name: &str) -> Option<&Record> {
        let of_name = |record: &&Record| record.name.as_deref() == Some(name);
        match self.holders.get(name) {
            Some(id) => self.records.iter().find(|record| record.id == *id),
            None => self.records.iter().rfind(of_name),
        }
    }

    fn revoke(&mut self, chosen: impl Fn(&Record) -> bool, at: u64) -> Vec<String> {
        let mut ids = Vec::new();
        for record in &mut self.records {
            if chosen(record) && record.revoked.is_none_or(|revoked| revoked > at) {
                record.revoked = Some(at);
                self.holders.retain(|_, id| *id != record.id);
                ids.push(record.id.clone());
            }
        }
        ids
    }

    fn prune(&mut self, before: u64) -> u64 {
        let count = self.records.len();
        self.records
            .retain(|record| record.expires.is_none_or(|expires| expires >= before));
        let records = &self.records;
        self.holders
            .retain(|_, id| records.iter().any(|record| record.id == *id));
        (count - self.records.len()) as u64
    }

    fn list(&self) -> Vec<Record> {
        let mut list: Vec<Record> = self.records.iter().rev().cloned().collect();
        list.sort_by_key(|record| std::cmp::Reverse(record.issued));
        list
    }
}

const ORIGINS: [TokenOrigin; 4] = [
    TokenOrigin::Repo,
    TokenOrigin::Minted,
    TokenOrigin::Password,
    TokenOrigin::Foreign,
];

fn random_record(random: &mut StdRng) -> Record {
    let name = random.random_range(0..8);
    Record {
        name: (name < 6).then(|| format!("name {name}")),
        origin: ORIGINS[random.random_range(0..4)],
        issued: random.random_range(0..100),
        expires: random.random_bool(0.5).then(|| random.random_range(0..120)),
        revoked: random.random_bool(0.1).then_some(1),
        ..record(&format!("id {}", random.random_range(0..60)))
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the seed of a failure is needed to repeat it"
)]
pub(super) async fn random_changes_have_the_effect_of_the_model(store: Arc<dyn TokenStore>) {
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut model = Model::default();
    for step in 0..200 {
        let id = format!("id {}", random.random_range(0..60));
        let now = random.random_range(0..120);
        match random.random_range(0..20) {
            0..10 => {
                let record = random_record(&mut random);
                let done = store.insert(&record).await.map_err(|error| match error {
                    StoreError::IdTaken(_) => "id",
                    StoreError::NameTaken(_) => "name",
                    error => panic!("{error}"),
                });
                assert_eq!(done, model.insert(&record), "step {step}: {record:?}");
            }
            10..14 => {
                store.revoke(std::slice::from_ref(&id), now).await.unwrap();
                model.revoke(|record| record.id == id, now);
            }
            14 => {
                let origin = ORIGINS[random.random_range(0..4)];
                let mut ids = store.revoke_origin(origin, now, None).await.unwrap();
                // The times of this test are all past: who is revoked is dead.
                let alive = |record: &Record| record.revoked.is_none();
                let mut expected =
                    model.revoke(|record| record.origin == origin && alive(record), now);
                ids.sort();
                expected.sort();
                assert_eq!(ids, expected, "step {step}");
            }
            15 => {
                let before = random.random_range(0..40);
                let pruned = store.prune(before).await.unwrap();
                assert_eq!(pruned, model.prune(before), "step {step}");
            }
            _ => {
                let uses = [(id.clone(), used(now))];
                store.record_uses(&uses).await.unwrap();
                if let Some(record) = model.find(&id)
                    && record.last_used.as_ref().is_none_or(|last| last.at < now)
                {
                    record.last_used = Some(used(now));
                }
            }
        }
        let name = format!("name {}", random.random_range(0..6));
        assert_eq!(
            store.by_name(&name).await.unwrap().as_ref(),
            model.by_name(&name),
            "step {step}: {name}"
        );
        assert_eq!(
            store.get(&id).await.unwrap().as_ref(),
            model.find(&id).map(|record| &*record),
            "step {step}: {id}"
        );
    }
    assert_eq!(store.list().await.unwrap(), model.list());
}
