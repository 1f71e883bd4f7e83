//! `FWHT`: a sale contract.

use super::{HOUSING_CONTRACT, code, parties};
use adapter_sdk::{
    Draft, Effect,
    reading::{Fault, Fields, Parties},
    rules::{CODE_UNKNOWN, FIELD_REQUIRED, PARTY_IDENTIFIER},
};
use contract::canonical::v1::{ContractState, HousingContract, Party, PartyKind};
use domain::identifier::detect;

const BUYERS: &str = "买受人证件号码";
const SELLERS: &str = "出卖人证件号码";

/// `合同编号`.
pub(super) fn key(fields: &Fields) -> Result<String, Fault> {
    fields.key("合同编号")
}

/// The contract, found by the numbers of its buyers and sellers; only a buyer's keeps it alive.
pub(super) fn translate(fields: &Fields) -> Result<Draft, Fault> {
    let number = key(fields)?;
    let mut found = Parties::default();
    let buyers = buyers(fields, &mut found)?;
    let sellers = sellers(fields, &mut found)?;
    let listed = found.finish()?;
    let price = price(fields)?;
    let body = HousingContract {
        contract_number: number.clone(),
        buyers: buyers.parties,
        sellers,
        address: fields.text("房屋坐落").to_owned(),
        floor_area: fields.decimal("建筑面积")?,
        currency: if price.is_empty() { String::new() } else { "CNY".to_owned() },
        price,
        signed_on: fields.required_day("签订日期")?,
        filed_on: fields.day("备案日期")?,
        state: state(fields.required("合同状态")?).into(),
    };
    let stamp = fields.stamp("更新时间")?;
    let mut draft = Draft {
        resource: HOUSING_CONTRACT,
        key: number,
        stamp: stamp.digits,
        source_time: stamp.at,
        subjects: listed.subjects,
        flags: Vec::new(),
        effect: Effect::upsert(&body),
    };
    if listed.flagged {
        draft.flag(&PARTY_IDENTIFIER);
    }
    if buyers.unknown_code || body.state() == ContractState::Unspecified {
        draft.flag(&CODE_UNKNOWN);
    }
    Ok(draft)
}

struct Buyers {
    parties: Vec<Party>,
    unknown_code: bool,
}

/// `买受人证件类型` is one for all of them; where it is blank or none of the table, each number decides.
fn buyers(fields: &Fields, found: &mut Parties) -> Result<Buyers, Fault> {
    let names = fields.required("买受人")?;
    let code = code(fields, "买受人证件类型", 3);
    let declared = detect::kind_of_holder_code(&code);
    let mut buyers = Vec::new();
    for one in parties::listed(names, fields.text(BUYERS), BUYERS)? {
        let (detected, kind) = match declared {
            Some(kind) if kind.is_organisation() => (detect::declared(kind, one.number), PartyKind::Organisation),
            Some(kind) => (detect::declared(kind, one.number), PartyKind::Person),
            None => (parties::by_number(one.name, one.number), parties::kind_by_name(one.name)),
        };
        buyers.extend(found.read(one.name, detected, kind, BUYERS)?);
    }
    if buyers.is_empty() {
        return Err(Fault::new(&FIELD_REQUIRED, "买受人"));
    }
    Ok(Buyers { parties: buyers, unknown_code: declared.is_none() && !code.is_empty() })
}

/// Sellers need not be given; what is wrong with their numbers is a warning.
fn sellers(fields: &Fields, found: &mut Parties) -> Result<Vec<Party>, Fault> {
    let mut sellers = Vec::new();
    for one in parties::listed(fields.text("出卖人"), fields.text(SELLERS), SELLERS)? {
        let (detected, kind) = (parties::by_number(one.name, one.number), parties::kind_by_name(one.name));
        sellers.extend(found.read_wide(one.name, detected, kind, SELLERS)?);
    }
    Ok(sellers)
}

/// In yuan, whichever unit the header names.
fn price(fields: &Fields) -> Result<String, Fault> {
    let yuan = fields.decimal("成交价款(元)")?;
    if yuan.is_empty() { fields.wan("成交价款(万元)") } else { Ok(yuan) }
}

fn state(text: &str) -> ContractState {
    match text {
        "草签" => ContractState::Draft,
        "签订" => ContractState::Signed,
        "备案" => ContractState::Filed,
        "注销" => ContractState::Cancelled,
        "撤销" => ContractState::Rescinded,
        _ => ContractState::Unspecified,
    }
}
