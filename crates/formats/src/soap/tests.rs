use super::*;
use crate::framing::FramedRow;
use std::io::Cursor;

const ANSWERS: SoapAnswers = SoapAnswers {
    response: "queryChangesResponse",
    result: "return",
    document: XmlEntities {
        root: "response",
        list: "resultList",
        status: ("head", "code"),
        good: "00",
        stamp: "S_EXT_DATATIME",
        encoding: Encoding::Gb18030,
    },
};
const HEAD: &str = "<head><code>00</code><total>2</total><page>1</page><pages> 1 </pages><batch/></head>";
const LIST: &str =
    "<resultList><ENT><N>张&amp;㐀</N><S_EXT_DATATIME>2026-11-01 02:11:09</S_EXT_DATATIME></ENT><LIC/></resultList>";

fn document(head: &str, list: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"GB2312\"?>\n<response>{head}{list}</response>")
}

fn enveloped(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header><return>x</return></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )
}

fn answer(result: &str) -> String {
    enveloped(&format!("<n:queryChangesResponse xmlns:n=\"urn:x\"><return>{result}</return></n:queryChangesResponse>"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&#x3E;")
}

fn unusable(body: impl AsRef<[u8]>) -> Unusable {
    ANSWERS.page(body.as_ref(), None).unwrap_err()
}

#[test]
fn a_document_is_the_same_escaped_in_a_section_and_in_several() {
    let document = document(HEAD, LIST);
    let escaped = ANSWERS.page(answer(&escaped(&document)).as_bytes(), None).unwrap();
    let section = ANSWERS.page(answer(&format!("\n<![CDATA[{document}]]>\n")).as_bytes(), None).unwrap();
    let several = format!("<![CDATA[{}]]>", document.replace("张", "张]]><![CDATA["));
    assert_eq!(escaped, section);
    assert_eq!(ANSWERS.page(answer(&several).as_bytes(), None).unwrap(), section);
    let entity = &section.entities[0];
    assert_eq!((entity.kind.as_str(), section.entities[1].kind.as_str()), ("ENT", "LIC"));
    assert_eq!(
        gb18030::decode(&entity.bytes).unwrap(),
        LIST.split_once("<LIC/>").unwrap().0.trim_start_matches("<resultList>")
    );
    assert_eq!(entity.stamp.unwrap().to_rfc3339(), "2026-10-31T18:11:09+00:00");
    assert_eq!(section.entities[1].stamp, None);
    assert_eq!([section.head("pages"), section.head("batch"), section.head("x")], [Some("1"), None, None]);
}

#[test]
fn an_envelope_of_the_gb_family_says_so_itself() {
    let text = answer(&escaped(&document(HEAD, LIST)));
    let plain = ANSWERS.page(text.as_bytes(), None).unwrap();
    let bytes = gb18030::encode_xml(&text);
    assert_eq!(ANSWERS.page(&bytes, Some("\"GBK\"")).unwrap(), plain);
    assert!(matches!(unusable(&bytes), Unusable::Torn(_)));
    let declared = gb18030::encode_xml(&text.replace("\"1.0\"?>", "\"1.0\" encoding='gb18030'?>"));
    assert_eq!(ANSWERS.page(&declared, None).unwrap(), plain);
}

#[test]
fn faults_and_bad_codes_are_the_providers_and_their_codes_are_shown_safely() {
    let fault = "<s:Fault><faultcode>s:Server</faultcode><faultstring>张三 is not there</faultstring></s:Fault>";
    assert_eq!(unusable(enveloped(fault)), Unusable::Fault { code: "s:Server".to_owned() });
    let of = |head: &str| unusable(answer(&escaped(&document(head, LIST))));
    assert_eq!(of("<head><code>99 张三</code></head>"), Unusable::Failed { code: "99".to_owned() });
    assert_eq!(of(""), Unusable::Failed { code: String::new() });
    assert!(!of("<head><code>99 张三</code></head>").to_string().contains('张'));
}

#[test]
fn whatever_is_no_document_is_said_to_be_none() {
    let document = document(HEAD, LIST);
    for (body, says) in [
        ("<html>sorry</html>".to_owned(), "no SOAP envelope"),
        ("sorry".to_owned(), "no SOAP envelope"),
        (String::new(), "no result"),
        (document.clone(), "no SOAP envelope"),
        (enveloped(""), "no result"),
        (enveloped("<otherResponse><return/></otherResponse>"), "no result"),
        (answer(""), "file.empty"),
        (answer("sorry"), "file.header"),
        (answer(&escaped(&document[..document.len() - 9])), "file.torn"),
        (answer(document.split_once("?>").unwrap().1), "not text"),
        (answer("&nbsp;"), "undefined reference"),
        (answer(&escaped(&document)).replace("</s:Envelope>", ""), "ends before"),
        (format!("<!DOCTYPE x>{}", answer("")), "type declaration"),
    ] {
        let text = unusable(&body).to_string();
        assert!(text.contains(says), "{text} for {body}");
    }
    assert!(unusable(b"<a>\xff</a>").to_string().contains("UTF-8"));
}

fn saved(bytes: &[u8]) -> (Facts, Vec<FramedRow>) {
    let facts = ANSWERS.inspect(&mut Cursor::new(bytes)).unwrap();
    let mut reader = ANSWERS.rows(Box::new(Cursor::new(bytes)), RowStart::default());
    let (mut rows, mut row) = (Vec::new(), FramedRow::default());
    while reader.next_row(&mut row).unwrap() {
        rows.push(row.clone());
    }
    (facts, rows)
}

#[test]
fn a_saved_document_is_read_bare_and_in_its_envelope() {
    let document = document(HEAD, LIST);
    let (bare, bare_rows) = saved(document.as_bytes());
    let (facts, rows) = saved(answer(&escaped(&document)).as_bytes());
    assert_eq!((bare.rows, facts.rows, bare.as_of), (2, 2, facts.as_of));
    assert_eq!((bare.layout.as_str(), facts.layout.as_str()), ("", "envelope"));
    let told = |rows: &[FramedRow]| {
        rows.iter().map(|row| (row.number, row.kind.clone(), row.bytes.clone())).collect::<Vec<_>>()
    };
    assert_eq!(told(&bare_rows), told(&rows));
    let (from, to) = (bare_rows[1].byte_from, bare_rows[1].byte_to);
    assert_eq!(&document.as_bytes()[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()], b"<LIC/>");
    let marked = [b"\xEF\xBB\xBF", document.as_bytes()].concat();
    assert_eq!(saved(&marked).1[1].byte_from, from + 3);
}

#[test]
fn saved_answers_are_known_by_their_first_bytes() {
    let document = document(HEAD, LIST);
    assert!(ANSWERS.begins(document.as_bytes()) && ANSWERS.begins(answer("").as_bytes()));
    let cut = document.find('张').unwrap() + 1;
    assert!(ANSWERS.begins(&document.as_bytes()[..cut]));
    assert!(ANSWERS.begins("\u{feff}<!-- saved --> <x:response>".as_bytes()));
    assert!(!ANSWERS.begins(&gb18030::encode_xml(&document)));
    assert!(!ANSWERS.begins(b"<html>") && !ANSWERS.begins(b"") && !ANSWERS.begins(b"response"));
}

#[test]
fn a_saved_answer_without_a_document_is_the_providers_error() {
    let torn = document(HEAD, LIST).replace("</response>", "");
    for body in [
        enveloped("<s:Fault/>"),
        document("<head><code>99</code></head>", LIST),
        enveloped(""),
        answer("").replace("</s:Body>", ""),
        torn,
        String::new(),
    ] {
        let refusal = ANSWERS.inspect(&mut Cursor::new(&body)).unwrap_err();
        assert_eq!((refusal.rule.id, refusal.retry), ("provider.error", true), "{body}");
    }
}

#[test]
fn a_character_that_gb18030_does_not_have_becomes_a_reference() {
    assert_eq!(gb18030::encode_xml("<N>\u{e5e5}</N>"), b"<N>&#58853;</N>");
}
