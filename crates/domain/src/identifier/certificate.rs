//! Electronic certificate identifiers (电子证照标识), GB/T 36904-2018, and printed certificate numbers.

use super::{check, organisation::Uscc};
use crate::text::{half_width, trim};

const ROOT: &str = "1.2.156.3005.2.";
const TYPE_LENGTH: usize = 21;

/// How well a certificate identifier keeps to the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertificateGrade {
    /// Built and checked as the standard says: no flag.
    Conforming,
    /// Right by the check variant that some systems in production use.
    LegacyVariant,
    /// Neither, or not built as one at all.
    Wrong,
}

impl CertificateGrade {
    /// The flag that a record with such an identifier carries.
    #[must_use]
    pub fn flag(self) -> Option<&'static str> {
        match self {
            Self::Conforming => None,
            Self::LegacyVariant => Some("certificate-id.legacy-variant"),
            Self::Wrong => Some("certificate-id.checksum"),
        }
    }
}

/// The parts of a certificate identifier:
/// `1.2.156.3005.2.<type>.<issuer>.<serial>.<version>.<check>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CertificateId {
    text: String,
    grade: CertificateGrade,
}

impl CertificateId {
    /// Reads and grades an identifier; `None` when it is not built as one (such a text is [`CertificateGrade::Wrong`]).
    ///
    /// Blanks at the ends and full-width characters are put right. Small letters are not: the check
    /// is not defined for them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = trim(&half_width(text)).to_owned();
        let [kind, issuer, serial, version, check] = parts(&text)?;
        let built = kind.len() == TYPE_LENGTH
            && !issuer.is_empty()
            && !serial.is_empty()
            && version.len() == 3
            && version.bytes().all(|b| b.is_ascii_digit())
            && check.len() == 1;
        let grade = graded(&format!("{kind}{issuer}{serial}{version}"), check);
        built.then_some(Self { text, grade })
    }

    /// How well it keeps to the standard.
    #[must_use]
    pub fn grade(&self) -> CertificateGrade {
        self.grade
    }

    /// The type of certificate (证照类型代码): 18 characters of the defining body and 3 digits.
    #[must_use]
    pub fn type_code(&self) -> &str {
        self.part(0)
    }

    /// The issuer (证照颁发机构代码), by rule its unified social credit code.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.part(1)
    }

    /// The division of the issuer's registration, when the issuer is given by a unified social credit code.
    #[must_use]
    pub fn issuer_division(&self) -> Option<&str> {
        division_of_issuer(&self.text)
    }

    fn part(&self, index: usize) -> &str {
        parts(&self.text).and_then(|parts| parts.get(index).copied()).unwrap_or_default()
    }
}

/// The grade of any text that stands where a certificate identifier should.
#[must_use]
pub fn grade_certificate_id(text: &str) -> CertificateGrade {
    CertificateId::parse(text).map_or(CertificateGrade::Wrong, |id| id.grade())
}

/// The form under which printed certificate numbers are compared: brackets of every kind become `()`, blanks
/// and full-width forms go, letters are capital.
#[must_use]
pub fn fold_certificate_number(text: &str) -> String {
    half_width(text).chars().filter(|c| !c.is_whitespace()).map(fold_bracket).collect::<String>().to_ascii_uppercase()
}

/// The division of registration of the issuer in a certificate identifier.
pub(super) fn division_of_issuer(text: &str) -> Option<&str> {
    let [_, issuer, ..] = parts(text)?;
    Uscc::parse(issuer).ok()?;
    issuer.get(2..8)
}

/// The division that a printed certificate number names: marriage and divorce certificates (`J110101-2020-000123`) and food
/// operation licences (`JY1` + division + 7 digits).
pub(super) fn division_of_number(number: &str) -> Option<&str> {
    let marriage = number.starts_with(['J', 'L']) && number.as_bytes().get(7) == Some(&b'-');
    let food = number.starts_with("JY") && number.len() == 16;
    let division = if marriage {
        number.get(1..7)
    } else if food {
        number.get(3..9)
    } else {
        None
    }?;
    crate::division::is_known(division).then_some(division)
}

fn parts(text: &str) -> Option<[&str; 5]> {
    text.strip_prefix(ROOT)?.split('.').collect::<Vec<_>>().try_into().ok()
}

fn graded(input: &str, check: &str) -> CertificateGrade {
    let given = check.chars().next();
    if given.is_some() && check::mod_37_36(input) == given {
        CertificateGrade::Conforming
    } else if given.is_some() && check::mod_37_36_legacy(input) == given {
        CertificateGrade::LegacyVariant
    } else {
        CertificateGrade::Wrong
    }
}

fn fold_bracket(c: char) -> char {
    match c {
        '[' | '{' | '〔' | '【' | '［' | '「' | '〈' => '(',
        ']' | '}' | '〕' | '】' | '］' | '」' | '〉' => ')',
        other => other,
    }
}

#[cfg(test)]
mod tests;
