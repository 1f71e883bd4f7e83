use super::*;
use crate::{Note, log::tests::World, newest_on_bus};
use bus::{EmbeddedBus, EmbeddedConfig, Topic};
use domain::ManualClock;
use tempfile::TempDir;

fn bus(folder: &TempDir) -> Arc<dyn Bus> {
    let clock = ManualClock::at(chrono::DateTime::UNIX_EPOCH);
    let bus = EmbeddedBus::open(folder.path(), EmbeddedConfig::new(Arc::new(clock))).unwrap();
    let topic = Topic { name: EVIDENCE.to_owned(), partitions: 1, compacted: false };
    bus.create_topics(&[topic]).unwrap();
    Arc::new(bus)
}

fn mirror_all(world: &World, bus: &Arc<dyn Bus>, mirrored: Option<&Mirrored>) -> u32 {
    let mut mirror = MirrorWorker::new(&world.log, Arc::clone(bus), mirrored).unwrap();
    let mut segments = 0;
    while mirror.step(&|_| false).unwrap() {
        segments += 1;
    }
    segments
}

#[test]
fn mirror_catches_up_and_knows_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (bus, mut world) = (bus(&folder), World::new(51));
    assert_eq!(newest_on_bus(&*bus, "city").unwrap(), None);
    world.append(600);
    assert_eq!(world.log.mirror_lag(), 600);
    assert_eq!(mirror_all(&world, &bus, None), 3);
    assert_eq!(world.log.mirror_lag(), 0);
    world.keep();
    world.append(10);

    let mirrored = newest_on_bus(&*bus, "city").unwrap().unwrap();
    assert_eq!((mirrored.origin.as_str(), mirrored.entries), ("exchange/city/1", 600));
    assert!(mirrored.checkpoint.starts_with("exchange/city/1\n600\n"));
    assert_eq!(mirror_all(&world, &bus, Some(&mirrored)), 1);
    assert_eq!(newest_on_bus(&*bus, "city").unwrap().unwrap().entries, 610);
    assert_eq!(newest_on_bus(&*bus, "town").unwrap(), None);
}

#[test]
fn segments_carry_the_leaves_and_a_checkpoint_that_covers_them() {
    let folder = tempfile::tempdir().unwrap();
    let (bus, mut world) = (bus(&folder), World::new(52));
    world.append(300);
    mirror_all(&world, &bus, None);
    let mut consumer = bus.consumer(&[bus::Start::beginning(EVIDENCE)]).unwrap();
    let mut events = Vec::new();
    consumer.poll(10, Duration::from_secs(5), &mut events).unwrap();
    let deliveries: Vec<_> = events
        .iter()
        .filter_map(|event| if let bus::Event::Record(delivery) = event { Some(delivery) } else { None })
        .collect();
    let segments: Vec<_> = deliveries
        .iter()
        .map(|delivery| EvidenceSegment::decode(delivery.payload.as_deref().unwrap()).unwrap())
        .collect();
    assert_eq!(
        segments.iter().map(|one| (one.first_index, one.leaves.len())).collect::<Vec<_>>(),
        [(0, 256), (256, 44)]
    );
    let note = Note::parse(&segments[0].checkpoint).unwrap();
    assert_eq!(note.to_string(), world.log.checkpoint());
    assert_eq!(&deliveries[0].key[..], b"city");
    assert!(deliveries[0].headers.iter().any(|(name, value)| name == "ce_id" && &value[..] == b"exchange/city/1/0"));
    let leaves = world.log.shared().unwrap().newest().leaves(0, 1).unwrap();
    assert_eq!(segments[0].leaves[0], leaves[0]);
}

#[test]
fn later_epoch_is_mirrored_from_its_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let (bus, mut world) = (bus(&folder), World::new(53));
    world.append(20);
    mirror_all(&world, &bus, None);
    std::fs::remove_file(&world.config.key).unwrap();
    world.config.mirrored = newest_on_bus(&*bus, "city").unwrap();
    world.crash();
    let before = world.config.mirrored.clone();
    assert_eq!(mirror_all(&world, &bus, before.as_ref()), 1);
    let mirrored = newest_on_bus(&*bus, "city").unwrap().unwrap();
    assert_eq!((mirrored.origin.as_str(), mirrored.entries), ("exchange/city/2", 1));
}
