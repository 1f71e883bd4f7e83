//! Known people go through everything, failures too; no log, metric, reason or refusal names them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use exchange_tests::{
    encode,
    generate::{DropFile, Entity, Page, People, register},
    product::{Bus, Node, files_in, wait_for},
};
use std::{fmt::Write as _, fs};

const NAMES: [&str; 4] = ["龘靐齉", "爩麤鱻", "籱灪虋", "麷鸜鸞"];
const ADDRESS: &str = "鬱鬱葱葱巷七号";

/// A wrong number of somebody who is nowhere else.
const WRONG: &str = "110101197711220012";

struct Marked {
    numbers: Vec<String>,
    register: Vec<DropFile>,
    enterprises: Vec<DropFile>,
}

fn marked() -> Marked {
    let mut people = People::new(4242);
    let numbers: Vec<String> = (0..4).map(|_| people.citizen(true)).collect();
    let mut row = |number: &str, name: &str| {
        register::Row::with_number(&mut people, number, "20261101080000").with("xm", name).with("mlxz", ADDRESS)
    };
    let rows = [
        row(&numbers[0], NAMES[0]).bytes(),
        row(WRONG, NAMES[1]).bytes(),
        row(&numbers[1], NAMES[1]).with("csrq", "20001301").bytes(),
        row(&numbers[1], NAMES[1]).raw("cym", &b"\xFF"[..]).bytes(),
        row(&numbers[1], NAMES[1]).bytes()[..500].to_vec(),
        row(&numbers[2], NAMES[2]).with("czbs", "D").bytes(),
    ];
    let name = |number: u32| format!("CZRK_110101_2026110{number}_001.txt");
    let good = register::file(&name(1), 'I', &rows);
    let hashed = register::file(&name(2), 'I', &rows).with_wrong_hash(rows.len());
    let mut cut = register::file(&name(3), 'I', &rows).bytes;
    cut.truncate(cut.len() - 300);
    let headless = DropFile::new(name(4), rows.concat(), rows.len());
    let register = vec![good, hashed, DropFile::new(name(3), cut, rows.len()), headless];
    let mut company = |name: &str, number: &str| {
        Entity::enterprise(&mut people, "2026-11-01 02:11:09")
            .with("LEREP", name)
            .with("CERNO", number)
            .with("DOM", ADDRESS)
    };
    let entities = vec![
        company(NAMES[3], &numbers[3]),
        company(NAMES[3], WRONG),
        company(NAMES[3], &numbers[3]).with("UNISCID", "91110000600037341X"),
        company(NAMES[3], &numbers[3]).with("ESTDATE", "20150231"),
        company(NAMES[3], &numbers[3])
            .broken("entity.malformed", encode(&format!("<ENT><LEREP>{} & </LEREP></ENT>", NAMES[3]))),
    ];
    let good = Page::new("ENT_20261101_001.xml", entities, people.random()).file;
    let cut = good.bytes[..good.bytes.len() - 60].to_vec();
    Marked { numbers, register, enterprises: vec![good, DropFile::new("ENT_20261102_001.xml", cut, 5)] }
}

/// Everything that was said to people who are not shown personal data.
fn said_to_others(node: &mut Node, marked: &Marked) -> Vec<(String, Vec<u8>)> {
    let mut said = Vec::new();
    let mut keep = |what: &str, text: String| said.push((what.to_owned(), text.into_bytes()));
    let known = format!("citizen-number={}", marked.numbers[0]);
    let questions = [
        ("consumer-stranger", vec!["resolve", "natural-person", &known]),
        ("operator-ops", vec!["resolve", "natural-person", &known]),
        ("consumer-one-window", vec!["resolve", "natural-person", &known, "--items", "ethnicity"]),
        ("consumer-one-window", vec!["resolve", "natural-person", "citizen-number=110101197711220012"]),
        ("consumer-one-window", vec!["resolve", "natural-person", "uscc=110101197711220012"]),
        ("consumer-one-window", vec!["resolve", "龘靐齉", &known]),
        ("consumer-one-window", vec!["verify", "natural-person", &known, "--claim", "name=龘靐齉"]),
        ("consumer-one-window", vec!["verify", "natural-person", &known, "--claim", "龘靐齉=1"]),
        ("consumer-one-window", vec!["certificates", &known, "--types", "龘靐齉"]),
    ];
    for (caller, question) in questions {
        let answer = node.ask_as(caller, &question);
        keep(&format!("{caller} {}", question[0]), answer.stdout + &answer.stderr);
    }
    let unknown = node.ask(&["resolve", "natural-person", &format!("citizen-number={}", marked.numbers[3])]);
    assert_eq!(unknown.code, 4, "{}", unknown.stderr);
    keep("unknown subject", unknown.stdout + &unknown.stderr);
    let withdrawn = node.ask(&["resolve", "natural-person", &format!("citizen-number={}", marked.numbers[2])]);
    keep("withdrawn subject", withdrawn.stdout + &withdrawn.stderr);
    let rejects = node.run("operator-ops", &["rejects", "list", "-o", "json"]);
    assert_eq!(rejects.stdout.lines().count(), 7, "{} {}", rejects.stdout, rejects.stderr);
    for line in rejects.stdout.lines() {
        let reject: serde_json::Value = serde_json::from_str(line).unwrap();
        let shown = node.run("operator-ops", &["rejects", "show", reject["reject_id"].as_str().unwrap(), "-o", "json"]);
        assert_eq!(shown.code, 0, "{}", shown.stderr);
        keep("a masked reject", shown.stdout);
    }
    keep("rejects list", rejects.stdout);
    keep("status", node.run("operator-ops", &["status", "-o", "json"]).stdout);
    for page in ["/metrics", "/readyz", "/livez", "/"] {
        keep(page, node.ops(page).1);
    }
    for department in ["public-security", "market-supervision"] {
        let refused = files_in(&node.inbox(department).join("refused"));
        let why: Vec<_> = refused
            .into_iter()
            .filter(|(name, _)| name.ends_with(&['.', 'w', 'h', 'y'].iter().collect::<String>()))
            .collect();
        assert!(!why.is_empty());
        said.extend(why);
    }
    said
}

#[test]
fn nobody_is_named_but_in_answers_that_show_them() {
    let marked = marked();
    let mut node = Node::new(Bus::Embedded);
    node.configure("[telemetry]\nlog = \"debug\"");
    node.start();
    for file in &marked.register {
        node.drop_file("public-security", file);
    }
    for file in &marked.enterprises {
        node.drop_file("market-supervision", file);
    }
    wait_for("six residents", || (node.counts("public-security").read == 6).then_some(()));
    wait_for("five enterprises", || (node.counts("market-supervision").read == 5).then_some(()));
    let refused = |node: &Node, department: &str| files_in(&node.inbox(department).join("refused")).len();
    wait_for("refused files", || {
        (refused(&node, "public-security") == 9 && refused(&node, "market-supervision") == 3).then_some(())
    });

    let shown = node.ask(&["resolve", "natural-person", &format!("citizen-number={}", marked.numbers[0])]);
    assert!(shown.stdout.contains(NAMES[0]) && shown.stdout.contains(&marked.numbers[0]), "{}", shown.stderr);

    let mut said = said_to_others(&mut node, &marked);
    let redriven = node.run("operator-ops", &["rejects", "redrive", "--department", "public-security"]);
    assert_eq!(redriven.code, 0, "{}", redriven.stderr);
    node.stop();
    said.push(("logs".to_owned(), node.logs()));

    let mut markers: Vec<(&str, Vec<u8>)> = Vec::new();
    for text in NAMES.iter().chain([&ADDRESS, &WRONG]).copied().chain(marked.numbers.iter().map(String::as_str)) {
        markers.push((text, text.as_bytes().to_vec()));
        markers.push((text, encode(text)));
    }
    let mut found = String::new();
    for (what, bytes) in &said {
        for (marker, form) in &markers {
            if bytes.windows(form.len()).any(|window| window == form) {
                writeln!(found, "{what} names {marker}").unwrap();
            }
        }
    }
    assert!(found.is_empty(), "{found}");
    assert!(fs::metadata(node.path("stderr.log")).unwrap().len() > 0, "there are logs to look at");
}
