//! One page of the register of enterprises, about 1.1 KB an entity.

use super::Hashed;
use crate::numbers;
use anyhow::Result;
use encoding_rs::GB18030;
use std::{fmt::Write as _, io::Write as _, path::Path};

pub(super) const NAME: &str = "ENT_20261101_001.xml";

/// Writes the document with its flag file; gives its size in bytes.
pub(super) fn write(folder: &Path, rows: u64) -> Result<u64> {
    let mut out = Hashed::create(folder, NAME)?;
    let head = format!(
        "<?xml version=\"1.0\" encoding=\"GB2312\"?>\n<response><head><code>00</code><message>ok</message><total>{rows}\
         </total><page>1</page><pages>1</pages><batch>20261101000001</batch></head><resultList>\n"
    );
    out.write_all(head.as_bytes())?;
    let mut text = String::new();
    for row in 0..rows {
        text.clear();
        entity(&mut text, row)?;
        out.write_all(&GB18030.encode(&text).0)?;
    }
    out.write_all(b"</resultList></response>\n")?;
    out.finish(rows)
}

fn entity(text: &mut String, row: u64) -> std::fmt::Result {
    let (uscc, person, scope) = (numbers::uscc(row), numbers::citizen(row), "技术开发;技术服务;技术咨询;".repeat(8));
    writeln!(
        text,
        "<ENT><PRIPID>{row:016}</PRIPID><UNISCID>{uscc}</UNISCID><ENTNAME>测试企业{row}有限公司</ENTNAME>\
         <ENTTYPE>1130</ENTTYPE><ENTTYPE_CN>有限责任公司(自然人投资或控股)</ENTTYPE_CN><LEREP>测试人员{row}</LEREP>\
         <CERNO>{person}</CERNO><REGCAP>500.00</REGCAP><REGCAPCUR>156</REGCAPCUR><ESTDATE>2015-05-12</ESTDATE>\
         <APPRDATE>20200101</APPRDATE><OPFROM>20150512</OPFROM><OPTO>长期</OPTO><DOM>北京市东城区示例路{row}号</DOM>\
         <OPSCOPE>{scope}</OPSCOPE><REGORG>110101</REGORG><REGORG_CN>北京市东城区市场监督管理局</REGORG_CN>\
         <REGSTATE>1</REGSTATE><REGSTATE_CN>存续（在营、开业、在册）</REGSTATE_CN><INDUSTRYPHY>I</INDUSTRYPHY>\
         <INDUSTRYCO>6513</INDUSTRYCO><S_EXT_DATATIME>2026-11-01 02:11:09</S_EXT_DATATIME></ENT>"
    )
}
