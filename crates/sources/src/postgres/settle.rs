//! What became of rows, written into their status.

use super::link::Link;
use adapter_sdk::source::{RowFate, Settled, SourceError};
use tokio_postgres::types::ToSql;

/// Rows told with one statement.
const CHUNK: usize = 5000;

/// Tells the tables of rows that are done. Rows that are not new any more are left alone, so telling twice changes nothing.
pub(super) fn write_back(link: &mut Link, settled: &[Settled]) -> Result<(), SourceError> {
    for (place, table) in link.tables().iter().enumerate() {
        let serial_of = |settled: &Settled| {
            let serial = settled.id.strip_prefix(table.table)?.strip_prefix('/')?;
            serial.parse::<i64>().ok()
        };
        let (mut accepted, mut refused) = (Vec::new(), (Vec::new(), Vec::new()));
        for settled in settled {
            match (serial_of(settled), &settled.fate) {
                (None, _) => {}
                (Some(serial), RowFate::Rejected { rule, field, message }) => {
                    refused.0.push(serial);
                    refused.1.push(sentence(rule, field, message, table.longest));
                }
                (Some(serial), _) => accepted.push(serial),
            }
        }
        for serials in accepted.chunks(CHUNK) {
            let parameters: [&(dyn ToSql + Sync); 1] = [&serials];
            link.set(place, |statements| &statements.accept, &parameters)?;
        }
        for (serials, reasons) in refused.0.chunks(CHUNK).zip(refused.1.chunks(CHUNK)) {
            let parameters: [&(dyn ToSql + Sync); 2] = [&serials, &reasons];
            link.set(place, |statements| &statements.refuse, &parameters)?;
        }
    }
    Ok(())
}

/// `citizen-id.checksum zjhm: 公民身份号码校验码不符…`
fn sentence(rule: &str, field: &str, message: &str, longest: usize) -> String {
    let what = if field.is_empty() { rule.to_owned() } else { format!("{rule} {field}") };
    format!("{what}: {message}").chars().take(longest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_begins_with_the_rule_and_fits_the_column() {
        assert_eq!(sentence("uscc.checksum", "zjhm", "校验码不符", 500), "uscc.checksum zjhm: 校验码不符");
        assert_eq!(sentence("message.json", "", "不是对象", 16), "message.json: 不是");
        assert_eq!(sentence("a.b", "c", &"字".repeat(600), 500).chars().count(), 500);
    }
}
