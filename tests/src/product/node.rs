use super::{binary, wait_for};
use crate::{Counts, generate::DropFile};
use serde_json::Value;
use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// What a node's roles talk over.
#[derive(Debug, Clone)]
pub enum Bus {
    /// One process with everything.
    Embedded,
    /// Gateway and adapters apart, over these brokers.
    Kafka(String),
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Said {
    /// What a command that has ended said.
    #[must_use]
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Standard output as one JSON value; null where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or(Value::Null)
    }
}

/// A node of the product in a folder of its own.
#[derive(Debug)]
pub struct Node {
    folder: TempDir,
    bus: Bus,
    service: String,
    ops: String,
    adapters: Vec<&'static str>,
    running: Vec<Child>,
}

/// Where processes of a node write what they say; the last is that of [`Node::adapters_apart`] in the fault suite.
const LOGS: [&str; 3] = ["stdout.log", "stderr.log", "adapters.log"];
const DEPARTMENTS: [&str; 2] = ["public-security", "market-supervision"];

impl Node {
    /// Makes a node with `exchange init`; nothing of it runs yet.
    #[must_use]
    pub fn new(bus: Bus) -> Self {
        Self::new_in(TempDir::new().unwrap(), bus)
    }

    /// The same in a folder of the caller's, which goes with the node.
    #[must_use]
    pub fn new_in(folder: TempDir, bus: Bus) -> Self {
        let (service, ops) = free_addresses();
        let node = Self { folder, bus, service, ops, adapters: DEPARTMENTS.to_vec(), running: Vec::new() };
        let made = Command::new(binary()).arg("init").arg(node.path("")).output().unwrap();
        assert!(made.status.success(), "init: {}", String::from_utf8_lossy(&made.stderr));
        let file = node.path("exchange.toml");
        let mut text = fs::read_to_string(&file).unwrap();
        text = text.replace("127.0.0.1:7443", &node.service).replace("127.0.0.1:7480", &node.ops);
        text = text.replace("poll = \"2s\"", "poll = \"100ms\"");
        if let Bus::Kafka(brokers) = &node.bus {
            text = text
                .replace("[bus]\nkind = \"embedded\"", &format!("[bus]\nkind = \"kafka\"\nbrokers = \"{brokers}\""));
        }
        fs::write(&file, text).unwrap();
        // A test asks faster than a service window is allowed to; refusals by quota have tests of their own.
        let grant = node.path("catalogue/grants/one-window.toml");
        let text = fs::read_to_string(&grant).unwrap().replace("per_second = 100\n", "per_second = 100000\n");
        fs::write(&grant, text).unwrap();
        for stranger in ["consumer/stranger", "department/public-security"] {
            let mut issue = Command::new(binary());
            let issued = issue.args(["pki", "issue", stranger, "--dir"]).arg(node.path("pki")).output().unwrap();
            assert!(issued.status.success(), "{}", String::from_utf8_lossy(&issued.stderr));
        }
        node
    }

    /// A path inside the node's folder.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("node").join(path)
    }

    /// Where gRPC and REST are, `host:port`.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Ids of its processes that were started, the gateway's first.
    #[must_use]
    pub fn processes(&self) -> Vec<u32> {
        self.running.iter().map(Child::id).collect()
    }

    /// Adds to its configuration file; before it is started.
    pub fn configure(&self, section: &str) {
        let file = self.path("exchange.toml");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, format!("{text}\n{section}\n")).unwrap();
    }

    /// Says whose adapters run in a process of their own, where the bus is Kafka; without any the gateway runs alone.
    pub fn run_adapters(&mut self, departments: &[&'static str]) {
        self.adapters = departments.to_vec();
    }

    /// Starts one process with everything, and does not wait for it.
    pub fn begin(&mut self) {
        self.spawn(&["standalone"]);
    }

    /// About how many bytes of a department's records are on the embedded bus.
    #[must_use]
    pub fn bytes_on_bus(&self, department: &str) -> u64 {
        let folder = self.path("data/bus").join(format!("exchange.records.{department}"));
        let Ok(entries) = fs::read_dir(folder) else { return 0 };
        entries.filter_map(|entry| written(&entry.ok()?.path())).sum()
    }

    /// Starts its roles and waits until it takes questions.
    pub fn start(&mut self) {
        match self.bus {
            Bus::Embedded => self.spawn(&["standalone"]),
            Bus::Kafka(_) => {
                self.spawn(&["gateway"]);
                self.wait_ready_to_talk();
                let catalogue = self.path("catalogue");
                self.wait_until_ready();
                let applied = self.run("operator-ops", &["catalogue", "apply", &catalogue.display().to_string()]);
                assert_eq!(applied.code, 0, "{}", applied.stderr);
                if !self.adapters.is_empty() {
                    self.spawn(&[&["adapter", "run"], &self.adapters.clone()[..]].concat());
                }
            }
        }
        self.wait_ready_to_talk();
        self.wait_until_ready();
    }

    fn wait_until_ready(&self) {
        wait_for("a node that is ready", || (self.ops("/readyz").0 == 200).then_some(()));
    }

    fn spawn(&mut self, arguments: &[&str]) {
        let child = self.process(arguments, "exchange.toml", ["stdout.log", "stderr.log"]);
        self.running.push(child);
    }

    /// Starts adapters in a process that is not the node's: by a configuration file and with a log of its own. Who starts it
    /// ends it.
    #[must_use]
    pub fn adapters_apart(&self, departments: &[&str], config: &str, log: &str) -> Child {
        self.process(&[&["adapter", "run"], departments].concat(), config, [log; 2])
    }

    fn process(&self, arguments: &[&str], config: &str, logs: [&str; 2]) -> Child {
        let [out, err] = logs.map(|name| File::options().append(true).create(true).open(self.path(name)).unwrap());
        let mut command = Command::new(binary());
        command.args(arguments).arg("--config").arg(self.path(config)).stdin(Stdio::null());
        command.stdout(out).stderr(err).spawn().unwrap()
    }

    fn wait_ready_to_talk(&mut self) {
        wait_for("a node that answers", || {
            self.assert_running();
            TcpStream::connect(&self.ops).ok()
        });
    }

    /// All its processes are there.
    pub fn assert_running(&mut self) {
        let ended = self.running.iter_mut().find_map(|child| child.try_wait().unwrap());
        assert!(ended.is_none(), "a process has ended: {ended:?}");
    }

    /// Kills its processes at once, as a power cut would.
    pub fn kill(&mut self) {
        for child in &mut self.running {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        self.running.clear();
    }

    /// Asks its processes to end, and waits until they have.
    pub fn stop(&mut self) {
        for child in self.running.iter().rev() {
            let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
            assert!(asked.success());
        }
        for child in &mut self.running {
            wait_for("a process that ends", || child.try_wait().unwrap());
        }
        self.running.clear();
    }

    /// Runs a client command as `caller` (`operator-ops`, `consumer-one-window`).
    pub fn run(&mut self, caller: &str, arguments: &[&str]) -> Said {
        Said::of(self.client(caller, arguments).output().unwrap())
    }

    /// A client command as `caller`, which does not run yet.
    #[must_use]
    pub fn client(&self, caller: &str, arguments: &[&str]) -> Command {
        let pki = self.path("pki");
        let mut command = Command::new(binary());
        command.args(arguments).args(["--server", &self.service]).arg("--ca").arg(pki.join("ca.pem"));
        command
            .arg("--cert")
            .arg(pki.join(format!("{caller}.pem")))
            .arg("--key")
            .arg(pki.join(format!("{caller}.key")));
        command
    }

    /// Asks as the consumer with the sample grant; `arguments` without purpose and format.
    pub fn ask(&mut self, arguments: &[&str]) -> Said {
        self.ask_as("consumer-one-window", arguments)
    }

    /// Asks as somebody else.
    pub fn ask_as(&mut self, caller: &str, arguments: &[&str]) -> Said {
        let purpose = ["--matter", "000172149001", "--case", "2026-0001", "-o", "json"];
        self.run(caller, &[arguments, &purpose].concat())
    }

    /// How a department's feed is.
    pub fn status(&mut self, department: &str) -> Value {
        let said = self.run("operator-ops", &["status", "-o", "json"]);
        let departments = said.json()["departments"].as_array().cloned().unwrap_or_default();
        departments.into_iter().find(|status| status["department"] == department).unwrap_or_default()
    }

    /// A department's count of rows.
    pub fn counts(&mut self, department: &str) -> Counts {
        Counts::from_json(&self.status(department)["rows"], "read")
    }

    /// A page of the ops listener: its status and body.
    #[must_use]
    pub fn ops(&self, path: &str) -> (u16, String) {
        let Ok(mut stream) = TcpStream::connect(&self.ops) else { return (0, String::new()) };
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.ops);
        let mut answer = Vec::new();
        if stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_end(&mut answer)).is_err() {
            return (0, String::new());
        }
        let text = String::from_utf8_lossy(&answer).into_owned();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        (status, text.split_once("\r\n\r\n").map_or_else(String::new, |(_, body)| body.to_owned()))
    }

    /// A department's inbox.
    #[must_use]
    pub fn inbox(&self, department: &str) -> PathBuf {
        self.path("inbox").join(department)
    }

    /// Drops a file into a department's inbox.
    pub fn drop_file(&self, department: &str, file: &DropFile) {
        file.drop_into(&self.inbox(department)).unwrap();
    }

    /// What its processes have written.
    #[must_use]
    pub fn logs(&self) -> Vec<u8> {
        LOGS.map(|name| fs::read(self.path(name)).unwrap_or_default()).concat()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        for child in &mut self.running {
            // It may be dead already, which is what is wanted.
            drop(child.kill());
            drop(child.wait());
        }
        if std::thread::panicking() {
            for name in LOGS {
                tell_end_of(&self.path(name));
            }
        }
    }
}

/// The last lines of a log, if there are any.
fn tell_end_of(log: &Path) {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    if !lines.is_empty() {
        eprintln!("last in {}:\n{}", log.display(), lines[lines.len().saturating_sub(30)..].join("\n"));
    }
}

/// Names and bytes of the files in a folder.
#[must_use]
pub fn files_in(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = (entries.map(|entry| entry.unwrap().path()))
        .filter(|path| path.is_file())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// How far a file is written; what was only reserved behind that is zeros.
fn written(path: &Path) -> Option<u64> {
    const PAGE: u64 = 4096;
    let mut file = File::open(path).ok()?;
    let (mut from, mut to) = (0, file.metadata().ok()?.len().div_ceil(PAGE));
    let mut page = Vec::new();
    while from < to {
        let middle = from.midpoint(to);
        page.clear();
        file.seek(SeekFrom::Start(middle * PAGE)).ok()?;
        (&mut file).take(PAGE).read_to_end(&mut page).ok()?;
        if page.iter().all(|b| *b == 0) { to = middle } else { from = middle + 1 }
    }
    Some(from * PAGE)
}

fn free_addresses() -> (String, String) {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [service, ops] = listeners.map(|listener| listener.local_addr().unwrap().to_string());
    (service, ops)
}
