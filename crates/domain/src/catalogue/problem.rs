//! What is wrong with a catalogue file.

use std::fmt;

/// Longest part that is repeated, in characters: names and keys of a catalogue are short, and what is sent as one may not be.
const LONGEST: usize = 300;

/// One fault: where, what, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, relative to the catalogue's folder.
    pub file: String,
    /// The key inside it (`resources[0].items`), empty for the whole file.
    pub key: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl Problem {
    pub(super) fn new(file: &str, key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: cut(file.to_owned()), key: cut(key.into()), message: cut(message.into()) }
    }
}

/// The text, or its beginning.
fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "{}: {}", self.file, self.message),
            key => write!(f, "{}: {key}: {}", self.file, self.message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_sent_as_a_name_is_not_repeated_at_length() {
        let problem = Problem::new(&"国".repeat(300_000), "id", "x".repeat(LONGEST));
        assert_eq!(problem.file, format!("{}…", "国".repeat(LONGEST)));
        assert_eq!((problem.key.len(), problem.message.len()), (2, LONGEST));
    }
}
