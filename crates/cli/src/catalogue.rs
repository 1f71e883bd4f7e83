//! The catalogue kept as files: validate, plan, apply, export, explain.

use crate::{
    args::{Catalogue as Command, Files, Output, Printing},
    client::Client,
    output::{FAILED, REFUSED, json, line, usage},
    table,
};
use anyhow::{Context, Result};
use domain::{
    Caller, CallerKind, Clock, Identifier, IdentifierKind,
    catalogue::{Catalogue, Problem, Resource},
};
use http::Method;
use runtime::SystemClock;
use serde_json::{Value, json};
use std::{fs, path::Path, process::ExitCode, sync::Arc};

/// `exchange catalogue …`.
pub(crate) fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Validate { dir, printing } => validate(&dir, printing),
        Command::Plan(files) => send(&files, "/v1/catalogue:plan"),
        Command::Apply(files) => send(&files, "/v1/catalogue:apply"),
        Command::Export { dir, connection } => export(&dir, &Client::new(&connection)?),
        Command::Explain { consumer, resource, dir, by, matter, items, printing } => {
            let catalogue = read(&dir)?;
            let question = Question { consumer, resource, by, matter, items };
            question.explain(&catalogue, printing)
        }
    }
}

/// One line for each problem; for programs, one that says that there is none too.
fn validate(dir: &Path, printing: Printing) -> Result<ExitCode> {
    match check(dir)? {
        Ok(catalogue) => {
            let (resources, grants) = (catalogue.resources.len(), catalogue.grants.len());
            match printing.output {
                Output::Json => json(&json!({ "valid": true, "resources": resources, "grants": grants }))?,
                Output::Table => {
                    line(&format!("{}: {resources} resources, {grants} grants, nothing wrong", dir.display()))?;
                }
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            for problem in &problems {
                match printing.output {
                    Output::Json => json(&problem_line(problem))?,
                    Output::Table => line(&problem.to_string())?,
                }
            }
            Ok(ExitCode::from(FAILED))
        }
    }
}

fn problem_line(problem: &Problem) -> Value {
    json!({ "valid": false, "file": problem.file, "key": problem.key, "message": problem.message })
}

fn check(dir: &Path) -> Result<Result<Catalogue, Vec<Problem>>> {
    let files = files(dir)?;
    let read = Catalogue::from_files(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    Ok(read.and_then(|catalogue| match gateway::check_catalogue(&catalogue) {
        problems if problems.is_empty() => Ok(catalogue),
        problems => Err(problems),
    }))
}

fn read(dir: &Path) -> Result<Catalogue> {
    check(dir)?.map_err(|problems| {
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        usage(format!("the catalogue in {} is not consistent:\n  {}", dir.display(), problems.join("\n  ")))
    })
}

fn files(dir: &Path) -> Result<Vec<(String, String)>> {
    gateway::catalogue_files(dir).map_err(|error| usage(format!("the catalogue in {}: {error}", dir.display())))
}

/// Plans or applies: both send all files, and apply is bound to the revision that its plan was made from.
fn send(command: &Files, path: &str) -> Result<ExitCode> {
    let client = Client::new(&command.connection)?;
    let files: Vec<_> =
        files(&command.dir)?.into_iter().map(|(path, content)| json!({ "path": path, "content": content })).collect();
    let mut body = json!({ "files": files, "allow_remove": command.allow_remove });
    let plan = client.call(Method::POST, "/v1/catalogue:plan", Some(&body))?;
    let applies = path.ends_with(":apply");
    let answer = if applies {
        body["base_revision"] = plan.value["revision"].clone();
        client.call(Method::POST, path, Some(&body))?
    } else {
        plan
    };
    match command.printing.output {
        Output::Json => line(answer.text.trim_end())?,
        Output::Table => differences(&answer.value, applies)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn differences(answer: &Value, applied: bool) -> Result<()> {
    let list = answer["differences"].as_array().map(Vec::as_slice).unwrap_or_default();
    for difference in list {
        let sign = match difference["change"].as_str() {
            Some("CHANGE_CREATE") => '+',
            Some("CHANGE_REMOVE") => '-',
            _ => '~',
        };
        let name = |key: &str| difference[key].as_str().unwrap_or_default().to_owned();
        line(&format!("{sign} {} {}", name("kind"), name("id")))?;
        for detail in difference["detail"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            line(&format!("    {detail}"))?;
        }
    }
    let verb = if applied { "applied" } else { "to apply (entries that the folder lacks stay, unless --allow-remove)" };
    line(&format!("{} {verb}; revision {}", list.len(), answer["revision"].as_str().unwrap_or_default()))
}

fn export(dir: &Path, client: &Client) -> Result<ExitCode> {
    let answer = client.call(Method::GET, "/v1/catalogue:export", None)?;
    let files = answer.value["files"].as_array().cloned().unwrap_or_default();
    for file in &files {
        let path = file["path"].as_str().unwrap_or_default();
        // The server names files; only names of catalogue entries are followed.
        domain::catalogue::EntryKind::of_path(path)
            .with_context(|| format!("the exchange sent a file named `{path}`"))?;
        let target = dir.join(path);
        fs::create_dir_all(target.parent().unwrap_or(dir))?;
        fs::write(&target, file["content"].as_str().unwrap_or_default())
            .with_context(|| format!("cannot write {}", target.display()))?;
    }
    let revision = answer.value["revision"].as_str().unwrap_or_default();
    line(&format!("{}: {} entries of revision {revision}", dir.display(), files.len()))?;
    Ok(ExitCode::SUCCESS)
}

struct Question {
    consumer: String,
    resource: String,
    by: Option<String>,
    matter: Option<String>,
    items: Vec<String>,
}

impl Question {
    fn explain(&self, catalogue: &Catalogue, printing: Printing) -> Result<ExitCode> {
        let resource = catalogue.resources.get(&self.resource);
        let resource = resource.ok_or_else(|| usage(format!("no resource `{}` in the catalogue", self.resource)))?;
        let mut rows = Vec::new();
        for kind in self.kinds(resource)? {
            for finding in self.findings(catalogue, resource, kind)? {
                let verdict = finding.reason.map_or("allowed", domain::Reason::as_str);
                rows.push((kind, finding.grant, verdict));
            }
        }
        let allowed = rows.iter().any(|(_, _, verdict)| *verdict == "allowed");
        match printing.output {
            Output::Json => {
                for (kind, grant, verdict) in &rows {
                    json(&json!({ "by": kind.as_str(), "grant": grant, "verdict": verdict }))?;
                }
            }
            Output::Table if rows.is_empty() => line("NO_GRANT: no grant of this consumer names the resource")?,
            Output::Table => {
                let rows: Vec<_> = rows
                    .into_iter()
                    .map(|(kind, grant, verdict)| vec![kind.to_string(), grant, verdict.to_owned()])
                    .collect();
                table::print(&["BY", "GRANT", "VERDICT"], &rows)?;
            }
        }
        Ok(ExitCode::from(if allowed { 0 } else { REFUSED }))
    }

    fn kinds(&self, resource: &Resource) -> Result<Vec<IdentifierKind>> {
        match &self.by {
            Some(by) => Ok(vec![by.parse().map_err(|_| usage(format!("`{by}` is not a kind of identifier")))?]),
            None => Ok(resource.lookups.iter().map(|lookup| lookup.kind).collect()),
        }
    }

    /// The judgement now, by the rules that the gateway itself uses. Where no matter is given, each grant is
    /// judged with one of its own, so that what else is wrong comes to light.
    fn findings(
        &self,
        catalogue: &Catalogue,
        resource: &Arc<Resource>,
        kind: IdentifierKind,
    ) -> Result<Vec<policy::Finding>> {
        let caller = Caller::new(CallerKind::Consumer, &self.consumer)
            .filter(|caller| catalogue.consumers.contains_key(caller.id()))
            .ok_or_else(|| usage(format!("no consumer `{}` in the catalogue", self.consumer)))?;
        let by = Identifier::from_trusted(kind, "");
        let mut findings = Vec::new();
        for grant in catalogue.grants.values().filter(|grant| grant.consumer == self.consumer) {
            let own = grant.matters.first().map(String::as_str).unwrap_or_default();
            let ask = policy::Ask {
                caller: &caller,
                r#use: policy::Use::Read,
                resource,
                by: &by,
                items: &self.items,
                matter: self.matter.as_deref().unwrap_or(own),
                confirmed: true,
                mark: 0,
            };
            let all = policy::explain(catalogue, &ask, SystemClock.now(), domain::date::local_offset());
            findings.extend(all.into_iter().filter(|finding| finding.grant == grant.id));
        }
        Ok(findings)
    }
}
