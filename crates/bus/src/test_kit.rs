//! A real Apache Kafka for tests: one broker, from jars, in a folder of its own.

use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer as _},
};
use std::{
    fmt,
    fs::{self, File},
    io::{self, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

const FIXED_PROPERTIES: &str = include_str!("../../../deploy/kafka/server.properties");
/// Another process may take a port between our choice and the broker's start.
const STARTS: usize = 3;
const READY_POLLS: usize = 120;

/// A broker that ends with this value.
pub struct RealKafka {
    folder: TempDir,
    jars: PathBuf,
    port: u16,
    child: Child,
}

/// Why there is no broker on this machine.
#[derive(Debug)]
pub struct Skip {
    reason: String,
}

impl fmt::Display for Skip {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "skipped, no Kafka here: {}", self.reason)
    }
}

impl RealKafka {
    /// Starts a broker on free ports of the loopback interface and waits until it answers.
    ///
    /// # Errors
    /// [`Skip`] where Java or Maven is missing, or the jars cannot be had.
    ///
    /// # Panics
    /// With `CI=true` in the environment, instead of skipping.
    pub fn start() -> Result<Self, Skip> {
        Self::start_in(inside, "")
    }

    /// The same with a controller that gives the broker up after it stood still for 1.5 s, not for 9: for a moment it
    /// then says that there are no brokers, and no leaders.
    ///
    /// # Errors
    /// As [`RealKafka::start`].
    ///
    /// # Panics
    /// As [`RealKafka::start`].
    pub fn start_impatient() -> Result<Self, Skip> {
        Self::start_in(inside, "broker.session.timeout.ms=1500\nbroker.heartbeat.interval.ms=300\n")
    }

    /// The same with its log in a folder of the caller's, which may be on a small disk.
    ///
    /// # Errors
    /// As [`RealKafka::start`].
    ///
    /// # Panics
    /// As [`RealKafka::start`].
    pub fn start_with_log(log: &Path) -> Result<Self, Skip> {
        let folder = || TempDir::new().map(|folder| (log.join(folder.path().file_name().unwrap_or_default()), folder));
        Self::start_in(folder, "")
    }

    fn start_in(folder: impl Fn() -> io::Result<(PathBuf, TempDir)>, properties: &str) -> Result<Self, Skip> {
        let mut reason = String::new();
        for _ in 0..STARTS {
            match folder().and_then(|(log, folder)| Self::try_start(&log, folder, properties)) {
                Ok(kafka) => return Ok(kafka),
                Err(error) => reason = error.to_string(),
            }
        }
        #[expect(clippy::disallowed_methods, reason = "a test decides here whether it may be skipped")]
        let required = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!required, "CI needs a Kafka: {reason}");
        Err(Skip { reason })
    }

    /// The address of the broker.
    #[must_use]
    pub fn brokers(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Freezes the broker; its connections stay open.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    pub fn stop(&self) {
        self.signal("-STOP");
    }

    /// Lets a frozen broker go on.
    ///
    /// # Panics
    /// When the signal cannot be sent.
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    /// Kills the broker; what it had acknowledged stays in its folder.
    pub fn kill(&mut self) {
        // It may be dead already, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Starts the broker again on the same folder and port.
    ///
    /// # Panics
    /// When it does not come back.
    pub fn restart(&mut self) {
        self.kill();
        let child = run_broker(&self.jars, self.folder.path());
        self.child = child.unwrap_or_else(|error| panic!("kafka does not start: {error}"));
        self.wait_until_ready().unwrap_or_else(|error| panic!("kafka does not come back: {error}"));
    }

    fn try_start(log: &Path, folder: TempDir, more: &str) -> io::Result<Self> {
        let jars = jars()?;
        let (port, controller) = free_ports()?;
        let properties = format!(
            "{FIXED_PROPERTIES}\nlisteners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n\
             controller.quorum.bootstrap.servers=127.0.0.1:{controller}\nlog.cleaner.backoff.ms=200\nlog.dirs={}\n{more}",
            log.display()
        );
        fs::write(folder.path().join("server.properties"), properties)?;
        let id = run(java(&jars).args(["kafka.tools.StorageTool", "random-uuid"]))?;
        let format = ["kafka.tools.StorageTool", "format", "--standalone", "-t", id.trim(), "-c", "server.properties"];
        run(java(&jars).current_dir(folder.path()).args(format))?;
        let child = run_broker(&jars, folder.path())?;
        let mut kafka = Self { folder, jars, port, child };
        kafka.wait_until_ready()?;
        Ok(kafka)
    }

    fn wait_until_ready(&mut self) -> io::Result<()> {
        let client: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", self.brokers())
            .set("reconnect.backoff.max.ms", "500")
            .set_log_level(rdkafka::config::RDKafkaLogLevel::Emerg)
            .create()
            .map_err(io::Error::other)?;
        for _ in 0..READY_POLLS {
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!("kafka ended with {status}: {}", self.last_words())));
            }
            if client.fetch_metadata(None, Duration::from_millis(500)).is_ok_and(|found| !found.brokers().is_empty()) {
                return Ok(());
            }
        }
        Err(io::Error::other(format!("kafka does not answer: {}", self.last_words())))
    }

    fn last_words(&self) -> String {
        let text = fs::read_to_string(self.folder.path().join("kafka.out")).unwrap_or_default();
        let lines: Vec<_> = text.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill {signal}");
    }
}

impl Drop for RealKafka {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let ended = self.child.try_wait();
            eprintln!("the broker ({ended:?}) said last:\n{}", self.last_words());
        }
        self.kill();
    }
}

/// A folder with the log in it.
fn inside() -> io::Result<(PathBuf, TempDir)> {
    TempDir::new().map(|folder| (folder.path().join("log"), folder))
}

fn free_ports() -> io::Result<(u16, u16)> {
    let (one, other) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    Ok((one.local_addr()?.port(), other.local_addr()?.port()))
}

fn java(jars: &Path) -> Command {
    let mut command = Command::new("java");
    command.args(["-Xms256m", "-Xmx512m", "-cp"]).arg(jars.join("*"));
    command
}

fn run_broker(jars: &Path, folder: &Path) -> io::Result<Child> {
    let log = File::options().append(true).create(true).open(folder.join("kafka.out"))?;
    java(jars)
        .args(["kafka.Kafka", "server.properties"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(log.try_clone()?)
        .stdout(log)
        .spawn()
}

fn run(command: &mut Command) -> io::Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", command.get_program().display())))?;
    if !output.status.success() {
        let text = [output.stderr, output.stdout].concat();
        return Err(io::Error::other(String::from_utf8_lossy(&text).into_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The jars, which Maven fetches once; test processes take turns.
fn jars() -> io::Result<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = workspace.join("target");
    let jars = target.join("kafka-lib");
    fs::create_dir_all(&target)?;
    let mut turn = File::create(target.join("kafka-lib.lock"))?;
    turn.lock()?;
    writeln!(turn, "held while the jars are fetched")?;
    if !jars.is_dir() {
        let draft = target.join("kafka-lib.part");
        let output = format!("-DoutputDirectory={}", fs::canonicalize(&target)?.join("kafka-lib.part").display());
        let pom = workspace.join("deploy/kafka/pom.xml");
        let copy = ["dependency:copy-dependencies", "-DincludeScope=runtime", &output];
        run(Command::new("mvn").args(["-q", "-B", "-f"]).arg(pom).args(copy))?;
        fs::rename(draft, &jars)?;
    }
    fs::canonicalize(jars)
}
