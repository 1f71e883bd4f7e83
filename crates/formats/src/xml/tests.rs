use super::*;
use encoding_rs::GB18030;
use proptest::prelude::*;
use std::io::{BufReader, Cursor};

const DOCUMENT: XmlEntities = XmlEntities {
    root: "response",
    list: "resultList",
    status: ("head", "code"),
    good: "00",
    stamp: "S_EXT_DATATIME",
    encoding: Encoding::Gb18030,
};
const HEAD: &str = "<head><code> 00 </code><total>3</total></head>";

fn gb(text: &str) -> Vec<u8> {
    GB18030.encode(text).0.into_owned()
}

fn document(entities: &str) -> Vec<u8> {
    gb(&format!(
        "<?xml version=\"1.0\" encoding=\"GB2312\"?>\n<response>{HEAD}<resultList>{entities}</resultList></response>\n"
    ))
}

fn inspect(bytes: &[u8]) -> Result<Facts, Refusal> {
    DOCUMENT.inspect(&mut Cursor::new(bytes))
}

fn refused(bytes: &[u8]) -> &'static str {
    inspect(bytes).unwrap_err().rule.id
}

/// All rows from `start`, through a buffer so small that every token is split.
fn rows(bytes: &[u8], start: RowStart) -> Vec<FramedRow> {
    let from = usize::try_from(start.byte).unwrap();
    let input = BufReader::with_capacity(3, Cursor::new(bytes[from..].to_vec()));
    let mut reader = DOCUMENT.rows(Box::new(input), start);
    let (mut row, mut found) = (FramedRow::default(), Vec::new());
    while reader.next_row(&mut row).unwrap() {
        found.push(row.clone());
    }
    found
}

fn parse(text: &str) -> Result<Entity, &'static Rule> {
    Entity::parse(&gb(text), Encoding::Gb18030)
}

const THREE: &str = "<ENT><A>王</A></ENT> <!-- <ENT> --><e:INV k='>'><INV>x</INV></e:INV>\n<LIC/>";

#[test]
fn every_entity_is_the_byte_range_of_its_element() {
    let bytes = document(THREE);
    assert_eq!(inspect(&bytes).unwrap().rows, 3);
    let rows = rows(&bytes, RowStart::default());
    let kinds: Vec<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
    assert_eq!(kinds, ["ENT", "INV", "LIC"]);
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(row.number, at as u64 + 1);
        assert_eq!(row.next_byte, row.byte_to);
        let range = usize::try_from(row.byte_from).unwrap()..usize::try_from(row.byte_to).unwrap();
        assert_eq!(row.bytes, bytes[range]);
    }
    assert_eq!(rows[0].bytes, gb("<ENT><A>王</A></ENT>"));
    assert_eq!(rows[1].bytes, b"<e:INV k='>'><INV>x</INV></e:INV>");
    assert_eq!(rows[2].bytes, b"<LIC/>");
}

#[test]
fn reading_goes_on_after_any_row() {
    let bytes = gb(&format!(
        "<x:response>{HEAD}<x:resultList>{THREE}</x:resultList><x:resultList><ENT/></x:resultList></x:response>"
    ));
    let whole = rows(&bytes, RowStart::default());
    assert_eq!(whole.len(), 4);
    for row in &whole {
        let rest = rows(&bytes, RowStart { byte: row.byte_to, number: row.number, ..RowStart::default() });
        assert_eq!(rest, whole[usize::try_from(row.number).unwrap()..]);
    }
}

#[test]
fn an_empty_list_is_a_good_answer() {
    assert_eq!(inspect(&document("")).unwrap().rows, 0);
    assert_eq!(inspect(&gb(&format!("<response>{HEAD}<resultList/></response>"))).unwrap().rows, 0);
}

#[test]
fn the_latest_stamp_is_as_of() {
    let stamped = |stamp| format!("<ENT><S_EXT_DATATIME>{stamp}</S_EXT_DATATIME></ENT>");
    let entities =
        ["2026-11-01 02:11:09", "<![CDATA[20261102030000]]>", "20261031000000", "nonsense", ""].map(stamped).concat();
    let facts = inspect(&document(&entities)).unwrap();
    assert_eq!(facts.as_of.unwrap().to_rfc3339(), "2026-11-01T19:00:00+00:00");
    assert!(!facts.full && facts.scope.is_empty());
}

#[test]
fn an_error_of_the_provider_is_never_an_empty_answer() {
    for head in ["<head><code>99</code></head>", "<head><code/></head>", "<head/>", ""] {
        let refusal = inspect(&gb(&format!("<response>{head}<resultList><ENT/></resultList></response>"))).unwrap_err();
        assert_eq!((refusal.rule.id, refusal.retry), ("provider.error", true), "{head}");
    }
}

#[test]
fn a_torn_document_is_refused_wherever_it_is_cut() {
    let bytes = document(THREE);
    let end = bytes.len() - "\n".len();
    for cut in 1..end {
        let rule = refused(&bytes[..cut]);
        assert!(matches!(rule, "file.torn" | "file.empty"), "{cut}: {rule}");
    }
    assert_eq!(refused(b""), "file.empty");
    assert_eq!(refused(b" \r\n"), "file.empty");
}

#[test]
fn broken_markup_is_refused() {
    for broken in [
        "<ENT><A>1</B></ENT>",
        "</ENT>",
        "<ENT><A>a<b</A></ENT>",
        "<ENT><>1</></ENT>",
        "<ENT><![IGNORE[x]]></ENT>",
        "<ENT a='1></ENT>",
        "<?xml version='1.0'?>",
        "<!- x -->",
    ] {
        assert_eq!(refused(&document(broken)), "file.torn", "{broken}");
    }
    let whole = document("");
    assert_eq!(refused(&[&whole[..], &whole].concat()), "file.torn");
    assert_eq!(refused(&[&whole[..], b"<response/>"].concat()), "file.torn");
    assert_eq!(refused(&[&whole[..], b"text"].concat()), "file.torn");
    assert_eq!(refused(&document(&"<D>".repeat(100))), "file.torn");
    assert_eq!(refused(&document(&format!("<ENT a='{}'/>", "x".repeat(9000)))), "file.torn");
}

#[test]
fn another_document_is_refused() {
    let utf8 = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><response>{HEAD}<resultList/></response>");
    let marked = [&b"\xEF\xBB\xBF"[..], &document("")].concat();
    let declared_type = format!("<!DOCTYPE r [<!ENTITY a 'b'>]><response>{HEAD}</response>");
    for bytes in [utf8.as_bytes(), &marked, declared_type.as_bytes(), b"<html/>", b"oops <response/>"] {
        assert_eq!(refused(bytes), "file.header");
    }
    let gbk = utf8.replace("\"UTF-8\"", "'gb18030'");
    assert!(inspect(gbk.as_bytes()).is_ok());
}

#[test]
fn text_of_another_message_is_read_as_utf8_whatever_it_declares() {
    let framing = XmlEntities { encoding: Encoding::Utf8, ..DOCUMENT };
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"GB2312\"?><response>{HEAD}<resultList><ENT><A>王<![CDATA[丽]]></A></ENT></resultList></response>"
    );
    assert_eq!(framing.inspect(&mut text.as_bytes()).unwrap().rows, 1);
    let entity = Entity::parse("<ENT><A>王<![CDATA[丽]]></A></ENT>".as_bytes(), Encoding::Utf8).unwrap();
    assert_eq!(entity.get("A"), Some("王丽"));
}

#[test]
fn second_halves_of_characters_are_no_markup() {
    // 0x5D is `]` alone and the second byte of these characters.
    let tricky = GB18030.decode_without_bom_handling(&[0x81, 0x5D, 0x81, 0x5D]).0.into_owned();
    let entity = format!("<ENT><A><![CDATA[{tricky}]>{tricky}]]></A></ENT>");
    let found = rows(&document(&entity), RowStart::default());
    assert_eq!(found[0].bytes, gb(&entity));
    let four_bytes = "<ENT><A>\u{20000}\u{9FA6}<![CDATA[\u{20000}]]]></A></ENT>";
    let found = rows(&document(four_bytes), RowStart::default());
    assert_eq!(
        Entity::parse(&found[0].bytes, Encoding::Gb18030).unwrap().get("A"),
        Some("\u{20000}\u{9FA6}\u{20000}]")
    );
}

#[test]
fn a_huge_entity_is_cut_in_memory_and_rejected_alone() {
    let huge = format!("<ENT><A>{}</A></ENT><LIC/>", "x".repeat(MAX_ENTITY));
    let bytes = document(&huge);
    let found = rows(&bytes, RowStart::default());
    assert_eq!((found.len(), found[0].bytes.len()), (2, MAX_ENTITY + 1));
    assert_eq!(found[0].byte_to - found[0].byte_from, MAX_ENTITY as u64 + 18);
    assert_eq!(Entity::parse(&found[0].bytes, Encoding::Gb18030).unwrap_err().id, "entity.size");
    assert_eq!(found[1].bytes, b"<LIC/>");
}

#[test]
fn absent_empty_and_blank_mean_the_same() {
    let entity = parse("<ENT><A/><B></B><C> \u{3000}\n</C><D> 王 五\u{3000}</D></ENT>").unwrap();
    assert_eq!(entity.name(), "ENT");
    for absent in ["A", "B", "C", "E"] {
        assert_eq!(entity.get(absent), None);
    }
    assert_eq!(entity.get("D"), Some("王 五"));
}

#[test]
fn text_sections_and_references_are_joined() {
    let entity = parse(
        "<n:INV x='1'><INV>A&amp;<![CDATA[<B>]]>&#x7532;&#20057;<!-- no -->&lt;</INV><O><P>in</P>out</O></n:INV>",
    )
    .unwrap();
    assert_eq!((entity.name(), entity.get("INV")), ("INV", Some("A&<B>甲乙<")));
    assert_eq!((entity.get("O"), entity.get("P")), (Some("out"), None));
}

#[test]
fn the_first_of_two_elements_that_is_not_blank_counts() {
    assert_eq!(parse("<E><A> </A><A>1</A><A>2</A></E>").unwrap().get("A"), Some("1"));
}

#[test]
fn a_bad_entity_is_rejected_alone() {
    for bad in [
        "<E><A>A & B</A></E>",
        "<E><A>&bomb;</A></E>",
        "<E><A>&#0;</A></E>",
        "<E><A>&#xD800;</A></E>",
        "<E>",
        "<E/><E/>",
        "",
        "x",
    ] {
        assert_eq!(parse(bad).unwrap_err().id, "entity.malformed", "{bad}");
    }
    let bare = document("<ENT><A>A & B</A></ENT><LIC/>");
    assert_eq!((inspect(&bare).unwrap().rows, rows(&bare, RowStart::default()).len()), (2, 2));
    for broken in
        [&b"<E><A>\x80</A></E>"[..], b"<E><A>\xFF</A></E>", b"<E><A>\x81</A></E>", b"<E><A>\xFE\x39\xFE\x39</A></E>"]
    {
        assert_eq!(Entity::parse(broken, Encoding::Gb18030).unwrap_err().id, "row.encoding");
    }
    let stray = [&document("<ENT><A>\u{1}</A></ENT><LIC/>")[..]]
        .concat()
        .iter()
        .map(|b| if *b == 1 { 0x80 } else { *b })
        .collect::<Vec<_>>();
    assert_eq!(inspect(&stray).unwrap().rows, 2);
}

#[test]
fn rules_can_stand_in_front_of_people() {
    for rule in [&ENTITY_UNKNOWN, &ENTITY_SIZE, &ENTITY_MALFORMED] {
        assert!(domain::rules::is_well_formed(rule), "{}", rule.id);
    }
}

proptest! {
    #[test]
    fn damaged_documents_are_read_or_refused_without_panic(at in 0usize..4000, with in any::<[u8; 3]>(), cut in any::<bool>()) {
        let mut bytes = document(THREE);
        let at = at % bytes.len();
        bytes.splice(at..(at + 3).min(bytes.len()), with);
        if cut {
            bytes.truncate(at + 1);
        }
        if let Ok(facts) = inspect(&bytes) {
            let found = rows(&bytes, RowStart::default());
            prop_assert_eq!(found.len() as u64, facts.rows);
            for row in found {
                let _ = Entity::parse(&row.bytes, Encoding::Gb18030);
            }
        }
    }

    #[test]
    fn any_bytes_are_judged_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (inspect(&bytes), Entity::parse(&bytes, Encoding::Gb18030), Entity::parse(&bytes, Encoding::Utf8));
    }

    #[test]
    fn any_text_survives(text in "[^\u{0}-\u{1F}\u{7F}-\u{9F}\u{E000}-\u{F8FF}\u{F0000}-\u{10FFFF}\u{FFFD}]{1,30}") {
        let escaped = text.chars().map(|c| format!("&#{};", u32::from(c))).collect::<Vec<_>>().concat();
        let plain = text.replace('&', "&amp;").replace('<', "&lt;");
        let (_, _, unmappable) = GB18030.encode(&plain);
        prop_assume!(!unmappable);
        let expected = Some(domain::text::trim(&text)).filter(|text| !text.is_empty());
        for form in [escaped, plain] {
            let entity = parse(&format!("<E><A>{form}</A></E>")).unwrap();
            prop_assert_eq!(entity.get("A"), expected);
        }
    }
}

#[test]
fn an_entity_is_read_no_further_than_the_element_asked_for() {
    let up_to = |text: &str| {
        let entity = Entity::parse_up_to(text.as_bytes(), Encoding::Gb18030, "ENT", "ID");
        entity.and_then(|entity| entity.get("ID").map(str::to_owned))
    };
    assert_eq!(up_to("<ENT><A>x</A><ID> </ID><ID>7</ID><B>&nbsp;</B>").as_deref(), Some("7"));
    assert_eq!(up_to("<ENT><B>&nbsp;</B><ID>7</ID></ENT>"), None);
    assert_eq!(up_to("<ENT><A><ID>7</ID></A></ENT>"), None);
    assert_eq!(up_to("<INV><ID>7</ID></INV>"), None);
    assert_eq!(up_to("<ENT><ID>7"), None);
}
