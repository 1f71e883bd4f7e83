use crate::{
    Random,
    numbers::{citizen_check, is_day, organisation_check, registration_check, uscc_check},
};

const FAMILY: &[&str] = &["赵", "钱", "孙", "李", "周", "吴", "郑", "王", "欧阳", "司马"];
const GIVEN: &[&str] =
    &["一", "伟", "芳", "娜", "敏", "静", "强", "磊", "军", "洋", "艳", "勇", "杰", "娟", "涛", "超"];

/// Makes people and organisations that nobody else is.
#[derive(Debug, Clone)]
pub struct People {
    random: Random,
    made: u64,
}

impl People {
    /// Starts at `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), made: 0 }
    }

    /// Its generator of numbers.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// A name.
    pub fn name(&mut self) -> String {
        let parts = [FAMILY, GIVEN, GIVEN].map(|part| self.random.pick(part));
        parts.concat()
    }

    /// A number that no other call gives.
    pub fn serial(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// A citizen number; its 17th digit is odd for men.
    pub fn citizen(&mut self, male: bool) -> String {
        let first = self.citizen_digits(male, 1930);
        format!("{first}{}", citizen_check(&first))
    }

    /// A citizen number that ends with X.
    pub fn citizen_with_x(&mut self) -> String {
        let mut number = self.citizen(true);
        while !number.ends_with('X') {
            number = self.citizen(true);
        }
        number
    }

    /// A number of 15 digits, as they were before 1999.
    pub fn old_citizen(&mut self, male: bool) -> String {
        let first = self.citizen_digits(male, 1930);
        format!("{}{}", &first[..6], &first[8..])
    }

    /// The serial number stands in birth date and order, so that no two numbers are the same.
    fn citizen_digits(&mut self, male: bool, since: u64) -> String {
        let serial = self.serial();
        let division = self.random.pick(&["110101", "110102", "310101", "320102"]);
        let days: Vec<u64> = (0..1000).filter(|day| is_day(&calendar(since, serial * 37 + day))).take(1).collect();
        let birth = calendar(since, serial * 37 + days[0]);
        let order = serial / 400 % 490 * 2 + u64::from(male);
        format!("{division}{birth}{order:03}")
    }

    /// A USCC whose both checks fit.
    pub fn uscc(&mut self) -> String {
        let first8 = format!("{:08}", 10_000_000 + self.serial() * 7919 % 80_000_000);
        self.uscc_of(&format!("{first8}{}", organisation_check(&first8)))
    }

    /// A USCC whose inner check does not fit.
    pub fn uscc_with_wrong_inner(&mut self) -> String {
        let first8 = format!("{:08}", 10_000_000 + self.serial() * 7919 % 80_000_000);
        let wrong = if organisation_check(&first8) == '5' { '6' } else { '5' };
        self.uscc_of(&format!("{first8}{wrong}"))
    }

    fn uscc_of(&mut self, organisation: &str) -> String {
        let division = self.random.pick(&["110101", "110102", "310101"]);
        let first = format!("91{division}{organisation}");
        let check = uscc_check(&first).unwrap();
        format!("{first}{check}")
    }

    /// A registration number of 15 digits.
    pub fn registration(&mut self) -> String {
        let first = format!("110101{:08}", self.serial());
        format!("{first}{}", registration_check(&first))
    }
}

/// Counts through years of twelve months of 31 days; not all of them are days.
fn calendar(since: u64, day: u64) -> String {
    let (year, rest) = (since + day / 372 % 69, day % 372);
    format!("{year:04}{:02}{:02}", rest / 31 + 1, rest % 31 + 1)
}

/// The same number with another last character.
#[must_use]
pub(crate) fn spoiled(number: &str) -> String {
    let (first, last) = number.split_at(number.len() - 1);
    format!("{first}{}", if last == "1" { "2" } else { "1" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::{citizen, is_registration_number, is_uscc, organisation_code};
    use std::collections::BTreeSet;

    #[test]
    fn numbers_are_good_and_all_different() {
        let mut people = People::new(1);
        let mut all = BTreeSet::new();
        for turn in 0..5000 {
            let number = people.citizen(turn % 2 == 0);
            assert_eq!(citizen(&number).unwrap().male, turn % 2 == 0);
            assert!(all.insert(number));
        }
        for _ in 0..100 {
            assert!(organisation_code(&people.uscc()).is_some());
            let wrong = people.uscc_with_wrong_inner();
            assert!(is_uscc(&wrong) && organisation_code(&wrong).is_none());
            assert!(is_registration_number(&people.registration()));
            assert!(citizen(&people.old_citizen(true)).is_ok());
            assert!(citizen(&spoiled(&people.citizen(true))).is_err());
        }
    }
}
