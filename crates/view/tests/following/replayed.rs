//! Control entries that a node signed once and that somebody writes again.

use crate::{
    signed::Signed,
    world::{consumer, control, drain},
};
use bus::Bus;
use chrono::Duration;
use contract::{convert, topics, v1::ControlEntry};
use domain::{
    Clock,
    catalogue::{Catalogue, Entry},
};
use prost::Message;
use security::control::Disbelief;
use store::ViewReader;

const HALL: &str = "consumer/hall";

impl Signed {
    /// The entry as the node writes it now.
    fn now(&self, name: &str) -> Vec<u8> {
        let (_, message) = control(&Entry::Consumer(consumer("hall", name)));
        ControlEntry { written_at: Some(convert::to_wire(self.clock.now())), ..message }.encode_to_vec()
    }

    fn removed_now(&self) -> Vec<u8> {
        let mut message = ControlEntry::decode(self.now("gone").as_slice()).unwrap();
        message.removed = true;
        message.encode_to_vec()
    }

    /// Writes with the node's signature: anew, or what it had signed before.
    fn write_hall(&self, payload: &[u8]) {
        self.put(Some(&self.node.signer), HALL, Some(payload));
    }

    fn publish(&self, wanted: &Catalogue) {
        let (outbox, worker) = view::outbox(self.bus.clone(), self.identity.clone());
        let plan = view::plan(&self.directory.now().catalogue, wanted, true);
        std::thread::scope(|scope| {
            scope.spawn(|| worker.run(&|| true));
            let published = view::publish_plan(&plan, &self.directory, &outbox, "city", self.clock.now());
            pollster::block_on(published).unwrap();
        });
    }

    /// Writes everything of the control topic again, in its order.
    fn write_all_again(&self) {
        let mut consumer = self.bus.consumer(&[bus::Start::beginning(topics::CONTROL)]).unwrap();
        let mut events = Vec::new();
        consumer.poll(100, std::time::Duration::from_secs(1), &mut events).unwrap();
        for event in events {
            let bus::Event::Record(old) = event else { continue };
            let headers: Vec<_> = old.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref())).collect();
            self.send(
                topics::CONTROL,
                &bus::Message { key: &old.key, headers: &headers, payload: old.payload.as_deref() },
            );
        }
    }
}

fn older() -> Vec<(String, Disbelief)> {
    vec![(HALL.to_owned(), Disbelief::Older)]
}

#[test]
fn entry_older_than_the_one_that_stands_is_ignored() {
    let world = Signed::new();
    let (mut materialiser, reader) = world.follow("store");
    let old = world.now("old");
    world.write_hall(&old);
    world.clock.advance(Duration::seconds(1));
    world.write_hall(&world.now("new"));
    // In one step with what it is older than, and in a later one.
    world.write_hall(&old);
    drain(&mut materialiser);
    assert_eq!((world.in_force(), world.ignored()), (vec!["hall new".to_owned()], older()));
    world.write_hall(&old);
    drain(&mut materialiser);
    assert_eq!((world.in_force(), world.progress.now().ignored), (vec!["hall new".to_owned()], 2));
    drop((materialiser, reader));
    let (mut materialiser, _reader) = world.follow("store");
    world.write_hall(&old);
    drain(&mut materialiser);
    assert_eq!((world.in_force(), world.progress.now().ignored), (vec!["hall new".to_owned()], 3));
}

#[test]
fn entry_that_was_removed_does_not_come_back() {
    let world = Signed::new();
    let (mut materialiser, reader) = world.follow("store");
    let old = world.now("old");
    world.write_hall(&old);
    world.clock.advance(Duration::seconds(1));
    world.write_hall(&world.removed_now());
    world.write_hall(&old);
    drain(&mut materialiser);
    assert_eq!((world.in_force().len(), world.ignored()), (0, older()));
    drop((materialiser, reader));
    let (mut materialiser, _reader) = world.follow("store");
    world.write_hall(&old);
    drain(&mut materialiser);
    assert_eq!((world.in_force().len(), world.ignored()), (0, older()));
}

#[test]
fn what_is_written_again_of_a_plan_changes_nothing_and_a_node_whose_clock_is_behind_still_counts() {
    let world = Signed::new();
    let (mut materialiser, reader) = world.follow("store");
    let mut wanted = Catalogue::default();
    for name in ["old", "new"] {
        wanted.insert(Entry::Consumer(consumer("hall", name)));
        // Each node that writes has a clock behind that of the last.
        world.clock.advance(Duration::seconds(-60));
        world.publish(&wanted);
        drain(&mut materialiser);
        assert_eq!(world.in_force(), [format!("hall {name}")]);
    }
    world.publish(&Catalogue::default());
    drain(&mut materialiser);
    assert_eq!((world.in_force().len(), world.progress.now().ignored), (0, 0));
    let before = pollster::block_on(reader.digest()).unwrap();
    world.write_all_again();
    drain(&mut materialiser);
    // The removal stands; it may be repeated.
    assert_eq!((world.in_force().len(), world.progress.now().ignored), (0, 2));
    assert_eq!(pollster::block_on(reader.control()).unwrap().len(), 1);
    assert_eq!(pollster::block_on(reader.digest()).unwrap(), before);
}

#[test]
fn entry_that_does_not_say_when_it_was_written_is_older_than_one_that_does() {
    let world = Signed::new();
    let (mut materialiser, _reader) = world.follow("store");
    let (_, timeless) = control(&Entry::Consumer(consumer("hall", "timeless")));
    world.write_hall(&timeless.encode_to_vec());
    drain(&mut materialiser);
    assert_eq!(world.in_force(), ["hall timeless"]);
    world.write_hall(&world.now("new"));
    world.write_hall(&timeless.encode_to_vec());
    drain(&mut materialiser);
    assert_eq!((world.in_force(), world.ignored()), (vec!["hall new".to_owned()], older()));
    world.put(Some(&world.node.signer), HALL, None);
    drain(&mut materialiser);
    assert_eq!((world.in_force().len(), world.ignored().len()), (0, 0));
}
