//! Whether the tables can be read and written where they are set up (`exchange adapter check`).

use super::{
    SerialSource,
    table::{Table, Unfit},
};
use adapter_sdk::{Finding, source::SourceError};
use domain::Language;
use std::path::PathBuf;

/// How far the clocks may be apart, in seconds.
const APART: i64 = 60;

/// Looks at connection, tables, rights and clock.
pub(super) fn check(source: &mut SerialSource) -> Vec<Finding> {
    let language = source.around.language;
    let (tables, user) = (source.tables(), source.link.user().to_owned());
    let address = PathBuf::from(source.link.address());
    let seen = source.link.ask_bare(async |client| {
        let now: i64 = client.query_one(NOW, &[]).await?.try_get(0)?;
        let mut looked = Vec::with_capacity(tables.len());
        for table in Table::find_all(tables, client).await? {
            looked.push(match table {
                Ok(table) => Ok((table.table(), table.missing_rights(client, &user).await?)),
                Err(unfit) => Err(unfit),
            });
        }
        Ok((now, looked))
    });
    let reachable = |fix| Finding { what: "database.reachable", place: address.clone(), fix };
    let (now, looked) = match seen {
        Ok(seen) => seen,
        Err(error) => return vec![reachable(Some(no_way_in(&error, language)))],
    };
    let mut findings = vec![reachable(None)];
    findings.extend(looked.into_iter().map(|looked| of_table(looked, language)));
    let off = source.around.clock.now().timestamp() - now;
    findings.push(Finding { what: "database.clock", place: address, fix: clock(off, language) });
    findings
}

fn of_table(looked: Result<(&'static str, Vec<String>), Unfit>, language: Language) -> Finding {
    match looked {
        Err(unfit) => {
            Finding { what: "table.columns", place: PathBuf::from(unfit.table()), fix: Some(unfit.sentence(language)) }
        }
        Ok((table, missing)) => {
            let grants = missing.join(" ");
            let fix = (!missing.is_empty()).then(|| match language {
                Language::English => format!("the account lacks rights; have the department run: {grants}"),
                Language::Chinese => format!("账号权限不足；请部门执行：{grants}"),
            });
            Finding { what: "table.rights", place: PathBuf::from(table), fix }
        }
    }
}

fn no_way_in(error: &SourceError, language: Language) -> String {
    match (error, language) {
        (_, Language::English) => error.to_string(),
        (SourceError::Refused { message }, Language::Chinese) => {
            format!(
                "数据库不接受登录；请检查 `user`、`password_file` 中的口令和 `url` 中的库名，或请部门在 pg_hba.conf 中放行本机（{message}）"
            )
        }
        (error, Language::Chinese) => {
            format!("无法连接数据库；请检查 `url`、网络，以及数据库是否在运行（{error}）")
        }
    }
}

/// `off`: seconds by which this machine is ahead.
fn clock(off: i64, language: Language) -> Option<String> {
    let minutes = (off.abs() + 59) / 60;
    (off.abs() > APART).then(|| match language {
        Language::English => format!(
            "the clocks of this machine and of the database are {minutes} min apart; set both by the same time server"
        ),
        Language::Chinese => format!("本机与数据库的时钟相差约 {minutes} 分钟；请以同一时间服务器校时"),
    })
}

const NOW: &str = "SELECT extract(epoch FROM clock_timestamp())::int8";
