//! Where the fields of a row lie (interface document, "Row").

use adapter_sdk::formats::fixed::{Field, Layout};

macro_rules! layout {
    ($bytes:literal: $($(#[$doc:meta])* $field:ident $name:literal $from:literal $length:literal;)*) => {
        $($(#[$doc])* pub(crate) const $field: Field = Field::new($name, $from, $length);)*

        /// The row of 515 bytes.
        pub(crate) const ROW: Layout = Layout::new($bytes, &[$($field,)*]);
    };
}

layout! { 515:
    /// Record kind, `D`.
    KIND "kind" 1 1;
    /// Operation (操作标识).
    CZBS "czbs" 2 1;
    /// Person id in the source (人员编号).
    RYID "ryid" 3 20;
    /// Citizen number (公民身份号码).
    GMSFHM "gmsfhm" 23 18;
    /// Name (姓名).
    XM "xm" 41 60;
    /// Former name (曾用名).
    CYM "cym" 101 60;
    /// Sex (性别).
    XB "xb" 161 1;
    /// Ethnicity (民族).
    MZ "mz" 162 2;
    /// Birth date (出生日期).
    CSRQ "csrq" 164 8;
    /// Division of the birth place (出生地省市县区).
    CSDSSXQ "csdssxq" 172 6;
    /// Division of the native place (籍贯省市县区).
    JGSSXQ "jgssxq" 178 6;
    /// Household number (户号).
    HH "hh" 184 20;
    /// Relation to the head (与户主关系).
    YHZGX "yhzgx" 204 2;
    /// Division of residence (省市县区).
    SSXQ "ssxq" 206 6;
    /// Address (门楼详址).
    MLXZ "mlxz" 212 120;
    /// Education (文化程度).
    WHCD "whcd" 332 2;
    /// Marital status (婚姻状况).
    HYZK "hyzk" 334 2;
    /// Employer (服务处所).
    FWCS "fwcs" 336 60;
    /// Authority that issued the identity card (签发机关).
    QFJG "qfjg" 396 60;
    /// Identity card valid from (有效期限起始日期).
    YXQXQSRQ "yxqxqsrq" 456 8;
    /// Identity card valid to (有效期限截止日期).
    YXQXJZRQ "yxqxjzrq" 464 8;
    /// Person state (人员状态).
    RYZT "ryzt" 472 1;
    /// Current or history row (记录标志).
    JLBZ "jlbz" 473 1;
    /// Row valid from (启用时间), not published.
    QYSJ "qysj" 474 14;
    /// Row valid to (结束时间), not published.
    JSSJ "jssj" 488 14;
    /// Update stamp (更新时间).
    GXSJ "gxsj" 502 14;
}
