//! A synthetic register of enterprises in the format of market supervision: an XML document in GB18030.

use super::{drop_off::Delivery, residents::Resident};
use domain::{OrganisationCode, Uscc};
use encoding_rs::GB18030;
use std::fmt::Write;

const CHECKS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/// An enterprise that does not exist.
pub(super) struct Enterprise {
    place: u64,
    /// Unified social credit code.
    pub(super) uscc: String,
    /// Name.
    pub(super) name: String,
}

/// Whether the licence stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// In operation.
    Good,
    /// The licence was withdrawn as a sanction (吊销).
    Withdrawn,
}

impl Enterprise {
    /// The enterprise of a place in the register; the same place is always the same enterprise.
    pub(super) fn at(place: u64) -> Self {
        Self { place, uscc: uscc(place), name: format!("示例{place}号科技有限公司") }
    }

    fn id(&self) -> String {
        format!("110101{:010}", self.place)
    }

    fn entity(&self, standing: Standing, stamp: &str) -> String {
        let head = Resident::at(self.place * 3);
        let (state, text) = match standing {
            Standing::Good => ("1", "存续（在营、开业、在册）"),
            Standing::Withdrawn => ("2", "吊销，未注销"),
        };
        format!(
            "<ENT><PRIPID>{id}</PRIPID><UNISCID>{uscc}</UNISCID><ENTNAME>{name}</ENTNAME><ENTTYPE>1130</ENTTYPE>\
             <ENTTYPE_CN>有限责任公司(自然人投资或控股)</ENTTYPE_CN><LEREP>{rep}</LEREP><CERNO>{number}</CERNO>\
             <REGCAP>500.00</REGCAP><REGCAPCUR>156</REGCAPCUR><ESTDATE>2015-05-12</ESTDATE><APPRDATE>20200101</APPRDATE>\
             <OPFROM>20150512</OPFROM><OPTO>长期</OPTO><DOM>北京市东城区示例路{place}号</DOM>\
             <OPSCOPE>技术开发;技术服务</OPSCOPE><REGORG>110101</REGORG>\
             <REGORG_CN>北京市东城区市场监督管理局</REGORG_CN><REGSTATE>{state}</REGSTATE><REGSTATE_CN>{text}</REGSTATE_CN>\
             <INDUSTRYPHY>I</INDUSTRYPHY><INDUSTRYCO>6513</INDUSTRYCO><S_EXT_DATATIME>{stamp}</S_EXT_DATATIME></ENT>\n",
            id = self.id(),
            uscc = self.uscc,
            name = self.name,
            rep = head.name,
            number = head.number,
            place = 1 + self.place % 400,
        )
    }

    /// A person holds most of it, and another enterprise the rest.
    fn investors(&self, count: u64, stamp: &str) -> String {
        let person = Resident::at(self.place * 3);
        let parent = Self::at((self.place + 1) % count);
        let id = self.id();
        let investor = |number: u32, holder: [&str; 4], share: &str| {
            let [kind, name, document, holder_id] = holder;
            format!(
                "<INV><PRIPID>{id}</PRIPID><INVID>{number}</INVID><INVTYPE>{kind}</INVTYPE><INV>{name}</INV>\
                 <CERTYPE>{document}</CERTYPE><CERNO>{holder_id}</CERNO><SUBCONAM>{share}</SUBCONAM>\
                 <SUBCONPROP>{share}</SUBCONPROP><CONDATE>2015-05-12</CONDATE><S_EXT_DATATIME>{stamp}</S_EXT_DATATIME></INV>\n"
            )
        };
        let first = investor(1, ["20", &person.name, "10", &person.number], "60.00");
        first + &investor(2, ["35", &parent.name, "", &parent.uscc], "40.00")
    }
}

/// A document of `count` enterprises with two investors each; one enterprise in a thousand has a broken code.
pub(super) fn export(count: u64) -> Delivery {
    let stamp = "2026-11-01 02:11:09";
    let mut entities = String::new();
    for place in 0..count {
        let mut enterprise = Enterprise::at(place);
        if place % 1_000 == 999 {
            enterprise.uscc.replace_range(17.., if enterprise.uscc.ends_with('0') { "1" } else { "0" });
        }
        entities.push_str(&enterprise.investors(count, stamp));
        entities.push_str(&enterprise.entity(Standing::Good, stamp));
    }
    document("ENT_20261101_001.xml", count * 3, &entities)
}

/// A document with one change: the licence of the enterprise at `place` is withdrawn.
pub(super) fn revocation(place: u64) -> Delivery {
    let entity = Enterprise::at(place).entity(Standing::Withdrawn, "2026-11-02 09:30:00");
    document("ENT_20261102_001.xml", 1, &entity)
}

fn document(name: &str, rows: u64, entities: &str) -> Delivery {
    let mut text = String::with_capacity(entities.len() + 512);
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "<?xml version=\"1.0\" encoding=\"GB2312\"?>\n<response>\n<head><code>00</code><message>ok</message>\
         <total>{rows}</total><page>1</page><pages>1</pages><batch>20261101000001</batch></head>\n<resultList>\n\
         {entities}</resultList>\n</response>\n"
    );
    Delivery { name: name.to_owned(), bytes: GB18030.encode(&text).0.into_owned(), rows }
}

fn uscc(place: u64) -> String {
    let eight = format!("{:08}", 60_000_000 + place);
    let complete = |stem: &str, is_good: &dyn Fn(&str) -> bool| {
        let candidates = CHECKS.chars().map(|check| format!("{stem}{check}"));
        candidates.into_iter().find(|candidate| is_good(candidate)).unwrap_or_default()
    };
    let code = complete(&eight, &|code| OrganisationCode::parse(code).is_ok());
    complete(&format!("91110101{code}"), &|code| Uscc::parse(code).is_ok())
}
