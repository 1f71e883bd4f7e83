//! What the bureau answers.

use super::{APPKEY, REQUESTER, SERVICE, Trouble};
use crate::test_kit::port::{self, Answer, Asked, Reply};
use adapter_sdk::transport::SecretCipher;
use chrono::Duration;
use domain::{Clock, Timestamp};
use http::{HeaderMap, StatusCode};
use security::{
    digest,
    platform::{Cipher, Secret},
};
use serde_json::{Value, json, value::RawValue};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

const CHANGES: &str = "/dj/changes";
const LIVE: &str = "/wqs/query";
const REFRESH: &str = "/sysapi/auth/refreshappsecret";

/// What the bureau knows and remembers.
pub(super) struct Desk {
    clock: Arc<dyn Clock>,
    pub(super) rows: Vec<String>,
    pub(super) clearances: BTreeMap<String, (String, String)>,
    pub(super) cipher: SecretCipher,
    /// Secrets given out, and when.
    pub(super) secrets: Vec<(Secret, Timestamp)>,
    pub(super) troubles: BTreeMap<String, VecDeque<Trouble>>,
    /// Path and query of each call.
    pub(super) calls: Vec<(String, String)>,
    pub(super) connections: usize,
    pub(super) is_away: bool,
    listed: Vec<Timestamp>,
    given: u64,
    last_page: Option<String>,
}

impl port::Desk for Desk {
    fn connected(&mut self) {
        self.connections += 1;
    }

    fn reply(&mut self, asked: &Asked) -> Reply {
        self.calls.push((asked.path.clone(), asked.query.clone()));
        if let Some(trouble) = self.troubles.get_mut(&asked.path).and_then(VecDeque::pop_front) {
            return self.troubled(trouble, asked);
        }
        if asked.path == CHANGES && !self.may_list() {
            return self.answer(StatusCode::TOO_MANY_REQUESTS, Some(600), "{}".to_owned());
        }
        let text = self.text(asked);
        self.answer(StatusCode::OK, None, text)
    }

    fn is_away(&self) -> bool {
        self.is_away
    }
}

impl Desk {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            rows: Vec::new(),
            clearances: BTreeMap::new(),
            cipher: SecretCipher::Ecb,
            secrets: Vec::new(),
            troubles: BTreeMap::new(),
            calls: Vec::new(),
            connections: 0,
            is_away: false,
            listed: Vec::new(),
            given: 0,
            last_page: None,
        }
    }

    fn troubled(&mut self, trouble: Trouble, asked: &Asked) -> Reply {
        let page = "<html>sorry</html>".to_owned();
        match trouble {
            Trouble::Code(code) => self.answer(StatusCode::OK, None, error(code)),
            Trouble::TooMany(seconds) => self.answer(StatusCode::TOO_MANY_REQUESTS, Some(seconds), page),
            Trouble::Status(status) => {
                self.answer(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY), None, page)
            }
            Trouble::Cut => {
                let text = self.text(asked);
                Reply::Cut(text.chars().take(text.chars().count() / 2).collect())
            }
            Trouble::Silent => Reply::Silent,
            Trouble::Garbled => self.answer(StatusCode::OK, None, page),
            Trouble::Text(text) => self.answer(StatusCode::OK, None, text),
            Trouble::Repeated => {
                let text = self.last_page.clone().unwrap_or_else(|| self.text(asked));
                self.answer(StatusCode::OK, None, text)
            }
        }
    }

    fn answer(&self, status: StatusCode, retry_after: Option<u64>, text: String) -> Reply {
        let (date, media, body) = (self.clock.now(), "application/json", text.into_bytes());
        Reply::Answer(Answer { status, retry_after, date, media, body })
    }

    fn text(&mut self, asked: &Asked) -> String {
        if asked.path == REFRESH {
            return self.refreshed(asked);
        }
        if let Err(code) = self.signed(&asked.headers) {
            return error(code);
        }
        match asked.path.as_str() {
            CHANGES => {
                let page = self.changes(&asked.query).unwrap_or_else(error);
                self.last_page = Some(page.clone());
                page
            }
            LIVE => self.clearance(&asked.body),
            _ => error("4100"),
        }
    }

    fn may_list(&mut self) -> bool {
        let now = self.clock.now();
        self.listed.retain(|at| now - *at < Duration::hours(1));
        self.listed.push(now);
        self.listed.len() <= 1000
    }

    fn refreshed(&mut self, asked: &Asked) -> String {
        let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let [rid, sid, rtime, sign] = ["gjgxjhpt_rid", "gjgxjhpt_sid", "gjgxjhpt_rtime", "gjgxjhpt_sign"].map(text);
        let appkey = Secret::new(APPKEY);
        if let Err(code) = self.known(&rid, &sid, &rtime) {
            return error(code);
        }
        if sign != appkey.sign(SERVICE, REQUESTER, &rtime) {
            return error("4102");
        }
        self.given += 1;
        let secret = digest::hex(&digest::sha256(&self.given.to_be_bytes()))[..32].to_owned();
        let cipher = match self.cipher {
            SecretCipher::Ecb => Cipher::Ecb,
            SecretCipher::Cbc => Cipher::Cbc,
        };
        let secret = Secret::new(secret);
        let closed = appkey.close(cipher, &secret);
        self.secrets.push((secret, self.clock.now()));
        json!({"code": "00", "message": "", "data": {"secret": closed}}).to_string()
    }

    fn signed(&self, headers: &HeaderMap) -> Result<(), &'static str> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let rtime = text("gjgxjhpt_rtime");
        self.known(text("gjgxjhpt_rid"), text("gjgxjhpt_sid"), rtime)?;
        let sign = text("gjgxjhpt_sign");
        let found = self.secrets.iter().rev().find(|(secret, _)| secret.sign(SERVICE, REQUESTER, rtime) == sign);
        match found {
            None => Err("4102"),
            Some((_, since)) if self.clock.now() - *since >= Duration::hours(2) => Err("4101"),
            Some(_) => Ok(()),
        }
    }

    fn known(&self, rid: &str, sid: &str, rtime: &str) -> Result<(), &'static str> {
        if rid != REQUESTER || sid != SERVICE {
            return Err("4100");
        }
        let off = rtime.parse::<i64>().map(|at| (self.clock.now().timestamp_millis() - at).abs());
        if off.is_ok_and(|off| off <= 300_000) { Ok(()) } else { Err("4103") }
    }

    fn changes(&self, query: &str) -> Result<String, &'static str> {
        let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let limit: usize = value("limit").and_then(|limit| limit.parse().ok()).unwrap_or(100);
        if limit > 500 {
            return Err("4001");
        }
        let from = value("cursor").map_or(Ok(0), |cursor| self.place(cursor))?;
        let rows = self.rows.get(from..).unwrap_or_default();
        let page = &rows[..rows.len().min(limit)];
        let next = format!("{}/{}=", from + page.len(), self.clock.now().timestamp());
        let more = rows.len() > page.len();
        let rows: Vec<Box<RawValue>> = page.iter().filter_map(|row| RawValue::from_string(row.clone()).ok()).collect();
        // A row that is no JSON stands in the list as it is.
        let rows = if rows.len() == page.len() { json_of(&rows) } else { format!("[{}]", page.join(",")) };
        Ok(format!(r#"{{"code":"00","message":"","data":{{"next":{},"more":{more},"rows":{rows}}}}}"#, json!(next)))
    }

    /// The place that a cursor, escaped as in a query, stands for.
    fn place(&self, cursor: &str) -> Result<usize, &'static str> {
        let plain = cursor.replace("%2F", "/").replace("%3D", "=");
        let (place, since) = plain.strip_suffix('=').and_then(|plain| plain.split_once('/')).ok_or("4108")?;
        let since: i64 = since.parse().map_err(|_| "4108")?;
        if self.clock.now().timestamp() - since > 7 * 24 * 3600 {
            return Err("4109");
        }
        place.parse().map_err(|_| "4108")
    }

    fn clearance(&self, body: &[u8]) -> String {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let uscc = body["SHXYDM"].as_str().unwrap_or_default();
        let data = self.clearances.get(uscc);
        let data = data.map(|(state, at)| json!({"SHXYDM": uscc, "ZT": state, "CXSJ": at}));
        json!({"code": "00", "data": data}).to_string()
    }
}

fn json_of(rows: &[Box<RawValue>]) -> String {
    serde_json::to_string(rows).unwrap_or_default()
}

fn error(code: &str) -> String {
    json!({"code": code, "message": "失败", "data": null}).to_string()
}
