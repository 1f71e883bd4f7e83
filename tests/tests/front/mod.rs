//! The front-end systems of four departments, really running, and a node that reads them.
mod stories;

pub(crate) use self::stories::Stories;

use bus::{
    Ack, Bus as _, EmbeddedBus, EmbeddedConfig, Event, KafkaBus, KafkaConfig, Message, Producer, Start, Topic,
    test_kit::RealKafka,
};
use contract::canonical::v1::{Operation, Record};
use exchange_tests::{
    Draft,
    oracle::Seen,
    product::{Bus, Node, wait_for},
    rows::other_body,
    tables::{Ends, RowCount, TableRow, WantedRow},
};
use prost::Message as _;
use serde_json::Value;
use sources::test_kit::{MariaDb, Postgres, TaxBureau};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
    time::Duration,
};

/// The departments.
pub(crate) const DEPARTMENTS: [&str; 4] = ["civil-affairs", "natural-resources", "taxation", "transport"];
const TOPIC: &str = "transport.quota.public.zb_info";
const GRANT: &str = r#"id = "tables"
consumer = "one-window"
mode = "read"
matters = ["000172149001"]
legal_basis = "政务数据共享条例（国务院令第809号）"
valid_from = "2026-01-01"
valid_to = "2030-12-31"
max_records = 1000
"#;
const GRANTED: [&str; 7] = [
    "marriage-certificate",
    "marital-state",
    "real-estate-title",
    "planning-permit",
    "tax-registration",
    "tax-clearance",
    "vehicle-quota",
];

/// The systems.
pub(crate) struct Front {
    pub(crate) maria: MariaDb,
    pub(crate) postgres: Postgres,
    pub(crate) kafka: RealKafka,
    pub(crate) bureau: Option<TaxBureau>,
    quotas: Box<dyn Producer>,
}

impl Front {
    /// Starts them; `None` on a machine that has not all of them.
    pub(crate) fn start() -> Option<Self> {
        let said = |skip: &dyn std::fmt::Display| eprintln!("{skip}");
        let maria = MariaDb::start().map_err(|skip| said(&skip)).ok()?;
        let postgres = Postgres::start().map_err(|skip| said(&skip)).ok()?;
        let kafka = RealKafka::start().map_err(|skip| said(&skip)).ok()?;
        let cluster = KafkaBus::connect(KafkaConfig::new(kafka.brokers(), "transport")).unwrap();
        cluster.create_topics(&[Topic { name: TOPIC.into(), partitions: 1, compacted: false }]).unwrap();
        let bureau = Some(TaxBureau::start(Arc::new(runtime::SystemClock)));
        Some(Self { maria, postgres, kafka, bureau, quotas: cluster.producer().unwrap() })
    }

    /// A node that reads them; nothing of it runs yet.
    pub(crate) fn node(&self, bus: Bus) -> Node {
        let mut node = Node::new(bus);
        let database = |kind: &str, url: String, user: &str, password: &std::path::Path| {
            let password = password.display();
            format!(r#"{{ kind = "{kind}", url = "{url}", user = "{user}", password_file = "{password}" }}"#)
        };
        let (maria, postgres) = (&self.maria, &self.postgres);
        let bureau = self.bureau.as_ref().unwrap();
        let sources = [
            database("mariadb", maria.url(), maria.user(), &maria.password_file()),
            database("postgres", postgres.url(), postgres.user(), &postgres.password_file()),
            bureau.toml(),
            format!(r#"{{ kind = "kafka", brokers = "{}" }}"#, self.kafka.brokers()),
        ];
        for (department, source) in DEPARTMENTS.iter().zip(sources) {
            // The bureau takes a thousand calls in an hour.
            let poll = if *department == "taxation" { "1s" } else { "100ms" };
            node.configure(&format!(
                "[[adapter]]\ndepartment = \"{department}\"\npoll = \"{poll}\"\nsource = {source}\n"
            ));
        }
        node.run_adapters(&DEPARTMENTS);
        let resources: Vec<String> = GRANTED
            .iter()
            .map(|resource| format!("\n[[resources]]\nresource = \"{resource}\"\nitems = [\"*\"]\n"))
            .collect();
        let resources = resources.concat();
        let quota = "\n[quota]\nper_second = 100000\nper_day = 10000000\n";
        fs::write(node.path("catalogue/grants/tables.toml"), format!("{GRANT}{resources}{quota}")).unwrap();
        node
    }

    /// Writes marriages, some of them in one transaction.
    pub(crate) fn marry(&self, rows: &[TableRow]) {
        let mut session = self.maria.session();
        for some in rows.chunks(7) {
            session.execute("BEGIN");
            for row in some {
                session.execute(&row.insert());
            }
            session.execute("COMMIT");
        }
    }

    /// Writes titles, holders and permits, some of them in one transaction.
    pub(crate) fn register(&self, rows: &[TableRow]) {
        for some in rows.chunks(40) {
            let statements: Vec<String> = some.iter().map(TableRow::insert).collect();
            self.postgres.execute(&statements.join(";\n"));
        }
    }

    /// Adds to the bureau's list.
    pub(crate) fn tax(&self, rows: &[String]) {
        self.bureau.as_ref().unwrap().put(rows.iter().cloned());
    }

    /// Sends messages.
    pub(crate) fn quota(&mut self, messages: &[(&'static str, String)]) {
        let mut acks: Vec<Ack> = Vec::new();
        for (ticket, (_, text)) in messages.iter().enumerate() {
            let payload = (text != "null").then_some(text.as_bytes());
            let message = Message { key: b"{}", headers: &[], payload };
            self.quotas.send(TOPIC, ticket as u64, &message).unwrap();
        }
        while acks.len() < messages.len() {
            self.quotas.poll(Duration::from_secs(1), &mut acks).unwrap();
        }
        assert!(acks.iter().all(|ack| ack.result.is_ok()));
    }
}

/// Waits until so many rows of a department are read, and what was published of them can be asked for.
pub(crate) fn wait_until_read(node: &mut Node, department: &str, rows: usize) {
    let mut last = Value::Null;
    let end = std::time::Instant::now() + Duration::from_secs(80);
    wait_for(&format!("{department} to be read"), || {
        node.assert_running();
        last = node.status(department);
        let read = RowCount::from_json(&last["rows"], "read").read;
        assert!(std::time::Instant::now() < end, "{department}: {rows} rows are not read: {last}");
        (read >= rows as u64 && last["lag_records"].as_u64().unwrap_or(0) == 0).then_some(())
    });
}

/// The rules by which rows of a department were refused, with their places.
pub(crate) fn rejects(node: &mut Node, department: &str) -> Vec<(String, String)> {
    let said =
        node.run("operator-ops", &["rejects", "list", "--department", department, "--limit", "1000", "-o", "json"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let lines = said.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut all: Vec<_> = lines.map(|line| (place(&line["source"]), text(&line["rule"]))).collect();
    all.sort();
    all
}

/// The rejects that there must be; where the page can be read in several ways, any of the rules is right.
pub(crate) fn check_rejects(found: &[(String, String)], wanted: &[WantedRow], with_place: bool) {
    let mut left = found.to_vec();
    for row in wanted {
        let Ends::Rejected(refusal) = &row.ends else { continue };
        let is_it =
            |(at, rule): &(String, String)| refusal.rules.contains(rule) && (!with_place || *at == place(&row.place));
        let at = left.iter().position(is_it);
        let at = at.unwrap_or_else(|| panic!("{} {} is not among the rejects: {left:?}", row.label, row.place));
        left.remove(at);
    }
    assert!(left.is_empty(), "rejects too many: {left:?}");
}

fn place(source: &Value) -> String {
    ["table", "key", "topic", "partition", "offset"].map(|name| text(&source[name])).join("/")
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "0".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Every record on a department's topic; an embedded node must have ended.
pub(crate) fn published(node: &Node, bus: &Bus, department: &str) -> Vec<Record> {
    let topic = contract::topics::records(department);
    let bus: Box<dyn bus::Bus> = match bus {
        Bus::Embedded => {
            let config = EmbeddedConfig::new(Arc::new(runtime::SystemClock));
            Box::new(EmbeddedBus::open(node.path("data/bus"), config).unwrap())
        }
        Bus::Kafka(brokers) => Box::new(KafkaBus::connect(KafkaConfig::new(brokers, "tests")).unwrap()),
    };
    let ends = bus.end(&topic).unwrap().into_iter().filter(|end| end.offset > 0);
    let mut left: BTreeMap<u32, u64> = ends.map(|end| (end.partition, end.offset)).collect();
    let mut consumer = bus.consumer(&[Start::beginning(&topic)]).unwrap();
    let mut records = Vec::new();
    while !left.is_empty() {
        let mut events = Vec::new();
        consumer.poll(1000, Duration::from_millis(200), &mut events).unwrap();
        for event in events {
            let Event::Record(delivery) = event else { continue };
            records.push(Record::decode(delivery.payload.unwrap()).unwrap());
            let position = delivery.position;
            if left.get(&position.partition).is_some_and(|end| position.offset + 1 >= *end) {
                left.remove(&position.partition);
            }
        }
    }
    records
}

/// Each key is at its newest version, one version has one content, and nothing else was ever published. What was taken back
/// before it could be read need not be there.
pub(crate) fn check_newest(records: &[Record], seen: &Seen) {
    let mut newest: BTreeMap<(&str, &str), &Record> = BTreeMap::new();
    let mut by_version = BTreeMap::new();
    for record in records {
        let place = (record.resource.as_str(), record.key.as_str());
        let same = by_version.entry((place, &record.version)).or_insert(record);
        assert_eq!((&same.body, &same.flags), (&record.body, &record.flags), "one version has one content");
        let kept = newest.entry(place).or_insert(record);
        if kept.version < record.version {
            *kept = record;
        }
    }
    let mut found = Vec::new();
    for draft in seen.newest() {
        match newest.remove(&(draft.resource, draft.key.as_str())) {
            None if draft.withdrawn.is_some() => {}
            None => found.push(format!("{}/{}: nothing is there", draft.resource, draft.key)),
            Some(record) => found.extend(differs(draft, record)),
        }
    }
    found.extend(newest.keys().map(|(resource, key)| format!("{resource}/{key}: nobody wrote it")));
    assert!(found.is_empty(), "{} keys differ: {}", found.len(), found[..found.len().min(20)].join("\n"));
}

/// Flags that a page leaves open.
const OPEN: [&str; 2] = ["code.unknown", "uscc.missing"];

fn differs(draft: &Draft, record: &Record) -> Option<String> {
    let place = format!("{}/{}", draft.resource, draft.key);
    let withdrawn = record.operation == i32::from(Operation::Withdraw);
    if withdrawn != draft.withdrawn.is_some() {
        return Some(format!("{place}: withdrawn is {withdrawn}"));
    }
    if withdrawn {
        return record.body.as_ref().map(|_| format!("{place}: a withdrawal has a body"));
    }
    let closed = |flag: &&str| !OPEN.contains(flag);
    let flags: BTreeSet<&str> = record.flags.iter().map(String::as_str).filter(closed).collect();
    if !flags.iter().eq(draft.flags.iter().filter(|flag| closed(flag))) {
        return Some(format!("{place}: expected {:?}, got {flags:?}", draft.flags));
    }
    let body = record.body.as_ref().unwrap();
    let name = body.type_url.rsplit('/').next().unwrap_or_default();
    let body = contract::json::to_value(name, &body.value).unwrap();
    other_body(draft, &body).map(|difference| format!("{place}: {difference}"))
}
