use crate::{
    Random, encode,
    generate::{DropFile, People},
};
use std::fmt::Write as _;

/// An element of the result list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// `ENT`, `INV` or `LIC`.
    pub tag: &'static str,
    /// Its elements and the text each means, in order.
    pub fields: Vec<(&'static str, String)>,
    /// The rule that its bytes break before its fields are looked at, with the bytes.
    pub broken: Option<(&'static str, Vec<u8>)>,
}

/// A document with the place of each entity in it.
#[derive(Debug, Clone)]
pub struct Page {
    /// The file.
    pub file: DropFile,
    /// Entities with first byte and end.
    pub entities: Vec<(Entity, u64, u64)>,
}

impl Entity {
    /// An enterprise in operation.
    pub fn enterprise(people: &mut People, stamp: &str) -> Self {
        let (uscc, regno, man) = (people.uscc(), people.registration(), people.citizen(true));
        let serial = people.serial();
        let fields = vec![
            ("PRIPID", format!("3201{serial:012}")),
            ("UNISCID", uscc),
            ("REGNO", regno),
            ("ENTNAME", format!("示例{serial}科技有限公司")),
            ("ENTTYPE", "1130".into()),
            ("ENTTYPE_CN", "有限责任公司(自然人投资或控股)".into()),
            ("LEREP", people.name()),
            ("CERNO", man),
            ("REGCAP", format!("{}.{}0", serial % 900 + 1, serial % 10)),
            ("REGCAPCUR", "156".into()),
            ("ESTDATE", "2015-05-12".into()),
            ("APPRDATE", "20200101".into()),
            ("OPFROM", "20150512".into()),
            ("OPTO", "长期".into()),
            ("DOM", format!("北京市东城区示例路{serial}号")),
            ("OPSCOPE", "技术开发;技术服务".into()),
            ("REGORG", "110101".into()),
            ("REGORG_CN", "北京市东城区市场监督管理局".into()),
            ("REGSTATE", "1".into()),
            ("REGSTATE_CN", "存续（在营、开业、在册）".into()),
            ("INDUSTRYPHY", "I".into()),
            ("INDUSTRYCO", "6513".into()),
            ("S_EXT_DATATIME", stamp.into()),
        ];
        Self { tag: "ENT", fields, broken: None }
    }

    /// A share of a person, of 30 % unless said otherwise, in an enterprise known by its `PRIPID`.
    pub fn investment(people: &mut People, pripid: &str, stamp: &str) -> Self {
        let fields = vec![
            ("PRIPID", pripid.into()),
            ("INVID", people.serial().to_string()),
            ("INVTYPE", "20".into()),
            ("INV", people.name()),
            ("CERTYPE", "10".into()),
            ("CERNO", people.citizen(false)),
            ("SUBCONAM", "300.00".into()),
            ("SUBCONPROP", "30.00".into()),
            ("CONDATE", "2015-05-12".into()),
            ("S_EXT_DATATIME", stamp.into()),
        ];
        Self { tag: "INV", fields, broken: None }
    }

    /// A food licence of an enterprise known by its USCC.
    pub fn licence(people: &mut People, uscc: &str, stamp: &str) -> Self {
        let number = format!("JY1110{:010}", people.serial());
        let fields = vec![
            ("LICID", number.clone()),
            ("UNISCID", uscc.into()),
            ("LICTYPE", "食品经营许可证".into()),
            ("LICNO", number),
            ("LICITEM", "预包装食品销售".into()),
            ("ISSORG", "北京市东城区市场监督管理局".into()),
            ("ISSDATE", "2022-03-01".into()),
            ("VALFROM", "2022-03-01".into()),
            ("VALTO", "2099-02-28".into()),
            ("LICSTATE", "有效".into()),
            ("S_EXT_DATATIME", stamp.into()),
        ];
        Self { tag: "LIC", fields, broken: None }
    }

    /// The same with another value; an element that is not there is added.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        match self.fields.iter_mut().find(|(field, _)| *field == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.fields.push((name, value.to_owned())),
        }
        self
    }

    /// The same without an element.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(field, _)| *field != name);
        self
    }

    /// The same, with bytes that break `rule` in place of its own.
    #[must_use]
    pub fn broken(mut self, rule: &'static str, bytes: Vec<u8>) -> Self {
        self.broken = Some((rule, bytes));
        self
    }

    /// The text of an element; empty when it is not there.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| *field == name).map_or("", |(_, value)| value)
    }

    /// Its bytes, text written plain, as references or as CDATA.
    #[must_use]
    pub fn bytes(&self, random: &mut Random) -> Vec<u8> {
        if let Some((_, bytes)) = &self.broken {
            return bytes.clone();
        }
        let mut text = format!("<{}>", self.tag);
        for (name, value) in &self.fields {
            match (value.as_str(), random.below(3)) {
                ("", 0) => write!(text, "<{name}/>"),
                (value, _) => write!(text, "<{name}>{}</{name}>", written(value, random)),
            }
            .unwrap();
            if random.below(5) == 0 {
                text.push_str("\n      ");
            }
        }
        encode(&format!("{text}</{}>", self.tag))
    }
}

fn written(value: &str, random: &mut Random) -> String {
    let escaped = value.replace('&', "&amp;").replace('<', "&lt;");
    match random.below(10) {
        0 => format!("<![CDATA[{value}]]>"),
        1 => escaped.chars().next().map_or_else(String::new, |first| match first {
            '&' => escaped.clone(),
            _ => format!("&#x{:X};{}", u32::from(first), &escaped[first.len_utf8()..]),
        }),
        _ => escaped,
    }
}

impl Page {
    /// A right file of one page.
    #[must_use]
    pub fn new(name: &str, entities: Vec<Entity>, random: &mut Random) -> Self {
        let mut bytes = Vec::new();
        let count = entities.len();
        let head = format!(
            "<?xml version=\"1.0\" encoding=\"GB2312\"?>\n<response>\n  <head><code>00</code><message>ok</message><total>{count}</total>\
             <page>1</page><pages>1</pages><batch>20261101000001</batch></head>\n  <resultList>\n"
        );
        bytes.extend(encode(&head));
        let mut placed = Vec::new();
        for entity in entities {
            bytes.extend_from_slice(b"    ");
            let from = bytes.len() as u64;
            bytes.extend(entity.bytes(random));
            placed.push((entity, from, bytes.len() as u64));
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(b"  </resultList>\n</response>\n");
        Self { file: DropFile::new(name, bytes, count), entities: placed }
    }
}
