use super::Entity;
use crate::{
    encode,
    generate::{People, people::spoiled},
};

/// Entities with one fault or oddity each, with the rule or flag that it is there for.
#[must_use]
pub fn entities_with_traps(people: &mut People, stamp: &str) -> Vec<(&'static str, Entity)> {
    let mut entities = numbers(people, stamp);
    entities.extend(values(people, stamp));
    entities.extend(states(people, stamp));
    entities.extend(representatives(people, stamp));
    entities.extend(investors(people, stamp));
    entities.extend(amounts(people, stamp));
    entities.extend(licences(people, stamp));
    entities.extend(broken(people, stamp));
    entities
}

fn numbers(people: &mut People, stamp: &str) -> Vec<(&'static str, Entity)> {
    let inner = people.uscc_with_wrong_inner();
    let mut add = |rule, change: &dyn Fn(Entity, String) -> Entity| {
        let entity = Entity::enterprise(people, stamp);
        let uscc = entity.text("UNISCID").to_owned();
        (rule, change(entity, uscc))
    };
    vec![
        add("uscc.inner-check", &|entity, _| entity.with("UNISCID", &inner)),
        add("", &|entity, uscc| entity.with("UNISCID", &format!("#{uscc}"))),
        add("", &|entity, uscc| entity.with("UNISCID", &format!("{uscc}  "))),
        add("", &|entity, uscc| entity.with("UNISCID", &format!("\u{3000}{}", uscc.replace('1', "１")))),
        add("", &|entity, _| {
            let regno = format!("#{} ", entity.text("REGNO"));
            entity.with("REGNO", &regno)
        }),
        add("uscc.checksum", &|entity, uscc| entity.with("UNISCID", &spoiled(&uscc))),
        add("uscc.checksum", &|entity, _| entity.with("UNISCID", "1234567890")),
        add("uscc.masked", &|entity, uscc| entity.with("UNISCID", &format!("{}******{}", &uscc[..6], &uscc[12..]))),
        add("uscc.missing", &|entity, _| entity.without("UNISCID")),
        add("uscc.missing", &|entity, _| entity.with("UNISCID", "   ")),
        add("uscc.missing", &|entity, _| entity.with("UNISCID", "")),
        add("uscc.absent", &|entity, _| entity.without("UNISCID").without("REGNO")),
        add("uscc.absent", &|entity, _| entity.without("UNISCID").with("REGNO", "110000001234567")),
        add("uscc.absent", &|entity, _| entity.without("UNISCID").with("REGNO", "1100001234567")),
        add("", &|entity, _| entity.with("REGNO", "1100001234567")),
        add("", &|entity, _| entity.without("REGNO")),
        add("field.required", &|entity, _| entity.without("PRIPID")),
        add("field.required", &|entity, _| entity.with("S_EXT_DATATIME", "")),
        add("field.invalid", &|entity, _| entity.with("PRIPID", &"3".repeat(129))),
    ]
}

fn values(people: &mut People, stamp: &str) -> Vec<(&'static str, Entity)> {
    let cases: &[(&str, &'static str, &str)] = &[
        ("", "ENTNAME", "甲&乙<丙>\"丁\" 有限公司"),
        ("", "ENTNAME", "#井号 (北京) 公司"),
        ("", "ENTNAME", "𠀀𠮷商行"),
        ("", "DOM", "\u{3000} 示例路１号 "),
        ("", "OPSCOPE", "餐饮;\n  零售"),
        ("", "REGCAP", "0.5"),
        ("", "REGCAP", "#1000.00"),
        ("", "REGCAP", "500 "),
        ("", "REGCAP", ""),
        ("number.invalid", "REGCAP", "五百"),
        ("", "REGCAPCUR", ""),
        ("", "REGCAPCUR", "840"),
        ("", "REGCAPCUR", "344"),
        ("code.unknown", "REGCAPCUR", "111"),
        ("", "ESTDATE", "2015/5/12"),
        ("", "ESTDATE", "2015年5月12日"),
        ("", "ESTDATE", "2015-05-12 00:00:00"),
        ("", "ESTDATE", "长期"),
        ("", "ESTDATE", "19000101"),
        ("date.invalid", "ESTDATE", "2015-02-29"),
        ("date.invalid", "APPRDATE", "2020130"),
        ("", "OPTO", ""),
        ("", "OPTO", "2035-05-11"),
        ("", "OPTO", "9999-12-31"),
        ("", "OPTO", "20991231"),
        ("", "OPTO", "0"),
        ("date.invalid", "OPTO", "2035-06-31"),
        ("date.invalid", "S_EXT_DATATIME", "2026-11-01 25:00:00"),
    ];
    cases.iter().map(|(rule, name, value)| (*rule, Entity::enterprise(people, stamp).with(name, value))).collect()
}

fn states(people: &mut People, stamp: &str) -> Vec<(&'static str, Entity)> {
    let mut entities = Vec::new();
    for (rule, code) in [("", "2"), ("", "3"), ("", "4"), ("", "9"), ("code.unknown", "7")] {
        entities.push((rule, Entity::enterprise(people, stamp).with("REGSTATE", code)));
    }
    let texts = [
        "注销",
        "已注销",
        "吊销,未注销",
        "吊销，已注销",
        "未注销",
        "吊销",
        "存续",
        "开业",
        "在营",
        "正常",
        "在册",
        "存续（在营、开业、在册）",
        "迁出",
        "",
    ];
    for text in texts {
        entities.push(("", Entity::enterprise(people, stamp).with("REGSTATE", "").with("REGSTATE_CN", text)));
    }
    entities.push(("", Entity::enterprise(people, stamp).with("REGSTATE", "1").with("REGSTATE_CN", "注销")));
    entities
}

fn representatives(people: &mut People, stamp: &str) -> Vec<(&'static str, Entity)> {
    let (good, old) = (people.citizen(true), people.old_citizen(true));
    let cases = [
        ("", String::new()),
        ("", good.clone()),
        ("", format!("#{good}")),
        ("", old),
        ("party.identifier", spoiled(&good)),
        ("party.identifier", "91110000600037341X".to_owned()),
        ("", people.uscc()),
        ("", "H12345678".to_owned()),
        ("", "M1234567890".to_owned()),
        ("", "12345678".to_owned()),
        ("", "E1234567".to_owned()),
        ("party.masked", format!("{}********{}", &good[..6], &good[14..])),
    ];
    cases.map(|(rule, number)| (rule, Entity::enterprise(people, stamp).with("CERNO", &number))).into_iter().collect()
}

fn investors(people: &mut People, stamp: &str) -> Vec<(&'static str, Entity)> {
    let (good, uscc, regno) = (people.citizen(true), people.uscc(), people.registration());
    let masked = format!("{}********{}", &good[..6], &good[14..]);
    let (bad, bad_uscc) = (spoiled(&good), spoiled(&uscc));
    let cases = [
        ("", "20", "10", good.as_str()),
        ("party.identifier", "20", "10", &bad),
        ("", "20", "10", ""),
        ("", "20", "20", "军字第1234567号"),
        ("", "20", "30", "武字第1234567号"),
        ("", "20", "40", "E12345678"),
        ("", "20", "50", "H12345678"),
        ("", "20", "60", "M12345678"),
        ("", "20", "70", "12345678"),
        ("", "20", "90", "ABC-1"),
        ("", "20", "", &good),
        ("", "20", "", "H1234567890"),
        ("", "20", "", "12345678"),
        ("party.identifier", "20", "", &bad),
        ("", "20", "", "G-77"),
        ("party.masked", "20", "10", &masked),
        ("party.masked", "20", "90", "ABC***1"),
        ("", "35", "", &uscc),
        ("", "35", "90", &uscc),
        ("", "35", "", &regno),
        ("party.identifier", "35", "", &bad_uscc),
        ("", "35", "", ""),
        ("party.masked", "35", "", "9111**********341L"),
        ("", "36", "", "事证第110000000001号"),
    ];
    let mut entities = Vec::new();
    for (rule, kind, certificate, number) in cases {
        let entity = Entity::investment(people, "3201999999999999", stamp).with("INVTYPE", kind);
        entities.push((rule, entity.with("CERTYPE", certificate).with("CERNO", number)));
    }
    entities
}

fn amounts(people: &mut People, stamp: &str) -> Vec<(&'static str, Entity)> {
    let cases: &[(&str, &'static str, &str)] = &[
        ("", "SUBCONAM", "0.01"),
        ("", "SUBCONAM", "#12.5 "),
        ("", "SUBCONAM", ""),
        ("number.invalid", "SUBCONAM", "1,2,x"),
        ("", "SUBCONPROP", "100"),
        ("", "SUBCONPROP", "33.333"),
        ("", "SUBCONPROP", ""),
        ("number.invalid", "SUBCONPROP", "all"),
        ("", "CONDATE", "2015年5月12日"),
        ("date.invalid", "CONDATE", "2015-5-32"),
        ("", "INV", "甲&乙"),
        ("field.required", "INVID", ""),
        ("field.required", "PRIPID", " "),
        ("field.required", "S_EXT_DATATIME", ""),
    ];
    cases
        .iter()
        .map(|(rule, name, value)| (*rule, Entity::investment(people, "3201999999999998", stamp).with(name, value)))
        .collect()
}

fn licences(people: &mut People, stamp: &str) -> Vec<(&'static str, Entity)> {
    let mut entities = Vec::new();
    for (rule, name, value) in [
        ("", "UNISCID", "same"),
        ("party.missing", "UNISCID", ""),
        ("uscc.checksum", "UNISCID", "91110000600037341X"),
        ("party.masked", "UNISCID", "911100******37341L"),
        ("", "LICSTATE", "注销"),
        ("", "LICSTATE", "吊销"),
        ("", "LICSTATE", "撤销"),
        ("", "LICSTATE", "过期"),
        ("", "LICSTATE", "停业整顿"),
        ("", "LICSTATE", ""),
        ("", "VALTO", ""),
        ("", "VALTO", "长期"),
        ("", "VALTO", "2020-01-31"),
        ("date.invalid", "VALTO", "2020-01-32"),
        ("field.required", "LICNO", ""),
        ("certificate.number", "LICNO", "JY1110****0018"),
        ("field.required", "S_EXT_DATATIME", ""),
        ("code.unknown", "LICTYPE", "小餐饮许可证"),
    ] {
        let uscc = people.uscc();
        let entity = Entity::licence(people, &uscc, stamp);
        entities.push((rule, if value == "same" { entity } else { entity.with(name, value) }));
    }
    entities
}

fn broken(people: &mut People, stamp: &str) -> Vec<(&'static str, Entity)> {
    let mut entity = || Entity::enterprise(people, stamp);
    let cases = [
        ("row.encoding", [encode("<ENT><ENTNAME>名"), vec![0x80], encode("</ENTNAME></ENT>")].concat()),
        ("row.encoding", [encode("<LIC><LICITEM>名"), vec![0xFF], encode("</LICITEM></LIC>")].concat()),
        ("entity.malformed", encode("<ENT><ENTNAME>甲 & 乙</ENTNAME></ENT>")),
        ("entity.malformed", encode("<ENT><ENTNAME>甲&nbsp;乙</ENTNAME></ENT>")),
        ("entity.unknown", encode("<PUN><PRIPID>1</PRIPID></PUN>")),
    ];
    cases.map(|(rule, bytes)| (rule, entity().broken(rule, bytes))).into_iter().collect()
}
