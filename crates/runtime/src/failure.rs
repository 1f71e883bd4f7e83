//! Why a process ends, and the code it ends with.

use crate::config::ConfigError;
use std::{error::Error, fmt};

/// An error that ends the process, with the exit code it ends with (contract.md §4).
///
/// Every error turns into one with `?`: a [`ConfigError`] anywhere in its chain makes code 2,
/// anything else code 1. [`Failure::with_code`] chooses another.
pub struct Failure {
    code: u8,
    error: Box<dyn Error + Send + Sync>,
}

impl Failure {
    /// The same failure ending with `code`; 0 is taken as 1, because a failure is never a success.
    #[must_use]
    pub fn with_code(self, code: u8) -> Self {
        Self { code: code.max(1), ..self }
    }

    /// The exit code.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.code
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        let configuration = chain(error.as_ref()).any(<dyn Error>::is::<ConfigError>);
        Self { code: if configuration { 2 } else { 1 }, error }
    }
}

/// The whole chain of causes on one line.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, link) in chain(self.error.as_ref()).enumerate() {
            let separator = if depth == 0 { "" } else { ": " };
            write!(f, "{separator}{link}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} (exit code {})", self.code)
    }
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |link| (**link).source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("gateway cannot start")]
    struct Outer(#[source] ConfigError);

    fn configuration() -> ConfigError {
        crate::config::load::<toml::Table>("no/such/file.toml".as_ref()).unwrap_err()
    }

    #[test]
    fn any_error_ends_with_code_one() {
        let failure = Failure::from("disk is gone");
        assert_eq!((failure.code(), failure.to_string()), (1, "disk is gone".to_owned()));
    }

    #[test]
    fn configuration_errors_end_with_code_two_however_deep() {
        assert_eq!(Failure::from(configuration()).code(), 2);
        assert_eq!(Failure::from(Outer(configuration())).code(), 2);
    }

    #[test]
    fn text_names_every_cause_once() {
        let text = Failure::from(Outer(configuration())).to_string();
        assert!(text.starts_with("gateway cannot start: no/such/file.toml: cannot be read: "), "{text}");
    }

    #[test]
    fn chosen_code_is_kept_but_never_success() {
        assert_eq!(Failure::from("away").with_code(5).code(), 5);
        assert_eq!(Failure::from("away").with_code(0).code(), 1);
    }
}
