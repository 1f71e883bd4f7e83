//! Numbers of people and organisations, and days, each checked after its own standard.
use crate::text::{fold, trim};

/// A good citizen number (GB 11643-1999).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citizen {
    /// The number of 18 characters.
    pub number: String,
    /// The form of 15 digits that it came in.
    pub former: Option<String>,
    /// `yyyyMMdd`.
    pub birth: String,
    /// What its last but one digit says.
    pub male: bool,
}

/// The check character behind 17 digits.
#[must_use]
pub fn citizen_check(first17: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = first17.chars().zip(WEIGHTS).map(|(c, weight)| c.to_digit(10).unwrap_or(0) * weight).sum();
    char::from(b"10X98765432"[(sum % 11) as usize])
}

/// Reads a citizen number; the error is the end of the rule's id.
///
/// # Errors
/// `missing`, `masked`, `checksum` or `date`.
pub fn citizen(text: &str) -> Result<Citizen, &'static str> {
    let text = fold(trim(text)).replace('x', "X");
    if text.is_empty() {
        return Err("missing");
    }
    if text.contains('*') {
        return Err("masked");
    }
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let former = (text.len() == 15 && digits(&text)).then(|| text.clone());
    let number = match &former {
        Some(old) => {
            let first = format!("{}19{}", &old[..6], &old[6..]);
            let check = citizen_check(&first);
            format!("{first}{check}")
        }
        None => text,
    };
    let shaped = number.len() == 18 && number.is_ascii() && digits(&number[..17]) && !number.starts_with('9');
    if !shaped || !number.ends_with(citizen_check(&number[..17])) {
        return Err("checksum");
    }
    let birth = number[6..14].to_owned();
    if !is_day(&birth) {
        return Err("date");
    }
    let male = number.as_bytes()[16] % 2 == 1;
    Ok(Citizen { number, former, birth, male })
}

const USCC: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/// The check character behind the first 17 characters of a USCC (GB 32100-2015).
#[must_use]
pub fn uscc_check(first17: &str) -> Option<char> {
    let mut weight = 1;
    let mut sum = 0;
    for c in first17.chars() {
        sum += USCC.find(c)? * weight;
        weight = weight * 3 % 31;
    }
    Some(char::from(USCC.as_bytes()[(31 - sum % 31) % 31]))
}

/// Whether a USCC's own check character fits.
#[must_use]
pub fn is_uscc(text: &str) -> bool {
    text.len() == 18 && text.is_ascii() && uscc_check(&text[..17]).is_some_and(|check| text.ends_with(check))
}

/// The check character behind 8 characters of an organisation code (GB 11714-1997).
#[must_use]
pub fn organisation_check(first8: &str) -> char {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = first8.chars().zip(WEIGHTS).map(|(c, weight)| c.to_digit(36).unwrap_or(0) * weight).sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        other => char::from_digit(other, 10).unwrap(),
    }
}

/// The organisation code inside a USCC, when its own check fits.
#[must_use]
pub fn organisation_code(uscc: &str) -> Option<&str> {
    let code = &uscc[8..17];
    code.ends_with(organisation_check(&code[..8])).then_some(code)
}

/// The check digit behind 14 digits of a registration number (GS 15-2006: ISO 7064, mod 11, 10).
#[must_use]
pub fn registration_check(first14: &str) -> char {
    let mut product = 10;
    for digit in first14.chars().filter_map(|c| c.to_digit(10)) {
        let sum = (product + digit) % 10;
        product = (if sum == 0 { 10 } else { sum }) * 2 % 11;
    }
    char::from_digit((11 - product) % 10, 10).unwrap()
}

/// Whether a registration number of 15 digits fits its check digit.
#[must_use]
pub fn is_registration_number(text: &str) -> bool {
    let shaped = text.len() == 15 && text.bytes().all(|b| b.is_ascii_digit());
    shaped && text.ends_with(registration_check(&text[..14]))
}

/// The check character behind the parts of an electronic certificate's identifier, without dots (ISO 7064, mod 37, 36).
#[must_use]
pub fn certificate_check(text: &str) -> char {
    let mut product = 36;
    for value in text.chars().filter_map(|c| c.to_digit(36)) {
        let sum = (product + value) % 36;
        product = (if sum == 0 { 36 } else { sum }) * 2 % 37;
    }
    char::from_digit((37 - product) % 36, 36).unwrap().to_ascii_uppercase()
}

/// The same by the variant in use: letters count 11 to 36, and sums over 37 are reduced by 37 for letters first.
#[must_use]
pub fn legacy_certificate_check(text: &str) -> char {
    let mut product = 36;
    for c in text.chars() {
        let value = c.to_digit(36).unwrap_or(0);
        let mut sum = product + value + u32::from(value >= 10);
        if value >= 10 && sum > 37 {
            sum -= 37;
        }
        let sum = sum % 36;
        product = (if sum == 0 { 36 } else { sum }) * 2 % 37;
    }
    let check = (1..=36).find(|check| (product + check - 1) % 36 == 0).unwrap();
    char::from_digit(check - 1, 36).unwrap().to_ascii_uppercase()
}

/// What a date says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Day {
    /// Nothing is given.
    Blank,
    /// Given as not known.
    Unknown,
    /// There is no end.
    NoEnd,
    /// A day, `yyyy-MM-dd`.
    On(String),
    /// No day of the calendar.
    Invalid,
}

/// Reads a date in any of the agreed forms.
#[must_use]
pub fn day(text: &str) -> Day {
    let text = fold(trim(text));
    match text.as_str() {
        "" => return Day::Blank,
        "0" | "19000101" => return Day::Unknown,
        "长期" | "99991231" | "20991231" | "9999-12-31" => return Day::NoEnd,
        _ => {}
    }
    match stamp(&text) {
        Some(stamp) => Day::On(format!("{}-{}-{}", &stamp[..4], &stamp[4..6], &stamp[6..8])),
        None => Day::Invalid,
    }
}

/// Reads a time in any of the agreed forms, as `yyyyMMddHHmmss`.
#[must_use]
pub fn stamp(text: &str) -> Option<String> {
    let text = fold(trim(text));
    let (date, time) = match text.split_once(' ') {
        Some((date, time)) => (date.to_owned(), time.replace(':', "")),
        None if text.len() == 14 && text.is_ascii() => (text[..8].to_owned(), text[8..].to_owned()),
        None => (text, "000000".to_owned()),
    };
    let parts: Vec<&str> = date.split(['-', '/', '年', '月', '日']).filter(|part| !part.is_empty()).collect();
    let date = match parts[..] {
        [all] => all.to_owned(),
        [year, month, day] => format!("{year:0>4}{month:0>2}{day:0>2}"),
        _ => return None,
    };
    let clock = |from: usize, limit: u32| time.get(from..from + 2)?.parse().ok().filter(|value: &u32| *value < limit);
    (is_day(&date) && time.len() == 6).then_some(())?;
    clock(0, 24).and(clock(2, 60)).and(clock(4, 60))?;
    Some(date + &time)
}

/// Whether `yyyyMMdd` is a day of the calendar.
#[must_use]
pub fn is_day(text: &str) -> bool {
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let number = |from: usize, to: usize| text[from..to].parse::<u32>().unwrap();
    let (year, month, day) = (number(0, 4), number(4, 6), number(6, 8));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=last).contains(&day) && year > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_printed_on_the_pages_are_good() {
        assert_eq!(citizen("110101190001010014").unwrap().birth, "19000101");
        assert!(is_uscc("91110000600037341L"));
        assert_eq!(organisation_code("91110000600037341L"), Some("600037341"));
        assert!(is_registration_number("110000001234568"));
    }

    #[test]
    fn citizen_numbers_are_upgraded_folded_and_refused_by_their_fault() {
        let good = citizen(" 11010519491231002x ").unwrap();
        assert_eq!((good.number.as_str(), good.male), ("11010519491231002X", false));
        let old = citizen("110105491231002").unwrap();
        assert_eq!((old.number.as_str(), old.former.as_deref()), ("11010519491231002X", Some("110105491231002")));
        assert_eq!(citizen("110105194912310021"), Err("checksum"));
        assert_eq!(citizen("110105490231002"), Err("date"));
        assert_eq!(citizen("1101051949****002X"), Err("masked"));
        assert_eq!(citizen("  "), Err("missing"));
    }

    #[test]
    fn certificate_identifiers_have_two_checks() {
        let all = ["11100000MB03271699001", "11110000000021135M", "0000000001", "001"].concat();
        assert_eq!((certificate_check(&all), legacy_certificate_check(&all)), ('N', 'S'));
    }

    #[test]
    fn dates_are_read_in_every_agreed_form() {
        for text in ["20150512", "2015-05-12", "2015/5/12", "2015年5月12日", "2015-05-12 00:00:00", "20150512000000"]
        {
            assert_eq!(day(text), Day::On("2015-05-12".to_owned()), "{text}");
        }
        for text in ["20150230", "2015-13-01", "abc", "2015-05-12 24:00:00"] {
            assert_eq!(day(text), Day::Invalid, "{text}");
        }
    }
}
