//! `OpenMetrics` text as the older text format of Prometheus, which some tools alone read.

/// The same page in the text format of Prometheus (version 0.0.4).
pub(super) fn prometheus(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    let mut help = None;
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            // The name on the page follows from the type, which comes next.
            help = rest.split_once(' ');
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            let (name, kind) = named(name, kind);
            let meaning = help.take().map_or("", |(_, meaning)| meaning);
            text.extend(["# HELP ", &name, " ", meaning, "\n# TYPE ", &name, " ", kind, "\n"]);
        } else if !line.starts_with('#') {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

fn named<'a>(name: &str, kind: &'a str) -> (String, &'a str) {
    match kind {
        "counter" => (format!("{name}_total"), kind),
        "info" => (format!("{name}_info"), "gauge"),
        "unknown" => (name.to_owned(), "untyped"),
        _ => (name.to_owned(), kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_and_infos_get_the_names_of_their_samples() {
        let page = "# HELP exchange_requests Answers.\n# TYPE exchange_requests counter\n\
                    exchange_requests_total{a=\"b\"} 1\n# HELP exchange_build What.\n# TYPE exchange_build info\n\
                    exchange_build_info{version=\"1\"} 1\n# HELP lag Lag.\n# TYPE lag gauge\n# UNIT lag records\nlag 3\n# EOF\n";
        let expected = "# HELP exchange_requests_total Answers.\n# TYPE exchange_requests_total counter\n\
                        exchange_requests_total{a=\"b\"} 1\n# HELP exchange_build_info What.\n\
                        # TYPE exchange_build_info gauge\nexchange_build_info{version=\"1\"} 1\n\
                        # HELP lag Lag.\n# TYPE lag gauge\nlag 3\n";
        assert_eq!(prometheus(page), expected);
    }
}
