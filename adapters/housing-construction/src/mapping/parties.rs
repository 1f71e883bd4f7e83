//! Several parties in one field, their numbers in the same order in another.

use crate::rules::PARTIES_COUNT;
use adapter_sdk::{formats::csv::plain_number, reading::Fault};
use contract::canonical::v1::PartyKind;
use domain::{
    IdentifierKind,
    identifier::detect::{self, DetectFault, Detected},
    text,
};

/// The page names the first three; the other two are what an input method makes of them.
const BETWEEN: [char; 5] = ['、', ',', ';', '，', '；'];

/// What names of organisations have in them, and names of people do not.
const ORGANISATIONS: &[&str] = &[
    "公司",
    "集团",
    "企业",
    "中心",
    "委员会",
    "管委会",
    "合作社",
    "事务所",
    "研究院",
    "研究所",
    "大学",
    "学院",
    "学校",
    "医院",
    "银行",
    "工厂",
    "政府",
    "管理局",
    "基金会",
    "协会",
    "商行",
    "经营部",
];

/// A name and the number that goes with it; either can be blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed<'a> {
    pub(super) name: &'a str,
    pub(super) number: &'a str,
}

/// Pairs names with numbers; without numbers (or names) the others stand alone.
///
/// # Errors
/// `parties.count` when there are not as many numbers as names.
pub(super) fn listed<'a>(names: &'a str, numbers: &'a str, field: &'static str) -> Result<Vec<Listed<'a>>, Fault> {
    let (mut names, mut numbers) = (pieces(names), pieces(numbers));
    if names.len() != numbers.len() {
        without_blank_end(&mut names);
        without_blank_end(&mut numbers);
    }
    if is_blank(&numbers) {
        return Ok(names.into_iter().map(|name| Listed { name, number: "" }).collect());
    }
    if is_blank(&names) {
        return Ok(numbers.into_iter().map(|number| Listed { name: "", number }).collect());
    }
    if names.len() != numbers.len() {
        return Err(Fault::new(&PARTIES_COUNT, field));
    }
    Ok(names.into_iter().zip(numbers).map(|(name, number)| Listed { name, number }).collect())
}

/// What the number of a party is when nothing says so. The number of an organisation that is of no known kind is an
/// organisation's all the same.
pub(super) fn by_number(name: &str, number: &str) -> Result<Detected, DetectFault> {
    match detect::party(number)? {
        Detected::Sound(other) if other.kind() == IdentifierKind::OtherPersonId && is_organisation(name) => {
            organisation(number)
        }
        detected => Ok(detected),
    }
}

/// The number of an organisation: a citizen number is good as well, other shapes are kept without a flag.
pub(super) fn organisation(number: &str) -> Result<Detected, DetectFault> {
    match detect::organisation(number)? {
        Detected::Wrong { rule: "party.identifier", identifier } => Ok(Detected::Sound(identifier)),
        detected => Ok(detected),
    }
}

/// Whether a name says that it is no person's.
pub(super) fn kind_by_name(name: &str) -> PartyKind {
    if is_organisation(name) { PartyKind::Organisation } else { PartyKind::Person }
}

fn is_organisation(name: &str) -> bool {
    ORGANISATIONS.iter().any(|word| name.contains(word))
}

fn pieces(list: &str) -> Vec<&str> {
    list.split(BETWEEN).map(|piece| text::trim(plain_number(piece))).collect()
}

fn without_blank_end(pieces: &mut Vec<&str>) {
    while pieces.len() > 1 && pieces.last().is_some_and(|last| last.is_empty()) {
        pieces.pop();
    }
}

fn is_blank(pieces: &[&str]) -> bool {
    pieces.iter().all(|piece| piece.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs<'a>(names: &'a str, numbers: &'a str) -> Vec<(&'a str, &'a str)> {
        let listed = listed(names, numbers, "证件号码").unwrap();
        listed.into_iter().map(|one| (one.name, one.number)).collect()
    }

    #[test]
    fn every_separator_parts_names_and_numbers() {
        for (names, numbers) in [("甲、乙", "1、2"), ("甲, 乙", "1;2"), ("甲；乙 ", "'1，=\"2\""), ("甲、乙、", "1,2")]
        {
            assert_eq!(pairs(names, numbers), [("甲", "1"), ("乙", "2")], "{names} {numbers}");
        }
    }

    #[test]
    fn a_number_can_be_blank_in_its_place() {
        assert_eq!(pairs("甲、乙", "、2"), [("甲", ""), ("乙", "2")]);
        assert_eq!(pairs("甲、乙", "1、"), [("甲", "1"), ("乙", "")]);
        assert_eq!(pairs("甲、乙", ""), [("甲", ""), ("乙", "")]);
        assert_eq!(pairs("", "1、2"), [("", "1"), ("", "2")]);
        assert_eq!(pairs("", ""), [("", "")]);
    }

    #[test]
    fn other_counts_are_refused() {
        for (names, numbers) in [("甲、乙", "1"), ("甲", "1,2"), ("甲、乙、丙", "1、2"), ("甲、、乙", "1、2")]
        {
            assert_eq!(listed(names, numbers, "号码"), Err(Fault::new(&PARTIES_COUNT, "号码")), "{names} {numbers}");
        }
    }

    #[test]
    fn an_organisation_has_no_number_of_a_person() {
        let kind = |name, number| by_number(name, number).map(|found| (found.identifier().kind(), found.is_sound()));
        assert_eq!(kind("示例置业有限公司", "320100600000018"), Ok((IdentifierKind::RegistrationNumber, true)));
        assert_eq!(kind("示例置业有限公司", "320100600000019"), Ok((IdentifierKind::OtherOrganisationId, true)));
        assert_eq!(kind("示例置业有限公司", "60003734-1"), Ok((IdentifierKind::OrganisationCode, true)));
        assert_eq!(kind("张三", "E12345678"), Ok((IdentifierKind::OtherPersonId, true)));
        assert_eq!(kind("示例置业有限公司", "91110000600037341M"), Ok((IdentifierKind::OtherOrganisationId, false)));
    }

    #[test]
    fn names_tell_organisations() {
        assert_eq!(kind_by_name("示例置业有限公司"), PartyKind::Organisation);
        assert_eq!(kind_by_name("买买提·艾力"), PartyKind::Person);
    }
}
