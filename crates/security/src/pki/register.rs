//! The register of certificates issued: one line each, for people and for `revoke`.

use chrono::SecondsFormat;
use domain::Timestamp;
use std::fmt;

const HEADING: &str = "# serial name not_after revoked_at";
const NOT_REVOKED: &str = "-";

/// One certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    serial: String,
    name: String,
    not_after: Timestamp,
    revoked_at: Option<Timestamp>,
}

/// All certificates, in the order in which they were issued.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Register(Vec<Entry>);

impl Entry {
    pub(super) fn new(serial: &str, name: &str, not_after: Timestamp) -> Self {
        Self { serial: serial.to_owned(), name: name.to_owned(), not_after, revoked_at: None }
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (serial, name, not_after, revoked_at) = (words.next()?, words.next()?, words.next()?, words.next()?);
        hex::decode(serial).ok()?;
        let revoked_at = if revoked_at == NOT_REVOKED { None } else { Some(revoked_at.parse().ok()?) };
        let entry = Self { revoked_at, ..Self::new(serial, name, not_after.parse().ok()?) };
        words.next().is_none().then_some(entry)
    }
}

impl Register {
    /// Reads a register; `None` when a line is not as it is written here, because a register that
    /// forgets a revocation is worse than none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(Entry::parse).collect::<Option<_>>().map(Self)
    }

    pub(super) fn add(&mut self, entry: Entry) {
        self.0.push(entry);
    }

    /// Revokes what has this serial number or name and says what it revoked; `None` when there is
    /// no such certificate.
    pub(super) fn revoke(&mut self, certificate: &str, now: Timestamp) -> Option<Vec<String>> {
        let meant = |entry: &Entry| entry.serial.eq_ignore_ascii_case(certificate) || entry.name == certificate;
        if !self.0.iter().any(meant) {
            return None;
        }
        let open = self.0.iter_mut().filter(|entry| meant(entry) && entry.revoked_at.is_none());
        let revoked = open.map(|entry| {
            entry.revoked_at = Some(now);
            entry.serial.clone()
        });
        Some(revoked.collect())
    }

    /// Serial numbers of the revoked certificates, and since when they are.
    pub(super) fn revoked(&self) -> Vec<(String, Timestamp)> {
        self.0.iter().filter_map(|entry| Some((entry.serial.clone(), entry.revoked_at?))).collect()
    }
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = |instant: Timestamp| instant.to_rfc3339_opts(SecondsFormat::Secs, true);
        writeln!(f, "{HEADING}")?;
        for Entry { serial, name, not_after, revoked_at } in &self.0 {
            let revoked_at = revoked_at.map_or_else(|| NOT_REVOKED.to_owned(), instant);
            writeln!(f, "{serial} {name} {} {revoked_at}", instant(*not_after))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(seconds, 0).unwrap()
    }

    fn register() -> Register {
        let mut register = Register::default();
        register.add(Entry::new("0a", "consumer/one-window", at(1_900_000_000)));
        register.add(Entry::new("0b", "consumer/one-window", at(1_900_000_000)));
        register.add(Entry::new("0c", "node/city", at(1_900_000_000)));
        register
    }

    #[test]
    fn written_registers_read_back() {
        let mut register = register();
        register.revoke("node/city", at(1_800_000_000)).unwrap();
        assert_eq!(Register::parse(&register.to_string()), Some(register));
    }

    #[test]
    fn name_revokes_all_its_certificates_and_serial_only_one() {
        let mut register = register();
        assert_eq!(register.revoke("0A", at(1)), Some(vec!["0a".to_owned()]));
        assert_eq!(register.revoke("consumer/one-window", at(2)), Some(vec!["0b".to_owned()]));
        assert_eq!(register.revoke("consumer/one-window", at(3)), Some(Vec::new()));
        assert_eq!(register.revoked(), [("0a".to_owned(), at(1)), ("0b".to_owned(), at(2))]);
    }

    #[test]
    fn unknown_certificates_cannot_be_revoked() {
        assert_eq!(register().revoke("consumer/nobody", at(1)), None);
    }

    #[test]
    fn damaged_registers_are_refused() {
        for text in ["0a consumer/a", "zz a 2030-01-01T00:00:00Z -", "0a a soon -", "0a a 2030-01-01T00:00:00Z - x"] {
            assert_eq!(Register::parse(text), None, "{text}");
        }
    }
}
