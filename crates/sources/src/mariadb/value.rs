//! Values of the database as the mapping takes them (JSON).

use mysql::{Column, Row, Value as Cell, consts::ColumnType};
use serde_json::{Map, Number, Value};

/// A row's columns as a JSON object.
pub(super) fn object(row: &Row) -> Value {
    let cells = row.columns_ref().iter().enumerate();
    let members = cells.map(|(place, column)| (column.name_str().into_owned(), json(row.as_ref(place), column)));
    Value::Object(members.collect::<Map<_, _>>())
}

/// A cell as text; none where it is `NULL`.
pub(super) fn text(row: &Row, place: usize) -> Option<String> {
    match json(row.as_ref(place), row.columns_ref().get(place)?) {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// A cell as a whole number; none where it is no such number.
pub(super) fn whole(row: &Row, place: usize) -> Option<u64> {
    text(row, place)?.parse().ok()
}

fn json(cell: Option<&Cell>, column: &Column) -> Value {
    match cell {
        None | Some(Cell::NULL) => Value::Null,
        Some(Cell::Bytes(bytes)) => Value::String(String::from_utf8_lossy(bytes).into_owned()),
        Some(Cell::Int(number)) => Value::Number((*number).into()),
        Some(Cell::UInt(number)) => Value::Number((*number).into()),
        Some(Cell::Float(number)) => decimal(number.to_string()),
        Some(Cell::Double(number)) => decimal(number.to_string()),
        Some(Cell::Date(year, month, day, hour, minute, second, micros)) => {
            let day = format!("{year:04}-{month:02}-{day:02}");
            if column.column_type() == ColumnType::MYSQL_TYPE_DATE {
                return Value::String(day);
            }
            let fraction = if column.decimals() == 0 { String::new() } else { format!(".{micros:06}") };
            Value::String(format!("{day} {hour:02}:{minute:02}:{second:02}{fraction}"))
        }
        Some(Cell::Time(negative, days, hours, minutes, seconds, _)) => {
            let sign = if *negative { "-" } else { "" };
            Value::String(format!("{sign}{:02}:{minutes:02}:{seconds:02}", days * 24 + u32::from(*hours)))
        }
    }
}

fn decimal(text: String) -> Value {
    text.parse::<Number>().map_or(Value::String(text), Value::Number)
}
