//! The receipt is the proof: answers, refusals and the whole log, verified offline by the product and by somebody else's code.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod proving;

use contract::v1::Receipt;
use exchange_tests::product::{Node, Said};
use proving::{BY, Place, alter, alter_receipt, answer_in, go, python, questions};
use serde_json::{Value, json};
use std::fs;

/// What `evidence verify` says of a file: exit code and names of the failures.
fn judged(place: &Place, file: &str, options: &[&str]) -> (i32, Vec<String>) {
    let said = place.verify(file, options);
    let verdict = said.json();
    assert_eq!(verdict["holds"], said.code == 0, "{} {}", said.stdout, said.stderr);
    let failures = verdict["failures"].as_array().cloned().unwrap_or_default();
    (said.code, failures.iter().filter_map(|failure| failure["failure"].as_str()).map(str::to_owned).collect())
}

fn named(failure: &str) -> (i32, Vec<String>) {
    (1, vec![failure.to_owned()])
}

const HOLDS: (i32, Vec<String>) = (0, Vec::new());

#[test]
fn answers_are_proven_offline_and_what_is_wrong_with_them_is_named() {
    let mut place = Place::start();
    let said = place.node.ask(&["resolve", "natural-person", BY, "--save", &place.path("saved")]);
    assert_eq!((said.code, &said.json()["outcome"]), (4, &Value::from("OUTCOME_NO_COVERAGE")), "{}", said.stderr);
    assert_eq!(said.stdout.trim_end(), fs::read_to_string(place.path("saved/answer.json")).unwrap());
    let unsigned = place.node.ask(&["resolve", "natural-person", BY, "--unsigned", "--save", &place.path("plain")]);
    assert_eq!(unsigned.code, 4, "{}", unsigned.stderr);
    place.node.stop();

    let with_request = ["--request", &place.path("saved/request.json")];
    assert_eq!(judged(&place, "saved/answer.json", &with_request), HOLDS);
    assert_eq!(judged(&place, "plain/answer.json", &["--request", &place.path("plain/request.json")]), HOLDS);
    let [signed, plain] = ["saved", "plain"].map(|folder| place.json(&format!("{folder}/request.json")));
    assert!(signed["request_signature"].is_string() && plain["request_signature"].is_null());
    assert!(answer_in(&place, "saved")["receipt"]["statement"]["signature_commitment"].is_string());
    assert!(answer_in(&place, "plain")["receipt"]["statement"]["signature_commitment"].is_null());

    every_alteration_has_its_name(&place);
    let other = ["--request", &place.path("plain/request.json")];
    assert_eq!(judged(&place, "saved/answer.json", &other), HOLDS, "the same question, the signature left out");
    alter(&place, ("saved/request.json", "other.json"), |request| {
        request["purpose"]["case_number"] = "2026-0002".into();
    });
    assert_eq!(
        judged(&place, "saved/answer.json", &["--request", &place.path("other.json")]),
        named("altered request")
    );
    let witness = "department/health+56dd39ef+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
    let unwitnessed = place.verify("saved/answer.json", &["--witness", witness]);
    assert_eq!(unwitnessed.code, 2, "a verifier key whose id is another's: {}", unwitnessed.stderr);
    assert_eq!(place.verify("nothing.json", &[]).code, 2);
    another_language_agrees(&place);
}

fn every_alteration_has_its_name(place: &Place) {
    let saved = |name: &str| ("saved/answer.json", format!("{name}.json"));
    let (from, to) = saved("answer");
    alter(place, (from, &to), |answer| answer["outcome"] = "OUTCOME_NOT_FOUND".into());
    assert_eq!(judged(place, &to, &[]), named("altered answer"));
    let (from, to) = saved("statement");
    alter(place, (from, &to), |answer| answer["receipt"]["statement"]["matter"] = "000172149002".into());
    assert_eq!(judged(place, &to, &[]), named("altered statement"));
    let (from, to) = saved("path");
    alter_receipt(place, (from, &to), |receipt: &mut Receipt| receipt.inclusion_path.push(vec![7; 32]));
    assert_eq!(judged(place, &to, &[]), named("wrong path"));
    let (from, to) = saved("signature");
    alter_receipt(place, (from, &to), |receipt: &mut Receipt| {
        let last = receipt.checkpoint.len() - 10;
        receipt.checkpoint[last] = if receipt.checkpoint[last] == b'A' { b'B' } else { b'A' };
    });
    assert_eq!(judged(place, &to, &[]), named("wrong signature"));
    let (from, to) = saved("key");
    alter_receipt(place, (from, &to), |receipt: &mut Receipt| receipt.verifier_key_signature[20] ^= 1);
    assert_eq!(judged(place, &to, &[]), named("unknown key"));
    let elsewhere = place.another_authority();
    assert_eq!(judged_by(place, "saved/answer.json", &elsewhere), named("unknown key"));
    let table = place.table("answer.json");
    assert_eq!(table.code, 1);
    assert!(table.stdout.contains("DOES NOT HOLD") && table.stdout.contains("altered answer"), "{}", table.stdout);
}

fn judged_by(place: &Place, file: &str, authority: &str) -> (i32, Vec<String>) {
    let said = Said::of(place.offline(&["evidence", "verify", &place.path(file), "--trust", authority, "-o", "json"]));
    let failures = said.json()["failures"].as_array().cloned().unwrap_or_default();
    (said.code, failures.iter().filter_map(|failure| failure["failure"].as_str()).map(str::to_owned).collect())
}

/// docs/examples/sign.py shares no code with the product.
fn another_language_agrees(place: &Place) {
    let Some(python) = python() else { return };
    let verify = |file: &str| {
        let [trust, request, file] = ["node/pki/ca.pem", "saved/request.json", file].map(|name| place.path(name));
        python(&["verify", "--trust", &trust, "--request", &request, &file])
    };
    let good = verify("saved/answer.json");
    assert_eq!(good.code, 0, "{} {}", good.stdout, good.stderr);
    let names = ["answer", "statement", "path", "signature", "key"];
    let wrong = ["altered answer", "altered statement", "wrong path", "wrong signature", "unknown key"];
    for (name, wrong) in names.iter().zip(wrong) {
        let said = verify(&format!("{name}.json"));
        assert!(said.code == 1 && said.stdout.starts_with(wrong), "{name}: {} {}", said.stdout, said.stderr);
        assert_eq!(said.stdout.lines().count(), 1, "{name}: {}", said.stdout);
    }
}

#[test]
fn another_language_signs_and_asks() {
    let Some(python) = python() else { return };
    let place = Place::start();
    let question = json!({
        "resource": "natural-person",
        "by": { "kind": "citizen-number", "value": BY.split_once('=').unwrap().1 },
        "purpose": { "matter": "000172149001", "case_number": "2026-€-𐀀-\u{7f}" },
        "page_size": 10,
    });
    fs::write(place.path("question.json"), question.to_string()).unwrap();
    let pki = |name: &str| place.path(&format!("node/pki/{name}"));
    let saved = place.path("asked");
    let me =
        ["--ca", &pki("ca.pem"), "--cert", &pki("consumer-one-window.pem"), "--key", &pki("consumer-one-window.key")];
    let ask = |signed: &str| {
        let server = ["ask", "--server", place.server(), "--save", &saved, signed];
        python(&[&server[..], &me].concat())
    };
    let said = ask(&place.path("question.json"));
    assert_eq!((said.code, said.stdout.trim()), (0, "200 OUTCOME_NO_COVERAGE"), "{}", said.stderr);
    assert_eq!(judged(&place, "asked/answer.json", &["--request", &place.path("asked/request.json")]), HOLDS);
    let checked = python(&[
        "verify",
        "--trust",
        &pki("ca.pem"),
        "--request",
        &place.path("asked/request.json"),
        &place.path("asked/answer.json"),
    ]);
    assert_eq!(checked.code, 0, "{} {}", checked.stdout, checked.stderr);
}

#[test]
fn answers_over_grpc_are_proven_as_they_came() {
    let mut place = Place::start();
    let question = place.grpc("saved/answer.pb");
    place.node.stop();
    fs::write(place.path("request.json"), question.to_string()).unwrap();
    let request = ["--request", &place.path("request.json")];
    assert_eq!(judged(&place, "saved/answer.pb", &request), HOLDS);
    let mut answer = fs::read(place.path("saved/answer.pb")).unwrap();
    answer[1] ^= 1;
    fs::write(place.path("altered.pb"), &answer).unwrap();
    assert_eq!(judged(&place, "altered.pb", &request), named("altered answer"));
    answer[1] ^= 1;
    answer.extend([0x08, 1]);
    fs::write(place.path("longer.pb"), &answer).unwrap();
    let (code, failures) = judged(&place, "longer.pb", &[]);
    assert!(code == 1 && failures.iter().any(|failure| failure == "altered answer"), "{failures:?}");
}

#[test]
fn a_wrong_signature_is_a_bad_question() {
    let mut place = Place::start();
    let said = place.node.ask(&["resolve", "natural-person", BY, "--save", &place.path("saved")]);
    assert_eq!(said.code, 4, "{}", said.stderr);
    let mut request = place.json("saved/request.json");
    request["purpose"]["case_number"] = "2026-0002".into();
    let (status, problem) = place.post("consumer-one-window", "/v1/resolve", &request);
    assert_eq!((status, &problem["fields"][0]["field"]), (400, &Value::from("request_signature")), "{problem}");
    let (status, _) = place.post("consumer-stranger", "/v1/resolve", &place.json("saved/request.json"));
    assert_eq!(status, 400, "somebody else's signature");
}

#[test]
fn refusals_are_proven_with_the_receipts_that_their_callers_fetch() {
    let mut place = Place::start();
    let question = ["resolve", "natural-person", BY, "--save", &place.path("saved")];
    let said = place.node.ask_as("consumer-stranger", &question);
    assert_eq!((said.code, said.stdout.as_str()), (3, ""), "{}", said.stderr);
    let problem = place.json("saved/problem.json");
    let id = problem["evidence_id"].as_str().unwrap();
    assert!(said.stderr.contains(id), "{}", said.stderr);
    let shown = place.node.run("consumer-stranger", &["evidence", "show", id, "-o", "json"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    fs::write(place.path("receipt.json"), &shown.stdout).unwrap();
    let receipt = ["--receipt", &place.path("receipt.json")];
    assert_eq!(judged(&place, "saved/problem.json", &receipt), HOLDS);
    assert_eq!(judged(&place, "receipt.json", &["--request", &place.path("saved/request.json")]), HOLDS);
    assert_eq!(place.verify("saved/problem.json", &[]).code, 2, "a refusal has no receipt in it");
    alter(&place, ("saved/problem.json", "kinder.json"), |problem| problem["reason"] = "PURPOSE".into());
    assert_eq!(judged(&place, "kinder.json", &receipt), named("altered answer"));

    for other in ["consumer-one-window", "node-city"] {
        let hidden = place.node.run(other, &["evidence", "show", id]);
        assert_eq!((hidden.code, hidden.stdout.as_str()), (4, ""), "{other}: {}", hidden.stderr);
    }
    let operator = place.node.run("operator-ops", &["evidence", "show", id, "-o", "json"]).json();
    assert!(
        operator["receipt"]["statement"]["consumer"] == "stranger" && operator["receipt"]["salt"].is_null(),
        "{operator}"
    );
    let department = place.node.run("department-public-security", &["evidence", "show", id, "-o", "json"]).json();
    assert!(department["receipt"]["salt"].is_string(), "of its own resource: {department}");
    let table = place.node.run("consumer-stranger", &["evidence", "show", id]);
    assert!(table.code == 0 && table.stdout.contains("NO_GRANT") && table.stdout.contains("holds"), "{}", table.stdout);
    assert_eq!(place.node.run("consumer-stranger", &["evidence", "show", "not an id"]).code, 2);
}

#[test]
fn exported_logs_verify_and_somebody_elses_code_agrees() {
    let mut place = Place::start();
    questions(&place, 20);
    let early = place.node.ask(&["resolve", "natural-person", BY, "--save", &place.path("early")]);
    assert_eq!(early.code, 4, "{}", early.stderr);
    let archive = place.path("archive");
    let first = place.export(&["--from", "5"]);
    assert_eq!((first.code, &first.json()["size"]), (0, &json!(21)), "{}", first.stderr);
    fs::copy(place.path("archive/checkpoint"), place.path("older")).unwrap();
    questions(&place, 260);
    let second = place.export(&[]);
    assert_eq!((second.code, &second.json()["new_entries"]), (0, &json!(260)), "{}", second.stderr);
    assert_eq!(place.export(&[]).json()["new_entries"], 0);
    let status = place.node.run("operator-ops", &["status", "-o", "json"]).json();
    assert_eq!(status["evidence"]["size"], 281, "{status}");
    let refused = place.node.run("consumer-one-window", &["evidence", "export", &place.path("not-mine")]);
    assert_ne!(refused.code, 0);
    place.node.stop();

    assert_eq!(judged(&place, "archive", &["--against", &place.path("older")]), HOLDS);
    let other = ["--against", &place.path("archive/checkpoint"), "--log", &archive];
    assert_eq!(judged(&place, "early/answer.json", &other[..2]), HOLDS, "the tiles lie beside the checkpoint");
    assert_eq!(judged(&place, "early/answer.json", &other), HOLDS);
    if let Some(go) = go() {
        let run =
            |answer: &str| go(&["-log", &archive, "-receipt", &place.path(answer), "-older", &place.path("older")]);
        let said = run("early/answer.json");
        assert_eq!(said.code, 0, "{} {}", said.stdout, said.stderr);
        alter_receipt(&place, ("early/answer.json", "path.json"), |receipt: &mut Receipt| {
            receipt.inclusion_path[0][0] ^= 1;
        });
        let said = run("path.json");
        assert!(said.code == 1 && said.stderr.contains("inclusion"), "{} {}", said.stdout, said.stderr);
    }
    for (path, wrong) in
        [("tile/entries/000", "altered entry"), ("tile/0/000", "altered entry"), ("tile/1/000.p/1", "altered tile")]
    {
        let file = format!("archive/{path}");
        let good = fs::read(place.path(&file)).unwrap();
        let mut bad = good.clone();
        bad[good.len() / 2] ^= 1;
        fs::write(place.path(&file), bad).unwrap();
        let (code, failures) = judged(&place, "archive", &[]);
        assert!(code == 1 && failures.iter().any(|failure| failure == wrong), "{path}: {failures:?}");
        fs::write(place.path(&file), good).unwrap();
    }
    assert_eq!(judged(&place, "archive", &[]), HOLDS);
}

#[test]
fn witnesses_cosign_what_grows_and_keep_the_proof_of_what_forks() {
    let mut place = Place::start();
    let ask = |place: &mut Place, folder: &str| {
        let said = place.node.ask(&["resolve", "natural-person", BY, "--save", &place.path(folder)]);
        assert_eq!(said.code, 4, "{}", said.stderr);
    };
    ask(&mut place, "first");
    place.node.stop();
    place.back_up();
    place.node.start();
    ask(&mut place, "second");
    let answer = place.path("second/answer.json");
    let unknown = place.witness(&[]);
    assert_eq!(unknown.code, 2, "the log's key is not known yet: {}", unknown.stderr);
    let seen = place.witness(&["--receipt", &answer]);
    assert_eq!((seen.code, &seen.json()["size"]), (0, &json!(2)), "{}", seen.stderr);
    assert_eq!(place.witness(&[]).json()["new"], false);
    ask(&mut place, "third");
    let again = place.witness(&[]);
    let key = again.json()["verifier_key"].as_str().unwrap().to_owned();
    assert!(again.code == 0 && key.starts_with("department/public-security+"), "{} {}", again.stdout, again.stderr);
    assert_eq!(place.export(&[]).code, 0);
    let witnessed = ["--witness", &key, "--against", &place.path("archive/cosigned"), "--log", &place.path("archive")];
    assert_eq!(judged(&place, "second/answer.json", &witnessed), HOLDS);
    assert_eq!(judged(&place, "archive", &["--witness", &key]), HOLDS);
    assert_eq!(judged(&place, "second/answer.json", &witnessed[..2]), named("not witnessed"));

    place.node.stop();
    place.restore();
    place.node.start();
    let backwards = place.witness(&[]);
    assert!(backwards.code == 1 && backwards.stderr.contains("FORKED HISTORY"), "{}", backwards.stderr);
    for folder in ["other", "another", "one-more"] {
        ask(&mut place, folder);
    }
    let forked = place.witness(&[]);
    assert!(forked.code == 1 && forked.stderr.contains("FORKED HISTORY"), "{}", forked.stderr);
    let kept = place.path("witness/city/1/forked-3-4");
    for name in ["first.checkpoint", "second.checkpoint"] {
        assert!(fs::read_to_string(format!("{kept}/{name}")).unwrap().starts_with("exchange/city/1\n"), "{kept}");
    }
    let export = place.export(&[]);
    assert!(export.code == 1 && export.stderr.contains("forked history"), "{}", export.stderr);
    assert_eq!(place.export_to("fork").code, 0);
    assert_eq!(
        judged(&place, "third/answer.json", &["--against", &place.path("fork/checkpoint")]),
        named("forked history")
    );
    assert_eq!(judged(&place, "first/answer.json", &["--against", &place.path("fork/checkpoint")]), HOLDS);
}

#[test]
fn a_new_log_key_signs_beside_the_old_one() {
    let mut place = Place::start();
    let said = place.node.ask(&["resolve", "natural-person", BY, "--save", &place.path("old")]);
    assert_eq!(said.code, 4, "{}", said.stderr);
    let old = answer_in(&place, "old")["receipt"]["verifier_key"].clone();
    let config = place.path("node/exchange.toml");
    let rotated = Said::of(place.offline(&["evidence", "rotate-key", "--config", &config]));
    assert_eq!(rotated.code, 0, "{}", rotated.stderr);
    let new = exchange_tests::product::wait_for("the new key", || {
        let said = place.node.ask(&["resolve", "natural-person", BY, "--save", &place.path("new")]);
        assert_eq!(said.code, 4, "{}", said.stderr);
        Some(answer_in(&place, "new")["receipt"]["verifier_key"].clone()).filter(|key| *key != old)
    });
    assert!(rotated.stdout.contains(new.as_str().unwrap()), "{} {new}", rotated.stdout);
    assert_eq!(judged(&place, "new/answer.json", &[]), HOLDS);
    assert_eq!(place.export(&[]).code, 0);
    let against = ["--against", &place.path("archive/checkpoint")];
    assert_eq!(judged(&place, "old/answer.json", &against), HOLDS, "both keys sign");
}

#[test]
fn the_ledger_needs_its_grant_and_lists_newest_first_what_was_asked_and_refused() {
    let mut place = Place::with(ledger_grant);
    let ledger = ["ledger", BY];
    assert_eq!(place.node.ask(&["resolve", "natural-person", BY]).code, 4);
    assert_eq!(place.node.ask_as("consumer-stranger", &["resolve", "natural-person", BY]).code, 3);
    let other = place.node.ask(&["resolve", "natural-person", "citizen-number=110101199001010031"]);
    assert_eq!(other.code, 4, "{}", other.stderr);
    let refused = place.node.ask(&ledger);
    assert!(refused.code == 3 && refused.stderr.contains("MODE"), "{}", refused.stderr);
    let seen = |answer: &Value| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let accesses = answer["accesses"].as_array().cloned().unwrap_or_default();
        accesses.iter().map(|access| (text(&access["consumer"]), text(&access["reason"]))).collect()
    };
    let pair = |consumer: &str, reason: &str| (consumer.to_owned(), reason.to_owned());
    let first = place.node.ask_as("consumer-oversight", &[&ledger[..], &["--save", &place.path("ledger")]].concat());
    assert_eq!(first.code, 0, "{}", first.stderr);
    let wanted = [pair("one-window", "MODE"), pair("stranger", "NO_GRANT"), pair("one-window", "")];
    assert_eq!(seen(&first.json()), wanted, "{}", first.stdout);
    assert_eq!(judged(&place, "ledger/answer.json", &["--request", &place.path("ledger/request.json")]), HOLDS);
    let second = place.node.ask_as("consumer-oversight", &[&ledger[..], &["--page-size", "2"]].concat()).json();
    assert_eq!(seen(&second), [pair("oversight", ""), pair("one-window", "MODE")], "the listing is an access too");
    let token = second["next_page_token"].as_str().unwrap();
    let rest =
        place.node.ask_as("consumer-oversight", &[&ledger[..], &["--page-size", "2", "--page-token", token]].concat());
    assert_eq!(seen(&rest.json()), wanted[1..], "{} {}", rest.stdout, rest.stderr);
    let nobody = place.node.ask_as("consumer-oversight", &["ledger", "citizen-number=110101199001010074"]);
    assert_eq!(nobody.code, 4, "{} {}", nobody.stdout, nobody.stderr);
    place.node.stop();
    place.node.start();
    let after = place.node.ask_as("consumer-oversight", &ledger).json();
    assert_eq!(seen(&after).len(), 6, "what was asked before the restart: {after}");
}

fn ledger_grant(node: &Node) {
    let consumer = "id = \"oversight\"\nname = \"监督\"\n";
    fs::write(node.path("catalogue/consumers/oversight.toml"), consumer).unwrap();
    let grant = "id = \"oversight\"\nconsumer = \"oversight\"\nmode = \"ledger\"\nmatters = [\"000172149001\"]\n\
        legal_basis = \"个人信息保护法\"\nvalid_from = \"2026-01-01\"\nvalid_to = \"2030-12-31\"\nmax_records = 1000\n\
        [[resources]]\nresource = \"natural-person\"\nitems = [\"*\"]\n[quota]\nper_second = 1000\nper_day = 1000\n";
    fs::write(node.path("catalogue/grants/oversight.toml"), grant).unwrap();
}

#[test]
fn a_restart_forgets_no_quota() {
    let mut place = Place::with(|node| {
        let grant = node.path("catalogue/grants/one-window.toml");
        let text = fs::read_to_string(&grant).unwrap().replace("per_day = 100000\n", "per_day = 3\n");
        fs::write(grant, text).unwrap();
    });
    let ask = |place: &mut Place| place.node.ask(&["resolve", "natural-person", BY]);
    assert_eq!([ask(&mut place).code, ask(&mut place).code], [4, 4]);
    place.node.kill();
    place.node.start();
    assert_eq!(ask(&mut place).code, 4);
    let over = ask(&mut place);
    assert!(over.code == 3 && over.stderr.contains("QUOTA_DAY"), "{}", over.stderr);
    place.node.stop();
    place.node.start();
    let still = ask(&mut place);
    assert!(still.code == 3 && still.stderr.contains("QUOTA_DAY"), "{}", still.stderr);
}

#[test]
fn on_a_full_disk_nothing_is_answered_until_there_is_room_again() {
    let place = Place::stopped();
    let Some(mut small) = place.start_on_a_small_disk() else { return };
    let ask = || Said::of(place.question("saved").output().unwrap());
    let first = ask();
    assert_eq!(first.code, 4, "{}", first.stderr);
    small.fill();
    let full = exchange_tests::product::wait_for("a disk that is full", || {
        let said = ask();
        (said.code != 4).then_some(said)
    });
    assert_eq!((full.code, full.stdout.as_str()), (5, ""), "{}", full.stderr);
    let (status, problem) = place.post("consumer-one-window", "/v1/resolve", &place.json("saved/request.json"));
    assert_eq!((status, problem["retry_after_s"].is_number()), (503, true), "{problem}");
    let (status, why) = place.node.ops("/readyz");
    assert!(status == 503 && why.contains("evidence"), "{status} {why}");
    small.make_room();
    let again = exchange_tests::product::wait_for("room", || Some(ask()).filter(|said| said.code == 4));
    exchange_tests::product::wait_for("a node that is ready", || (place.node.ops("/readyz").0 == 200).then_some(()));
    assert!(again.json()["receipt"].is_object());
    assert_eq!(judged(&place, "saved/answer.json", &[]), HOLDS);
    small.end();
}
