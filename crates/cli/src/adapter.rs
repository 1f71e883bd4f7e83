//! Department adapters from the command line: list, check, try, new.

mod new;

use crate::{
    args::{Adapter as Command, Output, Printing},
    node,
    output::{FAILED, json, line, usage},
    shipped, table,
};
use adapter_sdk::{Adapter, TryConfig, check, check_state, try_files};
use anyhow::Result;
use domain::{Language, Severity};
use runtime::SystemClock;
use serde_json::json;
use std::{
    io::{BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

/// `exchange adapter …`, except `run`.
pub(crate) fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::List(printing) => list(printing),
        Command::Check { name, config, printing } => check_source(&name, &config, printing),
        Command::Try { name, files, language } => try_out(&name, &files, &language),
        Command::New { name, source, dir } => new::run(&name, source, dir),
        Command::Run { names, run } => Ok(node::adapters(&names, &run)),
    }
}

/// The adapter of a department, or what there is instead.
pub(crate) fn named(department: &str) -> Result<Adapter> {
    shipped::adapter(department).ok_or_else(|| {
        let known: Vec<_> = shipped::adapters().iter().map(Adapter::id).collect();
        usage(format!("no adapter for `{department}` in this build; there are {}", known.join(", ")))
    })
}

fn list(printing: Printing) -> Result<ExitCode> {
    let mut rows = Vec::new();
    for adapter in shipped::adapters() {
        let department = adapter.mapping.department();
        let resources: Vec<_> = department.resources.iter().map(|resource| resource.id).collect();
        let rejects = department.rules.iter().filter(|rule| rule.severity == Severity::Reject).count();
        if printing.output == Output::Json {
            json(&json!({
                "department": department.id, "system": department.system, "sources": adapter.ways.iter().map(|way| way.transport.kind()).collect::<Vec<_>>(),
                "files": adapter.ways.iter().map(|way| way.files.pattern).collect::<Vec<_>>(),
                "resources": resources, "mapping_version": department.mapping_version,
                "rules": department.rules.iter().map(|rule| rule.id).collect::<Vec<_>>(),
            }))?;
        }
        let kinds: Vec<_> = adapter.ways.iter().map(|way| way.transport.kind()).collect();
        rows.push(vec![department.id.to_owned(), kinds.join(", "), resources.join(", "), rejects.to_string()]);
    }
    if printing.output == Output::Table {
        table::print(&["DEPARTMENT", "SOURCES", "RESOURCES", "REJECT RULES"], &rows)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn check_source(name: &str, config: &std::path::Path, printing: Printing) -> Result<ExitCode> {
    let adapter = named(name)?;
    let config = node::read(config)?;
    let runner = node::runner_config(&config, name)?;
    let source = node::source(&config, name, &adapter, Arc::new(SystemClock))?;
    let findings = match source {
        Some(mut source) => [source.check(), check_state(&runner)].concat(),
        // Nothing is reached out for: the gateway is called.
        None if node::is_pushing(&config, name)? => check_state(&runner),
        None => check(&runner),
    };
    let wrong = findings.iter().filter(|finding| finding.fix.is_some()).count();
    for finding in &findings {
        let place = finding.place.display();
        match printing.output {
            Output::Json => json(&json!({
                "what": finding.what, "place": place.to_string(), "ok": finding.fix.is_none(), "fix": finding.fix,
            }))?,
            Output::Table => {
                let verdict = finding.fix.as_ref().map_or_else(|| "ok".to_owned(), |fix| format!("WRONG: {fix}"));
                line(&format!("{:<18} {place}  {verdict}", finding.what))?;
            }
        }
    }
    Ok(ExitCode::from(if wrong == 0 { 0 } else { FAILED }))
}

/// Lines for the result go to stdout, notes to stderr; the last line is the summary.
fn try_out(name: &str, files: &[PathBuf], language: &str) -> Result<ExitCode> {
    let adapter = named(name)?;
    let language = Language::from_tag(language).ok_or_else(|| usage("--language is zh-CN or en"))?;
    if let Some(missing) = files.iter().find(|file| !file.is_file()) {
        return Err(usage(format!("{} is not a file", missing.display())));
    }
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let summary = try_files(&adapter, files, TryConfig { language, changed: None }, &mut |outcome| {
        if outcome.outcome == "note" {
            eprintln!(
                "{}: {}",
                outcome.source.file.as_deref().unwrap_or_default(),
                outcome.message.as_deref().unwrap_or_default()
            );
            return Ok(());
        }
        serde_json::to_writer(&mut out, outcome)?;
        out.write_all(b"\n")
    })?;
    serde_json::to_writer(&mut out, &summary)?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
