//! Where a server is.

use http::Uri;

/// The parts of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// `HOST:PORT`.
    pub(crate) host: String,
    /// What paths begin with, without a slash at the end.
    pub(crate) prefix: String,
}

impl Address {
    /// Reads `https://host[:port][/path]`; says what is wrong with any other text.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "it must look like https://host:port".to_owned();
        let uri: Uri = text.trim().parse().map_err(|_| wrong())?;
        if uri.scheme_str() != Some("https") {
            return Err("it must begin with https://, as the calls carry what only the department may read".to_owned());
        }
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(wrong)?;
        if uri.query().is_some() || authority.host().is_empty() {
            return Err(wrong());
        }
        let port = match authority.as_str().strip_prefix(authority.host()) {
            None | Some("") => 443,
            Some(_) => authority.port_u16().ok_or_else(wrong)?,
        };
        let host = format!("{}:{port}", authority.host());
        Ok(Self { host, prefix: uri.path().trim_end_matches('/').to_owned() })
    }

    /// The whole path of `path` there.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{}/{}", self.prefix, path.trim_start_matches('/'))
    }
}

/// `text` as a value in a query.
pub(crate) fn in_query(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut safe = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            safe.push(char::from(byte));
        } else {
            let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
            safe.extend(['%'].into_iter().chain(digits.map(char::from)));
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_host_port_and_prefix() {
        let read = |text| Address::parse(text).map(|address| (address.host.clone(), address.path("/dj/changes")));
        let expected = |host: &str, path: &str| Ok((host.to_owned(), path.to_owned()));
        assert_eq!(read("https://tax.example"), expected("tax.example:443", "/dj/changes"));
        assert_eq!(read("https://10.1.2.3:8443/"), expected("10.1.2.3:8443", "/dj/changes"));
        assert_eq!(read("https://[::1]:8443/httpproxy/"), expected("[::1]:8443", "/httpproxy/dj/changes"));
    }

    #[test]
    fn other_addresses_are_refused() {
        for text in ["", "tax:443", "http://tax", "https://", "https://u:p@tax", "https://tax/?a=b", "https://tax:x"] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_cursor_stands_in_a_query_whatever_it_holds() {
        assert_eq!(in_query("c2Vx/+=&税"), "c2Vx%2F%2B%3D%26%E7%A8%8E");
    }
}
