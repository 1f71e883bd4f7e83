//! Sale contracts and construction permits: CSV in GBK (housing-construction.md).
mod contracts;
mod csv;
mod permits;
mod story;

pub use self::{
    contracts::{contract, contracts_with_traps},
    csv::{CsvFile, Layout, Row},
    permits::{certificate_id, permit, permits_with_traps},
    story::{Story, file_of_the_other_kind, story},
};

/// Columns of `FWHT_…`, and whether they are required.
pub const CONTRACT: &[(&str, bool)] = &[
    ("合同编号", true),
    ("买受人", true),
    ("买受人证件号码", true),
    ("买受人证件类型", false),
    ("出卖人", false),
    ("出卖人证件号码", false),
    ("房屋坐落", false),
    ("建筑面积", false),
    ("成交价款(元)", false),
    ("签订日期", true),
    ("备案日期", false),
    ("合同状态", true),
    ("更新时间", true),
];

/// Columns of `SGXKZ_…`, and whether they are required.
pub const PERMIT: &[(&str, bool)] = &[
    ("证照编号", true),
    ("电子证照标识", false),
    ("建设单位", true),
    ("建设单位代码", true),
    ("工程名称", false),
    ("建设地址", false),
    ("建设规模", false),
    ("合同价格(万元)", false),
    ("发证机关", true),
    ("发证日期", true),
    ("证照状态", true),
    ("状态描述", false),
    ("业务类型", true),
    ("关联证照标识", false),
    ("更新时间", true),
];
