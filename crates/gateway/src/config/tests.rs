//! The configuration file as people write it.

use super::*;
use runtime::SystemClock;
use security::pki::{self, IssueRequest};
use std::{fs, os::unix::fs::PermissionsExt as _};

/// A configuration in a folder with certificates, and nothing wrong with it.
fn at_work(text: &str) -> (tempfile::TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    pki::init(&folder.path().join("pki"), &SystemClock).unwrap();
    let caller = domain::Caller::from_name("node/city").unwrap();
    let request = IssueRequest { caller, dns: vec![], ips: vec![], days: 60 };
    pki::issue(&folder.path().join("pki"), &request, &SystemClock).unwrap();
    let tls =
        "[tls]\nca = \"pki/ca.pem\"\ncert = \"pki/node-city.pem\"\nkey = \"pki/node-city.key\"\ncrl = \"pki/ca.crl\"\n";
    let config = parse(&format!("{tls}{text}")).unwrap().resolved(&folder.path().join("exchange.toml"));
    (folder, config)
}

fn told(config: &Config) -> String {
    let [one] = config.inspect().try_into().unwrap();
    one
}

fn parse(text: &str) -> Result<Config, ConfigError> {
    runtime::config::parse(Path::new("/etc/exchange/exchange.toml"), text)
}

#[test]
fn nothing_said_is_the_contract_default() {
    let config = parse("").unwrap();
    assert_eq!(config.listen.service.to_string(), "127.0.0.1:7443");
    assert_eq!(config.listen.ops.to_string(), "127.0.0.1:7480");
    assert_eq!(config.node.utc_offset.to_string(), "+08:00");
    assert_eq!(config.bus.kind, BusKind::Embedded);
    config.check().unwrap();
}

#[test]
fn the_whole_file_of_the_contract_is_read() {
    let text = r#"
        [node]
        id = "city"
        data_dir = "data"
        language = "zh-CN"
        utc_offset = "+08:00"
        [tls]
        ca = "ca.pem"
        cert = "node.pem"
        key = "node.key"
        crl = "ca.crl"
        [listen]
        service = "127.0.0.1:7443"
        ops = "127.0.0.1:7480"
        [bus]
        kind = "kafka"
        brokers = "a:9092"
        security_file = "kafka.properties"
        [store]
        kind = "embedded"
        [catalogue]
        dir = "catalogue"
        [evidence]
        retention = "3y"
        key = "evidence.key"
        [telemetry]
        log = "info"
        otlp = "http://localhost:4317"
        [[adapter]]
        department = "public-security"
        poll = "2s"
        source = { kind = "files", folder = "inbox/public-security" }
    "#;
    let config = parse(text).unwrap();
    config.check().unwrap();
    assert_eq!(config.without_effect(), ["telemetry.otlp"]);
}

#[test]
fn unknown_keys_are_refused_with_the_nearest() {
    let refused = parse("[listen]\nservce = \"127.0.0.1:1\"").unwrap_err().to_string();
    assert!(refused.contains("listen.service"), "{refused}");
    let refused = parse("[[adapter]]\ndepartment = \"a\"\nsource = { kind = \"files\", foldr = \"x\" }").unwrap_err();
    assert!(refused.to_string().contains("folder"), "{refused}");
}

#[test]
fn paths_are_taken_from_the_file() {
    let text = "[[adapter]]\ndepartment = \"public-security\"\nsource = { kind = \"files\", folder = \"inbox\" }";
    let config = parse(text).unwrap().resolved(Path::new("/etc/exchange/exchange.toml"));
    assert_eq!(config.tls.ca, Path::new("/etc/exchange/ca.pem"));
    let adapter = &config.adapter[0];
    assert_eq!(config.adapter_state(adapter), Path::new("/etc/exchange/data/adapters/public-security"));
    assert_eq!(adapter.source, SourceSettings::Files { folder: "/etc/exchange/inbox".into() });
}

#[test]
fn what_is_shown_reads_back() {
    let text = "[[adapter]]\ndepartment = \"a\"\nsource = { kind = \"files\", folder = \"inbox\" }";
    let config = parse(text).unwrap();
    let shown = toml::to_string(&config).unwrap();
    assert_eq!(parse(&shown).unwrap(), config, "{shown}");
}

#[test]
fn what_cannot_work_is_named() {
    let fault = |text: &str| parse(text).unwrap().check().unwrap_err().to_string();
    assert!(fault("[bus]\nkind = \"kafka\"").contains("bus.brokers"));
    assert!(fault("[store]\nkind = \"postgres\"").contains("not in this build"));
    assert!(fault("[store]\ncache_mib = 0").contains("store.cache_mib"));
    assert!(fault("[node]\nid = \"City\"").contains("node.id"));
    let twice = "[[adapter]]\ndepartment = \"a\"\nsource = { kind = \"files\", folder = \"x\" }\n";
    assert!(fault(&twice.repeat(2)).contains("two [[adapter]]"));
}

#[test]
fn revocation_is_left_unchecked_only_when_said() {
    assert!(parse("").unwrap().tls.files().crl.is_some());
    assert!(parse("[tls]\ncrl = \"\"").unwrap().tls.files().crl.is_none());
}

#[test]
fn nothing_wrong_is_nothing_told() {
    let (_folder, config) = at_work("");
    assert_eq!(config.inspect(), Vec::<String>::new());
}

#[test]
fn files_of_certificates_are_opened() {
    let (folder, config) = at_work("");
    let key = folder.path().join("pki/node-city.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(told(&config).starts_with("`tls.key`:") && told(&config).contains("chmod 600"), "{}", told(&config));
    fs::remove_file(&key).unwrap();
    fs::remove_file(folder.path().join("pki/node-city.pem")).unwrap();
    let told = config.inspect();
    assert!(told[0].starts_with("`tls.cert`:") && told[1].starts_with("`tls.key`:") && told.len() == 2, "{told:?}");
}

#[test]
fn a_key_of_another_certificate_is_told() {
    let (folder, mut config) = at_work("");
    let caller = domain::Caller::from_name("node/other").unwrap();
    let request = IssueRequest { caller, dns: vec![], ips: vec![], days: 60 };
    pki::issue(&folder.path().join("pki"), &request, &SystemClock).unwrap();
    config.tls.key = folder.path().join("pki/node-other.key");
    assert!(told(&config).contains("name the key that the certificate was issued for"), "{}", told(&config));
    config.tls.key = config.tls.cert.clone();
    fs::set_permissions(&config.tls.key, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(told(&config).contains("holds no private key"), "{}", told(&config));
}

#[test]
fn catalogue_filter_and_keys_without_effect_are_told() {
    let (folder, mut config) = at_work("[catalogue]\ndir = \"cat\"");
    assert!(told(&config).starts_with("`catalogue.dir`:"), "{}", told(&config));
    fs::create_dir_all(folder.path().join("cat/grants")).unwrap();
    fs::write(folder.path().join("cat/grants/a.toml"), "id = \"b\"").unwrap();
    assert!(told(&config).contains("grants/a.toml"), "{}", told(&config));
    config.catalogue.dir = None;
    config.telemetry.log = "bus=loud".to_owned();
    assert!(told(&config).starts_with("`telemetry.log`:"), "{}", told(&config));
    config.telemetry = TelemetrySection { otlp: Some("http://localhost:4317".to_owned()), ..Default::default() };
    assert_eq!(told(&config), "`telemetry.otlp`: has no effect here; take it out of the file");
}

#[test]
fn a_machine_with_adapters_alone_needs_no_certificates() {
    let adapter = "[bus]\nkind = \"kafka\"\nbrokers = \"a:9092\"\n\
                   [[adapter]]\ndepartment = \"a\"\nsource = { kind = \"files\", folder = \"x\" }";
    let config = parse(adapter).unwrap().resolved(Path::new("/nowhere/exchange.toml"));
    assert_eq!(config.inspect(), Vec::<String>::new());
    let missing = Path::new("/nowhere/kafka.properties").to_owned();
    let config = Config { bus: BusSection { security_file: Some(missing), ..config.bus.clone() }, ..config };
    assert!(told(&config).starts_with("`bus.security_file`:"), "{}", told(&config));
}
