//! Areas as texts with several figures.

use domain::text::half_width;

/// The first number of `text` as decimal text (`专有面积85.12平方米,分摊面积20.01平方米` is `85.12`); empty when there is none.
/// Commas between groups of three digits belong to the number.
pub(super) fn first_number(text: &str) -> String {
    let text = half_width(text);
    let Some(start) = text.find(|c: char| c.is_ascii_digit()) else { return String::new() };
    let (whole, rest) = whole_part(&text[start..]);
    let decimals = rest.strip_prefix('.').map(digits).unwrap_or_default();
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if decimals.is_empty() { whole.to_owned() } else { format!("{whole}.{decimals}") }
}

/// The digits before the decimal point, and what follows them.
fn whole_part(text: &str) -> (String, &str) {
    let first = digits(text);
    let (mut whole, mut rest) = (first.to_owned(), &text[first.len()..]);
    while first.len() <= 3
        && let Some(group) = rest.strip_prefix(',').map(digits).filter(|group| group.len() == 3)
    {
        whole.push_str(group);
        rest = &rest[1 + group.len()..];
    }
    (whole, rest)
}

fn digits(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::first_number;

    #[test]
    fn the_first_of_several_figures_counts() {
        let cases = [
            ("专有面积85.12平方米,分摊面积20.01平方米", "85.12"),
            ("85.12", "85.12"),
            ("宗地面积：1,024.50㎡/房屋建筑面积90㎡", "1024.50"),
            ("８５．１２平方米", "85.12"),
            ("86.5,20.3", "86.5"),
            ("120 m2", "120"),
            ("090.", "90"),
            ("0.5", "0.5"),
            ("2020,123", "2020"),
            ("不详", ""),
            ("", ""),
        ];
        for (text, number) in cases {
            assert_eq!(first_number(text), number, "{text}");
        }
    }
}
