//! The push side: records that a department hands in by itself.

use super::Office;
use crate::service::Fault;
use adapter_sdk::{
    push::{PushFault, PushHandle, PushRequest},
    source::RowFate,
};
use contract::{
    topics,
    v1::{BusPosition, PublishResponse, PublishResult},
};
use domain::{Caller, Language, Reason};
use std::time::Duration;
use tokio::time::timeout;

/// When asking again may help: an intake that is busy, or beginning anew.
const RETRY: Duration = Duration::from_secs(2);

impl Office {
    /// The intake of the caller's department.
    pub(crate) fn intake(&self, caller: &Caller, department: &str) -> Result<PushHandle, Fault> {
        if caller.id() != department {
            return Err(self.other_department());
        }
        let intake = self.parts.pushes.get(department).cloned();
        intake.ok_or_else(|| Fault::NotFound("this node takes in nothing that this department pushes".to_owned()))
    }

    /// The refusal of a department that speaks of another.
    pub(crate) fn other_department(&self) -> Fault {
        let detail = match self.parts.language {
            Language::English => "a department publishes for itself alone",
            Language::Chinese => "部门只能发布本部门的数据",
        };
        Fault::Refused { reason: Reason::CallerKind, detail: detail.to_owned(), retry_after: None }
    }

    /// What became of each record, once that is durable on the bus.
    pub(crate) async fn push(
        &self,
        intake: &PushHandle,
        request: PushRequest,
        limit: Duration,
    ) -> Result<Vec<RowFate>, Fault> {
        match timeout(limit, intake.publish(request)).await {
            Ok(Ok(fates)) => Ok(fates),
            Ok(Err(PushFault::KeyReused)) => Err(Fault::KeyReused),
            Ok(Err(PushFault::Busy)) => Err(self.away("too many requests wait", "等待处理的请求过多")),
            Ok(Err(PushFault::Away)) => Err(self.away("the intake does not run now", "接收程序当前未运行")),
            Err(_) => Err(self.away("the bus did not confirm in time", "总线未在时限内确认")),
        }
    }

    fn away(&self, english: &str, chinese: &str) -> Fault {
        let detail = match self.parts.language {
            Language::English => format!("{english}; send the same records again, under the same Idempotency-Key"),
            Language::Chinese => format!("{chinese}；请使用相同的 Idempotency-Key 重新发送相同的记录"),
        };
        Fault::Unavailable { retry_after: RETRY, detail }
    }
}

/// What a department is told of the record on `line`.
pub(crate) fn response(department: &str, line: u64, fate: RowFate) -> PublishResponse {
    let mut response = PublishResponse { line: u32::try_from(line).unwrap_or(u32::MAX), ..PublishResponse::default() };
    let result = match fate {
        RowFate::Published { partition, offset } => {
            response.position = Some(BusPosition {
                topic: topics::records(department),
                partition: i32::try_from(partition).ok(),
                offset: i64::try_from(offset).ok(),
            });
            PublishResult::Accepted
        }
        RowFate::Unchanged => PublishResult::Unchanged,
        RowFate::Superseded => PublishResult::Superseded,
        RowFate::Skipped => PublishResult::Skipped,
        RowFate::Rejected { rule, field, message } => {
            (response.rule, response.field, response.message) = (rule, field, message);
            PublishResult::Rejected
        }
    };
    response.set_result(result);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_on_the_bus_is_stated_too() {
        let text = contract::json::encode(&response("health", 1, RowFate::Published { partition: 0, offset: 0 }));
        let expected = r#"{"line":1,"result":"PUBLISH_RESULT_ACCEPTED","position":{"topic":"exchange.records.health","partition":0,"offset":"0"}}"#;
        assert_eq!(text.unwrap(), expected);
    }

    #[test]
    fn a_rejected_record_says_rule_field_and_what_to_do() {
        let fate = RowFate::Rejected { rule: "a.b".into(), field: "f".into(), message: "m".into() };
        let text = contract::json::encode(&response("health", 7, fate)).unwrap();
        assert_eq!(text, r#"{"line":7,"result":"PUBLISH_RESULT_REJECTED","rule":"a.b","field":"f","message":"m"}"#);
    }
}
