use std::fmt;

/// What strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The one process is killed, on the embedded bus.
    Standalone,
    /// The adapters' process is killed, on Kafka.
    Adapter,
    /// The gateway's process is killed, on Kafka.
    Gateway,
    /// Both are.
    Both,
    /// The broker stands still for 3 to 30 s, its connections open.
    Frozen,
    /// The broker is killed and started again.
    Broker,
    /// The broker's disk is full for some seconds; it is started again when there is room.
    DiskFull,
}

/// How many of 30 runs each has; a disk that can be filled is not everywhere.
const SHARES: [(Fault, usize); 6] = [
    (Fault::Standalone, 10),
    (Fault::Adapter, 7),
    (Fault::Gateway, 6),
    (Fault::Both, 3),
    (Fault::Frozen, 2),
    (Fault::Broker, 2),
];

impl Fault {
    /// The one that has this name on a command line.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "adapter" => Self::Adapter,
            "gateway" => Self::Gateway,
            "both" => Self::Both,
            "frozen" => Self::Frozen,
            "broker" => Self::Broker,
            "disk-full" => Self::DiskFull,
            _ => return None,
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Standalone => "standalone killed",
            Self::Adapter => "adapter killed",
            Self::Gateway => "gateway killed",
            Self::Both => "both killed",
            Self::Frozen => "broker frozen",
            Self::Broker => "broker killed",
            Self::DiskFull => "broker's disk full",
        })
    }
}

/// So many runs on the embedded bus, and these on Kafka.
#[must_use]
pub fn share(runs: usize) -> (usize, Vec<Fault>) {
    let of = |share: usize| (runs * share).div_ceil(30);
    let mut apart: Vec<Fault> =
        SHARES[1..].iter().flat_map(|(fault, share)| std::iter::repeat_n(*fault, of(*share))).collect();
    // Rounding up gives a few too many.
    apart.truncate(runs.saturating_sub(of(SHARES[0].1)));
    (runs - apart.len(), apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_share_and_all_runs_are_made() {
        for runs in [0, 1, 30, 100, 1000] {
            let (standalone, apart) = share(runs);
            assert_eq!(standalone + apart.len(), runs);
        }
        assert_eq!(share(30).0, 10);
        assert_eq!(share(30).1.iter().filter(|fault| **fault == Fault::Broker).count(), 2);
    }
}
