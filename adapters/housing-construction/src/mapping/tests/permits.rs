use super::*;
use contract::canonical::v1::CertificateStatus;

const CONFORMING: &str = "1.2.156.3005.2.11100000MB03271699001.11110000000021135M.0000000001.001.N";
const LEGACY: &str = "1.2.156.3005.2.11100000MB03271699001.11110000000021135M.0000000001.001.S";
const WRONG: &str = "1.2.156.3005.2.11100000MB03271699001.11110000000021135M.0000000001.001.A";

const BASE: [Change; 15] = [
    ("证照编号", "110101202601050101"),
    ("电子证照标识", CONFORMING),
    ("建设单位", "示例置业有限公司"),
    ("建设单位代码", USCC),
    ("工程名称", "示例小区一期"),
    ("建设地址", "示例市东城区示例路1号"),
    ("建设规模", "12000平方米"),
    ("合同价格(万元)", "3,500.5"),
    ("发证机关", "示例市住房和城乡建设局"),
    ("发证日期", "2026-01-05"),
    ("证照状态", "01"),
    ("状态描述", ""),
    ("业务类型", "01"),
    ("关联证照标识", ""),
    ("更新时间", "20260105101112"),
];

pub(super) fn row_of(changes: &[Change]) -> (String, Vec<u8>) {
    row("SGXKZ", &BASE, changes)
}

fn permit(changes: &[Change]) -> ConstructionPermit {
    body(&draft(&row_of(changes)))
}

#[test]
fn a_permit_is_found_by_number_identifier_and_developer() {
    let draft = draft(&row_of(&[]));
    assert_eq!(
        (draft.resource, draft.key.as_str(), draft.stamp.as_str()),
        ("construction-permit", "110101202601050101", "20260105101112")
    );
    let expected =
        ["certificate-number=110101202601050101", &format!("certificate-id={CONFORMING}"), &format!("uscc={USCC}")];
    assert_eq!(found_by(&draft), expected);
    assert_eq!(draft.flags, [""; 0]);
    let permit: ConstructionPermit = body(&draft);
    assert_eq!(named(&permit.holders), [format!("示例置业有限公司* uscc={USCC}")]);
    assert_eq!(
        [permit.number.as_str(), &permit.certificate_id, &permit.certificate_type],
        ["110101202601050101", CONFORMING, "建筑工程施工许可证"]
    );
    assert_eq!(
        [permit.issuer.as_str(), &permit.issued_on, &permit.status_text, &permit.replaces],
        ["示例市住房和城乡建设局", "2026-01-05", "", ""]
    );
    assert_eq!(
        [permit.project_name.as_str(), &permit.address, &permit.scale],
        ["示例小区一期", "示例市东城区示例路1号", "12000平方米"]
    );
    assert_eq!([permit.contract_price.as_str(), &permit.currency, &permit.operation], ["35005000.00", "CNY", "01"]);
    assert_eq!(permit.status(), CertificateStatus::Valid);
}

#[test]
fn identifiers_are_graded() {
    for (id, flags) in [
        (CONFORMING, &[][..]),
        (LEGACY, &["certificate-id.legacy-variant"]),
        (WRONG, &["certificate-id.checksum"]),
        ("SG-1", &["certificate-id.checksum"]),
        ("", &[]),
    ] {
        let draft = draft(&row_of(&[("电子证照标识", id)]));
        assert_eq!(draft.flags, flags, "{id}");
        assert_eq!(draft.subjects.len(), if id.is_empty() { 2 } else { 3 }, "{id}");
    }
}

#[test]
fn every_status_of_the_page_is_known() {
    for (code, status) in [
        ("01", CertificateStatus::Valid),
        ("02", CertificateStatus::Suspended),
        ("=\"03\"", CertificateStatus::Revoked),
        ("4", CertificateStatus::Cancelled),
        ("05", CertificateStatus::Expired),
        ("06", CertificateStatus::Transferred),
        ("'07", CertificateStatus::WithdrawnAsSanction),
    ] {
        let permit = permit(&[("证照状态", code)]);
        assert_eq!((permit.status(), permit.status_text.as_str()), (status, ""), "{code}");
    }
}

#[test]
fn another_status_must_be_described() {
    assert_eq!(rejected(&row_of(&[("证照状态", "99")])), ("certificate.status-text", "状态描述"));
    let described = permit(&[("证照状态", "99"), ("状态描述", "补办中")]);
    assert_eq!((described.status(), described.status_text.as_str()), (CertificateStatus::Other, "补办中"));
    assert_eq!(permit(&[("状态描述", "有效")]).status_text, "有效");
    let unknown = draft(&row_of(&[("证照状态", "08")]));
    let permit: ConstructionPermit = body(&unknown);
    assert_eq!(
        (unknown.flags, permit.status(), permit.status_text.as_str()),
        (vec!["code.unknown"], CertificateStatus::Other, "08")
    );
}

#[test]
fn renewed_transferred_and_changed_permits_say_what_they_replace() {
    for code in ["02", "08", "09", "9"] {
        assert_eq!(
            rejected(&row_of(&[("业务类型", code)])),
            ("certificate.replaces-missing", "关联证照标识"),
            "{code}"
        );
        let kept = permit(&[("业务类型", code), ("关联证照标识", " a.B（1） ")]);
        assert_eq!((kept.replaces.as_str(), kept.operation.len()), ("a.B（1）", 2));
    }
    for code in ["01", "03", "04", "05", "06", "07", "10"] {
        let permit = permit(&[("业务类型", code)]);
        assert_eq!((permit.operation.as_str(), permit.replaces.as_str()), (code, ""));
    }
    for code in ["11", "新发", "+1", "00"] {
        assert_eq!(draft(&row_of(&[("业务类型", code)])).flags, ["code.unknown"], "{code}");
    }
}

#[test]
fn a_permit_nobody_can_be_found_by_is_refused() {
    for (code, rule) in [
        ("", "party.missing"),
        ("9111****41L", "party.masked"),
        (WRONG_USCC, "uscc.checksum"),
        (WRONG_PERSON, "citizen-id.checksum"),
    ] {
        assert_eq!(rejected(&row_of(&[("建设单位代码", code)])), (rule, "建设单位代码"), "{code}");
    }
}

#[test]
fn developers_have_codes_of_several_kinds() {
    for (code, subject, flags) in [
        ("60003734-1", "organisation-code=600037341", &[][..]),
        ("320100600000018", "registration-number=320100600000018", &[]),
        ("320100600000019", "other-organisation-id=320100600000019", &[]),
        ("ZJ-1", "other-organisation-id=ZJ-1", &[]),
        (INNER_WRONG, "uscc=91110000600037342P", &["uscc.inner-check"]),
    ] {
        let draft = draft(&row_of(&[("建设单位代码", code)]));
        assert_eq!((found_by(&draft)[2].as_str(), &draft.flags[..]), (subject, flags));
    }
}

#[test]
fn several_developers_are_told_apart_where_codes_are_as_many() {
    let two =
        draft(&row_of(&[("建设单位", "甲公司、乙公司"), ("建设单位代码", "91110000600037341L、91110000600037341M")]));
    assert_eq!(two.flags, ["party.identifier"]);
    let permit: ConstructionPermit = body(&two);
    assert_eq!(
        named(&permit.holders),
        ["甲公司* uscc=91110000600037341L", "乙公司* other-organisation-id=91110000600037341M"]
    );
    let one = super::permits::permit(&[("建设单位", "甲、乙联合公司")]);
    assert_eq!(named(&one.holders), ["甲、乙联合公司* uscc=91110000600037341L"]);
}

#[test]
fn required_fields_are_required() {
    for column in ["证照编号", "建设单位", "发证机关", "发证日期", "证照状态", "业务类型", "更新时间"]
    {
        assert_eq!(rejected(&row_of(&[(column, "")])), ("field.required", column));
    }
    assert_eq!(rejected(&row_of(&[("证照编号", "1101****")])), ("certificate.number", "证照编号"));
}

#[test]
fn a_price_follows_the_unit_in_its_column() {
    let base: Vec<Change> = BASE.into_iter().filter(|(name, _)| *name != "合同价格(万元)").collect();
    let permit: ConstructionPermit = body(&draft(&row("SGXKZ", &base, &[("合同价格(元)", "125")])));
    assert_eq!([permit.contract_price.as_str(), &permit.currency], ["125.00", "CNY"]);
    assert_eq!(rejected(&row_of(&[("合同价格(万元)", "面议")])), ("number.invalid", "合同价格(万元)"));
}
