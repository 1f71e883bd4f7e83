//! Whether the operation can be asked from here.

use super::{Polls, Said};
use crate::https;
use adapter_sdk::Finding;
use domain::{Language, date};
use std::path::PathBuf;

/// How far the server's clock may stand from ours, in minutes.
const CLOCKS: i64 = 1;

/// Asks for what has changed since now, which is next to nothing.
pub(super) fn findings(polls: &Polls) -> Vec<Finding> {
    let now = polls.around.clock.now();
    let language = polls.around.language;
    let since = now.with_timezone(&date::local_offset()).format("%Y-%m-%d %H:%M:%S").to_string();
    let Said { page, date } = polls.ask((&since, 1, 1), &|| false);
    let place = PathBuf::from(format!("https://{}{}", polls.wire.host(), polls.path));
    let finding = |what, fix| Finding { what, place: place.clone(), fix };
    let fault = page.err();
    if let Some(fault) = fault.as_ref().filter(|fault| !fault.is_answer()) {
        return vec![finding("service.reachable", Some(fault.told(language)))];
    }
    let fix = fault.map(|fault| fault.told(language));
    let mut findings = vec![finding("service.reachable", None), finding("service.answers", fix)];
    if let Some(there) = date {
        findings.push(finding("service.clock", clock_off(https::minutes_ahead(now, there), language)));
    }
    findings
}

fn clock_off(minutes: i64, language: Language) -> Option<String> {
    if minutes.abs() < CLOCKS {
        return None;
    }
    let is_ahead = minutes > 0;
    let minutes = minutes.abs();
    Some(match language {
        Language::English => {
            let side = if is_ahead { "behind" } else { "ahead of" };
            format!("the server's clock is {minutes} minutes {side} this machine's: set both by the same time server")
        }
        Language::Chinese => {
            let side = if is_ahead { "慢" } else { "快" };
            format!("服务器时钟比本机{side} {minutes} 分钟：请双方使用同一时间服务器校时")
        }
    })
}
