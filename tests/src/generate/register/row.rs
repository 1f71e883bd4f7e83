use crate::{encode, generate::People, numbers::citizen};

/// Fields and their bytes, in order.
pub const FIELDS: &[(&str, usize)] = &[
    ("kind", 1),
    ("czbs", 1),
    ("ryid", 20),
    ("gmsfhm", 18),
    ("xm", 60),
    ("cym", 60),
    ("xb", 1),
    ("mz", 2),
    ("csrq", 8),
    ("csdssxq", 6),
    ("jgssxq", 6),
    ("hh", 20),
    ("yhzgx", 2),
    ("ssxq", 6),
    ("mlxz", 120),
    ("whcd", 2),
    ("hyzk", 2),
    ("fwcs", 60),
    ("qfjg", 60),
    ("yxqxqsrq", 8),
    ("yxqxjzrq", 8),
    ("ryzt", 1),
    ("jlbz", 1),
    ("qysj", 14),
    ("jssj", 14),
    ("gxsj", 14),
];

/// A row whose fields can be set to anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    fields: Vec<Vec<u8>>,
}

impl Row {
    /// A resident nobody could find anything wrong with; `stamp` is `yyyyMMddHHmmss`.
    pub fn of(people: &mut People, stamp: &str) -> Self {
        let male = people.random().below(2) == 0;
        let number = people.citizen(male);
        Self::with_number(people, &number, stamp)
    }

    /// The same for a number that is already chosen; where the number is wrong, born on an arbitrary day.
    pub fn with_number(people: &mut People, number: &str, stamp: &str) -> Self {
        let good = citizen(number).ok();
        let male = good.as_ref().is_some_and(|good| good.male);
        let serial = people.serial();
        let birth = good.map_or_else(|| "19800102".to_owned(), |good| good.birth);
        let values = [
            ("kind", "D".to_owned()),
            ("czbs", people.random().pick(&["I", "U"]).to_owned()),
            ("ryid", format!("1101{serial:016}")),
            ("gmsfhm", number.to_owned()),
            ("xm", people.name()),
            ("xb", if male { "1" } else { "2" }.to_owned()),
            ("mz", people.random().pick(&["01", "02", "15", "56"]).to_owned()),
            ("csrq", birth),
            ("csdssxq", people.random().pick(&["110101", "320102"]).to_owned()),
            ("jgssxq", people.random().pick(&["310101", "110102"]).to_owned()),
            ("hh", format!("H{:09}", serial / 6)),
            ("yhzgx", people.random().pick(&["02", "10", "20"]).to_owned()),
            ("ssxq", "110101".to_owned()),
            ("mlxz", format!("北京市东城区示例胡同{}号", serial / 6)),
            ("whcd", people.random().pick(&["20", "61", "70"]).to_owned()),
            ("hyzk", people.random().pick(&["10", "20", "21"]).to_owned()),
            ("qfjg", "北京市公安局东城分局".to_owned()),
            ("yxqxqsrq", "20150601".to_owned()),
            ("yxqxjzrq", people.random().pick(&["20350601", "长期", "99991231", ""]).to_owned()),
            ("ryzt", "0".to_owned()),
            ("jlbz", "1".to_owned()),
            ("qysj", "20150601000000".to_owned()),
            ("jssj", "99999999999999".to_owned()),
            ("gxsj", stamp.to_owned()),
        ];
        let fields = FIELDS.iter().map(|(name, _)| {
            let value = values.iter().find(|(field, _)| field == name);
            value.map(|(_, text)| encode(text)).unwrap_or_default()
        });
        Self { fields: fields.collect() }
    }

    /// The same row with a field of other bytes.
    #[must_use]
    pub fn raw(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let at = FIELDS.iter().position(|(field, _)| *field == name).unwrap();
        self.fields[at] = bytes.into();
        self
    }

    /// The same row with a field of another text.
    #[must_use]
    pub fn with(self, name: &str, text: &str) -> Self {
        self.raw(name, encode(text))
    }

    /// The text of a field.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        let at = FIELDS.iter().position(|(field, _)| *field == name).unwrap();
        crate::decode(&self.fields[at]).unwrap_or_default()
    }

    /// Its bytes, fields padded with blanks.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(515);
        for (value, (_, width)) in self.fields.iter().zip(FIELDS) {
            bytes.extend_from_slice(value);
            bytes.resize(bytes.len() + width.saturating_sub(value.len()), b' ');
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_515_bytes_and_its_fields_stand_where_the_page_says() {
        let bytes = Row::of(&mut People::new(3), "20261101000000").with("fwcs", "示例单位").bytes();
        assert_eq!(bytes.len(), 515);
        assert_eq!((&bytes[501..515], &bytes[471..473]), (&b"20261101000000"[..], &b"01"[..]));
        assert!(bytes[335..].starts_with(&encode("示例单位")));
    }
}
