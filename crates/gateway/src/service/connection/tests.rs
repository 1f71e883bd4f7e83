use super::*;
use chrono::DateTime;
use domain::Caller;

fn peer(name: &str) -> Peer {
    Peer {
        caller: Caller::from_name(name).unwrap(),
        serial: String::new(),
        issuer: Vec::new(),
        not_after: DateTime::UNIX_EPOCH,
        fingerprint: [0; 32],
        named_in_certificate: true,
        certificate: Arc::from([]),
    }
}

fn connections() -> Arc<Connections> {
    Arc::default()
}

#[test]
fn the_oldest_handshake_makes_room_for_the_next() {
    let connections = connections();
    let mut arrivals: Vec<_> = (0..limits::HANDSHAKES).map(|_| connections.arrive()).collect();
    assert!(arrivals.iter().all(|arrival| !arrival.pushed_out.is_cancelled()));
    arrivals.push(connections.arrive());
    let pushed_out: Vec<_> = arrivals.iter().map(|arrival| arrival.pushed_out.is_cancelled()).collect();
    assert!(pushed_out[0] && pushed_out.iter().filter(|is| **is).count() == 1);
    drop(arrivals);
    assert!(connections.lock().arriving.is_empty());
}

#[test]
fn a_callers_own_idle_connection_makes_room() {
    let connections = connections();
    let first = connections.enter(Some(peer("consumer/a"))).unwrap();
    let busy = first.meter.begin();
    let entries: Vec<_> =
        (1..limits::CALLER_CONNECTIONS).map(|_| connections.enter(Some(peer("consumer/a"))).unwrap()).collect();
    let other = connections.enter(Some(peer("consumer/b"))).unwrap();
    let _next = connections.enter(Some(peer("consumer/a"))).unwrap();
    assert!(!first.close.is_cancelled() && !other.close.is_cancelled(), "neither the busy one nor somebody else's");
    assert!(entries[0].close.is_cancelled() && !entries[1].close.is_cancelled());
    drop(busy);
}

#[test]
fn a_caller_whose_connections_are_all_busy_is_turned_away_and_others_are_not() {
    let connections = connections();
    let entries: Vec<_> =
        (0..limits::CALLER_CONNECTIONS).map(|_| connections.enter(Some(peer("consumer/a"))).unwrap()).collect();
    let calls: Vec<_> = entries.iter().map(|entry| entry.meter.begin()).collect();
    assert!(connections.enter(Some(peer("consumer/a"))).is_none());
    assert!(connections.enter(Some(peer("consumer/b"))).is_some());
    drop(calls);
    assert!(connections.enter(Some(peer("consumer/a"))).is_some());
}

#[test]
fn the_port_as_a_whole_is_bounded() {
    let connections = connections();
    let entries: Vec<_> = (0..limits::CONNECTIONS)
        .map(|at| connections.enter(Some(peer(&format!("consumer/c{}", at % 8)))).unwrap())
        .collect();
    let calls: Vec<_> = entries.iter().map(|entry| entry.meter.begin()).collect();
    assert!(connections.enter(Some(peer("consumer/new"))).is_none());
    drop(calls);
    assert!(connections.enter(Some(peer("consumer/new"))).is_some());
    assert_eq!(entries.iter().filter(|entry| entry.close.is_cancelled()).count(), 1);
}

#[test]
fn the_connections_of_a_caller_share_its_load() {
    let connections = connections();
    let [one, two, other] =
        ["consumer/a", "consumer/a", "consumer/b"].map(|name| connections.enter(Some(peer(name))).unwrap());
    let calls: Vec<_> = (0..limits::CALLER_CALLS).map(|_| one.meter.begin()).collect();
    assert!(!two.meter.load().has_room() && other.meter.load().has_room());
    drop(calls);
    assert!(two.meter.load().has_room());
}
