use super::*;
use proptest::prelude::*;

fn day(year: i32, month: u32, day: u32) -> DayValue {
    DayValue::Day(NaiveDate::from_ymd_opt(year, month, day).unwrap())
}

#[test]
fn every_form_of_the_page_is_read() {
    for text in [
        "20150512",
        "20150512083001",
        "2015-05-12",
        "2015-05-12 08:30:01",
        "2015-05-12 08:30",
        "2015-05-12 08:30:01.000000000",
        "2015/5/12",
        "2015/05/12",
        "2015年5月12日",
        "2015年05月12日",
        " 2015-05-12\u{3000}",
        "２０１５０５１２",
    ] {
        assert_eq!(parse_day(text), Ok(day(2015, 5, 12)), "{text}");
    }
}

#[test]
fn no_end_is_read_in_every_form() {
    for text in ["长期", "99991231", "20991231", "9999-12-31", "2099-12-31", "99991231000000", "99999999999999"] {
        assert_eq!(parse_day(text), Ok(DayValue::NoEnd), "{text}");
    }
}

#[test]
fn unknown_is_blank_zero_or_1900() {
    for text in ["", "  ", "\u{3000}", "0", "00000000", "0000-00-00", "19000101", "1900-01-01", "1900/1/1"] {
        assert_eq!(parse_day(text), Ok(DayValue::Unknown), "{text}");
    }
}

#[test]
fn empty_is_no_end_only_where_asked() {
    assert_eq!(parse_day_with_empty_as_no_end("  "), Ok(DayValue::NoEnd));
    assert_eq!(parse_day_with_empty_as_no_end("0"), Ok(DayValue::Unknown));
    assert_eq!(parse_day_with_empty_as_no_end("20200131"), Ok(day(2020, 1, 31)));
}

#[test]
fn other_text_is_refused() {
    for text in [
        "20200230",
        "2020-13-01",
        "2020-1-1",
        "202001",
        "2020",
        "20-01-01",
        "abc",
        "2020年1月",
        "2020/1",
        "20200101x",
        "2020-01-01 25:00:00",
        "20200101240000",
        "20200101236060",
        "-",
        "2020-01-01-01",
        "+2020101",
        "长期有效",
        "2020-01-01 08:00:60",
    ] {
        assert_eq!(parse_day(text), Err(DateFault::Invalid), "{text}");
    }
}

#[test]
fn instants_are_local_time() {
    let midnight = parse_instant("2026-11-01", local_offset()).unwrap().at().unwrap();
    assert_eq!(midnight.to_rfc3339(), "2026-10-31T16:00:00+00:00");
    let stamp = parse_instant("20261101021109", local_offset()).unwrap();
    assert_eq!(stamp, parse_instant("2026-11-01 02:11:09", local_offset()).unwrap());
    assert_eq!(parse_instant("99999999999999", local_offset()), Ok(InstantValue::Open));
    assert_eq!(parse_instant("", local_offset()), Ok(InstantValue::Unknown));
}

#[test]
fn stamps_are_of_one_width() {
    assert_eq!(stamp14("2026-11-01 02:11:09").unwrap(), "20261101021109");
    assert_eq!(stamp14("20261101").unwrap(), "20261101000000");
    assert_eq!(stamp14("2026-11-01 02:11:09.123456").unwrap(), "20261101021109");
    assert_eq!(stamp20("2026-11-01 02:11:09.123456").unwrap(), "20261101021109123456");
    assert_eq!(stamp20("20261101021109").unwrap(), "20261101021109000000");
    assert_eq!(stamp14(" ").unwrap_err().rule(), "field.required");
    assert_eq!(stamp14("99999999999999"), Err(DateFault::Missing));
    assert_eq!(stamp14("2026-11-31").unwrap_err().rule(), "date.invalid");
    assert!(stamp_instant("20261101021109", local_offset()).is_some());
}

#[test]
fn months_are_read() {
    assert_eq!(parse_month("202001"), Ok(Some("2020-01".to_owned())));
    assert_eq!(parse_month("2020-01"), Ok(Some("2020-01".to_owned())));
    assert_eq!(parse_month("000000"), Ok(None));
    assert_eq!(parse_month(""), Ok(None));
    for text in ["202013", "20201", "2020011", "20-2001", "202a01"] {
        assert_eq!(parse_month(text), Err(DateFault::Invalid), "{text}");
    }
}

#[test]
fn days_are_written_as_the_calendar_writes_them() {
    for (year, month, day) in
        [(0, 1, 1), (9, 12, 31), (1582, 10, 15), (2024, 2, 29), (9999, 12, 31), (10_000, 1, 1), (-1, 5, 6)]
    {
        let day = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        assert_eq!(iso_day(day), day.format("%Y-%m-%d").to_string());
    }
}

proptest! {
    #[test]
    fn days_and_stamps_are_written_as_chrono_writes_them(seconds in -62_167_219_200_i64..253_402_300_800) {
        let at = DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
        prop_assert_eq!(iso_day(at.date()), at.format("%Y-%m-%d").to_string());
        prop_assert_eq!(digits(&at), at.format("%Y%m%d%H%M%S").to_string());
    }

    #[test]
    fn any_text_is_judged_without_panic(text in "\\PC{0,24}") {
        let _ = (parse_day(&text), parse_month(&text), stamp20(&text), parse_instant(&text, local_offset()));
    }

    #[test]
    fn a_day_reads_the_same_in_every_form(days in 0i32..70_000) {
        let date = NaiveDate::from_ymd_opt(1901, 1, 1).unwrap() + chrono::Duration::days(i64::from(days));
        for form in ["%Y%m%d", "%Y-%m-%d", "%Y/%-m/%-d", "%Y年%-m月%-d日", "%Y%m%d235959", "%Y-%m-%d 23:59:59"] {
            prop_assert_eq!(parse_day(&date.format(form).to_string()), Ok(DayValue::Day(date)));
        }
    }

    #[test]
    fn stamps_sort_as_time(a in 0i64..4_000_000_000, b in 0i64..4_000_000_000) {
        let text = |seconds: i64| DateTime::from_timestamp(seconds, 0).unwrap().format("%Y-%m-%d %H:%M:%S").to_string();
        prop_assert_eq!(stamp14(&text(a)).unwrap().cmp(&stamp14(&text(b)).unwrap()), a.cmp(&b));
    }
}
