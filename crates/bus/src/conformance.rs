//! What every bus does, said as checks that panic when it does not.
//!
//! ```no_run
//! # fn example(bus: &dyn bus::Bus, tight: &dyn bus::Bus) {
//! let suite = bus::conformance::Suite::new(bus, |topic| bus.create_topics(&[topic.clone()]).unwrap());
//! suite.run();
//! suite.full_queue(tight);
//! # }
//! ```
mod checks;
mod outage;
mod traffic;

pub use self::traffic::{Sent, Traffic, read_to_end, settle};
use crate::{message::Topic, seam::Bus};

/// The checks, for one bus.
pub struct Suite<'a> {
    bus: &'a dyn Bus,
    make: Box<dyn Fn(&Topic) + 'a>,
}

impl<'a> Suite<'a> {
    /// `make` creates a topic; a bus that cannot do it itself has another way.
    #[must_use]
    pub fn new(bus: &'a dyn Bus, make: impl Fn(&Topic) + 'a) -> Self {
        Self { bus, make: Box::new(make) }
    }

    /// All checks that need nothing but the bus.
    ///
    /// # Panics
    /// When the bus breaks a promise.
    pub fn run(&self) {
        self.resumes_at_every_offset();
        self.gives_back_what_was_sent();
        self.acknowledges_every_ticket_once();
        self.knows_its_ends();
        self.tells_the_end_of_each_topic();
        self.refuses_positions_that_are_not_there();
        self.refuses_what_is_too_large();
    }

    fn topic(&self, name: &str, partitions: u32) -> String {
        let name = format!("conformance.{name}");
        (self.make)(&Topic { name: name.clone(), partitions, compacted: false });
        name
    }
}
