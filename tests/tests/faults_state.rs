//! State that is emptied, cut, another's or ahead of the bus is refused loudly or put right; no row is passed over.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use exchange_tests::{
    faults::{Oracle, Stored, copy_folder},
    generate::{
        People,
        housing::{self, CONTRACT, CsvFile, Layout},
    },
    product::{Bus, Node, binary, files_in, wait_for},
};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

const DEPARTMENT: &str = "housing-construction";
const STATE: &str = "adapters/housing-construction";
const ROWS: usize = 120;

/// A node that has taken in one file, and another that lies in its inbox.
struct Machine {
    node: Node,
    /// Its data as it was when it stopped.
    kept: TempDir,
    files: [CsvFile; 2],
}

/// How a start ends.
#[derive(Debug)]
enum End {
    /// The process ended with this code, and said this.
    Refused(i32, String),
    /// The second file was taken in.
    WentOn,
}

/// A process that ends with this value.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, which is what is wanted.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Machine {
    fn new() -> Self {
        let mut people = People::new(5);
        let mut file = |number: u32| {
            let rows = (0..ROWS).map(|_| housing::contract(&mut people, "2026-11-01 08:00:00")).collect();
            let name = format!("FWHT_20261101_00{number}.csv");
            CsvFile::new(&name, &Layout::plain(CONTRACT), rows, people.random())
        };
        let files = [file(1), file(2)];
        let mut node = Node::new(Bus::Embedded);
        node.drop_file(DEPARTMENT, &files[0].file);
        node.start();
        wait_for("the first file in done/", || is_done(&node, &files[0]).then_some(()));
        node.stop();
        let kept = TempDir::new().unwrap();
        copy_folder(&node.path("data"), kept.path());
        Self { node, kept, files }
    }

    /// Starts with data that was damaged.
    fn start(&self, damage: impl FnOnce(&Path)) -> End {
        let data = self.node.path("data");
        fs::remove_dir_all(&data).unwrap();
        copy_folder(self.kept.path(), &data);
        damage(&data);
        let inbox = self.node.inbox(DEPARTMENT);
        for file in files(&inbox) {
            fs::remove_file(file).unwrap();
        }
        self.node.drop_file(DEPARTMENT, &self.files[1].file);
        let log = File::create(self.node.path("said.log")).unwrap();
        let mut command = Command::new(binary());
        command.arg("standalone").arg("--config").arg(self.node.path("exchange.toml"));
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut process = Process(command.spawn().unwrap());
        wait_for("a process that ends or goes on", || match process.0.try_wait().unwrap() {
            Some(status) => {
                let said = fs::read_to_string(self.node.path("said.log")).unwrap();
                Some(End::Refused(status.code().unwrap_or(-1), said))
            }
            None => is_done(&self.node, &self.files[1]).then_some(End::WentOn),
        })
    }

    /// The start is refused with the code of a failure and these words, and nothing has happened.
    fn is_refused(&self, what: &str, words: &str, damage: impl FnOnce(&Path)) {
        match self.start(damage) {
            End::Refused(1, said) => assert!(said.contains(words), "{what}: {said}"),
            end => panic!("{what}: {end:?}"),
        }
        self.is_untouched(what);
    }

    fn is_untouched(&self, what: &str) {
        let name = &self.files[1].file.name;
        assert!(self.node.inbox(DEPARTMENT).join(name).exists(), "{what}: the file lies there still");
    }

    /// The topic holds everything of both files once.
    fn is_whole(&self, what: &str) {
        let mut oracle = Oracle::default();
        self.files.iter().for_each(|file| oracle.drop(file));
        let stored = Stored::of(&self.node, &Bus::Embedded, DEPARTMENT);
        let found = oracle.judge(DEPARTMENT, &stored);
        assert!(found.is_sound(), "{what}: {found:#?}");
    }
}

fn is_done(node: &Node, file: &CsvFile) -> bool {
    files_in(&node.inbox(DEPARTMENT).join("done")).iter().any(|(_, bytes)| *bytes == file.file.bytes)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.append(&mut files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn cut(path: &Path, length: u64) {
    File::options().write(true).open(path).unwrap().set_len(length).unwrap();
}

#[test]
fn state_that_cannot_be_trusted_is_refused_and_no_row_is_passed_over() {
    let machine = Machine::new();
    machine.is_refused("every file emptied", "state", |data| {
        for path in files(&data.join(STATE)) {
            cut(&path, 0);
        }
    });
    machine.is_refused("another adapter's state", "market-supervision", |data| {
        fs::remove_dir_all(data.join(STATE)).unwrap();
        copy_folder(&data.join("adapters/market-supervision"), &data.join(STATE));
    });
    machine.is_refused("a view in place of a state", "view", |data| {
        fs::remove_dir_all(data.join(STATE)).unwrap();
        copy_folder(&data.join("view"), &data.join(STATE));
    });
    machine.is_refused("a state from the future of its topic", "ends before what this adapter has published", |data| {
        let topic = data.join("bus").join(contract::topics::records(DEPARTMENT));
        let segments = files(&topic).into_iter().filter(|path| path.extension().is_some_and(|end| end == "log"));
        segments.for_each(|path| cut(&path, 0));
        // The view would be refused first.
        fs::remove_dir_all(data.join("view")).unwrap();
    });
    assert!(matches!(machine.start(|_| ()), End::WentOn), "without damage");
    machine.is_whole("without damage");
}

#[test]
fn a_state_file_that_is_cut_or_emptied_is_refused_or_put_right_from_the_topic() {
    let machine = Machine::new();
    let state = machine.kept.path().join(STATE);
    let mut refused = 0;
    for path in files(&state) {
        let (name, length) = (path.strip_prefix(&state).unwrap(), path.metadata().unwrap().len());
        for length in [0, length / 2].into_iter().take(if length == 0 { 0 } else { 2 }) {
            let what = format!("{} cut to {length} bytes", name.display());
            match machine.start(|data| cut(&data.join(STATE).join(name), length)) {
                End::Refused(code, said) => {
                    assert_eq!(code, 1, "{what}: {said}");
                    assert!(said.contains("state"), "{what}: {said}");
                    machine.is_untouched(&what);
                    refused += 1;
                }
                End::WentOn => machine.is_whole(&what),
            }
        }
    }
    assert!(refused > 0, "some file matters");
}
