//! Marriages, titles, taxes and quotas out of the departments' real systems: what comes in, what is written back, what is answered.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod front;

use bus::test_kit::RealKafka;
use exchange_tests::{
    generate::Cast,
    product::{Bus, Node, wait_for},
    tables::{Ends, WantedRow},
};
use front::{Front, Stories};
use serde_json::{Value, json};
use std::collections::BTreeSet;

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

fn everything(bus: &Bus) {
    let Some(mut front) = Front::start() else { return };
    let mut stories = Stories::new(31, 60);
    stories.expect();
    stories.write(&mut front, (0, 1, 2));
    let mut node = front.node(bus.clone());
    node.start();
    // The rest is written while the node reads.
    stories.write(&mut front, (1, 2, 2));
    stories.check_counts(&mut node);
    written_back(&front, &stories);
    marital_states(&mut node, &stories.marriages.cast);
    marriage_certificates(&mut node, &stories.marriages.cast);
    land(&mut node, &stories.titles.cast);
    permits(&mut node, &stories.titles.cast);
    registrations(&mut node, &stories.taxes.cast);
    quota(&mut node, &stories.quotas.cast);
    clearance(&mut node, &mut front);
    node.stop();
    stories.check_topics(&node, bus);
}

fn written_back(front: &Front, stories: &Stories) {
    let refused = |wanted: &[WantedRow], table: &str| -> BTreeSet<(String, Vec<String>)> {
        let of = wanted.iter().filter(|row| row.place["table"] == table);
        of.filter_map(|row| match &row.ends {
            Ends::Rejected(refusal) => Some((row.place["key"].as_str().unwrap().to_owned(), refusal.rules.clone())),
            _ => None,
        })
        .collect()
    };
    let told = wait_for("errors in hydj_up_err", || {
        let told = front.maria.session().query("SELECT row_guid, error_remark, cd_time FROM hydj_up_err");
        let keys: BTreeSet<&String> = told.iter().map(|row| &row[0]).collect();
        (keys.len() >= refused(&stories.married.rows, "hydj_up").len()).then_some(told)
    });
    said_why(&told, &refused(&stories.married.rows, "hydj_up"));
    for table in ["spgl_bdcqz", "spgl_bdcqz_qlr", "spgl_jsgcghxkz"] {
        let wanted = refused(&stories.registered.rows, table);
        let told = front.postgres.query(&format!("SELECT lsh, sbyy FROM {table} WHERE sjsczt = 2"));
        said_why(&told, &wanted);
        let odd = front.postgres.query(&format!("SELECT lsh FROM {table} WHERE sjsczt = 1 AND sbyy IS NOT NULL"));
        assert!(odd.is_empty(), "{table}: taken in, with a reason: {odd:?}");
    }
    let title = &stories.titles.cast["waits"];
    let waits = front.postgres.query(&format!("SELECT sjsczt, sbyy FROM spgl_bdcqz WHERE bdcqzh = '{title}'"));
    assert_eq!(waits, [["0", ""]]);
}

/// Each refused row is told with its rule and a sentence, and no other row is.
fn said_why(told: &[Vec<String>], wanted: &BTreeSet<(String, Vec<String>)>) {
    let keys: BTreeSet<&String> = told.iter().map(|row| &row[0]).collect();
    assert_eq!(keys, wanted.iter().map(|(key, _)| key).collect());
    for row in told {
        let (_, rules) = wanted.iter().find(|(key, _)| *key == row[0]).unwrap();
        assert!(rules.iter().any(|rule| row[1].contains(rule.as_str())), "{row:?} is not about {rules:?}");
        assert!(row[1].chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c)), "no sentence in {row:?}");
    }
}

/// Asks; the outcome and the records.
fn ask(node: &mut Node, resource: &str, by: &str) -> (i32, String, Vec<Value>) {
    let said = node.ask(&["resolve", resource, by]);
    let answer = said.json();
    let outcome = answer["outcome"].as_str().unwrap_or(&said.stderr).to_owned();
    (said.code, outcome, answer["records"].as_array().cloned().unwrap_or_default())
}

#[track_caller]
fn found(node: &mut Node, resource: &str, by: &str) -> Vec<Value> {
    let (code, outcome, records) = ask(node, resource, by);
    assert_eq!((code, outcome.as_str()), (0, "OUTCOME_FOUND"), "{resource} by {by}");
    records
}

#[track_caller]
fn one(node: &mut Node, resource: &str, by: &str) -> Value {
    let records = found(node, resource, by);
    assert_eq!(records.len(), 1, "{resource} by {by}: {records:?}");
    records[0]["body"].clone()
}

#[track_caller]
fn nothing(node: &mut Node, resource: &str, by: &str, wanted: &str) {
    let (code, outcome, records) = ask(node, resource, by);
    assert_eq!((code, outcome.as_str(), records.len()), (4, wanted, 0), "{resource} by {by}");
}

fn marital_states(node: &mut Node, cast: &Cast) {
    let mut check = |label: &str, state: &str, since: &str| {
        let body = one(node, "marital-state", &format!("citizen-number={}", cast[label]));
        let told = (body["state"].as_str().unwrap(), body["since"].as_str().unwrap_or(""));
        assert_eq!(told, (format!("MARITAL_STATUS_{state}").as_str(), since), "{label}: {body}");
        assert_eq!(body["coverage_from"], "2006-01-01", "{label}");
        body
    };
    let body = check("married", "MARRIED", "2019-05-20");
    assert_eq!(body["basis_certificate"], cast["married by"].as_str());
    assert_eq!(body["spouse"]["identifier"], json!({ "kind": "citizen-number", "value": cast["married to"] }));
    check("married to", "MARRIED", "2019-05-20");
    check("divorced", "DIVORCED", "2026-10-30");
    check("divorced, written before", "DIVORCED", "2026-10-30");
    check("divorced in a day", "DIVORCED", "2026-10-30");
    check("annulled", "ANNULLED", "2019-09-09");
    let body = check("re-issued", "MARRIED", "2011-01-01");
    assert_eq!(body["basis_certificate"], cast["lost certificate"].as_str(), "a re-issue is left out");
    check("divorced and re-issued", "DIVORCED", "2012-01-01");
    check("only re-issued", "MARRIED", "2015-03-03");
    let body = check("taken back", "NONE_ON_RECORD", "");
    assert_eq!((&body["spouse"], &body["basis_certificate"]), (&Value::Null, &Value::Null));
    check("divorce taken back", "MARRIED", "2011-01-01");
    check("original taken back", "MARRIED", "2014-01-04");
    let body = check("married twice", "MARRIED", "2013-01-05");
    assert_eq!(body["spouse"]["identifier"]["value"], cast["second wife"].as_str());
    check("second wife", "MARRIED", "2013-01-05");
    check("first wife", "DIVORCED", "2012-01-05");
    let nobody = one(node, "marital-state", "citizen-number=110101190001010014");
    assert_eq!(
        (&nobody["state"], &nobody["coverage_from"]),
        (&"MARITAL_STATUS_NONE_ON_RECORD".into(), &"2006-01-01".into())
    );
    let foreign = one(node, "marital-state", &format!("passport={}", cast["passport"]));
    assert_eq!(foreign["state"], "MARITAL_STATUS_MARRIED");
    let old = one(node, "marital-state", &format!("citizen-number={}", cast["15 digits"]));
    assert_eq!(old["state"], "MARITAL_STATUS_MARRIED");
}

fn marriage_certificates(node: &mut Node, cast: &Cast) {
    let resource = "marriage-certificate";
    let status = |node: &mut Node, label: &str| {
        one(node, resource, &format!("certificate-number={}", cast[label]))["status"].clone()
    };
    assert_eq!(status(node, "lost certificate"), "CERTIFICATE_STATUS_SUPERSEDED");
    assert_eq!(status(node, "new certificate"), "CERTIFICATE_STATUS_VALID");
    assert_eq!(status(node, "lost by name"), "CERTIFICATE_STATUS_SUPERSEDED");
    assert_eq!(status(node, "re-issue taken back"), "CERTIFICATE_STATUS_VALID");
    assert_eq!(status(node, "re-issued twice"), "CERTIFICATE_STATUS_SUPERSEDED");
    assert_eq!(status(node, "re-issued once"), "CERTIFICATE_STATUS_SUPERSEDED");
    assert_eq!(status(node, "re-issued again"), "CERTIFICATE_STATUS_VALID");
    assert_eq!(status(node, "annulled certificate"), "CERTIFICATE_STATUS_REVOKED");
    nothing(node, resource, &format!("certificate-number={}", cast["taken back certificate"]), "OUTCOME_WITHDRAWN");
    nothing(node, resource, "certificate-number=J110101-1999-000001", "OUTCOME_NOT_FOUND");
    assert_eq!(found(node, resource, &format!("citizen-number={}", cast["divorced"])).len(), 2);
    assert_eq!(found(node, resource, &format!("citizen-number={}", cast["married to"])).len(), 1);
    assert_eq!(one(node, resource, &format!("citizen-number={}", cast["corrected"]))["husband"]["name"], "欧阳·伟");
    assert_eq!(found(node, resource, &format!("citizen-number={}", cast["entered again"])).len(), 1);
}

fn land(node: &mut Node, cast: &Cast) {
    let resource = "real-estate-title";
    let title = |node: &mut Node, label: &str| one(node, resource, &format!("certificate-number={}", cast[label]));
    assert_eq!(title(node, "found")["holders"].as_array().unwrap().len(), 2);
    for number in
        [cast["found"].replace('(', "（").replace(')', "）"), cast["found"].replace('（', "(").replace('）', ")")]
    {
        assert_eq!(
            one(node, resource, &format!("certificate-number={number}"))["unit_number"],
            cast["found unit"].as_str()
        );
    }
    one(node, resource, &format!("unit-number={}", cast["found unit"]));
    for label in ["first holder", "second holder", "corrected holder", "stays", "new owner"] {
        one(node, resource, &format!("citizen-number={}", cast[label]));
    }
    assert_eq!(found(node, resource, &format!("citizen-number={}", cast["holds two"])).len(), 2);
    for label in ["ended", "former owner"] {
        nothing(node, resource, &format!("citizen-number={}", cast[label]), "OUTCOME_NOT_FOUND");
    }
    nothing(node, resource, &format!("certificate-number={}", cast["waits"]), "OUTCOME_NOT_FOUND");
    nothing(node, resource, "certificate-number=京(1999)东不动产权第0000000号", "OUTCOME_NOT_FOUND");
    assert_eq!(title(node, "history")["status"], "CERTIFICATE_STATUS_SUPERSEDED");
    assert_eq!(title(node, "valid again")["status"], "CERTIFICATE_STATUS_VALID");
    let corrected = one(node, resource, &format!("citizen-number={}", cast["corrected holder"]));
    assert_eq!(
        (&corrected["location"], &corrected["number"]),
        (&"更正路2号".into(), &"京（2021）东不动产权第9000001号".into())
    );
}

fn permits(node: &mut Node, cast: &Cast) {
    let resource = "planning-permit";
    let body = one(node, resource, &format!("uscc={}", cast["developer"]));
    assert_eq!(body["number"], cast["permit"].as_str());
    one(node, resource, &format!("certificate-number={}", cast["permit"]));
}

fn registrations(node: &mut Node, cast: &Cast) {
    let resource = "tax-registration";
    let several = found(node, resource, &format!("uscc={}", cast["several"]));
    let times: Vec<&str> = several.iter().filter_map(|record| record["source_time"].as_str()).collect();
    assert_eq!(times, ["2026-11-01T03:00:00Z", "2026-11-01T01:00:00Z", "2026-10-31T23:00:00Z"], "newest first");
    assert_eq!(found(node, resource, &format!("organisation-code={}", cast["organisation code"])).len(), 3);
    assert_eq!(found(node, resource, &format!("other-organisation-id={}", cast["old number"])).len(), 3);
    assert_eq!(one(node, resource, &format!("uscc={}", cast["renamed"]))["name"], "新名");
    nothing(node, resource, &format!("uscc={}", cast["withdrawn"]), "OUTCOME_WITHDRAWN");
    nothing(node, resource, "uscc=91110000MA00000152", "OUTCOME_NOT_FOUND");
}

fn quota(node: &mut Node, cast: &Cast) {
    let resource = "vehicle-quota";
    for (label, state) in [("valid", "VALID"), ("used", "USED"), ("lapsed", "LAPSED"), ("returned", "RETURNED")] {
        let body = one(node, resource, &format!("citizen-number={}", cast[label]));
        assert_eq!(body["state"], format!("QUOTA_STATE_{state}"), "{label}");
    }
    let body = one(node, resource, &format!("application-number={}", cast["application"]));
    assert_eq!(body["holder"]["identifier"]["value"], cast["valid"].as_str());
    nothing(node, resource, &format!("citizen-number={}", cast["deleted"]), "OUTCOME_WITHDRAWN");
    assert_eq!(one(node, resource, &format!("citizen-number={}", cast["moved"]))["quota_number"], "ZBMOVED00001");
    one(node, resource, "passport=E12345678");
}

fn clearance(node: &mut Node, front: &mut Front) {
    let (clear, owing) = ("91110000600037341L", "91350100M000100Y43");
    let bureau = front.bureau.take().unwrap();
    bureau.know(clear, "完税", "2026-11-01 10:00:00");
    bureau.know(owing, "欠税", "2026-11-01 10:00:01");
    for (uscc, state, at) in [(clear, "CLEARED", "2026-11-01T02:00:00Z"), (owing, "OWING", "2026-11-01T02:00:01Z")] {
        let body = one(node, "tax-clearance", &format!("uscc={uscc}"));
        let told = (body["state"].as_str(), body["asked_at"].as_str(), body["uscc"].as_str());
        assert_eq!(told, (Some(format!("CLEARANCE_STATE_{state}").as_str()), Some(at), Some(uscc)));
    }
    nothing(node, "tax-clearance", "uscc=91110000MA00000152", "OUTCOME_NOT_FOUND");
    bureau.know(clear, "欠税", "2026-11-01 10:00:02");
    let now = one(node, "tax-clearance", &format!("uscc={clear}"));
    assert_eq!(now["state"], "CLEARANCE_STATE_OWING", "nothing is kept of an answer");
    drop(bureau);
    let said = node.ask(&["resolve", "tax-clearance", &format!("uscc={clear}")]);
    assert_eq!((said.code, said.stdout.as_str()), (5, ""), "{}", said.stderr);
    let others = one(node, "vehicle-quota", "passport=E12345678");
    assert!(others.is_object(), "everything else is answered");
}
