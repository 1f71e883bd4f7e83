//! Tables for people: columns as wide as their widest cell, Chinese characters counted as two.

use anyhow::Result;
use std::fmt::Write;

/// Prints rows under their headings.
pub(crate) fn print(headings: &[&str], rows: &[Vec<String>]) -> Result<()> {
    let width_of = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell));
        cells.chain([width(headings[column])]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headings.len()).map(width_of).collect();
    let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
    for row in std::iter::once(&headings).chain(rows) {
        crate::output::line(set(row, &widths).trim_end())?;
    }
    Ok(())
}

fn set(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, wanted) in row.iter().zip(widths) {
        let fill = wanted.saturating_sub(width(cell)) + 2;
        // Writing to a string does not fail.
        let _ = write!(line, "{cell}{:fill$}", "");
    }
    line
}

/// Columns that a text takes on a terminal.
fn width(text: &str) -> usize {
    text.chars().map(|character| if ('\u{1100}'..='\u{ffdc}').contains(&character) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_with_chinese_text() {
        let widths = [6, 2];
        assert_eq!(set(&["姓名".to_owned(), "x".to_owned()], &widths), "姓名    x   ");
        assert_eq!(set(&["name".to_owned(), "x".to_owned()], &widths), "name    x   ");
    }
}
