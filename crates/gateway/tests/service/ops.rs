//! The port of those who run the exchange.

use crate::{
    client::plain,
    held::Held,
    world::{World, config, question},
};
use gateway::{Gateway, GatewayError, open_bus};
use security::{Alpn, ClientTls};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_before_the_bus_has_been_read() {
    let is_open = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&is_open);
    let world = World::on(move |inner| Arc::new(Held { inner, is_open: gate, is_away: false })).await;
    let page = world.ops("/readyz").await;
    assert_eq!(page.status, 503);
    assert!(page.text.contains("view: not ready: reading the bus"), "{}", page.text);
    let early = world.consumer().rest("POST", "/v1/resolve", Some(&question().to_string())).await;
    assert_eq!((early.status, early.header("retry-after")), (503, "1"), "{}", early.text);
    is_open.store(true, Ordering::Relaxed);
    world.until_ready().await;
    let late = world.consumer().rest("POST", "/v1/resolve", Some(&question().to_string())).await;
    assert_eq!(late.status, 200, "{}", late.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_is_away_is_told_until_it_is_back() {
    let is_open = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&is_open);
    let world = World::on(move |inner| Arc::new(Held { inner, is_open: gate, is_away: true })).await;
    let told = "view: not ready: the view cannot follow the bus: bus is unavailable: broker is away\n";
    while !world.ops("/readyz").await.text.contains(told) {}
    is_open.store(true, Ordering::Relaxed);
    world.until_ready().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_loopback_the_port_is_encrypted_and_asks_no_certificate() {
    let world = World::with(|config| config.listen.ops = "0.0.0.0:0".parse().unwrap()).await;
    let tls = ClientTls::anonymous(&world.folder.path().join("pki/ca.pem"), world.clock.clone()).unwrap();
    let address = format!("localhost:{}", world.running.ops.port());
    let stream = tls.connect(&address, Alpn::Http1).await.unwrap();
    assert_eq!(crate::client::page(stream, "/livez", "exchange.example", "*/*").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_names_what_is_not_ready() {
    let world = World::ready().await;
    assert_eq!(world.ops("/livez").await.status, 200);
    world.process.health().part("bus").not_ready("broker is away");
    let page = world.ops("/readyz").await;
    assert_eq!(page.status, 503);
    assert!(
        page.text.contains("bus: not ready: broker is away\n") && page.text.contains("view: ready\n"),
        "{}",
        page.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_entry_that_cannot_be_read_is_told() {
    let world = World::ready().await;
    let is_in_force = || world.running.directory.now().catalogue.consumers.contains_key("one-window");
    while !is_in_force() {
        tokio::task::yield_now().await;
    }
    let (topic, nonsense) = (contract::topics::CONTROL, Some(b"nonsense".to_vec()));
    world.running.outbox.publish(topic, "consumer/one-window".to_owned(), Vec::new(), nonsense).await.unwrap();
    while is_in_force() {
        tokio::task::yield_now().await;
    }
    let page = world.ops("/readyz").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("warning: view: catalogue entry consumer/one-window cannot be read"), "{}", page.text);
    let metrics = world.ops("/metrics").await.text;
    assert!(metrics.contains("exchange_unreadable_messages_total{topic=\"exchange.control\"} 1"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outdated_list_is_told() {
    let world = World::ready().await;
    world.clock.advance(chrono::Duration::days(365 * 11));
    let page = world.ops("/readyz").await;
    assert_eq!(page.status, 503);
    assert!(page.text.contains("certificates: not ready"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_names_than_our_own_get_nothing() {
    let world = World::ready().await;
    let page = plain(world.running.ops, "/metrics", "evil.example", "*/*").await;
    assert_eq!(page.status, 421);
    let own = format!("127.0.0.1:{}", world.running.ops.port());
    assert_eq!(plain(world.running.ops, "/", &own, "*/*").await.status, 200);
    assert_eq!(world.ops("/nothing").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_tell_the_feed_and_are_well_named() {
    let world = World::ready().await;
    world.take_in_a_person().await;
    let page = world.ops("/metrics").await;
    assert!(page.header("content-type").starts_with("text/plain; version=0.0.4"));
    for line in [
        "exchange_source_rows_total{department=\"public-security\"} 3",
        "exchange_rows_total{department=\"public-security\",result=\"published\"} 1",
        "exchange_rows_waiting{department=\"public-security\"} 0",
        "exchange_files_refused_total{department=\"public-security\"} 2",
        "exchange_freshness_seconds{department=\"public-security\"} 0.0",
        "exchange_department_last_success_timestamp_seconds{department=\"public-security\"} 1793584800.0",
        "exchange_records_total{department=\"public-security\",resource=\"natural-person\",operation=\"upsert\"} 1",
        "# TYPE exchange_build_info gauge",
    ] {
        assert!(page.text.contains(&format!("\n{line}\n")), "{line}\n{}", page.text);
    }
    let families: Vec<_> = page.text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    for family in families {
        let (name, kind) = family.split_once(' ').unwrap();
        assert_eq!(kind == "counter", name.ends_with("_total"), "{family}");
        assert!(page.text.contains(&format!("# HELP {name} ")), "{family}");
    }
    let open = plain(world.running.ops, "/metrics", "localhost", "application/openmetrics-text").await;
    assert!(open.text.ends_with("# EOF\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_certificate_is_for_the_operator_to_correct() {
    let world = World::ready().await;
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let bus = open_bus(&config, world.process.clock()).unwrap();
    let refused = Gateway::start(&world.process, &config, bus).await.unwrap_err();
    assert!(matches!(refused, GatewayError::Security(_)) && refused.is_configuration(), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_that_does_not_hold_together_keeps_it_from_starting() {
    let world = World::ready().await;
    let folder = tempfile::tempdir().unwrap();
    let pki = world.folder.path().join("pki");
    let mut config = config(folder.path());
    config.tls.ca = pki.join("ca.pem");
    config.tls.cert = pki.join("node-city.pem");
    config.tls.key = pki.join("node-city.key");
    config.tls.crl = Some(pki.join("ca.crl"));
    std::fs::create_dir_all(folder.path().join("broken/grants")).unwrap();
    std::fs::write(folder.path().join("broken/grants/a.toml"), "id = \"b\"").unwrap();
    config.catalogue.dir = Some(folder.path().join("broken"));
    let bus = open_bus(&config, world.process.clock()).unwrap();
    let refused = Gateway::start(&world.process, &config, bus).await.unwrap_err();
    assert!(matches!(&refused, GatewayError::Catalogue { problems } if problems[0].file == "grants/a.toml"));
    assert!(refused.is_configuration());
}
