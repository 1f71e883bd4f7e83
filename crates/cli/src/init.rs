//! `exchange init`: a node that is ready to run.

use crate::{
    output::{line, usage},
    shipped,
};
use adapter_sdk::Adapter;
use anyhow::{Context, Result};
use domain::{Caller, CallerKind};
use runtime::SystemClock;
use security::pki::{self, IssueRequest};
use std::{fs, net::IpAddr, path::Path, process::ExitCode};

/// Days that the certificates of a trial are valid.
const DAYS: u32 = 825;

/// Makes the node in `dir` and says what to do next.
pub(crate) fn run(dir: &Path) -> Result<ExitCode> {
    make(dir, "127.0.0.1:7443", "127.0.0.1:7480")?;
    let path = dir.display();
    line(&format!(
        "{path}: a node that is ready to run

  exchange.toml        its configuration
  pki/                 a private authority; certificates of the node, operator `ops` and consumer `one-window`
  catalogue/           departments and resources of this build, and a sample grant for `one-window`
  inbox/<department>/  drop files here: FILE, and when it is complete FILE.ok

Next:
  exchange standalone --config {path}/exchange.toml
  exchange status --ca {path}/pki/ca.pem --cert {path}/pki/operator-ops.pem --key {path}/pki/operator-ops.key
  exchange whoami --ca {path}/pki/ca.pem --cert {path}/pki/consumer-one-window.pem --key {path}/pki/consumer-one-window.key"
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the node's files; refuses a folder that has anything in it.
pub(crate) fn make(dir: &Path, service: &str, ops: &str) -> Result<()> {
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(usage(format!("{} is not empty; name a folder that does not exist yet", dir.display())));
    }
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    certificates(&dir.join("pki"))?;
    for (path, text) in shipped::CATALOGUE {
        write(&dir.join("catalogue").join(path), text)?;
    }
    for adapter in shipped::adapters().iter().filter(|adapter| adapter.way("files").is_some()) {
        fs::create_dir_all(dir.join("inbox").join(adapter.id()))?;
    }
    write(&dir.join("exchange.toml"), &configuration(service, ops))
}

fn certificates(dir: &Path) -> Result<()> {
    pki::init(dir, &SystemClock)?;
    let loopback = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])];
    let parties = [(CallerKind::Node, "city"), (CallerKind::Operator, "ops"), (CallerKind::Consumer, "one-window")];
    for (kind, id) in parties {
        let caller = Caller::new(kind, id).context("the names of a new node are ids")?;
        let serves = kind == CallerKind::Node;
        let request = IssueRequest {
            caller,
            dns: if serves { vec!["localhost".to_owned()] } else { Vec::new() },
            ips: if serves { loopback.to_vec() } else { Vec::new() },
            days: DAYS,
        };
        pki::issue(dir, &request, &SystemClock)?;
    }
    Ok(())
}

fn configuration(service: &str, ops: &str) -> String {
    let mut text = format!(
        r#"# A node of the exchange. Paths are relative to this file; README.md lists every key.
[node]
id = "city"
data_dir = "data"
language = "zh-CN"
utc_offset = "+08:00"

[tls]
ca = "pki/ca.pem"
cert = "pki/node-city.pem"
key = "pki/node-city.key"
crl = "pki/ca.crl"

[listen]
service = "{service}"
ops = "{ops}"

[bus]
kind = "embedded"

[store]
kind = "embedded"

[catalogue]
dir = "catalogue"
"#
    );
    for adapter in shipped::adapters() {
        text.push_str(&section(&adapter));
    }
    text
}

/// A department's section; where it takes what only the department's people know, it stands there as a comment.
fn section(adapter: &Adapter) -> String {
    let department = adapter.id();
    let kind = adapter.ways.first().map(|way| way.transport.kind()).unwrap_or_default();
    let source = match kind {
        "files" => format!("{{ kind = \"files\", folder = \"inbox/{department}\" }}"),
        "push" => "{ kind = \"push\" }".to_owned(),
        "mariadb" => database(kind, "mysql://frontend.example:3306/exchange", department),
        "postgres" => database(kind, "postgres://frontend.example:5432/exchange", department),
        "rest" => format!(
            "{{ kind = \"rest\", url = \"https://{department}.example\", ca = \"secrets/{department}-ca.pem\", \
             requester = \"…\", service = \"…\", key_file = \"secrets/{department}.key\" }}"
        ),
        _ => "{ kind = \"kafka\", brokers = \"kafka.example:9092\" }".to_owned(),
    };
    let text = format!("[[adapter]]\ndepartment = \"{department}\"\npoll = \"2s\"\nsource = {source}\n");
    if matches!(kind, "files" | "push") {
        return format!("\n{text}");
    }
    let lines: Vec<String> = text.lines().map(|line| format!("# {line}\n")).collect();
    format!("\n# Fill in where the department's system is, then take the `#` away:\n{}", lines.concat())
}

fn database(kind: &str, url: &str, department: &str) -> String {
    format!(
        "{{ kind = \"{kind}\", url = \"{url}\", user = \"exchange\", password_file = \"secrets/{department}.password\" }}"
    )
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_nodes_configuration_and_catalogue_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("node");
        make(&dir, "127.0.0.1:0", "127.0.0.1:0").unwrap();
        let config: gateway::config::Config = gateway::config::Config::load(&dir.join("exchange.toml")).unwrap();
        let at_once = shipped::adapters().into_iter().filter(|adapter| {
            let usual = adapter.ways[0].transport.kind();
            matches!(usual, "files" | "push")
        });
        assert_eq!(config.adapter.len(), at_once.count());
        assert!(gateway::catalogue_files(&dir.join("catalogue")).is_ok());
    }

    #[test]
    fn what_stands_there_as_a_comment_is_a_configuration_once_it_is_taken_in() {
        let text = configuration("127.0.0.1:0", "127.0.0.1:0").replace("# [[", "[[");
        let text = text.replace("\n# department", "\ndepartment").replace("\n# poll", "\npoll");
        let text = text.replace("\n# source", "\nsource");
        let config: gateway::config::Config = toml::from_str(&text).unwrap();
        assert_eq!(config.adapter.len(), shipped::adapters().len());
    }

    #[test]
    fn a_folder_with_anything_in_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x"), "").unwrap();
        assert!(make(folder.path(), "127.0.0.1:0", "127.0.0.1:0").is_err());
    }
}
