//! The department's tables (SPGL 前置库), as its interface document has them.

use adapter_sdk::transport::{Column, SerialTable};

/// Titles (不动产权证).
pub(crate) const TITLES: &str = "spgl_bdcqz";
/// Holders of titles (权利人).
pub(crate) const HOLDERS: &str = "spgl_bdcqz_qlr";
/// Planning permits (建设工程规划许可证).
pub(crate) const PERMITS: &str = "spgl_jsgcghxkz";

/// Each table with the column of its key.
pub(crate) const KEYS: &[(&str, &str)] = &[(HOLDERS, "lsh"), (TITLES, "lsh"), (PERMITS, "lsh")];

/// Holders first: a title that is read after its holders is published once, with all of them.
pub(crate) const TABLES: &[SerialTable] = &[
    table(
        HOLDERS,
        &[
            needed("lsh"),
            needed("dfsjzj"),
            needed("xh"),
            needed("qlrmc"),
            needed("zjlx"),
            needed("zjhm"),
            asked("gyfe"),
            needed("sjyxbs"),
        ],
    ),
    table(
        TITLES,
        &[
            needed("lsh"),
            asked("rowguid"),
            needed("dfsjzj"),
            asked("xzqhdm"),
            needed("bdcqzh"),
            needed("bdcdyh"),
            asked("zl"),
            asked("qllx"),
            asked("qlxz"),
            asked("yt"),
            asked("mj"),
            asked("syqx"),
            asked("gyqk"),
            asked("djsj"),
            asked("djjg"),
            needed("qszt"),
            asked("zzbs"),
            needed("sjyxbs"),
            asked("sjwxyy"),
        ],
    ),
    table(
        PERMITS,
        &[
            needed("lsh"),
            asked("rowguid"),
            needed("dfsjzj"),
            needed("xkzbh"),
            asked("xmdm"),
            asked("jsdw"),
            needed("jsdwdm"),
            asked("jsxmmc"),
            asked("jswz"),
            asked("jzmj"),
            asked("fzjg"),
            asked("fzrq"),
            needed("sjyxbs"),
        ],
    ),
];

const fn table(table: &'static str, columns: &'static [Column]) -> SerialTable {
    SerialTable { table, serial: "lsh", columns, status: "sjsczt", reason: "sbyy", longest: 500 }
}

const fn needed(name: &'static str) -> Column {
    Column { name, required: true }
}

const fn asked(name: &'static str) -> Column {
    Column { name, required: false }
}
