//! The page as steps: what stands in fences is run, or goes to the path in the line before it.

/// What the page's reader does.
pub(crate) enum Step {
    /// Runs commands (`sh`, or `sh fails`).
    Run { script: String, fails: bool },
    /// Writes a file.
    File { path: String, text: String },
    /// Puts items of Rust in place of those of the same names; new ones go to the end.
    Items { path: String, text: String },
    /// Puts `key = …` lines in place of those of the same keys, in the head of a TOML file.
    Lines { path: String, text: String },
    /// Adds to a file.
    Append { path: String, text: String },
    /// Finds that each line of a file says what the line of the fence says, and more.
    Says { path: String, text: String },
}

/// The steps in order. A fence that is neither run nor has a path is for reading.
pub(crate) fn steps(page: &str) -> Vec<Step> {
    let mut lines = page.lines();
    let mut before = "";
    let mut steps = Vec::new();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            steps.extend(step(language, before, inside.join("\n") + "\n"));
        }
        before = line;
    }
    steps
}

fn step(language: &str, before: &str, text: String) -> Option<Step> {
    if matches!(language, "sh" | "sh fails") {
        return Some(Step::Run { script: text, fails: language != "sh" });
    }
    let (path, what) = before.strip_prefix("**`")?.split_once("`**")?;
    let path = path.to_owned();
    Some(match what {
        ":" => Step::File { path, text },
        ", in place of the items of the same names:" => Step::Items { path, text },
        ", in place of the lines of the same keys:" => Step::Lines { path, text },
        ", added at the end:" => Step::Append { path, text },
        ", says among others:" => Step::Says { path, text },
        _ => panic!("the page says of {path}{what}"),
    })
}

/// The file with the items of `text` in it.
pub(crate) fn with_items(file: &str, text: &str) -> String {
    let mut items: Vec<String> = items(file);
    for new in self::items(text) {
        match items.iter_mut().find(|item| name(item).is_some() && name(item) == name(&new)) {
            Some(item) => *item = new,
            None => items.push(new),
        }
    }
    items.join("\n\n") + "\n"
}

/// Pieces of Rust: an item begins with a line at the left margin behind a blank line, or behind the end of a one-line item.
fn items(text: &str) -> Vec<String> {
    let mut items: Vec<Vec<&str>> = vec![Vec::new()];
    let mut behind_end = false;
    for line in text.lines() {
        let begins = !line.is_empty() && !line.starts_with([' ', '}', ')', ']']);
        let last = items.last().and_then(|item| item.last()).copied().unwrap_or_default();
        if begins && (last.is_empty() || behind_end) {
            items.push(Vec::new());
        }
        // Imports and modules stand together.
        behind_end = line.starts_with(|first: char| first.is_ascii_lowercase())
            && line.ends_with(';')
            && !line.starts_with("use ")
            && !line.starts_with("mod ");
        items.last_mut().into_iter().for_each(|item| item.push(line));
    }
    let trimmed = items.into_iter().map(|item| item.join("\n").trim_matches('\n').to_owned());
    trimmed.filter(|item| !item.is_empty()).collect()
}

/// `fn key`, `const TYPE`: what the item is called; none for imports, implementations and the front page.
fn name(item: &str) -> Option<String> {
    let first = item.lines().find(|line| !line.starts_with("//") && !line.starts_with("#["))?;
    let words: Vec<&str> =
        first.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let kind = words.iter().position(|word| ["fn", "const", "static", "struct", "enum"].contains(word))?;
    let is_first = words[..kind].iter().all(|word| ["pub", "crate", "const"].contains(word));
    let name = words.get(kind + 1).filter(|_| is_first)?;
    Some(format!("{} {name}", words[kind]))
}

/// The TOML file with the lines of `text` in its head.
pub(crate) fn with_lines(file: &str, text: &str) -> String {
    let head = file.find("\n[").map_or(file.len(), |end| end + 1);
    let (head, rest) = file.split_at(head);
    let key = |line: &str| line.split_once(" = ").map_or("#", |(key, _)| key).to_owned();
    let mut lines: Vec<String> = head.trim_end().lines().map(str::to_owned).collect();
    for new in text.lines() {
        let same = lines.iter_mut().find(|line| key(line) == key(new));
        match same {
            Some(line) => new.clone_into(line),
            None => lines.push(new.to_owned()),
        }
    }
    lines.join("\n") + "\n\n" + rest
}
