//! The columns of the table, and a record's values in them.

use crate::rules;
use adapter_sdk::{
    formats::dbf::Record,
    reading::{Fault, Fields},
    rules::ROW_ENCODING,
};

macro_rules! columns {
    ($($(#[$doc:meta])* $column:ident;)*) => {
        $($(#[$doc])* pub(crate) const $column: &str = stringify!($column);)*

        /// Every column of the interface document, in its order.
        pub(crate) const ALL: &[&str] = &[$($column,)*];
    };
}

columns! {
    /// Person number (个人编号).
    AAC001;
    /// Name (姓名).
    AAC003;
    /// Kind of identifier (证件类型).
    AAC058;
    /// Identifier (证件号码).
    AAC147;
    /// Employer number (单位编号).
    AAB001;
    /// Employer (单位名称).
    AAB004;
    /// Unified social credit code of the employer (统一社会信用代码).
    AAB998;
    /// Insurance (险种类型).
    AAE140;
    /// First month (开始年月).
    AAE041;
    /// Last month paid (终止年月).
    AAE042;
    /// State (参保状态).
    AAC008;
    /// Valid (有效标志).
    AAE100;
    /// Handled on (经办日期).
    AAE036;
}

/// The values of a record.
pub(crate) struct Values {
    /// Those that are text.
    pub(crate) fields: Fields,
    /// The first column whose bytes are no text, if any is.
    pub(crate) encoding: Option<Fault>,
    /// Whether the width of its column cut a name inside a character.
    pub(crate) truncated: bool,
}

impl Values {
    /// Reads the columns that the interface document knows; others say nothing.
    pub(crate) fn of(record: &Record<'_>) -> Self {
        let (mut encoding, mut truncated) = (None, false);
        let read = record.cells().enumerate().filter_map(|(place, cell)| {
            let column = known(place, cell.name)?;
            let text = cell.text().ok().filter(|text| !text.is_cut || is_name(column));
            let Some(text) = text else {
                encoding = encoding.or(Some(Fault::new(&ROW_ENCODING, column)));
                return None;
            };
            truncated |= text.is_cut;
            Some((column, text.text))
        });
        let fields = Fields::from_pairs(read);
        Self { fields, encoding, truncated }
    }

    /// What the record carries for it.
    pub(crate) fn flag(&self) -> Option<&'static domain::Rule> {
        self.truncated.then_some(&rules::NAME_TRUNCATED)
    }
}

/// The column of the interface document, which mostly stands at its own place.
fn known(place: usize, name: &str) -> Option<&'static str> {
    let at_its_place = ALL.get(place).copied().filter(|column| *column == name);
    at_its_place.or_else(|| ALL.iter().copied().find(|column| *column == name))
}

/// A name may be cut by its column; in numbers and codes the rest of a character is no text.
fn is_name(column: &str) -> bool {
    matches!(column, AAC003 | AAB004)
}
