//! Why a page does not come, and what follows from it.

use crate::https::{GivenUp, NoAnswer};
use adapter_sdk::{formats::soap::Unusable, source::SourceError};
use domain::Language;
use std::time::Duration;

/// A call that came to nothing. Texts never hold what an answer said, codes apart.
#[derive(Debug)]
pub(super) enum Fault {
    /// Nobody is there.
    Unreachable(String),
    /// The connection cannot be trusted, or we are not.
    Tls(String),
    /// The answer did not come whole.
    Cut(String),
    /// It took longer than it may.
    Late(Duration),
    /// Another HTTP status than that of a good answer.
    Status { status: u16, retry_after: Option<Duration> },
    /// The answer holds no good document.
    Unusable(Unusable),
    /// The document is another page than was asked for.
    OtherPage,
    /// What should be a number of pages or entities is none.
    NoNumber,
    /// The intake was asked to stop.
    Stopped,
}

impl Fault {
    /// Whether the server answered at all.
    pub(super) fn is_answer(&self) -> bool {
        matches!(self, Self::Status { .. } | Self::Unusable(_) | Self::OtherPage | Self::NoNumber)
    }

    /// What is wrong and how to mend it.
    pub(super) fn told(&self, language: Language) -> String {
        match language {
            Language::English => self.english(),
            Language::Chinese => self.chinese(),
        }
    }

    /// Whether waiting will not mend it.
    fn is_refusal(&self) -> bool {
        matches!(self, Self::Status { status: 300..=399 | 401 | 403..=405 | 410 | 415, .. })
    }

    fn english(&self) -> String {
        match self {
            Self::Unreachable(why) => {
                format!(
                    "cannot connect: mend `url`, or have the department start the service and open the way to it ({why})"
                )
            }
            Self::Tls(why) => format!(
                "no trusted connection (TLS): compare `ca`, `cert` and `key` with what the department has issued, or have it mend its certificate ({why})"
            ),
            Self::Cut(why) => {
                format!("the answer did not come whole: ask the department to look after its service ({why})")
            }
            Self::Late(limit) => {
                format!("no answer within {} s: ask the department to look after its service", limit.as_secs_f32())
            }
            Self::Status { status, .. } if self.is_refusal() => {
                format!("it answers with HTTP {status}: mend `url`, or have the department let this machine in")
            }
            Self::Status { status, .. } => {
                format!("it answers with HTTP {status} (provider.error): ask the department to look after its service")
            }
            Self::Unusable(unusable) => format!("{unusable}: ask the department to look after its service"),
            Self::OtherPage => {
                "the document is another page than was asked for: ask the department to look after its service"
                    .to_owned()
            }
            Self::NoNumber => {
                "what the document says of its pages is no number: ask the department to look after its service"
                    .to_owned()
            }
            Self::Stopped => "the intake was asked to stop".to_owned(),
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::Unreachable(why) => format!("无法连接：请更正 `url`，或请部门启动服务并开通网络（{why}）"),
            Self::Tls(why) => {
                format!("无法建立可信连接（TLS）：请核对部门签发的 `ca`、`cert` 和 `key`，或请部门更正其证书（{why}）")
            }
            Self::Cut(why) => format!("应答不完整：请部门检查其服务（{why}）"),
            Self::Late(limit) => format!("{} 秒内没有应答：请部门检查其服务", limit.as_secs_f32()),
            Self::Status { status, .. } if self.is_refusal() => {
                format!("服务返回 HTTP {status}：请更正 `url`，或请部门允许本机访问")
            }
            Self::Status { status, .. } => format!("服务返回 HTTP {status}（provider.error）：请部门检查其服务"),
            Self::Unusable(Unusable::Fault { code }) => {
                format!("服务返回 SOAP Fault（provider.error，代码 {code}）：请部门检查其服务")
            }
            Self::Unusable(Unusable::Failed { code }) => {
                format!("服务返回错误代码 {code}（provider.error）：请部门检查其服务")
            }
            Self::Unusable(unusable) => format!("应答不是约定的文档：请部门检查其服务（{unusable}）"),
            Self::OtherPage => "应答不是所请求的页：请部门检查其服务".to_owned(),
            Self::NoNumber => "文档中的页数或总数不是数字：请部门检查其服务".to_owned(),
            Self::Stopped => "接收已停止".to_owned(),
        }
    }
}

impl From<GivenUp> for Fault {
    fn from(given_up: GivenUp) -> Self {
        match given_up {
            GivenUp::Stopped => Self::Stopped,
            GivenUp::Late(limit) => Self::Late(limit),
        }
    }
}

impl From<NoAnswer> for Fault {
    fn from(none: NoAnswer) -> Self {
        match none {
            NoAnswer::Unreachable(why) => Self::Unreachable(why),
            NoAnswer::Tls(why) => Self::Tls(why),
            NoAnswer::Cut(why) => Self::Cut(why),
        }
    }
}

impl From<Fault> for SourceError {
    fn from(fault: Fault) -> Self {
        let message = fault.told(Language::English);
        match fault {
            Fault::Stopped => Self::Stopped,
            Fault::Status { .. } if fault.is_refusal() => Self::Refused { message },
            Fault::Status { retry_after, .. } => Self::Away { message, retry_after },
            _ => Self::Away { message, retry_after: None },
        }
    }
}
