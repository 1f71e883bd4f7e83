//! Sentences for people, in the language of the node.

use domain::{Language, Outcome, Reason};

fn choose(language: Language, english: &'static str, chinese: &'static str) -> &'static str {
    match language {
        Language::English => english,
        Language::Chinese => chinese,
    }
}

/// What an answer's outcome means; nothing for what speaks for itself.
pub(crate) fn outcome(outcome: Outcome, language: Language) -> String {
    let (english, chinese) = match outcome {
        Outcome::NotFound => ("covered, and nothing there", "已覆盖，未查到"),
        Outcome::Withdrawn => ("was there, and was taken back", "曾有记录，已撤回"),
        Outcome::NoCoverage => ("nothing here could tell", "未覆盖，无法判断有无"),
        Outcome::Ambiguous => ("more than one current record, none is shown", "存在多条现行记录，不予显示"),
        Outcome::Stale => ("found, but older than the question allows", "已查到，但数据早于所要求的时限"),
        _ => ("", ""),
    };
    choose(language, english, chinese).to_owned()
}

/// Why a question is refused.
pub(crate) fn refused(reason: Reason, language: Language) -> &'static str {
    let (english, chinese) = match reason {
        Reason::NoGrant => ("no grant names this resource", "没有该资源的授权"),
        Reason::Mode => ("the grant is for another kind of use", "授权的使用方式不符"),
        Reason::Purpose => ("the grant is not for this matter", "授权不包括该事项"),
        Reason::Item => ("an item asked for is not granted", "所要求的信息项未获授权"),
        Reason::Lookup => ("asking by this kind of identifier is not granted", "未获授权按该类标识查询"),
        Reason::Subject => ("the subject's confirmation is missing", "缺少当事人的授权确认"),
        Reason::Hours => ("outside the hours of the grant", "不在授权的时段内"),
        Reason::Validity => ("the grant is not valid today", "授权不在有效期内"),
        Reason::QuotaSecond => ("too many questions this second", "本秒查询次数已达上限"),
        Reason::QuotaDay => ("too many questions this day", "当日查询次数已达上限"),
        Reason::QuotaSubject => ("too many questions about this subject this day", "当日对该对象的查询次数已达上限"),
        Reason::NotShared => ("the resource is not shared", "该资源不予共享"),
        Reason::CallerKind => ("this kind of caller may not ask questions", "此类调用方不能查询"),
    };
    choose(language, english, chinese)
}

/// The request id was used for another question.
pub(crate) fn conflict(language: Language) -> &'static str {
    choose(language, "the request_id was used for another question", "request_id 已用于另一个查询")
}

/// The view cannot be read.
pub(crate) fn store_away(language: Language) -> &'static str {
    choose(language, "the records cannot be read now", "暂时无法读取数据")
}

/// The time limit is over.
pub(crate) fn time_limit(language: Language) -> &'static str {
    choose(language, "no answer within the time limit", "未能在时限内作出答复")
}

/// The resource is not held here.
pub(crate) fn no_source(language: Language) -> &'static str {
    choose(language, "the source of this resource cannot be reached from this node", "本节点无法访问该资源的来源")
}

/// The department gives no answer now.
pub(crate) fn live_away(language: Language) -> &'static str {
    choose(language, "the department that holds this gives no answer now", "数据提供部门暂时未作答复")
}

/// Evidence cannot be written.
pub(crate) fn evidence_away(language: Language) -> &'static str {
    choose(language, "nothing is answered that cannot be recorded, and recording fails now", "存证暂不可用，不予作答")
}

/// A stored record is not what it should be.
pub(crate) fn damaged(language: Language) -> &'static str {
    choose(language, "a stored record cannot be read", "已存数据无法解读")
}
