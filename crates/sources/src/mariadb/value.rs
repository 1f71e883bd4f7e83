//! Values of the database as the mapping takes them (JSON), written as they come: a stock has millions of rows.

use adapter_sdk::formats::ndjson::RowWriter;
use mysql::{Column, Row, Value as Cell, consts::ColumnType};
use std::{borrow::Cow, fmt::Write as _};

/// A row's columns from `first` on, as a JSON object.
pub(super) fn object(row: &Row, first: usize) -> Vec<u8> {
    let mut writer = RowWriter::default();
    for (place, column) in row.columns_ref().iter().enumerate().skip(first) {
        let name = column.name_str();
        match row.as_ref(place) {
            None | Some(Cell::NULL) => writer.null(&name),
            Some(Cell::Int(number)) => writer.whole(&name, *number),
            Some(Cell::UInt(number)) => writer.whole(&name, *number),
            Some(Cell::Float(number)) => writer.decimal(&name, &number.to_string()),
            Some(Cell::Double(number)) => writer.decimal(&name, &number.to_string()),
            Some(cell) => writer.text(&name, &shown(cell, column)),
        }
    }
    writer.into_bytes()
}

/// A cell as text; none where it is `NULL`.
pub(super) fn text(row: &Row, place: usize) -> Option<String> {
    match row.as_ref(place)? {
        Cell::NULL => None,
        cell => Some(shown(cell, row.columns_ref().get(place)?).into_owned()),
    }
}

/// A cell as a whole number; none where it is no such number.
pub(super) fn whole(row: &Row, place: usize) -> Option<u64> {
    match row.as_ref(place)? {
        Cell::UInt(number) => Some(*number),
        _ => text(row, place)?.parse().ok(),
    }
}

fn shown<'a>(cell: &'a Cell, column: &Column) -> Cow<'a, str> {
    match cell {
        Cell::NULL => Cow::default(),
        Cell::Bytes(bytes) => String::from_utf8_lossy(bytes),
        Cell::Int(number) => number.to_string().into(),
        Cell::UInt(number) => number.to_string().into(),
        Cell::Float(number) => number.to_string().into(),
        Cell::Double(number) => number.to_string().into(),
        Cell::Date(year, month, day, hour, minute, second, micros) => {
            let mut text = format!("{year:04}-{month:02}-{day:02}");
            // Writing into a text does not fail.
            if column.column_type() != ColumnType::MYSQL_TYPE_DATE {
                let _ = write!(text, " {hour:02}:{minute:02}:{second:02}");
                if column.decimals() != 0 {
                    let _ = write!(text, ".{micros:06}");
                }
            }
            text.into()
        }
        Cell::Time(negative, days, hours, minutes, seconds, _) => {
            let sign = if *negative { "-" } else { "" };
            format!("{sign}{:02}:{minutes:02}:{seconds:02}", days * 24 + u32::from(*hours)).into()
        }
    }
}
