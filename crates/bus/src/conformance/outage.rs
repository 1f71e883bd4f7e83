//! A bus that goes away and comes back.

use super::{Suite, read_to_end};
use std::time::Duration;

impl Suite<'_> {
    /// Messages sent before, while and after the bus is away arrive once and in order, with the
    /// producer and the consumer that were there all the time.
    ///
    /// # Panics
    /// When the bus breaks a promise.
    pub fn survives_outage(&self, name: &str, down: impl FnOnce(), up: impl FnOnce()) {
        let topic = self.topic(name, 2);
        let partitions = self.partitions(&topic);
        let mut traffic = self.traffic(&topic);
        let mut consumer = self.beginning(&topic);
        let (nothing, _) = read_to_end(consumer.as_mut(), partitions);
        assert!(nothing.is_empty());
        let send = |traffic: &mut super::Traffic, phase: u8| {
            for number in 0..50_u8 {
                traffic.send(&format!("key {}", number % 5), &[phase, number]);
            }
        };
        send(&mut traffic, 0);
        traffic.settle();
        send(&mut traffic, 1);
        down();
        send(&mut traffic, 2);
        for _ in 0..3 {
            traffic.poll(Duration::from_millis(300));
        }
        assert!(traffic.open() >= 50, "what was sent while the bus was away cannot be durable");
        up();
        send(&mut traffic, 3);
        traffic.settle();
        let mut read = Vec::new();
        while read.len() < 200 {
            read.extend(read_to_end(consumer.as_mut(), 1).0);
        }
        traffic.check(&read);
        let (again, _) = read_to_end(self.beginning(&topic).as_mut(), partitions);
        assert_eq!(again.len(), 200, "each message once");
    }
}
