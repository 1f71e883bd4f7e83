//! On the embedded bus, as a standalone node runs it.

use super::world::{GoOn, World};
use crate::{Runner, RunnerConfig, Step, testing};
use bus::{Bus, Consumer, EmbeddedBus, EmbeddedConfig, Event, Start};
use contract::canonical::v1::Record;
use prost::Message;
use std::{collections::BTreeSet, sync::Arc, time::Duration};

fn runner(world: &World, bus: &EmbeddedBus) -> Runner {
    let mut config = RunnerConfig::new(world.inbox(""), world.dir.path().join("state"));
    config.window_rows = 500;
    Runner::new(testing::adapter(), config, Arc::new(bus.clone()), world.clock.clone()).unwrap()
}

pub(super) fn read(consumer: &mut dyn Consumer) -> Vec<Record> {
    let mut records = Vec::new();
    loop {
        let mut events = Vec::new();
        consumer.poll(1000, Duration::ZERO, &mut events).unwrap();
        for event in events {
            match event {
                Event::Record(delivery) => records.push(Record::decode(delivery.payload.unwrap().as_ref()).unwrap()),
                Event::End { .. } => return records,
            }
        }
    }
}

#[test]
fn files_become_records_and_a_second_process_goes_on() {
    let world = World::new(super::bus::TestBus::default());
    let bus = EmbeddedBus::open(world.dir.path().join("bus"), EmbeddedConfig::new(world.clock.clone())).unwrap();
    let rows: Vec<String> = (0..9000).map(|row| format!("20260101000001|k{row}|U|v{row}")).collect();
    world.put("L_320102_001.txt", 'I', &rows.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(runner(&world, &bus).step(&GoOn).unwrap(), Step { taken: 1, ..Step::default() });
    world.put("L_320102_002.txt", 'I', &["20260101000001|k1|U|v1", "20260101000002|k2|U|new"]);
    let mut second = runner(&world, &bus);
    second.step(&GoOn).unwrap();
    let counters = second.counters().unwrap();
    assert_eq!((counters.read, counters.published, counters.unchanged), (9002, 9001, 1));
    let mut consumer = bus.consumer(&[Start::beginning("exchange.records.testing")]).unwrap();
    let records = read(consumer.as_mut());
    assert_eq!(records.len(), 9001);
    let versions: BTreeSet<&str> = records.iter().map(|record| record.version.as_str()).collect();
    assert_eq!(versions.len(), 9001);
}
