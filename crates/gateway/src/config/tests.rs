//! The configuration file as people write it.

use super::*;

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
    assert_eq!(config.without_effect(), ["evidence", "telemetry.otlp"]);
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
    assert_eq!(adapter.source, Source::Files { folder: "/etc/exchange/inbox".into() });
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
    assert!(fault("[node]\nid = \"City\"").contains("node.id"));
    let twice = "[[adapter]]\ndepartment = \"a\"\nsource = { kind = \"files\", folder = \"x\" }\n";
    assert!(fault(&twice.repeat(2)).contains("two [[adapter]]"));
}

#[test]
fn revocation_is_left_unchecked_only_when_said() {
    assert!(parse("").unwrap().tls.files().crl.is_some());
    assert!(parse("[tls]\ncrl = \"\"").unwrap().tls.files().crl.is_none());
}
