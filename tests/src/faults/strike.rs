use super::{disk::SmallDisk, fault::Fault};
use crate::{
    Random,
    product::{Bus, Node, wait_for},
};
use bus::{Bus as _, KafkaBus, KafkaConfig, test_kit::RealKafka};
use std::{
    process::Child,
    time::{Duration, Instant},
};

/// In milliseconds, beyond 3 s. A developer's run is short, an optimised one is the thorough one.
const LONGEST_FREEZE: u64 = if cfg!(debug_assertions) { 1000 } else { 27_000 };

/// What is struck.
pub(super) struct Target {
    pub(super) node: Node,
    pub(super) bus: Bus,
    // It lies on the disk, so it goes first.
    kafka: Option<RealKafka>,
    disk: Option<SmallDisk>,
    adapters: Option<Child>,
}

impl Target {
    /// A node that is one process; it is not started.
    pub(super) fn standalone(node: Node) -> Self {
        Self { node, bus: Bus::Embedded, kafka: None, disk: None, adapters: None }
    }

    /// A node whose adapters run apart; it is not started.
    pub(super) fn apart(mut node: Node, kafka: RealKafka, disk: Option<SmallDisk>) -> Self {
        node.run_adapters(&[]);
        Self { node, bus: Bus::Kafka(kafka.brokers()), kafka: Some(kafka), disk, adapters: None }
    }

    /// Starts everything and waits until it takes questions.
    pub(super) fn start(&mut self) {
        self.node.start();
        self.start_adapters();
    }

    /// How much of a department's records is on the bus, in whatever measure.
    pub(super) fn on_bus(&self, department: &str) -> u64 {
        match &self.bus {
            Bus::Embedded => self.node.bytes_on_bus(department),
            Bus::Kafka(brokers) => {
                let bus = KafkaBus::connect(KafkaConfig::new(brokers, "tests")).unwrap();
                let ends = bus.end(&contract::topics::records(department)).unwrap_or_default();
                ends.iter().map(|end| end.offset).sum()
            }
        }
    }

    /// Strikes, and brings back what was struck.
    pub(super) fn strike(&mut self, fault: Fault, random: &mut Random) {
        match fault {
            Fault::Standalone => {
                self.node.kill();
                if random.below(3) == 0 {
                    // Once more, while it comes back.
                    self.node.begin();
                    pause(random.number() % 1000);
                    self.node.kill();
                }
                self.node.start();
            }
            Fault::Adapter => {
                self.kill_adapters();
                if random.below(3) == 0 {
                    self.start_adapters();
                    pause(random.number() % 1000);
                    self.kill_adapters();
                }
                self.start_adapters();
            }
            Fault::Gateway => {
                self.node.kill();
                self.node.start();
            }
            Fault::Both => {
                if random.below(2) == 0 {
                    self.kill_adapters();
                }
                self.node.kill();
                self.kill_adapters();
                self.start();
            }
            Fault::Frozen => {
                let kafka = self.kafka.as_ref().unwrap();
                kafka.stop();
                pause(3000 + random.number() % LONGEST_FREEZE);
                kafka.resume();
            }
            Fault::Broker => {
                let kafka = self.kafka.as_mut().unwrap();
                kafka.kill();
                pause(random.number() % 2000);
                kafka.restart();
            }
            Fault::DiskFull => {
                let (kafka, disk) = (self.kafka.as_mut().unwrap(), self.disk.as_ref().unwrap());
                disk.fill();
                pause(2000 + random.number() % 3000);
                disk.make_room();
                // It ends by itself when it cannot write.
                kafka.restart();
            }
        }
    }

    /// Kills all processes of the node.
    pub(super) fn kill(&mut self) {
        self.kill_adapters();
        self.node.kill();
    }

    /// All that was started runs.
    pub(super) fn assert_running(&mut self) {
        self.node.assert_running();
        let ended = self.adapters.as_mut().and_then(|adapters| adapters.try_wait().unwrap());
        assert!(ended.is_none(), "the adapters have ended: {ended:?}");
    }

    fn start_adapters(&mut self) {
        if self.kafka.is_some() {
            self.adapters = Some(self.node.adapters_apart(&[super::oracle::FILES], "exchange.toml", "adapters.log"));
        }
    }

    fn kill_adapters(&mut self) {
        if let Some(mut adapters) = self.adapters.take() {
            adapters.kill().unwrap();
            adapters.wait().unwrap();
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.kill_adapters();
    }
}

/// Lets so many milliseconds pass.
pub(super) fn pause(milliseconds: u64) {
    let end = Instant::now() + Duration::from_millis(milliseconds);
    wait_for("a moment later", || (Instant::now() >= end).then_some(()));
}
