//! The envelope around a document.

use super::{SoapAnswers, Unusable, shown};
use crate::{gb18030, xml};
use quick_xml::{Reader, events::Event};
use std::borrow::Cow;

/// Root element of every answer.
pub(super) const ENVELOPE: &str = "Envelope";
/// Elements open at one time; a deeper answer is refused.
const MAX_DEPTH: usize = 32;

/// The answer's text. UTF-8 is known by itself; the GB family has to be named, by the header or by the answer's own declaration.
pub(super) fn text<'a>(body: &'a [u8], charset: Option<&str>) -> Result<Cow<'a, str>, Unusable> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    if let Ok(text) = std::str::from_utf8(body) {
        return Ok(Cow::Borrowed(text));
    }
    let head = String::from_utf8_lossy(body.get(..body.len().min(200)).unwrap_or_default()).to_ascii_lowercase();
    let declared = head.split_once("?>").and_then(|(declaration, _)| declaration.split_once("encoding"));
    let declared = declared.map(|(_, rest)| rest.trim_start_matches([' ', '=', '"', '\'']));
    let is_gb = |name: &str| name.trim_matches(['"', '\'', ' ']).to_ascii_lowercase().starts_with("gb");
    if charset.is_some_and(is_gb) || declared.is_some_and(is_gb) {
        return gb18030::decode(body).map_err(|_| Unusable::Torn("its bytes are not GB18030, as it declares"));
    }
    Err(Unusable::Torn("its bytes are not UTF-8"))
}

/// Local name of the root element, if `text` begins with one.
pub(super) fn root(text: &str) -> Option<&str> {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        rest = if rest.starts_with("<?") {
            rest.split_once("?>")?.1.trim_start()
        } else if rest.starts_with("<!--") {
            rest.split_once("-->")?.1.trim_start()
        } else {
            let name = rest.strip_prefix('<')?;
            let name = name.split(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')).next()?;
            return name.rsplit(':').next();
        };
    }
}

/// The document in an answer.
pub(super) fn result(text: &str, answers: &SoapAnswers) -> Result<String, Unusable> {
    let mut walk = Walk { answers, open: Vec::new(), document: None, is_fault: false, code: String::new() };
    let mut reader = Reader::from_str(text);
    loop {
        let event = reader.read_event().map_err(|_| Unusable::Torn("broken markup"))?;
        if matches!(event, Event::Eof) {
            break;
        }
        walk.take(&event)?;
    }
    if !walk.open.is_empty() {
        return Err(Unusable::Torn("it ends before its root element does"));
    }
    if walk.is_fault {
        return Err(Unusable::Fault { code: shown(&walk.code) });
    }
    walk.document.ok_or(Unusable::Foreign("there is no result in it"))
}

struct Walk<'a> {
    answers: &'a SoapAnswers,
    /// Local names of the open elements.
    open: Vec<String>,
    document: Option<String>,
    is_fault: bool,
    code: String,
}

impl Walk<'_> {
    fn take(&mut self, event: &Event<'_>) -> Result<(), Unusable> {
        match event {
            Event::Start(tag) => self.start(tag.local_name().as_ref()),
            Event::Empty(tag) => {
                self.start(tag.local_name().as_ref())?;
                self.open.pop();
                Ok(())
            }
            Event::End(_) => {
                self.open.pop();
                Ok(())
            }
            Event::Text(text) => self.text(text),
            Event::CData(text) => self.text(text),
            Event::GeneralRef(reference) => {
                let resolved = xml::resolve(reference).ok_or(Unusable::Torn("undefined reference"))?;
                self.text(resolved.encode_utf8(&mut [0; 4]))
            }
            Event::DocType(_) => Err(Unusable::Foreign("a document type declaration is not accepted")),
            _ => Ok(()),
        }
    }

    fn start(&mut self, name: &str) -> Result<(), Unusable> {
        if self.open.is_empty() && name != ENVELOPE {
            return Err(Unusable::Foreign("it is no SOAP envelope"));
        }
        if self.is_in(&[self.answers.response, self.answers.result]) {
            return Err(Unusable::Foreign("the result is not text"));
        }
        if self.open.len() == MAX_DEPTH {
            return Err(Unusable::Torn("elements are nested too deep"));
        }
        self.open.push(name.to_owned());
        if self.is_in(&["Fault"]) {
            self.is_fault = true;
        }
        if self.is_in(&[self.answers.response, self.answers.result]) && self.document.replace(String::new()).is_some() {
            return Err(Unusable::Foreign("there are two results in it"));
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Unusable> {
        if self.open.is_empty() && !text.trim().is_empty() {
            return Err(Unusable::Foreign("it is no SOAP envelope"));
        }
        if self.is_in(&["Fault", "faultcode"]) {
            self.code.push_str(text);
        } else if self.is_in(&[self.answers.response, self.answers.result])
            && let Some(document) = &mut self.document
        {
            document.push_str(text);
        }
        Ok(())
    }

    /// Whether exactly these elements of the body are open.
    fn is_in(&self, path: &[&str]) -> bool {
        let [_, body, rest @ ..] = self.open.as_slice() else { return false };
        body == "Body" && rest.iter().map(String::as_str).eq(path.iter().copied())
    }
}
