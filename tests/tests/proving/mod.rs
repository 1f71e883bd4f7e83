//! A node whose answers are proven, and those who prove them.
mod disk;

use contract::{json, v1::Receipt};
use exchange_tests::product::{Bus, Node, Said, binary};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// Whom questions are about: nobody, which is proven like anything else.
pub(crate) const BY: &str = "citizen-number=110101190001010014";

const JSON: &str = "content-type: application/json";

/// A node, and beside it a folder for what is saved.
pub(crate) struct Place {
    pub(crate) node: Node,
    server: String,
}

impl Place {
    /// With a node that runs.
    pub(crate) fn start() -> Self {
        Self::with(|_| ())
    }

    /// The same, after something was done to its files.
    pub(crate) fn with(prepare: impl FnOnce(&Node)) -> Self {
        let mut place = Self::stopped();
        prepare(&place.node);
        place.node.start();
        place
    }

    /// With a node that does not run yet.
    pub(crate) fn stopped() -> Self {
        let node = Node::new(Bus::Embedded);
        let config = fs::read_to_string(node.path("exchange.toml")).unwrap();
        let server = config.lines().find_map(|line| line.strip_prefix("service = \"")?.strip_suffix('"')).unwrap();
        let place = Self { server: server.to_owned(), node };
        let issued = place.offline(&["pki", "issue", "consumer/oversight", "--dir", &place.path("node/pki")]);
        assert!(issued.status.success());
        place
    }

    /// The node's address.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// A path beside the node's folder, or in it with `node/` before it.
    pub(crate) fn path(&self, name: &str) -> String {
        let node = self.node.path("");
        node.parent().unwrap().join(name).display().to_string()
    }

    /// What a saved file holds.
    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap()
    }

    /// Runs the binary without naming any exchange.
    pub(crate) fn offline(&self, arguments: &[&str]) -> Output {
        Command::new(binary()).current_dir(self.node.path("..")).args(arguments).output().unwrap()
    }

    /// Verifies a file or folder against the node's authority.
    pub(crate) fn verify(&self, name: &str, options: &[&str]) -> Said {
        let fixed = ["evidence", "verify", &self.path(name), "--trust", &self.path("node/pki/ca.pem"), "-o", "json"];
        Said::of(self.offline(&[&fixed[..], options].concat()))
    }

    /// The same, for people.
    pub(crate) fn table(&self, name: &str) -> Said {
        let fixed = ["evidence", "verify", &self.path(name), "--trust", &self.path("node/pki/ca.pem")];
        Said::of(self.offline(&fixed))
    }

    /// Certificates of an authority that has nothing to do with the node.
    pub(crate) fn another_authority(&self) -> String {
        assert!(self.offline(&["pki", "init", "--dir", &self.path("elsewhere")]).status.success());
        self.path("elsewhere/ca.pem")
    }

    /// Exports into `archive` as the operator.
    pub(crate) fn export(&mut self, options: &[&str]) -> Said {
        let folder = self.path("archive");
        self.node.run("operator-ops", &[&["evidence", "export", &folder, "-o", "json"], options].concat())
    }

    /// Exports into another folder.
    pub(crate) fn export_to(&mut self, folder: &str) -> Said {
        let folder = self.path(folder);
        self.node.run("operator-ops", &["evidence", "export", &folder, "-o", "json"])
    }

    /// Looks at the log once as a department's witness.
    pub(crate) fn witness(&mut self, options: &[&str]) -> Said {
        let (state, key) = (self.path("witness"), self.path("witness.key"));
        let fixed = ["evidence", "witness", "--state", &state, "--signing-key", &key, "--once", "-o", "json"];
        self.node.run("department-public-security", &[&fixed[..], options].concat())
    }

    /// Keeps a copy of what the node, which does not run, has written.
    pub(crate) fn back_up(&self) {
        copy(&self.path("node/data"), &self.path("backup"));
    }

    /// Puts the copy back, so that the node knows nothing of what it did since.
    pub(crate) fn restore(&self) {
        fs::remove_dir_all(self.path("node/data")).unwrap();
        copy(&self.path("backup"), &self.path("node/data"));
    }

    /// A question that is kept in a folder, which is not asked yet.
    pub(crate) fn question(&self, folder: &str) -> Command {
        let folder = self.path(folder);
        let question = ["resolve", "natural-person", BY, "--save", &folder, "-o", "json"];
        self.node.client(
            "consumer-one-window",
            &[&question[..], &["--matter", "000172149001", "--case", "2026-0001"]].concat(),
        )
    }

    /// Posts a request as it stands: status and answer.
    pub(crate) fn post(&self, caller: &str, path: &str, request: &Value) -> (u16, Value) {
        let url = format!("https://{}{path}", self.server);
        let said =
            self.curl(caller, &["-H", JSON, "-w", "\n%{http_code}", "--data-binary", &request.to_string(), &url]);
        let (answer, status) = said.trim_end().rsplit_once('\n').unwrap();
        (status.parse().unwrap(), serde_json::from_str(answer).unwrap_or_default())
    }

    /// Asks over gRPC, saves the answer's message, and gives the question as JSON.
    pub(crate) fn grpc(&self, file: &str) -> Value {
        let question = question();
        let message = json::from_value("exchange.v1.ResolveRequest", &question).unwrap();
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        let [sent, came] = ["question.grpc", "answer.grpc"].map(|name| self.path(name));
        fs::write(&sent, [&[0][..], &length, &message].concat()).unwrap();
        let url = format!("https://{}/exchange.v1.ExchangeService/Resolve", self.server);
        let body = format!("@{sent}");
        let headers = ["-H", "content-type: application/grpc", "-H", "te: trailers"];
        self.curl(
            "consumer-one-window",
            &[&["--http2", "--data-binary", &body, "-o", &came, &url][..], &headers].concat(),
        );
        let framed = fs::read(came).unwrap();
        let path = PathBuf::from(self.path(file));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, framed.get(5..).unwrap_or_default()).unwrap();
        question
    }

    fn curl(&self, caller: &str, arguments: &[&str]) -> String {
        let pki = |name: String| self.path(&format!("node/pki/{name}"));
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--cacert", &pki("ca.pem".to_owned())]);
        curl.args(["--cert", &pki(format!("{caller}.pem")), "--key", &pki(format!("{caller}.key"))]);
        let said = Said::of(curl.args(arguments).output().unwrap());
        assert_eq!(said.code, 0, "curl: {}", said.stderr);
        said.stdout
    }
}

fn copy(from: &str, to: &str) {
    let copied = Command::new("cp").args(["-r", from, to]).status().unwrap();
    assert!(copied.success());
}

/// Asks the same question again and again, over one connection.
pub(crate) fn questions(place: &Place, count: usize) {
    let question = question();
    // What stands after the hash is never sent.
    let urls = format!("https://{}/v1/resolve#[1-{count}]", place.server());
    let answers =
        place.curl("consumer-one-window", &["-H", JSON, "-w", "\n", "--data-binary", &question.to_string(), &urls]);
    assert_eq!(answers.lines().filter(|answer| answer.contains("\"receipt\"")).count(), count, "{answers}");
}

fn question() -> Value {
    let (kind, value) = BY.split_once('=').unwrap();
    serde_json::json!({
        "resource": "natural-person",
        "by": { "kind": kind, "value": value },
        "purpose": { "matter": "000172149001", "case_number": "2026-0001" },
    })
}

/// The answer that was saved in a folder.
pub(crate) fn answer_in(place: &Place, folder: &str) -> Value {
    place.json(&format!("{folder}/answer.json"))
}

/// Writes a saved file again, altered.
pub(crate) fn alter(place: &Place, (from, to): (&str, &str), change: impl FnOnce(&mut Value)) {
    let mut value = place.json(from);
    change(&mut value);
    fs::write(place.path(to), value.to_string()).unwrap();
}

/// The same, of the receipt in it.
pub(crate) fn alter_receipt(place: &Place, files: (&str, &str), change: impl FnOnce(&mut Receipt)) {
    alter(place, files, |answer| {
        let mut receipt: Receipt = json::decode(&answer["receipt"].to_string()).unwrap();
        change(&mut receipt);
        answer["receipt"] = serde_json::from_str(&json::encode(&receipt).unwrap()).unwrap();
    });
}

/// Runs docs/examples/sign.py; none where this machine has no Python for it.
pub(crate) fn python() -> Option<impl Fn(&[&str]) -> Said> {
    let own = workspace().join("target/python/bin/python");
    let python = if own.exists() { own } else { PathBuf::from("python3") };
    let is_there = runs(Command::new(&python).args(["-c", "import cryptography"]));
    is_there.then_some(()).or_else(|| missing("Python with `cryptography`"))?;
    Some(move |arguments: &[&str]| {
        let mut command = Command::new(&python);
        command.args(["-B"]).arg(workspace().join("docs/examples/sign.py")).args(arguments);
        Said::of(command.output().unwrap())
    })
}

/// Runs tests/evidence/go; none where this machine has no Go.
pub(crate) fn go() -> Option<impl Fn(&[&str]) -> Said> {
    let program = workspace().join("target/exchange-evidence-go");
    runs(Command::new("go").arg("version")).then_some(()).or_else(|| missing("Go"))?;
    let mut build = Command::new("go");
    build
        .current_dir(workspace().join("tests/evidence/go"))
        .args(["build", "-buildvcs=false", "-o"])
        .arg(&program)
        .arg(".");
    assert!(build.status().unwrap().success(), "the Go program is built");
    Some(move |arguments: &[&str]| Said::of(Command::new(&program).args(arguments).output().unwrap()))
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn runs(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Not tried is said, and only fails where nobody reads it.
fn missing<T>(what: &str) -> Option<T> {
    eprintln!("NOT RUN, {what} is missing: .ci/tools installs it");
    assert!(std::env::var_os("CI").is_none_or(|value| value != "true"), "{what} is missing");
    None
}
