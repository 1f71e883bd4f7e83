//! A synthetic resident register in the format of public security: GB18030, 515 bytes a row.

use super::drop_off::Delivery;
use domain::CitizenNumber;
use encoding_rs::GB18030;

/// Bytes of a row without its line end.
const ROW: usize = 515;
const AREA: &str = "110101";
const FAMILY_NAMES: &[&str] = &["张", "王", "李", "赵", "刘", "陈", "杨", "黄", "周", "吴", "欧阳", "司马"];
const GIVEN_NAMES: &[&str] =
    &["伟", "芳", "娜", "秀英", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "涛", "明"];

/// A resident who does not exist.
pub(super) struct Resident {
    /// Person id in the source.
    pub(super) id: String,
    /// Citizen number, 18 characters.
    pub(super) number: String,
    /// Name.
    pub(super) name: String,
    birth: String,
    sex: char,
    household: u64,
    is_head: bool,
}

impl Resident {
    /// The resident of a place in the register; the same place is always the same resident.
    pub(super) fn at(place: u64) -> Self {
        let day = 1 + place % 28;
        let month = 1 + place / 28 % 12;
        let year = 50 + place / (28 * 12) % 50;
        let sequence = 1 + place / (28 * 12 * 50) % 995;
        let birth = format!("19{year:02}{month:02}{day:02}");
        // A number of fifteen digits is upgraded by the rule of GB 11643, which gives it its check character.
        let fifteen = format!("{AREA}{}{sequence:03}", &birth[2..]);
        let number = CitizenNumber::parse(&fifteen).map(|number| number.value().to_owned()).unwrap_or_default();
        let family = FAMILY_NAMES[pick(place, FAMILY_NAMES.len())];
        let given = GIVEN_NAMES[pick(place / 7, GIVEN_NAMES.len())];
        Self {
            id: format!("P{place:012}"),
            number,
            name: format!("{family}{given}"),
            birth,
            sex: if sequence % 2 == 1 { '1' } else { '2' },
            household: place / 3,
            is_head: place.is_multiple_of(3),
        }
    }

    fn row(&self, fault: Option<Fault>) -> Vec<u8> {
        let mut row = vec![b' '; ROW];
        let number = match fault {
            Some(Fault::Checksum) => wrong_check(&self.number),
            Some(Fault::Masked) => format!("{}********{}", &self.number[..6], &self.number[14..]),
            None => self.number.clone(),
        };
        let household = format!("H{:09}", self.household);
        let sex = self.sex.to_string();
        let address = format!("北京市东城区示例街{}号", 1 + self.household % 400);
        let fields: [(usize, &str); 17] = [
            (1, "D"),
            (2, "I"),
            (3, &self.id),
            (23, &number),
            (41, &self.name),
            (161, &sex),
            (162, "01"),
            (164, &self.birth),
            (172, AREA),
            (178, AREA),
            (184, &household),
            (204, if self.is_head { "01" } else { "20" }),
            (206, AREA),
            (212, &address),
            (396, "北京市公安局东城分局"),
            (456, "20200101"),
            (464, "长期"),
        ];
        let rest = [(472, "0"), (473, "1"), (474, "20200101000000"), (488, "99999999999999"), (502, "20261101020000")];
        for (from, text) in fields.into_iter().chain(rest) {
            let (bytes, _, _) = GB18030.encode(text);
            row[from - 1..from - 1 + bytes.len()].copy_from_slice(&bytes);
        }
        row.extend_from_slice(b"\r\n");
        row
    }
}

/// What is wrong with some rows, as in every real register.
#[derive(Clone, Copy)]
enum Fault {
    Checksum,
    Masked,
}

/// A full export of `rows` residents; one row in two thousand is broken.
pub(super) fn export(rows: u64) -> Delivery {
    let mut bytes = format!("H{AREA}20261101023000F\r\n").into_bytes();
    for place in 0..rows {
        let fault = match place % 4_000 {
            1_999 => Some(Fault::Checksum),
            3_999 => Some(Fault::Masked),
            _ => None,
        };
        bytes.extend_from_slice(&Resident::at(place).row(fault));
    }
    bytes.extend_from_slice(format!("T{rows:010}\r\n").as_bytes());
    Delivery { name: format!("CZRK_{AREA}_20261101_001.txt"), bytes, rows }
}

fn wrong_check(number: &str) -> String {
    let last = if number.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &number[..17])
}

fn pick(seed: u64, len: usize) -> usize {
    let mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
    usize::try_from(mixed).unwrap_or_default() % len
}
