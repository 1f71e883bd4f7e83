//! The story, step by step, with the figures as they come.

use super::{
    drop_off::Delivery,
    enterprises::{self, Enterprise},
    residents::{self, Resident},
};
use crate::{args::Demo, client::Client, node, output::line};
use adapter_sdk::transport::SourceSettings;
use anyhow::{Context, Result, bail, ensure};
use contract::v1::{DepartmentIntake, IntakeRows};
use gateway::{Running, config::Config};
use http::Method;
use runtime::{Process, SystemClock, config::HumanDuration};
use security::ClientTls;
use serde_json::{Value, json};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

/// The matter that the sample grant is for.
const MATTER: &str = "000172149001";
/// Longest time that a file may take until it is answerable.
const PATIENCE: Duration = Duration::from_mins(5);

/// Tells the story on a node in `folder`.
pub(super) async fn tell(process: &Process, folder: &Path, demo: &Demo) -> Result<()> {
    let mut config = node::read(&folder.join("exchange.toml"))?;
    for section in &mut config.adapter {
        section.poll = HumanDuration::from_millis(100);
    }
    let bus = gateway::open_bus(&config, process.clock())?;
    let running = node::start_all(process, &config, &bus).await.map_err(|failure| anyhow::anyhow!("{failure}"))?;
    catalogue_in_force(process).await?;
    let stage = Stage { client: client(folder, &running, "consumer-one-window")?, running, config, rows: demo.rows };
    stage.first_files().await?;
    stage.questions().await?;
    stage.refusals().await?;
    stage.revocation().await?;
    stage.close(folder).await?;
    if demo.serve {
        paste(folder, &stage.running)?;
    }
    Ok(())
}

/// Waits until the node has applied its catalogue's folder, which it does once it answers.
async fn catalogue_in_force(process: &Process) -> Result<()> {
    let begun = Instant::now();
    let is_applied = || process.health().report().iter().any(|(part, state)| part == "catalogue" && state.is_ok());
    while !is_applied() {
        ensure!(begun.elapsed() < PATIENCE, "the catalogue is not in force after {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

struct Stage {
    client: Client,
    running: Running,
    config: Config,
    rows: u64,
}

impl Stage {
    fn enterprises(&self) -> u64 {
        (self.rows / 10).max(3)
    }

    async fn first_files(&self) -> Result<()> {
        line("1. Two departments drop their legacy files (GB18030, fixed width and XML), flag files last")?;
        let resident = Resident::at(1);
        let before = self.resolve("natural-person", "citizen-number", &resident.number, &[]).await?;
        line(&format!("   before the first file the answer is {}", outcome(&before)))?;
        self.take_in("public-security", &residents::export(self.rows), 1).await?;
        self.take_in("market-supervision", &enterprises::export(self.enterprises()), 1).await
    }

    async fn take_in(&self, department: &str, delivery: &Delivery, units: u64) -> Result<()> {
        let inbox = self.inbox(department)?;
        let begun = Instant::now();
        delivery.drop_into(&inbox)?;
        let rows = self.finished(department, units).await?;
        let seconds = begun.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let (mib, speed) = (delivery.bytes.len() as f64 / f64::from(1 << 20), delivery.rows as f64 / seconds);
        line(&format!(
            "   {department}: {} rows, {mib:.1} MiB, answerable after {seconds:.2} s ({speed:.0} rows/s)\n      \
             so far: published {} · unchanged {} · superseded {} · rejected {} = {} rows",
            delivery.rows, rows.published, rows.unchanged, rows.superseded, rows.rejected, rows.read
        ))
    }

    fn inbox(&self, department: &str) -> Result<std::path::PathBuf> {
        let section = self.config.adapter.iter().find(|section| section.department == department);
        let source = &section.context("no such department")?.source;
        let SourceSettings::Files { folder } = source else { bail!("the demo drops files") };
        Ok(folder.clone())
    }

    /// Waits until the view holds everything of the department's first `units` files.
    async fn finished(&self, department: &str, units: u64) -> Result<IntakeRows> {
        let begun = Instant::now();
        loop {
            let snapshot = self.running.directory.now();
            let intake: Option<&DepartmentIntake> = snapshot.intakes.get(department);
            if let Some(intake) = intake.filter(|intake| intake.finished_units >= units) {
                return Ok(intake.rows.unwrap_or_default());
            }
            ensure!(begun.elapsed() < PATIENCE, "{department}: the file was not taken in within {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn questions(&self) -> Result<()> {
        let (resident, enterprise) = (Resident::at(1), Enterprise::at(7));
        line("\n2. A service window asks, over mutual TLS, for a matter and a case it names")?;
        let begun = Instant::now();
        let person = self.resolve("natural-person", "citizen-number", &resident.number, &[]).await?;
        let body = &person["records"][0]["body"];
        line(&format!(
            "   natural-person: {} in {:.1} ms · {} · {}\n      not granted, so not shown: {}",
            outcome(&person),
            begun.elapsed().as_secs_f64() * 1000.0,
            text(&body["name"]),
            text(&body["address"]),
            names(&person["records"][0]["withheld_items"]),
        ))?;
        let household = self.resolve("household", "citizen-number", &resident.number, &[]).await?;
        let household = &household["records"][0]["body"];
        let members = household["members"].as_array().map_or(0, Vec::len);
        line(&format!("   household: head {}, {members} members", text(&household["head"]["name"])))?;
        self.equity(&enterprise).await?;
        self.figures(&resident).await?;
        line("\n3. It compares without being shown")?;
        let claims = json!([
            { "item": "name", "value": resident.name },
            { "item": "birth_date", "value": "1999-01-01" },
        ]);
        let verified = self
            .ask("/v1/verify", "natural-person", ("citizen-number", &resident.number), &json!({ "claims": claims }))
            .await?;
        let results = verified["results"].as_array().into_iter().flatten();
        let results: Vec<_> = results
            .map(|each| format!("{} {}", text(&each["item"]), text(&each["result"]).replace("CLAIM_RESULT_", "")))
            .collect();
        line(&format!("   verify: {}", results.join(" · ")))
    }

    async fn equity(&self, enterprise: &Enterprise) -> Result<()> {
        let mut body = question("uscc", &enterprise.uscc);
        body["direction"] = "DIRECTION_UP".into();
        body["depth"] = 3.into();
        let answer = self.client.ask(Method::POST, "/v1/equity", Some(&body)).await?.value;
        let count = |key: &str| answer[key].as_array().map_or(0, Vec::len);
        line(&format!(
            "   equity above {}: {} holders and enterprises, {} shares",
            enterprise.name,
            count("nodes"),
            count("edges")
        ))?;
        let body = question("uscc", &enterprise.uscc);
        let answer = self.client.ask(Method::POST, "/v1/certificates:list", Some(&body)).await?.value;
        let certificate = &answer["records"][0]["body"];
        let status = text(&certificate["status"]).replace("CERTIFICATE_STATUS_", "");
        line(&format!(
            "   certificates: {} {} is {status}",
            text(&certificate["certificate_type"]),
            text(&certificate["number"])
        ))
    }

    /// How long an answer takes, new connection and handshake included.
    async fn figures(&self, resident: &Resident) -> Result<()> {
        let mut times = Vec::new();
        for _ in 0..50 {
            let begun = Instant::now();
            self.resolve("natural-person", "citizen-number", &resident.number, &[]).await?;
            times.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        line(&format!(
            "   50 answers, each on a new connection: median {:.1} ms, slowest {:.1} ms",
            times[25], times[49]
        ))
    }

    async fn refusals(&self) -> Result<()> {
        line("\n4. What no grant allows is refused before anything is read")?;
        let resident = Resident::at(1);
        let item = self.resolve("natural-person", "citizen-number", &resident.number, &["ethnicity"]).await;
        line(&format!("   item `ethnicity`: {}", refusal(item)))?;
        let mut body = question("citizen-number", &resident.number);
        body["resource"] = "natural-person".into();
        body["purpose"]["matter"] = "000000000000".into();
        let matter = self.client.ask(Method::POST, "/v1/resolve", Some(&body)).await.map(|answer| answer.value);
        line(&format!("   another matter: {}", refusal(matter)))?;
        let nobody = self.resolve("natural-person", "citizen-number", "110101190001010014", &[]).await?;
        line(&format!("   somebody unknown, asked properly: {}", outcome(&nobody)))
    }

    async fn revocation(&self) -> Result<()> {
        line("\n5. The department takes a licence away")?;
        let enterprise = Enterprise::at(7);
        let before = self.licence(&enterprise).await?;
        self.take_in("market-supervision", &enterprises::revocation(7), 2).await?;
        let after = self.licence(&enterprise).await?;
        line(&format!("   business-licence of {}: {before} → {after}", enterprise.name))?;
        ensure!(before != after, "the revocation did not change the answer");
        Ok(())
    }

    async fn licence(&self, enterprise: &Enterprise) -> Result<String> {
        let answer = self.resolve("business-licence", "uscc", &enterprise.uscc, &["status", "status_text"]).await?;
        let body = &answer["records"][0]["body"];
        Ok(format!("{} ({})", text(&body["status"]).replace("CERTIFICATE_STATUS_", ""), text(&body["status_text"])))
    }

    async fn close(&self, folder: &Path) -> Result<()> {
        line("\n6. Ops see it all in one place")?;
        let operator = client(folder, &self.running, "operator-ops")?;
        let status = operator.ask(Method::GET, "/v1/operations/status", None).await?.value;
        let departments = status["departments"].as_array().into_iter().flatten();
        for department in departments.filter(|department| department["rows"]["read"].as_u64() > Some(0)) {
            line(&format!(
                "   {}: as of {}, {} rows read, {} rejects open",
                text(&department["department"]),
                text(&department["as_of"]),
                department["rows"]["read"],
                department["rejects_open"],
            ))?;
        }
        let rejects = operator.ask(Method::GET, "/v1/operations/rejects?page_size=1", None).await?.value;
        let Some(reject) = rejects["rejects"].get(0) else {
            return line("   no row was refused");
        };
        let place = format!("{} row {}", text(&reject["source"]["file"]), text(&reject["source"]["row"]));
        line(&format!("   newest reject: {} at {place}: {}", text(&reject["rule"]), text(&reject["message"])))
    }

    async fn resolve(&self, resource: &str, kind: &str, value: &str, items: &[&str]) -> Result<Value> {
        self.ask("/v1/resolve", resource, (kind, value), &json!({ "items": items })).await
    }

    async fn ask(&self, path: &str, resource: &str, by: (&str, &str), more: &Value) -> Result<Value> {
        let mut body = question(by.0, by.1);
        body["resource"] = resource.into();
        for (key, value) in more.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        Ok(self.client.ask(Method::POST, path, Some(&body)).await?.value)
    }
}

fn question(kind: &str, value: &str) -> Value {
    json!({ "by": { "kind": kind, "value": value }, "purpose": { "matter": MATTER, "case_number": "DEMO-0001" } })
}

fn client(folder: &Path, running: &Running, name: &str) -> Result<Client> {
    let pki = folder.join("pki");
    let file = |ending: &str| pki.join(format!("{name}.{ending}"));
    let tls = ClientTls::load(&pki.join("ca.pem"), &file("pem"), &file("key"), Arc::new(SystemClock))?;
    Ok(Client::with(running.service.to_string(), tls))
}

fn paste(folder: &Path, running: &Running) -> Result<()> {
    let (pki, service) = (folder.join("pki").display().to_string(), running.service);
    let (resident, enterprise) = (Resident::at(1), Enterprise::at(7));
    let who = format!("--ca {pki}/ca.pem --cert {pki}/consumer-one-window.pem --key {pki}/consumer-one-window.key");
    let curl =
        format!("--cacert {pki}/ca.pem --cert {pki}/consumer-one-window.pem --key {pki}/consumer-one-window.key");
    let grpcurl =
        format!("-cacert {pki}/ca.pem -cert {pki}/consumer-one-window.pem -key {pki}/consumer-one-window.key");
    let question = json!({
        "resource": "natural-person",
        "by": { "kind": "citizen-number", "value": resident.number },
        "purpose": { "matter": MATTER, "case_number": "DEMO-0001" },
    });
    line(&format!(
        "\nThe node stays up (Ctrl-C ends it). Ready to paste:\n
exchange resolve natural-person citizen-number={number} --matter {MATTER} --case DEMO-0001 --server {service} {who}
exchange equity uscc={uscc} --up --matter {MATTER} --case DEMO-0001 --server {service} {who}
exchange status --server {service} --ca {pki}/ca.pem --cert {pki}/operator-ops.pem --key {pki}/operator-ops.key
curl {curl} https://{service}/v1/resolve -H 'Content-Type: application/json' -d '{question}'
curl {curl} https://{service}/v1/openapi.json
grpcurl {grpcurl} -d '{question}' {service} exchange.v1.ExchangeService/Resolve
curl http://{ops}/readyz http://{ops}/metrics",
        number = resident.number,
        uscc = enterprise.uscc,
        ops = running.ops,
    ))
}

fn outcome(answer: &Value) -> String {
    text(&answer["outcome"]).replace("OUTCOME_", "")
}

fn refusal(answer: Result<Value>) -> String {
    match answer {
        Ok(answer) => format!("answered {}, which it must not be", outcome(&answer)),
        Err(refused) => refused.to_string(),
    }
}

fn names(list: &Value) -> String {
    let names: Vec<_> = list.as_array().into_iter().flatten().map(text).collect();
    names.join(", ")
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
