//! The environment of the process.

/// The variable `name` of the environment; `None` when it is unset, empty or not UTF-8.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_variables_are_read_and_others_are_absent() {
        assert!(environment("PATH").is_some());
        assert_eq!(environment("EXCHANGE_NO_SUCH_VARIABLE"), None);
    }
}
