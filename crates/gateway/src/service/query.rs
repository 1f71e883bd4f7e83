//! Names and values in paths and queries (`application/x-www-form-urlencoded`).

use super::Fault;
use http::Uri;

/// The pairs of the query, unescaped.
pub(super) fn pairs(uri: &Uri) -> Result<Vec<(String, String)>, Fault> {
    let parts = uri.query().unwrap_or_default().split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Some((unescape(name, true)?, unescape(value, true)?))
        })
        .collect::<Option<_>>()
        .ok_or_else(|| Fault::field("", "query", "the query is not well formed"))
}

/// The values at the names in braces of `template`.
pub(super) fn path_values(template: &str, uri: &Uri) -> Result<Vec<(String, String)>, Fault> {
    let places = template.split('/').zip(uri.path().split('/'));
    let named = places.filter_map(|(place, text)| Some((place.strip_prefix('{')?.strip_suffix('}')?, text)));
    named
        .map(|(name, text)| Some((name.to_owned(), unescape(text, false)?)))
        .collect::<Option<_>>()
        .ok_or_else(|| Fault::field("", "path", "the path is not well formed"))
}

fn unescape(text: &str, is_form: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let (byte, tail) = match first {
            b'%' => {
                let (digits, tail) = tail.split_at_checked(2)?;
                (u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?, tail)
            }
            b'+' if is_form => (b' ', tail),
            other => (*other, tail),
        };
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Vec<(String, String)>> {
        pairs(&text.parse().unwrap()).ok()
    }

    #[test]
    fn queries_are_unescaped() {
        let expected = vec![("a".to_owned(), "b c/d".to_owned()), ("e".to_owned(), String::new())];
        assert_eq!(of("/x?a=b+c%2fd&e"), Some(expected));
        assert_eq!(of("/x"), Some(vec![]));
    }

    #[test]
    fn broken_escapes_are_refused() {
        for bad in ["/x?a=%", "/x?a=%4", "/x?a=%zz", "/x?a=%ff"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }

    #[test]
    fn path_values_stand_where_their_braces_do() {
        let values = path_values("/v1/resources/{id}", &"/v1/resources/a%2Db".parse().unwrap()).unwrap();
        assert_eq!(values, [("id".to_owned(), "a-b".to_owned())]);
    }
}
