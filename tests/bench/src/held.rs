//! A node's data folder with any number of records in it: on the embedded bus, and in the view by the product's follower.

use crate::{materialise::Follow, measure::Pass, numbers, place::Place};
use anyhow::Result;
use bus::{Ack, Bus, Message, Producer, SendError, Topic};
use contract::canonical::v1::{Identifier, LifeStatus, NaturalPerson, Operation, Record, Source};
use domain::{IdentifierKind, Version};
use exchange_tests::Random;
use prost::{Message as _, Name as _};
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, time::Duration};

/// Whose records are held.
pub(crate) const DEPARTMENT: &str = "public-security";
/// What they are.
pub(crate) const RESOURCE: &str = "natural-person";

const STAMP: &str = "20261101080000";
const STAMPED: i64 = 1_793_491_200;
/// How long a wait for room or for acknowledgements takes.
const WAIT: Duration = Duration::from_millis(100);

/// Adds records `from..to` to the data folder.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Hold {
    /// The data folder: `bus` and `view` are in it.
    pub(crate) folder: PathBuf,
    /// The first record that is not there yet.
    pub(crate) from: u64,
    /// The first that is not to be there.
    pub(crate) to: u64,
}

/// What that took.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Held {
    /// The bus into the view.
    pub(crate) follow: Pass,
    /// Bytes of the records that were added, with their subjects, serialised.
    pub(crate) payload_bytes: u64,
}

impl Hold {
    /// Sends them, then follows the bus to its end.
    pub(crate) fn run(&self) -> Result<Held> {
        let place = Place::Embedded(self.folder.join("bus"));
        let payload_bytes = self.send(place.open()?.as_ref())?;
        let follow = Follow { bus: place, department: DEPARTMENT.to_owned(), view: self.folder.join("view") };
        Ok(Held { follow: follow.run()?, payload_bytes })
    }

    fn send(&self, bus: &dyn Bus) -> Result<u64> {
        let topic = contract::topics::records(DEPARTMENT);
        let partitions = contract::topics::DEPARTMENT_PARTITIONS;
        bus.create_topics(&[Topic { name: topic.clone(), partitions, compacted: false }])?;
        let mut producer = bus.producer()?;
        let (mut acks, mut bytes) = (Vec::new(), 0);
        for index in self.from..self.to {
            let record = person(index);
            let payload = record.encode_to_vec();
            bytes += payload.len() as u64;
            let key = contract::topics::record_key(&record.resource, &record.key);
            let headers = contract::topics::record_headers(&record);
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
            let message = Message { key: key.as_bytes(), headers: &headers, payload: Some(&payload) };
            while let Err(error) = producer.send(&topic, index, &message) {
                match error {
                    SendError::Full => poll(producer.as_mut(), &mut acks)?,
                    error => return Err(error.into()),
                }
            }
        }
        while producer.in_flight() > 0 {
            poll(producer.as_mut(), &mut acks)?;
        }
        Ok(bytes)
    }
}

fn poll(producer: &mut dyn Producer, acks: &mut Vec<Ack>) -> Result<()> {
    producer.poll(WAIT, acks)?;
    acks.drain(..).try_for_each(|ack| ack.result.map(drop)).map_err(Into::into)
}

/// The citizen number by which record `index` is found.
pub(crate) fn citizen(index: u64) -> domain::Identifier {
    domain::Identifier::from_trusted(IdentifierKind::CitizenNumber, numbers::citizen(numbers::scattered(index)))
}

/// A resident's record as the register's adapter publishes it.
fn person(index: u64) -> Record {
    let number = citizen(index).value().to_owned();
    let key = format!("1101{:016}", numbers::scattered(index));
    let mut random = Random::new(index);
    let body = body(&key, &number, &mut random);
    let digest = (0..8).flat_map(|_| random.number().to_be_bytes()[4..].to_vec()).collect();
    let stamped = Some(prost_types::Timestamp { seconds: STAMPED, nanos: 0 });
    Record {
        resource: RESOURCE.to_owned(),
        department: DEPARTMENT.to_owned(),
        key,
        version: Version::new(STAMP, 1, index + 1).as_str().to_owned(),
        operation: Operation::Upsert.into(),
        subjects: vec![Identifier { kind: IdentifierKind::CitizenNumber.as_str().to_owned(), value: number }],
        source: Some(Source {
            system: "resident-register".to_owned(),
            file: "CZRK_110101_20261101_001.txt".to_owned(),
            row: Some(index + 1),
            byte_from: Some(index * 516),
            byte_to: Some(index * 516 + 515),
            digest,
            adapter_version: "0.1.0".to_owned(),
            mapping_version: "1".to_owned(),
            intake: 1,
            ..Source::default()
        }),
        source_time: stamped,
        received_at: stamped,
        body: Some(contract::pack(&NaturalPerson::full_name(), body.encode_to_vec())),
        ..Record::default()
    }
}

fn body(key: &str, number: &str, random: &mut Random) -> NaturalPerson {
    let house = random.below(3_000_000);
    let sex = if random.below(2) == 0 { "1" } else { "2" };
    NaturalPerson {
        source_person_id: key.to_owned(),
        citizen_number: number.to_owned(),
        name: format!("{}{}", random.pick(&["欧阳", "王", "李", "司马"]), random.pick(&["敏静", "伟", "强磊", "娟"])),
        sex: sex.to_owned(),
        ethnicity: random.pick(&["01", "02", "15", "56"]).to_owned(),
        birth_date: format!("{}-{}-{}", &number[6..10], &number[10..12], &number[12..14]),
        birth_division: random.pick(&["110101", "320102"]).to_owned(),
        native_division: random.pick(&["310101", "110102"]).to_owned(),
        household_number: format!("H{house:09}"),
        relation_to_head: random.pick(&["02", "10", "20"]).to_owned(),
        division: "110101".to_owned(),
        address: format!("北京市东城区示例胡同{house}号"),
        education: random.pick(&["20", "61", "70"]).to_owned(),
        marital_status: random.pick(&["10", "20", "21"]).to_owned(),
        id_card_issuer: "北京市公安局东城分局".to_owned(),
        id_card_valid_from: "2015-06-01".to_owned(),
        id_card_valid_to: "2035-06-01".to_owned(),
        life_status: LifeStatus::Normal.into(),
        ..NaturalPerson::default()
    }
}
