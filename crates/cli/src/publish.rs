//! `exchange publish`: a file of records, handed in batch by batch.

use crate::{
    args::{Output, Publish},
    client::Client,
    output::{FAILED, Failure, json, usage},
    table,
};
use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};
use indicatif::ProgressBar;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::ExitCode,
};

/// Most records of a request (contract.md §3).
const RECORDS: usize = 1_000;
/// A batch is closed once it has so many bytes; a request has at most 16 MiB.
const BYTES: usize = 8 << 20;
/// A longer line is no record.
const LINE: u64 = 4 << 20;
const PREFIX: &str = "PUBLISH_RESULT_";

/// Publishes a file. What is sent twice is answered alike, so that an interrupted run can simply be repeated.
pub(crate) fn run(command: &Publish) -> Result<ExitCode> {
    let department = &command.department;
    if !domain::caller::is_id(department) {
        return Err(usage("the department is 1 to 63 of a-z, 0-9 and -"));
    }
    let mut lines = Lines { input: open(&command.file)?, number: 0 };
    let client = Client::new(&command.connection)?;
    let path = format!("/v1/departments/{department}/records");
    let progress = ProgressBar::new_spinner();
    let mut counts = BTreeMap::new();
    while let Some(batch) = lines.batch()? {
        let answers = client.publish(&path, &batch.key(department), batch.packed()?);
        let line = batch.numbers.first().copied().unwrap_or_default();
        let answers = answers.map_err(|error| interrupted(error, line, counts.is_empty()))?;
        let answers = batch.numbered(answers);
        for answer in &answers {
            *counts.entry(result(answer)).or_insert(0_u64) += 1;
        }
        progress.suspend(|| show(command.printing.output, &answers))?;
        progress.set_message(summary(&counts));
        progress.tick();
    }
    progress.finish_and_clear();
    eprintln!("{department}: {}", summary(&counts));
    Ok(ExitCode::from(if counts.contains_key("REJECTED") { FAILED } else { 0 }))
}

/// Lines that are sent together.
#[derive(Debug, Default)]
struct Batch {
    /// Their numbers in the file, from 1.
    numbers: Vec<u64>,
    text: Vec<u8>,
}

struct Lines {
    input: Box<dyn BufRead>,
    number: u64,
}

impl Lines {
    /// The next lines that are not blank; none at the end of the file.
    fn batch(&mut self) -> Result<Option<Batch>> {
        let mut batch = Batch::default();
        let mut line = Vec::new();
        while batch.numbers.len() < RECORDS && batch.text.len() < BYTES {
            line.clear();
            let read = io::Read::take(&mut self.input, LINE)
                .read_until(b'\n', &mut line)
                .context("the file cannot be read")?;
            if read == 0 {
                break;
            }
            self.number += 1;
            if !line.ends_with(b"\n") && read as u64 == LINE {
                return Err(usage(format!("line {} has more than {} MiB", self.number, LINE >> 20)));
            }
            let record = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line).trim_ascii();
            if !record.is_empty() {
                batch.numbers.push(self.number);
                batch.text.extend_from_slice(record);
                batch.text.push(b'\n');
            }
        }
        Ok(Some(batch).filter(|batch| !batch.numbers.is_empty()))
    }
}

impl Batch {
    /// The same for the same records: a repeat is recognised.
    fn key(&self, department: &str) -> String {
        let digest = security::digest::sha256(&[department.as_bytes(), b"\n", &self.text].concat());
        format!("exchange-publish-{}", security::digest::hex(&digest))
    }

    fn packed(&self) -> Result<Vec<u8>> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(&self.text)?;
        Ok(packer.finish()?)
    }

    /// The answers with the lines' numbers in the file.
    fn numbered(&self, mut answers: Vec<Value>) -> Vec<Value> {
        for answer in &mut answers {
            let line = answer["line"].as_u64().and_then(|line| usize::try_from(line.checked_sub(1)?).ok());
            if let Some(number) = line.and_then(|line| self.numbers.get(line)) {
                answer["line"] = (*number).into();
            }
        }
        answers
    }
}

fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path).map_err(|error| usage(format!("{}: {error}", path.display())))?;
    Ok(Box::new(BufReader::new(file)))
}

/// What kept a batch from being answered, and how to go on when others were.
fn interrupted(error: anyhow::Error, line: u64, is_first: bool) -> anyhow::Error {
    match error.downcast::<Failure>() {
        Ok(Failure { code, message }) if !is_first => {
            let message =
                format!("{message}\n  lines before {line} are answered; the same command again goes on there");
            Failure { code, message }.into()
        }
        Ok(failure) => failure.into(),
        Err(error) => error,
    }
}

fn show(output: Output, answers: &[Value]) -> Result<()> {
    if output == Output::Json {
        return answers.iter().try_for_each(json);
    }
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let row = |answer: &Value| {
        let position = &answer["position"];
        let place = if position.is_null() {
            String::new()
        } else {
            format!("{}:{}", position["partition"], text(&position["offset"]))
        };
        let said = ["rule", "field", "message"].map(|name| text(&answer[name]));
        [text(&answer["line"]), result(answer), place].into_iter().chain(said).collect()
    };
    table::print(
        &["LINE", "RESULT", "POSITION", "RULE", "FIELD", "WHAT TO DO"],
        &answers.iter().map(row).collect::<Vec<_>>(),
    )
}

fn result(answer: &Value) -> String {
    let word = answer["result"].as_str().unwrap_or_default();
    word.strip_prefix(PREFIX).unwrap_or(word).to_owned()
}

fn summary(counts: &BTreeMap<String, u64>) -> String {
    let lines: u64 = counts.values().sum();
    let each: Vec<_> = counts.iter().map(|(result, count)| format!("{count} {}", result.to_lowercase())).collect();
    format!("{lines} records: {}", if each.is_empty() { "none".to_owned() } else { each.join(", ") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(text: &str) -> Lines {
        Lines { input: Box::new(io::Cursor::new(text.as_bytes().to_vec())), number: 0 }
    }

    #[test]
    fn a_batch_has_at_most_a_thousand_records_and_knows_their_lines() {
        let text = "{}\r\n\n".repeat(1001);
        let mut lines = lines(&text);
        let first = lines.batch().unwrap().unwrap();
        assert_eq!((first.numbers.len(), first.numbers[999], first.text.len()), (1000, 1999, 3000));
        assert_eq!(lines.batch().unwrap().unwrap().numbers, [2001]);
        assert!(lines.batch().unwrap().is_none());
        let answers = first.numbered(vec![json!({"line": 1}), json!({"line": 1000}), json!({"line": 7000})]);
        assert_eq!(answers, [json!({"line": 1}), json!({"line": 1999}), json!({"line": 7000})]);
    }

    #[test]
    fn the_same_records_have_the_same_key_for_the_same_department() {
        let batch = |text: &str| lines(text).batch().unwrap().unwrap();
        assert_eq!(batch("{}\n[]").key("health"), batch("\u{FEFF}{}\r\n\n[]\n").key("health"));
        assert_ne!(batch("{}").key("health"), batch("{} {}").key("health"));
        assert_ne!(batch("{}").key("health"), batch("{}").key("taxation"));
        assert!(batch("{}").key("health").len() < 256);
    }

    #[test]
    fn a_summary_says_what_became_of_all() {
        let counts = BTreeMap::from([("ACCEPTED".to_owned(), 2), ("REJECTED".to_owned(), 1)]);
        assert_eq!(summary(&counts), "3 records: 2 accepted, 1 rejected");
        assert_eq!(summary(&BTreeMap::new()), "0 records: none");
    }
}
