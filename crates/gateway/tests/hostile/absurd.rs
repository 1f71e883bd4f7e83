//! Texts that nobody writes, in every place where a text can stand.

use crate::{client::Caller, honest::Siege, world::question};
use bytes::Bytes;
use contract::rest::{Method, Verb, methods};
use http::{Request, header};
use http_body_util::Full;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// Longest refusal: it names fields and rules, and repeats no value.
const LONGEST: usize = 64 << 10;

fn absurdities() -> Vec<String> {
    [
        "",
        " ",
        "\u{0}",
        "a\u{0}b",
        "\r\n",
        "\u{1b}[31m",
        "\u{202e}gnp.exe",
        "\u{feff}",
        "\u{fffd}",
        "\u{e000}",
        "\u{10ffff}",
        "İ",
        "ﬀ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "../../etc/passwd",
        "' OR 1=1 --",
        "${jndi:ldap://x}",
        "<script>",
        "{{7*7}}",
        "%00",
        "-1",
        "1e400",
        "9999999999999999999999999",
        "NaN",
        "\u{1F468}\u{200D}\u{1F469}",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain(["x".repeat(1_000_000), "国".repeat(300_000), "a\u{301}".repeat(10_000)])
    .collect()
}

/// Whatever stands in a field, the answer is one of the contract's and does not repeat it.
#[tokio::test(flavor = "multi_thread")]
async fn every_text_field_of_every_call_takes_or_refuses_absurd_texts() {
    let siege = Siege::begin().await;
    let callers = ["consumer-one-window", "operator-anna", "department-health"].map(|name| siege.world.caller(name));
    let calls = siege
        .beside("absurd texts", async {
            let texts = absurdities();
            let methods = methods().filter(|method| !method.is_streaming);
            let calls = methods.flat_map(|method| texts.iter().map(move |text| (method, text)));
            let calls = calls.flat_map(|(method, text)| {
                requests(method, text).into_iter().map(move |request| (method, request, text))
            });
            let mut count = 0;
            for (method, request, text) in calls {
                send(&callers[count % callers.len()], method, &request, text).await;
                count += 1;
            }
            count
        })
        .await;
    eprintln!("{calls} calls with absurd texts");
}

/// Requests in each of which the text stands in one more place: a text field, an element, a field of a message.
fn requests(method: &Method, text: &str) -> Vec<Value> {
    let is_question = method.input.fields().any(|field| field.name() == "purpose");
    let base = if is_question { question() } else { json!({}) };
    let places = method.input.fields().flat_map(|field| match field.kind() {
        prost_reflect::Kind::Message(inner) if inner.package_name() != "google.protobuf" && !field.is_map() => inner
            .fields()
            .map(|part| {
                let part = json!({ part.name(): text });
                (field.name().to_owned(), if field.is_list() { json!([part]) } else { part })
            })
            .collect(),
        _ if field.is_list() => vec![(field.name().to_owned(), json!([text]))],
        _ => vec![(field.name().to_owned(), json!(text))],
    });
    let with = |(name, value): (String, Value)| {
        let mut request = base.clone();
        match (&mut request[&name], value) {
            (Value::Object(before), Value::Object(after)) => before.extend(after),
            (place, value) => *place = value,
        }
        request
    };
    places.map(with).collect()
}

async fn send(caller: &Caller, method: &Method, request: &Value, text: &str) {
    let twin = method.twin.as_ref().unwrap();
    let mut members = request.as_object().cloned().unwrap_or_default();
    let mut path = twin.path.clone();
    for name in twin.path_fields() {
        let value =
            members.remove(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_else(|| "x".into());
        path = path.replace(&format!("{{{name}}}"), &escaped(&value));
    }
    let answer = match twin.verb {
        Verb::Post => caller.rest("POST", &path, Some(&Value::Object(members).to_string())).await,
        Verb::Get => {
            let query = query(&members);
            if path.len() + query.len() > 60_000 {
                return;
            }
            caller.rest("GET", &format!("{path}{query}"), None).await
        }
    };
    let is_problem = answer.header("content-type") == "application/problem+json";
    let is_told = answer.status == 200 || (400..500).contains(&answer.status) && is_problem;
    let is_away = answer.status == 503 && is_problem && !answer.header("retry-after").is_empty();
    assert!(is_told || is_away, "{} {path}: {} {}", method.grpc_path, answer.status, answer.text);
    let repeats = is_problem && text.len() > 1_000 && answer.text.contains(&text[..600]);
    assert!(
        !is_problem || answer.text.len() < LONGEST && !repeats,
        "{} {path}: {}",
        method.grpc_path,
        answer.text.len()
    );
}

fn query(members: &Map<String, Value>) -> String {
    let values = |value: &Value| match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    };
    let pairs = members
        .iter()
        .flat_map(|(name, value)| values(value).into_iter().map(move |value| format!("{name}={}", escaped(&value))));
    format!("?{}", pairs.collect::<Vec<_>>().join("&"))
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        // Writing to a text cannot fail.
        let _ = write!(escaped, "%{byte:02X}");
        escaped
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn json_that_is_none_or_too_deep_is_malformed() {
    let siege = Siege::begin().await;
    let deep = |open: &str, close: &str, count| [open.repeat(count), close.repeat(count)].concat();
    let resource = |bytes: &[u8]| [b"{\"resource\": \"", bytes, b"\"}"].concat();
    let bodies: Vec<Vec<u8>> = vec![
        deep("[", "]", 100_000).into(),
        deep("{\"by\":", "}", 100_000).into(),
        deep("{\"by\":", "", 150_000).into(),
        format!("{{\"items\": {}}}", deep("[", "]", 1_000)).into(),
        resource(b"\\ud800"),
        resource(b"\\udc00\\ud800"),
        resource(&[0xFF, 0xFE]),
        resource(&[0xED, 0xA0, 0x80]),
        resource(&[0xC0, 0x80]),
        resource(&[0]),
        resource(b"\\x"),
        b"{\"page_size\": 1e999999999}".to_vec(),
        b"{\"page_size\": -0.5}".to_vec(),
        format!("{{\"page_size\": {}}}", "9".repeat(100_000)).into(),
        b"{\"resource\": NaN}".to_vec(),
        b"\xEF\xBB\xBF{}".to_vec(),
        Vec::new(),
        b"null".to_vec(),
        "{\"a\":1,".repeat(50_000).into(),
        format!("{{\"items\": [{}\"\"]}}", "\"\",".repeat(200_000)).into(),
        format!("{{\"{}\": 1}}", "x".repeat(1_000_000)).into(),
        format!("{{{}\"a\": 1}}", "\"resource\": \"\",".repeat(50_000)).into(),
    ];
    siege
        .beside("json that is none", async {
            for body in bodies {
                let start: Vec<u8> = body.iter().copied().take(40).collect();
                let request = Request::builder().method("POST").uri("/v1/resolve").header(header::HOST, "localhost");
                let request = request.header(header::CONTENT_TYPE, "application/json");
                let answer = siege.world.consumer().send(request.body(Full::new(Bytes::from(body))).unwrap()).await;
                let start = start.escape_ascii();
                assert_eq!(
                    (answer.status, answer.header("content-type")),
                    (400, "application/problem+json"),
                    "{start}"
                );
                assert!(answer.text.len() < LONGEST, "{start}: {}", answer.text.len());
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_headers_that_nobody_writes_are_refused() {
    let siege = Siege::begin().await;
    let attacker = crate::attacker::Attacker::on(&siege.world);
    let long = "a".repeat(20_000);
    let lines = [
        format!("GET /{long} HTTP/1.1\r\nhost: localhost\r\n"),
        "GET /v1/resources/%00 HTTP/1.1\r\nhost: localhost\r\n".to_owned(),
        "GET /v1/resources/%FF%FE HTTP/1.1\r\nhost: localhost\r\n".to_owned(),
        "GET /v1/resources/%2e%2e%2f%2e%2e HTTP/1.1\r\nhost: localhost\r\n".to_owned(),
        "GET /v1/../../etc/passwd HTTP/1.1\r\nhost: localhost\r\n".to_owned(),
        "GET /v1/resources?page_size=%ZZ HTTP/1.1\r\nhost: localhost\r\n".to_owned(),
        format!("GET /v1/whoami?{} HTTP/1.1\r\nhost: localhost\r\n", "a=b&".repeat(5_000)),
        format!("GET /v1/whoami HTTP/1.1\r\nhost: localhost\r\nx-long: {}\r\n", "b".repeat(100_000)),
        format!("GET /v1/whoami HTTP/1.1\r\nhost: localhost\r\n{}", "x-many: 1\r\n".repeat(200)),
        "GET /v1/whoami HTTP/1.1\r\nhost: localhost\r\nexchange-timeout: 99999999999999999999\r\n".to_owned(),
        "GET /v1/whoami HTTP/1.1\r\nhost: localhost\r\nbad header: 1\r\n".to_owned(),
        "GET /v1/whoami HTTP/1.1\r\nhost: localhost\r\nx: a\u{0}b\r\n".to_owned(),
        "POST /v1/resolve HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n".to_owned(),
        "POST /v1/resolve HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n".to_owned(),
        "POST /v1/resolve HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: gzip, identity\r\n".to_owned(),
        "GET /v1/whoami HTTP/3.0\r\nhost: localhost\r\n".to_owned(),
        "\u{16}\u{3}\u{1}".repeat(20),
        "BREW /pot HTTP/1.1\r\nhost: localhost\r\n".to_owned(),
    ];
    siege
        .beside("paths and headers", async {
            for line in lines {
                let request = format!("{line}connection: close\r\n\r\n");
                let length = request.len();
                let (heard, _) = crate::attacker::flood(attacker.http1().await, request.as_bytes(), length).await;
                let status = heard.get(9..12).map(|digits| String::from_utf8_lossy(digits).into_owned());
                let shown: String = line.chars().take(60).collect();
                assert!(
                    heard.is_empty() || status.as_deref().is_some_and(|code| code.starts_with('4')),
                    "{shown:?}: {status:?}"
                );
            }
        })
        .await;
}
