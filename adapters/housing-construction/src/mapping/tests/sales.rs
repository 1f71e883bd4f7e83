use super::*;
use contract::canonical::v1::ContractState;

const BASE: [Change; 13] = [
    ("合同编号", "YS2026000001"),
    ("买受人", "张三"),
    ("买受人证件号码", PERSON),
    ("买受人证件类型", ""),
    ("出卖人", "示例置业有限公司"),
    ("出卖人证件号码", USCC),
    ("房屋坐落", "示例市东城区示例路1号\r\n2幢301室"),
    ("建筑面积", "89.5"),
    ("成交价款(元)", "1,250,000"),
    ("签订日期", "2026/1/5"),
    ("备案日期", "2026年1月6日"),
    ("合同状态", "备案"),
    ("更新时间", "2026-01-06 09:10:11"),
];

pub(super) fn sale(changes: &[Change]) -> (String, Vec<u8>) {
    row("FWHT", &BASE, changes)
}

fn contract(changes: &[Change]) -> HousingContract {
    body(&draft(&sale(changes)))
}

#[test]
fn a_contract_is_found_by_buyer_and_seller() {
    let draft = draft(&sale(&[]));
    assert_eq!(
        (draft.resource, draft.key.as_str(), draft.stamp.as_str()),
        ("housing-contract", "YS2026000001", "20260106091011")
    );
    assert_eq!(draft.source_time.to_rfc3339(), "2026-01-06T01:10:11+00:00");
    assert_eq!(found_by(&draft), [format!("citizen-number={PERSON}"), format!("uscc={USCC}")]);
    assert_eq!(draft.flags, [""; 0]);
    let contract: HousingContract = body(&draft);
    assert_eq!(named(&contract.buyers), [format!("张三 citizen-number={PERSON}")]);
    assert_eq!(named(&contract.sellers), [format!("示例置业有限公司* uscc={USCC}")]);
    assert_eq!(contract.address, "示例市东城区示例路1号\r\n2幢301室");
    let values = [&contract.floor_area, &contract.price, &contract.currency, &contract.signed_on, &contract.filed_on];
    assert_eq!(values, ["89.50", "1250000.00", "CNY", "2026-01-05", "2026-01-06"]);
    assert_eq!(contract.state(), ContractState::Filed);
}

#[test]
fn optional_columns_can_be_blank_or_not_there() {
    let kept = ["合同编号", "买受人", "买受人证件号码", "签订日期", "合同状态", "更新时间"];
    let base: Vec<Change> = BASE.into_iter().filter(|(name, _)| kept.contains(name)).collect();
    let contract: HousingContract = body(&draft(&row("FWHT", &base, &[])));
    assert!(contract.sellers.is_empty() && contract.price.is_empty() && contract.currency.is_empty());
    let blank: Vec<Change> =
        BASE.into_iter().filter(|(name, _)| !kept.contains(name)).map(|(name, _)| (name, "　")).collect();
    assert_eq!(body::<HousingContract>(&draft(&sale(&blank))), contract);
}

#[test]
fn several_buyers_stand_in_one_field() {
    for (names, numbers) in [
        ("张三、李四", "110101190001010014、11010519491231002x"),
        ("张三,李四", " 110101190001010014 , 11010519491231002X "),
        ("张三;李四", "'110101190001010014;'11010519491231002X"),
        ("张三；李四", "=\"１１０１０１１９０００１０１００１４，11010519491231002X\""),
    ] {
        let contract = contract(&[("买受人", names), ("买受人证件号码", numbers)]);
        let expected = [format!("张三 citizen-number={PERSON}"), format!("李四 citizen-number={OTHER_PERSON}")];
        assert_eq!(named(&contract.buyers), expected, "{names} {numbers}");
    }
}

#[test]
fn another_count_of_names_and_numbers_is_refused() {
    for changes in [
        [("买受人", "张三、李四"), ("买受人证件号码", PERSON)],
        [("买受人", "张三"), ("买受人证件号码", "110101190001010014,11010519491231002X")],
    ] {
        assert_eq!(rejected(&sale(&changes)), ("parties.count", "买受人证件号码"));
    }
    assert_eq!(rejected(&sale(&[("出卖人", "甲公司、乙公司")])), ("parties.count", "出卖人证件号码"));
}

#[test]
fn the_holder_code_says_what_all_buyers_numbers_are() {
    for (code, number, subject) in [
        ("414", "E12345678", "passport=E12345678"),
        ("=\"111\"", "110101900101001", "citizen-number="),
        ("001", USCC, "uscc=91110000600037341L"),
        ("1", USCC, "uscc=91110000600037341L"),
        ("099", "ABC-1", "other-organisation-id=ABC-1"),
        ("511", "830000199201300022", "citizen-number=830000199201300022"),
        ("516", "H12345678", "hk-macao-permit=H12345678"),
        ("114", "军字第0001号", "military-id=军字第0001号"),
        ("999", "X-1", "other-person-id=X-1"),
    ] {
        let found = draft(&sale(&[("买受人证件类型", code), ("买受人证件号码", number)]));
        assert!(found_by(&found)[0].starts_with(subject), "{code} {:?}", found_by(&found));
        assert_eq!(found.flags, [""; 0], "{code}");
    }
}

#[test]
fn without_a_code_the_number_decides() {
    for (number, subject) in [
        (USCC, "uscc=91110000600037341L"),
        ("810000199408230021", "citizen-number=810000199408230021"),
        ("M12345678", "hk-macao-permit=M12345678"),
        ("12345678", "taiwan-permit=12345678"),
        ("E12345678", "other-person-id=E12345678"),
    ] {
        let found = draft(&sale(&[("买受人证件号码", number)]));
        assert_eq!((found_by(&found)[0].as_str(), found.flags.len()), (subject, 0));
    }
    let unknown = draft(&sale(&[("买受人证件类型", "777")]));
    assert_eq!(
        (found_by(&unknown)[0].as_str(), unknown.flags),
        ("citizen-number=110101190001010014", vec!["code.unknown"])
    );
}

#[test]
fn a_wrong_number_is_a_warning_while_a_good_one_of_a_buyer_remains() {
    let two = [("买受人", "张三、李四"), ("买受人证件号码", "110105194912310021、110101190001010014")];
    let found = draft(&sale(&two));
    assert_eq!(found.flags, ["party.identifier"]);
    assert_eq!(found_by(&found)[..2], [format!("other-person-id={WRONG_PERSON}"), format!("citizen-number={PERSON}")]);
    let seller = draft(&sale(&[("出卖人证件号码", WRONG_USCC)]));
    assert_eq!(seller.flags, ["party.identifier"]);
    assert_eq!(found_by(&seller)[1], format!("other-organisation-id={WRONG_USCC}"));
}

#[test]
fn a_good_seller_does_not_stand_in_for_a_buyer() {
    for (number, rule) in [
        (WRONG_PERSON, "citizen-id.checksum"),
        ("110101199002300014", "citizen-id.date"),
        (WRONG_USCC, "uscc.checksum"),
        ("", "party.missing"),
        ("　", "party.missing"),
        ("1101**********0014", "party.masked"),
    ] {
        assert_eq!(rejected(&sale(&[("买受人证件号码", number)])), (rule, "买受人证件号码"), "{number}");
    }
    assert_eq!(rejected(&sale(&[("出卖人证件号码", "9111＊＊341L")])), ("party.masked", "出卖人证件号码"));
}

#[test]
fn sellers_can_be_several_and_without_numbers() {
    let several = contract(&[("出卖人", "王五、示例置业有限公司"), ("出卖人证件号码", "")]);
    assert_eq!(named(&several.sellers), ["王五", "示例置业有限公司*"]);
    let both = contract(&[("出卖人", "王五,李四"), ("出卖人证件号码", "11010519491231002X,91110000600037341L")]);
    assert_eq!(named(&both.sellers), ["王五 citizen-number=11010519491231002X", "李四* uscc=91110000600037341L"]);
    let nameless = contract(&[("出卖人", "")]);
    assert_eq!(named(&nameless.sellers), [format!("* uscc={USCC}")]);
}

#[test]
fn required_fields_are_required() {
    for column in ["合同编号", "买受人", "签订日期", "合同状态", "更新时间"] {
        assert_eq!(rejected(&sale(&[(column, " ")])), ("field.required", column));
    }
    assert_eq!(rejected(&sale(&[("签订日期", "19000101")])), ("field.required", "签订日期"));
}

#[test]
fn values_that_cannot_be_read_are_refused() {
    for (column, value, rule) in [
        ("建筑面积", "89.5平方米", "number.invalid"),
        ("成交价款(元)", "一百万", "number.invalid"),
        ("签订日期", "2026-02-30", "date.invalid"),
        ("备案日期", "昨天", "date.invalid"),
        ("更新时间", "2026-01-06 25:00:00", "date.invalid"),
        ("合同编号", "A\u{7}B", "field.invalid"),
    ] {
        assert_eq!(rejected(&sale(&[(column, value)])), (rule, column), "{value}");
    }
}

#[test]
fn every_state_of_the_page_is_known_and_others_are_a_warning() {
    for (text, state) in [
        ("草签", ContractState::Draft),
        ("签订", ContractState::Signed),
        ("备案", ContractState::Filed),
        ("注销", ContractState::Cancelled),
        ("撤销", ContractState::Rescinded),
    ] {
        assert_eq!(contract(&[("合同状态", text)]).state(), state);
    }
    let draft = draft(&sale(&[("合同状态", "作废")]));
    assert_eq!(draft.flags, ["code.unknown"]);
    assert_eq!(body::<HousingContract>(&draft).state(), ContractState::Unspecified);
}

#[test]
fn what_excel_puts_around_numbers_goes_and_words_stay() {
    let contract = contract(&[
        ("合同编号", "=\"0012\""),
        ("建筑面积", "'89.50"),
        ("签订日期", "=\"20260105\""),
        ("房屋坐落", "'御园'3幢"),
        ("出卖人", "=\"示例公司\""),
    ]);
    assert_eq!(
        [contract.contract_number.as_str(), &contract.floor_area, &contract.signed_on],
        ["0012", "89.50", "2026-01-05"]
    );
    assert_eq!([contract.address.as_str(), &contract.sellers[0].name], ["'御园'3幢", "示例公司"]);
}

#[test]
fn a_price_follows_the_unit_in_its_column() {
    let base: Vec<Change> = BASE.into_iter().filter(|(name, _)| *name != "成交价款(元)").collect();
    let contract: HousingContract = body(&draft(&row("FWHT", &base, &[("成交价款(万元)", "125.5")])));
    assert_eq!([contract.price.as_str(), &contract.currency], ["1255000.00", "CNY"]);
}
