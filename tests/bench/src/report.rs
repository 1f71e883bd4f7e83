//! A page with all lines of a run, and a bar for ours and the limit of each.

use crate::line::Line;
use anyhow::{Context as _, Result};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// Width of the longer bar, in pixels.
const WIDTH: f64 = 260.0;

const HEAD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Benchmarks of the exchange</title><style>\
body{font:14px/1.5 system-ui,sans-serif;margin:2em;max-width:90em;color:#222}\
table{border-collapse:collapse}th,td{padding:.35em .8em;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}\
td.n{text-align:right;font-variant-numeric:tabular-nums}text{font:11px system-ui,sans-serif}small{color:#666}\
.ours{fill:#2a6f97}.limit{fill:#b8b8b8}</style><h1>Benchmarks of the exchange</h1>\
<p>Medians over the rounds of one run; ours (blue) and the limit (grey) took turns on the same bytes on the same machine.</p>\
<table><tr><th>work<th>a second<th>ratio<th>p50 ms<th>p99 ms<th>peak memory<th>CPU µs a unit<th>goal</tr>\n";

/// Writes the page into `target/bench-report`, and says where it is.
pub(crate) fn write(lines: &[Line]) -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench-report");
    fs::create_dir_all(&folder)?;
    let page = fs::canonicalize(&folder)?.join("index.html");
    fs::write(&page, html(lines)?).context("the report cannot be written")?;
    Ok(page)
}

fn html(lines: &[Line]) -> Result<String> {
    let mut page = HEAD.to_owned();
    for line in lines {
        let cell =
            |value: Option<f64>, digits: usize| value.map_or_else(String::new, |value| format!("{value:.digits$}"));
        let memory = line.peak_rss_bytes.map_or_else(String::new, |bytes| format!("{} MB", bytes / 1_000_000));
        let cpu = [line.cpu_us_per_unit, line.limit_cpu_us_per_unit].map(|value| cell(value, 1));
        writeln!(
            page,
            "<tr><td>{}<td>{}<td class=n>{}<td class=n>{}<td class=n>{}<td class=n>{memory}<td class=n>{} <small>{}</small><td>{}<br><small>{}</small></tr>",
            escaped(&line.work),
            bars(line)?,
            cell(line.ratio(), 2),
            cell(line.p50_ms, 3),
            cell(line.p99_ms, 3),
            cpu[0],
            cpu[1],
            escaped(line.goal.unwrap_or_default()),
            escaped(&others(line)),
        )?;
    }
    page.push_str("</table></html>\n");
    Ok(page)
}

/// Ours above the limit, to one scale.
fn bars(line: &Line) -> Result<String> {
    let values = [("ours", line.ours_per_s), ("limit", line.limit_per_s)];
    let longest = values.iter().filter_map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max);
    let mut svg = format!("<svg width=\"{}\" height=\"36\" role=\"img\">", WIDTH + 90.0);
    for (row, (class, value)) in values.iter().enumerate() {
        let Some(value) = value else { continue };
        let (top, width) = (row * 18, value / longest * WIDTH);
        write!(
            svg,
            "<rect class=\"{class}\" y=\"{top}\" width=\"{width:.0}\" height=\"14\"/><text x=\"{:.0}\" y=\"{}\">{value:.0}</text>",
            width + 6.0,
            top + 11
        )?;
    }
    let limit = line.limit.as_deref().map_or_else(String::new, |name| format!("<br><small>{}</small>", escaped(name)));
    Ok(format!("{svg}</svg>{limit}"))
}

/// The fields that this bench alone has.
fn others(line: &Line) -> String {
    line.more.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_on_the_page_and_nothing_of_it_is_markup() {
        let mut line = Line::new("ingest/<a>").with("rows", 3);
        (line.ours_per_s, line.limit_per_s) = (Some(50.0), Some(100.0));
        let page = html(&[line]).unwrap();
        assert!(page.contains("ingest/&lt;a&gt;") && page.contains("rows 3"), "{page}");
        assert!(page.contains("width=\"130\"") && page.contains("width=\"260\""), "{page}");
    }
}
