//! Whether the table can be read where the adapter is set up (`exchange adapter check`), in words.

use super::{
    failure::{Failure, Meaning},
    link::Link,
    statements, value,
};
use adapter_sdk::{Finding, transport::TimeTable};
use chrono::{DateTime, NaiveDateTime, Utc};
use domain::{Language, Timestamp};
use mysql::{Conn, Row, prelude::Queryable};
use std::path::PathBuf;

/// How far the database's clock may stand from ours, in minutes.
const CLOCKS: i64 = 1;

/// Looks at connection, clock, table and error table, each as far as what it needs is well.
pub(super) fn findings(link: &mut Link, table: &TimeTable, now: Timestamp, language: Language) -> Vec<Finding> {
    let mut looks =
        Looks { place: PathBuf::from(format!("mysql://{}", link.account.place())), language, found: Vec::new() };
    let mut connection = match link.connect() {
        Ok(connection) => connection,
        Err(failure) => {
            looks.found("database.reachable", Some(unreachable(&failure, link)));
            return looks.found;
        }
    };
    looks.found("database.reachable", None);
    looks.found("database.clock", minutes_off(&mut connection, now).map(clock_off));
    let readable = link.columns().and_then(|_| link.ask(&statements::keys(table, &statements::From::Start, None)));
    looks.found("table.readable", readable.err().map(|failure| unusable(&failure, link, table.table, "SELECT")));
    if let Some(errors) = &table.errors {
        // Not over the link, which looks at the table first.
        let told = connection.query_drop(statements::tell_nothing(errors).0).map_err(Failure::from);
        looks.found("errors.writable", told.err().map(|failure| unusable(&failure, link, errors.table, "INSERT")));
    }
    looks.found
}

struct Looks {
    place: PathBuf,
    language: Language,
    found: Vec<Finding>,
}

/// The same sentence in both languages.
struct Said {
    en: String,
    zh: String,
}

impl Looks {
    fn found(&mut self, what: &'static str, fix: Option<Said>) {
        let fix = fix.map(|said| if self.language == Language::Chinese { said.zh } else { said.en });
        self.found.push(Finding { what, place: self.place.clone(), fix });
    }
}

fn unreachable(failure: &Failure, link: &Link) -> Said {
    let user = &link.account.user;
    let file = link.account.password_file.display();
    match (failure, failure.meaning()) {
        (Failure::Password(kind), _) => Said {
            en: format!("let the exchange read the password file {file} ({kind})"),
            zh: format!("请授予交换系统读取密码文件 {file} 的权限（{kind}）"),
        },
        (_, Meaning::Account) => Said {
            en: format!(
                "the database does not let {user} in: mend `user` or the password in {file}, or have the department let this machine in"
            ),
            zh: format!("数据库拒绝账号 {user} 登录：请更正 `user` 或 {file} 中的密码，或请部门允许本机登录"),
        },
        (_, Meaning::Database) => Said {
            en: format!("mend the database's name in `url`, or have the department let {user} use it"),
            zh: format!("请更正 `url` 中的数据库名，或请部门允许账号 {user} 使用该库"),
        },
        (Failure::Server(number), _) => Said {
            en: format!("the database cannot take a connection now (error {number}); ask the department"),
            zh: format!("数据库目前无法建立连接（错误 {number}）；请联系部门"),
        },
        (Failure::Lost(kind), _) => Said {
            en: format!(
                "cannot connect ({kind}): mend `url`, or have the department start the database and open the way to it"
            ),
            zh: format!("无法连接（{kind}）：请更正 `url`，或请部门启动数据库并开通网络"),
        },
        (Failure::Columns(_), _) => unusable(failure, link, "", "SELECT"),
    }
}

fn unusable(failure: &Failure, link: &Link, table: &str, right: &str) -> Said {
    let grant = format!("GRANT {right} ON {}.{table} TO {}", link.account.database, link.account.user);
    match (failure, failure.meaning()) {
        (Failure::Columns(names), _) => Said {
            en: format!("table {table} shows no column {}: have the department add it, or {grant}", names.join(", ")),
            zh: format!("表 {table} 中看不到列 {}：请部门补充该列，或执行 {grant}", names.join("、")),
        },
        (_, Meaning::Right) => Said {
            en: format!("no right on table {table}, or table or column is not there: have the department {grant}"),
            zh: format!("没有表 {table} 的权限，或表、列不存在：请部门执行 {grant}"),
        },
        (failure, _) => Said {
            en: format!("table {table} cannot be used now ({}): look whether it is locked", number(failure)),
            zh: format!("表 {table} 目前无法使用（{}）：请检查该表是否被锁定", number(failure)),
        },
    }
}

fn number(failure: &Failure) -> String {
    match failure {
        Failure::Server(number) => number.to_string(),
        Failure::Lost(kind) | Failure::Password(kind) => kind.to_string(),
        Failure::Columns(names) => names.join(", "),
    }
}

/// By how many minutes the database's clock is ahead of ours, where that matters; none as well where it does not say.
fn minutes_off(connection: &mut Conn, now: Timestamp) -> Option<i64> {
    let row: Row = connection.exec_first("SELECT UTC_TIMESTAMP(6)", ()).ok()??;
    let there: DateTime<Utc> =
        NaiveDateTime::parse_from_str(&value::text(&row, 0)?, "%Y-%m-%d %H:%M:%S%.f").ok()?.and_utc();
    Some((there - now).num_minutes()).filter(|minutes| minutes.abs() >= CLOCKS)
}

fn clock_off(minutes: i64) -> Said {
    let (en, zh) = if minutes > 0 { ("ahead of", "快") } else { ("behind", "慢") };
    let minutes = minutes.abs();
    Said {
        en: format!("the database's clock is {minutes} minutes {en} this machine's: set both by the same time server"),
        zh: format!("数据库时钟比本机{zh} {minutes} 分钟：请双方使用同一时间服务器校时"),
    }
}
