//! What the register answers.

use super::{Hitch, Query, Wrapping};
use crate::test_kit::port::{self, Answer, Asked, Reply};
use domain::Clock;
use http::{StatusCode, header};
use std::{collections::VecDeque, sync::Arc};

const PATH: &str = "/ws/ent";
const NAMESPACE: &str = "http://ws.entinfo.example/";

/// What the register knows and remembers.
pub(super) struct Desk {
    clock: Arc<dyn Clock>,
    /// Time and element of each entity, in no order.
    entities: Vec<(String, String)>,
    /// Every state of the list is a batch.
    state: u64,
    pub(super) wrapping: Wrapping,
    pub(super) hitches: VecDeque<Option<Hitch>>,
    pub(super) queries: Vec<Query>,
    pub(super) is_away: bool,
}

impl port::Desk for Desk {
    fn connected(&mut self) {}

    fn reply(&mut self, asked: &Asked) -> Reply {
        let Ok(query) = query(asked) else { return self.fault(StatusCode::INTERNAL_SERVER_ERROR) };
        self.queries.push(query.clone());
        match self.hitches.pop_front().flatten() {
            None => self.good(&query, "00"),
            Some(hitch) => self.troubled(hitch, query),
        }
    }

    fn is_away(&self) -> bool {
        self.is_away
    }
}

impl Desk {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            entities: Vec::new(),
            state: 0,
            wrapping: Wrapping::default(),
            hitches: VecDeque::new(),
            queries: Vec::new(),
            is_away: false,
        }
    }

    pub(super) fn put(&mut self, time: &str, entities: impl Iterator<Item = String>) {
        self.entities.extend(entities.map(|entity| (time.to_owned(), entity)));
        self.state += 1;
    }

    pub(super) fn remove(&mut self, text: &str) {
        self.entities.retain(|(_, entity)| !entity.contains(text));
        self.state += 1;
    }

    fn troubled(&mut self, hitch: Hitch, query: Query) -> Reply {
        let sorry = "<html>sorry</html>";
        match hitch {
            Hitch::Fault => self.fault(StatusCode::INTERNAL_SERVER_ERROR),
            Hitch::QuietFault => self.fault(StatusCode::OK),
            Hitch::Status(status, retry_after) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
                self.answer(status, retry_after, sorry.to_owned())
            }
            Hitch::Cut => {
                let text = self.envelope(&self.document(&query, "00", 0));
                Reply::Cut(text.chars().take(text.chars().count() / 2).collect())
            }
            Hitch::Silent => Reply::Silent,
            Hitch::Garbled => self.answer(StatusCode::OK, None, sorry.to_owned()),
            Hitch::Code(code) => self.good(&query, code),
            Hitch::Text(text) => self.answer(StatusCode::OK, None, self.envelope(&text)),
            Hitch::FirstPage => self.good(&Query { page: 1, ..query }, "00"),
            Hitch::Grows(time, entity) => {
                self.put(&time, [entity].into_iter());
                self.good(&query, "00")
            }
            Hitch::Loses => self.answer(StatusCode::OK, None, self.envelope(&self.document(&query, "00", 1))),
        }
    }

    fn good(&self, query: &Query, code: &str) -> Reply {
        self.answer(StatusCode::OK, None, self.envelope(&self.document(query, code, 0)))
    }

    fn fault(&self, status: StatusCode) -> Reply {
        let fault = "<soap:Fault><faultcode>soap:Server</faultcode><faultstring>数据库异常</faultstring></soap:Fault>";
        self.answer(status, None, in_body("soap", fault))
    }

    fn answer(&self, status: StatusCode, retry_after: Option<u64>, text: String) -> Reply {
        let (date, media, body) = (self.clock.now(), "text/xml;charset=UTF-8", text.into_bytes());
        Reply::Answer(Answer { status, retry_after, date, media, body })
    }

    /// The document, without the last `lost` entities of the page.
    fn document(&self, query: &Query, code: &str, lost: usize) -> String {
        let size = query.size.max(1) as usize;
        let since = query.since.as_str();
        let found: Vec<&str> = self
            .entities
            .iter()
            .filter(|(time, _)| time.as_str() >= since)
            .map(|(_, entity)| entity.as_str())
            .collect();
        let page: Vec<&str> = found.iter().copied().skip((query.page as usize - 1) * size).take(size).collect();
        let page = page[..page.len().saturating_sub(lost)].concat();
        let (total, pages) = (found.len(), found.len().div_ceil(size).max(1));
        format!(
            "<?xml version=\"1.0\" encoding=\"GB2312\"?>\n<response><head><code>{code}</code><message>ok</message>\
             <total>{total}</total><page>{}</page><pages>{pages}</pages><batch>{:014}</batch></head>\
             <resultList>{page}</resultList></response>",
            query.page, self.state
        )
    }

    fn envelope(&self, text: &str) -> String {
        let escaped = || text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let (soap, own, text) = match self.wrapping {
            Wrapping::Escaped => ("soap", "ns2", escaped()),
            Wrapping::Section => ("SOAP-ENV", "m", format!("<![CDATA[{text}]]>")),
            Wrapping::Sections => {
                let pieces: Vec<&str> = text.split_inclusive("</resultList>").collect();
                ("S", "", format!("\n<![CDATA[{}]]>\n", pieces.join("]]><![CDATA[")))
            }
        };
        let (prefix, bound) =
            if own.is_empty() { (String::new(), String::new()) } else { (format!("{own}:"), format!(":{own}")) };
        let response = format!(
            "<{prefix}queryChangesResponse xmlns{bound}=\"{NAMESPACE}\"><return>{text}</return></{prefix}queryChangesResponse>"
        );
        in_body(soap, &response)
    }
}

fn in_body(prefix: &str, body: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='UTF-8'?><{prefix}:Envelope xmlns:{prefix}=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <{prefix}:Body>{body}</{prefix}:Body></{prefix}:Envelope>"
    )
}

/// What is asked for; nothing when the call is not what the interface document says.
fn query(asked: &Asked) -> Result<Query, ()> {
    let header =
        |name: header::HeaderName| asked.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let action = asked.headers.get("SOAPAction").and_then(|value| value.to_str().ok());
    let body = String::from_utf8(asked.body.clone()).map_err(|_| ())?;
    let is_agreed = asked.path == PATH
        && action == Some("\"queryChanges\"")
        && header(header::CONTENT_TYPE).starts_with("text/xml")
        && body.contains("\"http://schemas.xmlsoap.org/soap/envelope/\"")
        && body.contains(&format!("<queryChanges xmlns=\"{NAMESPACE}\">"));
    let value = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(value, _)| value.to_owned())
    };
    let number = |name: &str| value(name).and_then(|value| value.parse().ok()).filter(|number| *number > 0).ok_or(());
    let since = value("since").filter(|since| since.len() == 19).ok_or(())?;
    if is_agreed { Ok(Query { since, page: number("pageNo")?, size: number("pageSize")? }) } else { Err(()) }
}
