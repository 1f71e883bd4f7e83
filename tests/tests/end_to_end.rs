//! Departments drop files, entitled consumers ask, ops teams look: the same story on the embedded bus and on Kafka.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod support;

use bus::test_kit::RealKafka;
use contract::{topics, v1::EvidenceSegment};
use exchange_tests::{
    Counts, Draft,
    generate::{Entity, Fate, Page, People, Step},
    oracle::{Answer, Seen, answer, household},
    product::{Bus, Node, files_in, messages, wait_for},
    same_body,
};
use serde_json::Value;
use std::{collections::BTreeSet, fs};
use support::{Departments, check_newest, drop_all, expected_rejects, published, rejects, wait_until_in};

const GRANTED_OF_PERSONS: &[&str] =
    &["citizen_number", "name", "sex", "birth_date", "division", "address", "life_status"];

#[test]
fn on_the_embedded_bus() {
    everything(&Bus::Embedded);
}

#[test]
fn on_kafka() {
    match RealKafka::start() {
        Ok(kafka) => everything(&Bus::Kafka(kafka.brokers())),
        Err(skip) => eprintln!("{skip}"),
    }
}

/// What brokers tell of leaders beside a refusal kills librdkafka, see `wrapped.c` of `bus`: the program is linked
/// so that it never asks for it.
#[test]
#[cfg(target_os = "linux")]
fn brokers_are_not_asked_for_leaders() {
    let kafka = match RealKafka::start() {
        Ok(kafka) => kafka,
        Err(skip) => return eprintln!("{skip}"),
    };
    let mut node = Node::new(Bus::Kafka(kafka.brokers()));
    fs::write(node.path("kafka.properties"), "debug=protocol\n").unwrap();
    let file = node.path("exchange.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("[bus]\n", "[bus]\nsecurity_file = \"kafka.properties\"\n")).unwrap();
    node.configure("[telemetry]\nlog = \"bus=debug\"");
    node.start();
    let log = fs::read_to_string(node.path("stderr.log")).unwrap();
    for (request, version) in [("FetchRequest", 15), ("ProduceRequest", 9)] {
        let sent: BTreeSet<_> =
            log.split(&format!("Sent {request} (v")).skip(1).filter_map(|rest| rest.split(',').next()).collect();
        assert!(sent == BTreeSet::from([version.to_string().as_str()]), "{request} {sent:?}");
    }
}

fn everything(bus: &Bus) {
    let mut departments = Departments::new(5, 240);
    let mut node = Node::new(bus.clone());
    node.start();
    before_the_first_file(&mut node, &departments);
    for number in 0..2 {
        departments.expect(number);
        let batch = departments.batch(number);
        drop_all(&node, &batch);
        wait_until_in(&mut node, &departments, &batch);
        counts(&mut node, &departments);
        persons(&mut node, &departments);
        companies(&mut node, &departments);
        if number == 0 {
            freshness(&mut node, &departments);
        }
    }
    folders(&node, &departments);
    households(&mut node, &departments);
    equity(&mut node, &departments);
    licences(&mut node, &departments);
    claims(&mut node, &departments);
    refusals(&mut node, &departments);
    provider_error_is_tried_again(&mut node, &mut departments);
    redrive(&mut node, &departments);
    let recorded = evidence(&mut node);
    node.stop();
    let segments = messages::<EvidenceSegment>(&node.path("data/bus"), bus, topics::EVIDENCE);
    let leaves: BTreeSet<_> = segments.iter().flat_map(|(_, segment)| &segment.leaves).collect();
    assert!(leaves.len() as u64 >= recorded, "{} of {recorded} leaves are on the bus", leaves.len());
    for (department, _) in departments.batch(0) {
        let (rows, seen) = departments.expected(department);
        let records = published(&node, bus, department);
        check_newest(&records, seen);
        let drafts = rows.iter().flat_map(|row| &row.records);
        let once = drafts.filter(|(class, _)| *class == exchange_tests::Class::Published).count();
        assert_eq!(records.len(), once, "{department}: what is published is published once");
    }
}

fn before_the_first_file(node: &mut Node, departments: &Departments) {
    let number = format!("citizen-number={}", departments.register.cast["kept"]);
    let uscc = format!("uscc={}", departments.enterprises.cast["kept"]);
    for question in [["resolve", "natural-person", &number], ["resolve", "legal-person", &uscc]] {
        let said = node.ask(&question);
        assert_eq!((said.code, &said.json()["outcome"]), (4, &Value::from("OUTCOME_NO_COVERAGE")), "{}", said.stderr);
    }
}

fn counts(node: &mut Node, departments: &Departments) {
    for (department, _) in departments.batch(0) {
        let (rows, _) = departments.expected(department);
        let status = node.status(department);
        assert_eq!(Counts::from_json(&status["rows"], "read"), Counts::of(rows), "{department}: {status}");
        assert_eq!(rejects(node, department), expected_rejects(rows), "{department}");
        let rejected = Counts::of(rows).rejected;
        assert_eq!(status["rejects_open"].as_u64().unwrap_or(0), rejected, "{department}: {status}");
    }
    let missing = node.status("public-security")["missing_from_full"].as_u64();
    assert_eq!(missing, Some(departments.register.missing_from_full));
}

/// The feed is as old as the export time of the last file that was taken in, not of one that was refused.
fn freshness(node: &mut Node, departments: &Departments) {
    let exported = "2026-11-04T15:00:00Z";
    assert_eq!(node.status("public-security")["as_of"], exported);
    let by = format!("citizen-number={}", departments.register.cast["kept"]);
    let said = node.ask(&["resolve", "natural-person", &by, "--max-age", "1"]);
    let answer = said.json();
    let stale = (said.code, answer["outcome"].as_str(), answer["coverage"]["as_of"].as_str());
    assert_eq!(stale, (0, Some("OUTCOME_STALE"), Some(exported)), "{}", said.stderr);
    assert_eq!(answer["records"].as_array().map(Vec::len), Some(1));
}

/// Asks, and compares with the answer that there must be.
fn check_answer(node: &mut Node, seen: &Seen, (resource, kind): (&str, &str), (label, value): (&str, &str)) {
    let said = node.ask(&["resolve", resource, &format!("{kind}={value}")]);
    let got = said.json();
    let outcome = got["outcome"].as_str().unwrap_or_default();
    let place = format!("{label}: {resource} by {kind}: {got} {}", said.stderr);
    let records = got["records"].as_array().map(Vec::as_slice).unwrap_or_default();
    match answer(seen, resource, kind, value) {
        Answer::Found(drafts) => {
            assert_eq!((outcome, said.code, records.len()), ("OUTCOME_FOUND", 0, 1), "{place}");
            shown(drafts[0], &records[0], &place);
        }
        Answer::Ambiguous => assert_eq!((outcome, said.code, records.len()), ("OUTCOME_AMBIGUOUS", 4, 0), "{place}"),
        Answer::NotFound => assert_eq!((outcome, said.code, records.len()), ("OUTCOME_NOT_FOUND", 4, 0), "{place}"),
        Answer::Withdrawn(stamp) => {
            assert_eq!((outcome, said.code, records.len()), ("OUTCOME_WITHDRAWN", 4, 0), "{place}");
            assert_eq!(got["withdrawn_at"], utc(stamp), "{place}");
        }
    }
}

/// A local time of day from 08:00 on, as an instant.
fn utc(stamp: &str) -> String {
    let hour: u32 = stamp[8..10].parse().unwrap();
    format!("{}-{}-{}T{:02}:{}:{}Z", &stamp[..4], &stamp[4..6], &stamp[6..8], hour - 8, &stamp[10..12], &stamp[12..])
}

/// A record shows what the department published, and of persons the granted items alone.
fn shown(draft: &Draft, record: &Value, place: &str) {
    let mut wanted = draft.clone();
    if draft.resource == "natural-person" {
        let body = wanted.body.as_object_mut().unwrap();
        body.retain(|item, _| GRANTED_OF_PERSONS.contains(&item.as_str()));
        let withheld: BTreeSet<&str> =
            record["withheld_items"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert!(withheld.contains("ethnicity") && withheld.contains("employer"), "{place}");
        assert!(record["key"].is_null(), "the key is an item that is not granted; {place}");
    } else {
        assert_eq!(record["key"], draft.key.as_str(), "{place}");
        let flags: BTreeSet<&str> =
            record["flags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert_eq!(flags, draft.flags, "{place}");
    }
    assert_eq!(record["resource"], draft.resource, "{place}");
    assert_eq!(same_body(&wanted, &record["body"]), None, "{place}");
}

fn persons(node: &mut Node, departments: &Departments) {
    let seen = &departments.residents.seen;
    for (label, number) in &departments.register.cast {
        check_answer(node, seen, ("natural-person", "citizen-number"), (label, number));
    }
    let upgraded =
        seen.current("natural-person").find(|draft| draft.body["former_citizen_number"].is_string()).unwrap();
    let old = upgraded.body["former_citizen_number"].as_str().unwrap();
    let said = node.ask(&["resolve", "natural-person", &format!("citizen-number={old}")]);
    assert_eq!(said.json()["records"][0]["body"]["citizen_number"], upgraded.body["citizen_number"], "{}", said.stderr);
}

fn companies(node: &mut Node, departments: &Departments) {
    let seen = &departments.companies.seen;
    for (label, value) in &departments.enterprises.cast {
        let kinds = match *label {
            "ring holder" => continue,
            "moved from" => ["registration-number"; 2],
            _ => ["uscc"; 2],
        };
        check_answer(node, seen, ("legal-person", kinds[0]), (label, value));
        if *label != "moved from" {
            check_answer(node, seen, ("business-licence", kinds[1]), (label, value));
        }
    }
    let known = seen.current("legal-person").find(|draft| draft.key == departments.enterprises.cast["kept"]).unwrap();
    let regno = known.body["registration_number"].as_str().unwrap();
    check_answer(node, seen, ("legal-person", "registration-number"), ("kept", regno));
}

/// Good pairs lie in `done/`, refused ones in `refused/` with a reason beside them, the rest where it was.
fn folders(node: &Node, departments: &Departments) {
    for batch in [departments.batch(0), departments.batch(1)] {
        for (department, step) in
            batch.iter().flat_map(|(department, steps)| steps.iter().map(move |step| (department, step)))
        {
            folder_of(node, department, step);
        }
    }
}

fn folder_of(node: &Node, department: &str, step: &Step) {
    let inbox = node.inbox(department);
    let holds = |folder: &str, bytes: &[u8]| files_in(&inbox.join(folder)).iter().any(|(_, found)| found == bytes);
    let flag = step.file.flag.clone().unwrap_or_default();
    match step.fate {
        Fate::Taken | Fate::Known => {
            assert!(holds("done", &step.file.bytes) && holds("done", &flag), "{}", step.file.name);
        }
        Fate::Refused(rule) => {
            assert!(holds("refused", &step.file.bytes) && holds("refused", &flag), "{}", step.file.name);
            let why = files_in(&inbox.join("refused")).into_iter().find(|(name, _)| {
                name.starts_with(&step.file.name)
                    && std::path::Path::new(name).extension().is_some_and(|end| end == "why")
            });
            let (_, why) = why.unwrap_or_else(|| panic!("{} has no reason beside it", step.file.name));
            let why = String::from_utf8(why).unwrap();
            assert!(why.contains(rule), "{}: expected {rule}, got {why}", step.file.name);
        }
        Fate::LeftAlone | Fate::TriedAgain => {
            assert!(holds("", &step.file.bytes), "{}", step.file.name);
        }
    }
}

fn texts<'a>(values: &'a Value, path: &str) -> BTreeSet<&'a str> {
    let all = values.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().filter_map(|value| value.pointer(path)).filter_map(Value::as_str).collect()
}

fn households(node: &mut Node, departments: &Departments) {
    let seen = &departments.residents.seen;
    for label in ["moved house", "left behind", "kept"] {
        let number = &departments.register.cast[label];
        let Answer::Found(found) = answer(seen, "natural-person", "citizen-number", number) else { panic!("{label}") };
        let members = household(seen, found[0].body["household_number"].as_str().unwrap());
        let said = node.ask(&["resolve", "household", &format!("citizen-number={number}")]);
        let body = &said.json()["records"][0]["body"];
        let wanted: BTreeSet<&str> =
            members.iter().filter_map(|member| member.body["citizen_number"].as_str()).collect();
        assert_eq!(texts(&body["members"], "/party/identifier/value"), wanted, "{label}: {body} {}", said.stderr);
        assert_eq!(body["household_number"], found[0].body["household_number"], "{label}");
        let heads = members.iter().filter(|member| member.body["relation_to_head"] == "02").collect::<Vec<_>>();
        if let [head] = heads[..] {
            assert_eq!(
                (&body["address"], &body["head"]["identifier"]["value"]),
                (&head.body["address"], &head.body["citizen_number"]),
                "{label}"
            );
        }
    }
    let members = household(seen, "HCOLLECTIVE");
    let (asked, head) = (
        members.iter().find(|member| member.body["relation_to_head"] != "02").unwrap(),
        members.iter().find(|member| member.body["relation_to_head"] == "02").unwrap(),
    );
    let said = node.ask(&[
        "resolve",
        "household",
        &format!("citizen-number={}", asked.body["citizen_number"].as_str().unwrap()),
    ]);
    let record = &said.json()["records"][0];
    let wanted: BTreeSet<&str> =
        [asked, head].iter().filter_map(|member| member.body["citizen_number"].as_str()).collect();
    assert_eq!(texts(&record["body"]["members"], "/party/identifier/value"), wanted, "{record}");
    assert_eq!(record["flags"], serde_json::json!(["household.collective"]));
}

fn edges(answer: &Value) -> BTreeSet<(String, String, String)> {
    let number = |id: &Value| {
        let node = answer["nodes"].as_array().unwrap().iter().find(|node| node["id"] == *id).unwrap();
        node["party"]["identifier"]["value"].as_str().unwrap_or_default().to_owned()
    };
    let share = |edge: &Value| {
        edge["share_percent"].as_str().unwrap_or_default().trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let all = answer["edges"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().map(|edge| (number(&edge["holder"]), number(&edge["enterprise"]), share(edge))).collect()
}

fn equity(node: &mut Node, departments: &Departments) {
    let cast = &departments.enterprises.cast;
    let of = |holder: &str, enterprise: &str, share: &str| {
        (cast[holder].clone(), cast[enterprise].clone(), share.to_owned())
    };
    let ring = [
        of("ring three", "ring one", "10"),
        of("ring one", "ring two", "60"),
        of("ring two", "ring three", "30"),
        of("ring holder", "ring one", "60"),
    ];
    let below = [of("ring holder", "sum", "40"), of("ring two", "sum", "40"), of("ring three", "sum", "20.6")];
    let up = node.ask(&["equity", &format!("uscc={}", cast["ring one"]), "--up", "--depth", "10"]);
    let answer = up.json();
    assert_eq!((up.code, answer["outcome"].as_str()), (0, Some("OUTCOME_FOUND")), "{}", up.stderr);
    assert_eq!(edges(&answer), ring.iter().cloned().collect(), "{answer}");
    assert_ne!(answer["truncated"], true);
    let down = node.ask(&["equity", &format!("citizen-number={}", cast["ring holder"]), "--down", "--depth", "10"]);
    let answer = down.json();
    assert_eq!(edges(&answer), ring.iter().chain(&below).cloned().collect(), "{answer} {}", down.stderr);
    let sum = answer["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|node| node["party"]["identifier"]["value"] == cast["sum"].as_str());
    assert_eq!(sum.unwrap()["flags"], serde_json::json!(["shareholding.sum"]), "{answer}");
    let near = node.ask(&["equity", &format!("citizen-number={}", cast["ring holder"]), "--down", "--depth", "1"]);
    let wanted: BTreeSet<_> = [ring[3].clone(), below[0].clone()].into();
    assert_eq!(edges(&near.json()), wanted, "one step is one step");
}

fn licences(node: &mut Node, departments: &Departments) {
    let uscc = format!("uscc={}", departments.enterprises.cast["licensed"]);
    let said = node.ask(&["certificates", &uscc]);
    let answer = said.json();
    let types: BTreeSet<&str> = texts(&answer["records"], "/resource");
    assert_eq!(
        (said.code, types),
        (0, BTreeSet::from(["business-licence", "food-operation-licence"])),
        "{}",
        said.stderr
    );
    let seen = &departments.companies.seen;
    let old = seen.current("food-operation-licence").find(|draft| draft.body["valid_to"] == "2020-01-31").unwrap();
    let holder = &old.subjects.iter().find(|(kind, _)| *kind == "uscc").unwrap().1;
    let said = node.ask(&["resolve", "food-operation-licence", &format!("uscc={holder}")]);
    let record = &said.json()["records"][0];
    assert_eq!(record["body"]["status"], "CERTIFICATE_STATUS_EXPIRED", "{record}");
    assert_eq!(record["flags"], serde_json::json!(["holder.unknown"]), "{record}");
}

fn claims(node: &mut Node, departments: &Departments) {
    let number = &departments.register.cast["kept"];
    let Answer::Found(found) = answer(&departments.residents.seen, "natural-person", "citizen-number", number) else {
        panic!()
    };
    let by = format!("citizen-number={number}");
    let name = format!("name={}", found[0].body["name"].as_str().unwrap());
    let said = node.ask(&["verify", "natural-person", &by, "--claim", &name]);
    assert_eq!(
        (said.code, &said.json()["results"][0]["result"]),
        (0, &Value::from("CLAIM_RESULT_MATCH")),
        "{}",
        said.stderr
    );
    let said = node.ask(&["verify", "natural-person", &by, "--claim", &name, "--claim", "sex=9"]);
    let results = said.json()["results"].clone();
    assert_eq!((said.code, &results[1]["result"]), (1, &Value::from("CLAIM_RESULT_MISMATCH")), "{results}");
    assert!(!said.stdout.contains(found[0].body["address"].as_str().unwrap()), "never a value");
}

fn refusals(node: &mut Node, departments: &Departments) {
    let by = format!("citizen-number={}", departments.register.cast["kept"]);
    let question = ["resolve", "natural-person", &by];
    let stranger = node.ask_as("consumer-stranger", &question);
    assert_eq!((stranger.code, stranger.stdout.as_str()), (3, ""), "{}", stranger.stderr);
    assert!(stranger.stderr.contains("NO_GRANT"), "{}", stranger.stderr);
    for caller in ["operator-ops", "department-public-security"] {
        let said = node.ask_as(caller, &question);
        assert!(said.code == 3 && said.stderr.contains("CALLER_KIND"), "{caller}: {}", said.stderr);
    }
    let item = node.ask(&["resolve", "natural-person", &by, "--items", "name,ethnicity"]);
    assert!(item.code == 3 && item.stderr.contains("ITEM"), "{}", item.stderr);
    let bad = node.ask(&["resolve", "natural-person", "citizen-number=110101199001010012"]);
    assert_eq!(bad.code, 2, "{}", bad.stderr);
    let wide = node.ask(&["resolve", "household", "household-number=HNEW"]);
    assert!(wide.code == 3 && wide.stderr.contains("LOOKUP"), "{}", wide.stderr);
    let reading = node.run("consumer-one-window", &["status", "-o", "json"]);
    assert_eq!(reading.code, 3, "{}", reading.stderr);
}

/// The provider sends the page again, without the error.
fn provider_error_is_tried_again(node: &mut Node, departments: &mut Departments) {
    let step = departments.enterprises.batches[0].iter().find(|step| step.fate == Fate::TriedAgain).unwrap();
    let name = step.file.name.clone();
    let mut people = People::new(77);
    let fresh = Entity::enterprise(&mut people, "2026-11-05 09:00:00").with("PRIPID", "3201888888888888");
    let page = Page::new(&name, vec![fresh], people.random());
    departments.companies.take(&page);
    node.drop_file("market-supervision", &page.file);
    let wanted = Counts::of(&departments.companies.rows);
    wait_for("the page sent again", || (node.counts("market-supervision").read >= wanted.read).then_some(()));
    assert_eq!(node.counts("market-supervision"), wanted);
}

/// How much is recorded, once the node says that all of it is on the bus; more than a hundred questions were asked here.
fn evidence(node: &mut Node) -> u64 {
    let recorded = wait_for("evidence on the bus", || {
        let said = node.run("operator-ops", &["status", "-o", "json"]).json();
        let evidence = &said["evidence"];
        (evidence["mirror_lag"].as_u64() == Some(0)).then(|| evidence["size"].as_u64().unwrap_or_default())
    });
    assert!(recorded >= 100, "{recorded} leaves");
    recorded
}

/// What is not mended stays open, however often it is driven again; what is put away is not open.
fn redrive(node: &mut Node, departments: &Departments) {
    let before = rejects(node, "public-security");
    for _ in 0..2 {
        let said = node.run("operator-ops", &["rejects", "redrive", "--department", "public-security", "-o", "json"]);
        assert_eq!((said.code, said.json()["redriven"].as_u64()), (0, Some(before.len() as u64)), "{}", said.stderr);
    }
    let counts = Counts::of(&departments.residents.rows);
    wait_for("rejects that are open after all", || (rejects(node, "public-security") == before).then_some(()));
    assert_eq!(node.counts("public-security"), counts);
    let first =
        node.run("operator-ops", &["rejects", "list", "--department", "public-security", "--limit", "1", "-o", "json"]);
    let id = first.json()["reject_id"].as_str().unwrap().to_owned();
    let said = node
        .run("operator-ops", &["rejects", "dismiss", &id, "--reason", "the department mends it at its next export"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let open = before.len() as u64 - 1;
    wait_for("one reject less", || {
        (node.status("public-security")["rejects_open"].as_u64() == Some(open)).then_some(())
    });
}
