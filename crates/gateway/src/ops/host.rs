//! The names that a port may be called by.

use http::HeaderValue;
use std::net::SocketAddr;

/// Names with and without the port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hosts {
    names: Vec<String>,
    port: u16,
}

impl Hosts {
    /// The names of a port on loopback.
    pub(crate) fn of(address: SocketAddr) -> Self {
        let own = match address {
            SocketAddr::V4(address) => address.ip().to_string(),
            SocketAddr::V6(address) => format!("[{}]", address.ip()),
        };
        let names = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).into_iter().chain([own]).collect();
        Self { names, port: address.port() }
    }

    /// Whether a `Host` header has one of them.
    pub(crate) fn has(&self, host: Option<&HeaderValue>) -> bool {
        let Some(host) = host.and_then(|host| host.to_str().ok()) else { return false };
        self.names.iter().any(|name| {
            let is_name = |text: &str| text.eq_ignore_ascii_case(name);
            is_name(host)
                || host.rsplit_once(':').is_some_and(|(text, port)| is_name(text) && port == self.port.to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_names_are_taken_with_the_own_port_or_none() {
        let hosts = Hosts::of("127.0.0.2:7480".parse().unwrap());
        let has = |host: &str| hosts.has(Some(&host.parse().unwrap()));
        for good in ["localhost", "LOCALHOST:7480", "127.0.0.1:7480", "[::1]", "[::1]:7480", "127.0.0.2:7480"] {
            assert!(has(good), "{good}");
        }
        for bad in ["evil.example", "evil.example:7480", "localhost:80", "localhost.evil.example", "", ":7480"] {
            assert!(!has(bad), "{bad}");
        }
        assert!(!hosts.has(None));
    }
}
