//! Power is lost at any touch of the disk: acknowledged messages are there, and nobody invented one.

use super::*;
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::{fd::AsRawFd as _, unix::fs::MetadataExt as _},
};

/// A disk that loses power: after so many touches nothing gets through any more, and what was not made durable is gone, whole
/// or in part. Names are durable once their folder was synced, contents once their file was; folders are at once.
struct LossyDisk {
    platter: Mutex<Platter>,
    /// Touches left until power is lost.
    left: Mutex<usize>,
}

/// What would be found without power.
#[derive(Default)]
struct Platter {
    /// Content by inode.
    contents: BTreeMap<u64, Vec<u8>>,
    /// Inode by name.
    names: BTreeMap<PathBuf, u64>,
    /// Files that are gone from their folder, too, may come back.
    held: BTreeMap<u64, File>,
}

impl LossyDisk {
    /// Everything in `folder` is durable.
    fn of(folder: &Path, touches: usize) -> Self {
        let mut platter = Platter::default();
        for (path, inode) in names(folder) {
            platter.hold(&File::open(&path).unwrap());
            platter.contents.insert(inode, fs::read(&path).unwrap());
            platter.names.insert(path, inode);
        }
        Self { platter: Mutex::new(platter), left: Mutex::new(touches) }
    }

    fn touch(&self) -> io::Result<()> {
        let mut left = self.left.lock().unwrap();
        *left = left.checked_sub(1).ok_or_else(|| io::Error::other("no power"))?;
        Ok(())
    }

    /// The folder as it is found when power is back: what was durable, and of the rest what `chance` lets through.
    fn after_power_is_back(&self, folder: &Path, chance: &mut Chance) -> TempDir {
        let (mut platter, found) = (self.platter.lock().unwrap(), TempDir::new().unwrap());
        let seen = names(folder);
        for path in seen.keys() {
            platter.hold(&File::open(path).unwrap());
        }
        let all: BTreeSet<&PathBuf> = platter.names.keys().chain(seen.keys()).collect();
        for path in all {
            let (durable, seen) = (platter.names.get(path), seen.get(path));
            let inode = if durable == seen || chance.below(2) == 0 { durable } else { seen };
            let Some(inode) = inode else { continue };
            let durable = platter.contents.get(inode).map_or(&[][..], Vec::as_slice);
            let bytes = torn(durable, &content(&platter.held[inode]), chance);
            let to = found.path().join(path.strip_prefix(folder).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, bytes).unwrap();
        }
        found
    }
}

impl Platter {
    fn hold(&mut self, file: &File) {
        let inode = file.metadata().unwrap().ino();
        self.held.entry(inode).or_insert_with(|| file.try_clone().unwrap());
    }
}

impl Disk for LossyDisk {
    fn write(&self, file: &mut File, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.platter.lock().unwrap().hold(file);
        match self.touch() {
            Ok(()) => RealDisk.write(file, at, bytes),
            Err(error) => {
                // Power goes in the middle of it.
                RealDisk.write(file, at, &bytes[..bytes.len() / 2])?;
                Err(error)
            }
        }
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        self.touch()?;
        let mut platter = self.platter.lock().unwrap();
        platter.hold(file);
        platter.contents.insert(file.metadata()?.ino(), content(file));
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.touch()?;
        let mut platter = self.platter.lock().unwrap();
        platter.names.retain(|path, _| path.parent() != Some(folder));
        for (path, inode) in names(folder).into_iter().filter(|(path, _)| path.parent() == Some(folder)) {
            platter.hold(&File::open(&path)?);
            platter.names.insert(path, inode);
        }
        Ok(())
    }
}

/// Files in a folder and the folders in it, with their inodes.
fn names(folder: &Path) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.append(&mut names(&entry.path()));
        } else {
            found.insert(entry.path(), entry.metadata().unwrap().ino());
        }
    }
    found
}

/// Also of a file that is open for writing only, or has no name any more.
fn content(file: &File) -> Vec<u8> {
    fs::read(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap()
}

/// What is found of a change that was not made durable: its beginning, and at times a hole in it.
fn torn(durable: &[u8], seen: &[u8], chance: &mut Chance) -> Vec<u8> {
    let same = durable.iter().zip(seen).take_while(|(durable, seen)| durable == seen).count();
    let cut = same + chance.below(seen.len() - same + 1);
    let mut found = seen[..cut].to_vec();
    found.extend(durable.iter().skip(cut));
    if cut > same && chance.below(3) == 0 {
        let from = same + chance.below(cut - same);
        let to = from + chance.below(cut - from + 1);
        found[from..to].fill(0);
    }
    found
}

/// Xorshift.
struct Chance(u64);

impl Chance {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % count as u64).unwrap()
    }
}

/// What one run of the bus sends until its power is lost.
#[derive(Debug, Clone)]
struct Round {
    touches: usize,
    batches: Vec<u64>,
    seed: u64,
}

fn rounds() -> impl Strategy<Value = Vec<Round>> {
    let batches = proptest::collection::vec(1_u64..6, 1..25);
    let round = (0_usize..60, batches, 1..u64::MAX);
    proptest::collection::vec(round.prop_map(|(touches, batches, seed)| Round { touches, batches, seed }), 1..5)
}

/// Messages by number; the number is the payload, and its remainder by 3 the key.
#[derive(Default)]
struct Account {
    sent: u64,
    acknowledged: BTreeSet<u64>,
}

impl Account {
    /// Sends batch after batch, until there is no power.
    fn send(&mut self, bus: &EmbeddedBus, batches: &[u64]) -> Result<(), BusError> {
        let mut producer = bus.producer()?;
        for batch in batches {
            for _ in 0..*batch {
                let (key, payload) = (format!("k{}", self.sent % 3), self.sent.to_le_bytes());
                match producer.send(TOPIC, self.sent, &message(&key, &payload)) {
                    Ok(()) => self.sent += 1,
                    Err(SendError::Bus(error)) => return Err(error),
                    Err(error) => panic!("{error}"),
                }
            }
            let mut acks = Vec::new();
            let polled = producer.poll(Duration::ZERO, &mut acks);
            self.acknowledged.extend(acks.iter().filter(|ack| ack.result.is_ok()).map(|ack| ack.ticket));
            polled?;
        }
        Ok(())
    }
}

fn run(folder: &Path, disk: Arc<dyn Disk>, config: &EmbeddedConfig, compacted: bool) -> Result<EmbeddedBus, BusError> {
    let bus = EmbeddedBus::open_on(folder, config.clone(), disk)?;
    bus.create_topics(&[topic(compacted)])?;
    Ok(bus)
}

fn numbers(bus: &EmbeddedBus) -> Vec<u64> {
    let number = |record: &Delivery| u64::from_le_bytes(record.payload.as_deref().unwrap().try_into().unwrap());
    let (records, _) = read_all(bus);
    assert!(records.is_sorted_by(|one, other| one.position.offset < other.position.offset));
    let numbers: Vec<u64> = records.iter().map(number).collect();
    for (record, number) in records.iter().zip(&numbers) {
        assert_eq!(record.key, format!("k{}", number % 3), "the message is whole");
    }
    numbers
}

/// Runs round after round, each on what the loss of power left; `check` sees what can be read after each.
fn survive(rounds: &[Round], compacted: bool, check: impl Fn(&Account, &[u64])) {
    let config = EmbeddedConfig { segment_bytes: 300, compact_bytes: 700, ..config() };
    let (mut account, mut folder) = (Account::default(), TempDir::new().unwrap());
    for round in rounds {
        let disk = Arc::new(LossyDisk::of(folder.path(), round.touches));
        let dynamic = Arc::clone(&disk) as Arc<dyn Disk>;
        // Its end is the loss of power, or that there is no more to send.
        drop(run(folder.path(), dynamic, &config, compacted).and_then(|bus| account.send(&bus, &round.batches)));
        folder = disk.after_power_is_back(folder.path(), &mut Chance(round.seed));
        let bus = run(folder.path(), Arc::new(RealDisk), &config, compacted).unwrap();
        check(&account, &numbers(&bus));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(120) })]

    #[test]
    fn acknowledged_messages_survive_a_loss_of_power_and_none_is_invented(rounds in rounds()) {
        survive(&rounds, false, |account, read| {
            let there: BTreeSet<u64> = read.iter().copied().collect();
            assert_eq!(there.len(), read.len(), "none is there twice");
            assert!(read.is_sorted(), "none has moved");
            assert!(account.acknowledged.is_subset(&there), "none is lost: {:?}", account.acknowledged.difference(&there));
            assert!(read.iter().all(|number| *number < account.sent), "none is invented");
        });
    }

    #[test]
    fn the_newest_of_a_key_survives_a_loss_of_power_during_compaction(rounds in rounds()) {
        survive(&rounds, true, |account, read| {
            assert!(read.iter().all(|number| *number < account.sent), "none is invented");
            for key in 0..3 {
                let newest = |numbers: &mut dyn Iterator<Item = u64>| numbers.filter(|number| number % 3 == key).max();
                let acknowledged = newest(&mut account.acknowledged.iter().copied());
                assert!(newest(&mut read.iter().copied()) >= acknowledged, "key {key} is at {acknowledged:?} at least");
            }
        });
    }
}
