//! Calls with the national platform's signed headers, and the short-lived secret that signs them (standards 6.1, 6.2).

use super::fault::{Fault, shown};
use crate::https::{self, Address, Answer, Call, Wire};
use adapter_sdk::transport::RestCodes;
use domain::{Clock, Timestamp};
use http::{Method, StatusCode};
use security::platform::{Cipher, Secret};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// What calls and answers are.
const JSON: &str = "application/json";

/// Who calls, which service, and with which application key.
pub(super) struct Identity {
    pub(super) requester: String,
    pub(super) service: String,
    pub(super) key: Secret,
    pub(super) cipher: Cipher,
}

/// What is asked of the service.
pub(super) struct Question<'a> {
    pub(super) method: Method,
    /// Path and query behind the service's address.
    pub(super) path: &'a str,
    /// A JSON text.
    pub(super) body: &'a str,
}

/// What an answer says.
#[derive(Debug)]
pub(super) enum Said<T> {
    /// All is well.
    Good(T),
    /// An error, by its code.
    Failed(String),
}

/// Reads an answer; says what is wrong with one that is none of this interface.
pub(super) type Reading<'a, T> = &'a (dyn Fn(&[u8]) -> Result<Said<T>, String> + Sync);

/// Whether a call may be made now.
pub(super) type Permission<'a> = &'a (dyn Fn() -> Result<(), Fault> + Sync);

/// A service that is called with signed headers.
pub(super) struct Signed {
    pub(super) identity: Identity,
    pub(super) codes: RestCodes,
    pub(super) address: Address,
    pub(super) wire: Arc<Wire>,
    pub(super) platform: Platform,
    pub(super) clock: Arc<dyn Clock>,
    /// Held while it is refreshed: one call refreshes it for all.
    pub(super) secret: Mutex<Option<Held>>,
}

/// Where secrets are got.
pub(super) struct Platform {
    pub(super) wire: Arc<Wire>,
    /// Path there.
    pub(super) path: String,
    /// How long a secret is good for.
    pub(super) lasts: Duration,
}

/// A short-lived secret.
#[derive(Clone)]
pub(super) struct Held {
    secret: Secret,
    /// When it is better refreshed.
    until: Timestamp,
}

/// The four values of a signed call.
#[derive(Serialize)]
struct Signature<'a> {
    #[serde(rename = "gjgxjhpt_rid")]
    requester: &'a str,
    #[serde(rename = "gjgxjhpt_sid")]
    service: &'a str,
    /// In milliseconds since 1970.
    #[serde(rename = "gjgxjhpt_rtime")]
    time: String,
    #[serde(rename = "gjgxjhpt_sign")]
    sign: String,
}

#[derive(Deserialize)]
struct Refreshed {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    data: Option<RefreshedSecret>,
}

#[derive(Deserialize)]
struct RefreshedSecret {
    secret: String,
}

impl Signed {
    /// Asks, and reads the answer with `read`. `permit` is asked before each call of the service, the repeated one too. A secret
    /// that has expired is refreshed once, and the call repeated.
    pub(super) async fn ask<T>(
        &self,
        question: &Question<'_>,
        permit: Permission<'_>,
        read: Reading<'_, T>,
    ) -> Result<T, Fault> {
        let (held, was_fresh) = self.secret().await?;
        permit()?;
        let (answer, said) = self.call(question, &held, read).await?;
        let code = match said {
            Said::Good(good) => return Ok(good),
            Said::Failed(code) => code,
        };
        // A wrong signature can come of a secret that somebody else has refreshed meanwhile.
        let may_be_stale = code == self.codes.expired || code == self.codes.signature;
        if was_fresh || !may_be_stale {
            return Err(self.fault(&code, &answer));
        }
        let held = self.refreshed_after(&held).await?;
        permit()?;
        match self.call(question, &held, read).await? {
            (_, Said::Good(good)) => Ok(good),
            (answer, Said::Failed(code)) => Err(self.fault(&code, &answer)),
        }
    }

    /// Gets a secret, if there is none that is good.
    pub(super) async fn warm_up(&self) -> Result<(), Fault> {
        self.secret().await.map(|_| ())
    }

    /// A secret that should be good, and whether it was got right now.
    async fn secret(&self) -> Result<(Held, bool), Fault> {
        let mut kept = self.secret.lock().await;
        if let Some(held) = kept.as_ref().filter(|held| self.clock.now() < held.until) {
            return Ok((held.clone(), false));
        }
        let held = self.refresh().await?;
        *kept = Some(held.clone());
        Ok((held, true))
    }

    /// Another secret than `used`, refreshed unless somebody did so meanwhile.
    async fn refreshed_after(&self, used: &Held) -> Result<Held, Fault> {
        let mut kept = self.secret.lock().await;
        if let Some(held) = kept.as_ref().filter(|held| held.secret != used.secret) {
            return Ok(held.clone());
        }
        *kept = None;
        let held = self.refresh().await?;
        *kept = Some(held.clone());
        Ok(held)
    }

    async fn refresh(&self) -> Result<Held, Fault> {
        let now = self.clock.now();
        let signature = self.signature(&self.identity.key);
        let body = serde_json::to_string(&signature).map_err(|error| Fault::Malformed(error.to_string()))?;
        let path = self.platform.path.clone();
        let call = Call { method: Method::POST, path, headers: signature.headers(), media: JSON, body };
        let answer = self.platform.wire.call(&call).await?;
        let read: Result<Refreshed, _> = serde_json::from_slice(&answer.body);
        let refreshed = match read {
            Ok(refreshed) if answer.status != StatusCode::TOO_MANY_REQUESTS => refreshed,
            _ => return Err(status_fault(&answer, "the call for the short-lived secret is not answered with JSON")),
        };
        if let Some(code) = refreshed.code.filter(|code| code != "00") {
            return Err(self.fault_of_refresh(&code, &answer));
        }
        let Some(data) = refreshed.data else {
            return Err(status_fault(&answer, "the answer to the call for the short-lived secret holds none"));
        };
        let secret = self.identity.key.open(self.identity.cipher, &data.secret).ok_or_else(|| {
            let message = "the short-lived secret cannot be decrypted: `key_file` does not hold the key of this requester and service, or `cipher` is the other one of \"ecb\" and \"cbc\"";
            Fault::Refused(message.to_owned())
        })?;
        // A little before its end, so that no call is on its way when it comes.
        let lasts = self.platform.lasts / 12 * 11;
        Ok(Held { secret, until: now + lasts })
    }

    async fn call<T>(
        &self,
        question: &Question<'_>,
        held: &Held,
        read: Reading<'_, T>,
    ) -> Result<(Answer, Said<T>), Fault> {
        let headers = self.signature(&held.secret).headers();
        let path = self.address.path(question.path);
        let call = Call { method: question.method.clone(), path, headers, media: JSON, body: question.body.to_owned() };
        let answer = self.wire.call(&call).await?;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            return Err(Fault::Busy(answer.retry_after));
        }
        match read(&answer.body) {
            Ok(Said::Good(_)) if !answer.status.is_success() => Err(status_fault(&answer, "")),
            Ok(said) => Ok((answer, said)),
            Err(what) => Err(status_fault(&answer, &what)),
        }
    }

    fn signature(&self, key: &Secret) -> Signature<'_> {
        let Identity { requester, service, .. } = &self.identity;
        let time = self.clock.now().timestamp_millis().to_string();
        let sign = key.sign(service, requester, &time);
        Signature { requester, service, time, sign }
    }

    fn fault(&self, code: &str, answer: &Answer) -> Fault {
        let codes = &self.codes;
        if code == codes.signature {
            let message = "the signature is called wrong (code 4102) although the secret is new; have the platform verify which application key and which `service` belong to this requester";
            return Fault::Refused(message.replace("4102", &shown(code)));
        }
        if codes.lost_cursor.contains(&code) {
            return Fault::LostCursor { code: shown(code) };
        }
        self.fault_of_identity(code, answer)
    }

    fn fault_of_refresh(&self, code: &str, answer: &Answer) -> Fault {
        if code == self.codes.signature {
            let message = format!(
                "the signature of the call for the short-lived secret is called wrong (code {}); put the application key that was issued for this requester and service into `key_file`",
                shown(code)
            );
            return Fault::Refused(message);
        }
        self.fault_of_identity(code, answer)
    }

    fn fault_of_identity(&self, code: &str, answer: &Answer) -> Fault {
        if code == self.codes.unknown {
            let message = format!(
                "requester or service is unknown there (code {}); compare `requester` and `service` with what the platform has issued",
                shown(code)
            );
            return Fault::Refused(message);
        }
        if code == self.codes.clock {
            return Fault::Refused(self.clock_fault(code, answer));
        }
        Fault::Provider { code: shown(code) }
    }

    fn clock_fault(&self, code: &str, answer: &Answer) -> String {
        let by = match answer.date.map(|there| https::minutes_ahead(self.clock.now(), there)) {
            Some(0) => " by less than a minute".to_owned(),
            Some(minutes) => {
                let direction = if minutes > 0 { "ahead" } else { "behind" };
                format!(": it is {} minutes {direction}", minutes.abs())
            }
            None => String::new(),
        };
        format!(
            "this machine's clock and that of the department differ{by} (code {}); set this machine's clock by a time server (NTP), or have the department set theirs",
            shown(code)
        )
    }
}

impl Signature<'_> {
    fn headers(&self) -> Vec<(&'static str, String)> {
        vec![
            ("gjgxjhpt_rid", self.requester.to_owned()),
            ("gjgxjhpt_sid", self.service.to_owned()),
            ("gjgxjhpt_rtime", self.time.clone()),
            ("gjgxjhpt_sign", self.sign.clone()),
        ]
    }
}

/// An answer without anything that can be read.
fn status_fault(answer: &Answer, what: &str) -> Fault {
    let status = answer.status;
    if status == StatusCode::TOO_MANY_REQUESTS || (status.is_server_error() && answer.retry_after.is_some()) {
        return Fault::Busy(answer.retry_after);
    }
    if status.is_success() {
        return Fault::Malformed(what.to_owned());
    }
    Fault::Away(format!("it answers with HTTP {}", status.as_u16()))
}
