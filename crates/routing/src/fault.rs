//! What can be wrong with a field of a question, with a sentence in each language.

use crate::{FieldFault, stop::Stop};
use domain::Language;

/// A fault of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Malformed,
    Required,
    UnknownResource,
    UnknownItem,
    UnknownType,
    UnknownKind,
    /// The resource cannot be asked by this kind of identifier.
    NoLookup,
    /// The identifier fails its check; the rule's id.
    Identifier(&'static str),
    Matter,
    TooLong,
    NotUuid,
    Duration,
    PageSize,
    PageToken,
    TooMany,
    Direction,
    Depth,
    Signature,
}

impl Fault {
    fn rule(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Required => "required",
            Self::UnknownResource => "resource.unknown",
            Self::UnknownItem => "item.unknown",
            Self::UnknownType => "type.unknown",
            Self::UnknownKind => "identifier.kind",
            Self::NoLookup => "identifier.lookup",
            Self::Identifier(rule) => rule,
            Self::Matter => "matter.form",
            Self::TooLong => "length",
            Self::NotUuid => "request-id.form",
            Self::Duration => "duration",
            Self::PageSize => "page-size",
            Self::PageToken => "page-token",
            Self::TooMany => "count",
            Self::Direction => "direction",
            Self::Depth => "depth",
            Self::Signature => "signature",
        }
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Malformed => ("is not a message of this method", "不是该方法的请求"),
            Self::Required => ("is required", "必填"),
            Self::UnknownResource => ("is not a resource of the catalogue", "资源目录中没有该资源"),
            Self::UnknownItem => ("is not an item of the resource", "该资源没有此信息项"),
            Self::UnknownType => ("is not a type of certificate in the catalogue", "资源目录中没有该类证照"),
            Self::UnknownKind => ("is not a kind of identifier", "不是已知的标识类型"),
            Self::NoLookup => ("the resource cannot be asked by this kind of identifier", "该资源不能按此类标识查询"),
            Self::Identifier(_) => ("fails the check of its kind", "未通过该类标识的校验"),
            Self::Matter => ("is a matter code of 12, 31 or 33 letters and digits", "应为12、31或33位事项编码"),
            Self::TooLong => ("is too long", "过长"),
            Self::NotUuid => ("is a UUID", "应为 UUID"),
            Self::Duration => ("is a duration of zero or more", "应为不小于零的时长"),
            Self::PageSize => ("is at most 1,000", "不得超过1000"),
            Self::PageToken => {
                ("is not a token of this question under its present grant", "不是此查询在现行授权下的翻页标记")
            }
            Self::TooMany => ("has too many entries", "条目过多"),
            Self::Direction => ("is UP or DOWN", "应为 UP 或 DOWN"),
            Self::Depth => ("is 1 to 10", "应为1至10"),
            Self::Signature => ("is not the caller's signature of this request", "不是调用方对本请求的有效签名"),
        }
    }
}

/// The faults of one question.
#[derive(Debug)]
pub(crate) struct Faults {
    language: Language,
    found: Vec<FieldFault>,
}

impl Faults {
    /// None yet.
    pub(crate) fn new(language: Language) -> Self {
        Self { language, found: Vec::new() }
    }

    /// Notes a fault.
    pub(crate) fn add(&mut self, field: impl Into<String>, fault: Fault) {
        let (english, chinese) = fault.words();
        let description = match self.language {
            Language::English => english,
            Language::Chinese => chinese,
        };
        self.found.push(FieldFault { field: field.into(), rule: fault.rule(), description: description.to_owned() });
    }

    /// Goes on, when there is none, with what was read.
    pub(crate) fn settle<T>(mut self, read: Option<T>) -> Result<T, Stop> {
        if self.found.is_empty() && read.is_none() {
            self.add("", Fault::Malformed);
        }
        read.filter(|_| self.found.is_empty()).ok_or(Stop::Invalid(self.found))
    }

    /// A question with this fault alone.
    pub(crate) fn one(language: Language, field: &str, fault: Fault) -> Stop {
        let mut faults = Self::new(language);
        faults.add(field, fault);
        Stop::Invalid(faults.found)
    }
}
