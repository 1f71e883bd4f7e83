//! The JSON of every request: `<message>\n<text>`. What is read is written and read again as the same bytes.
#![no_main]

use contract::{
    json,
    rest::{Method, methods},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (head, text) = text.split_once('\n').unwrap_or(("", text));
    let method = method(head);
    for message in [&method.input, &method.output] {
        let name = message.full_name();
        let Ok(bytes) = json::from_str(name, text) else { continue };
        let written = json::to_string(name, &bytes).expect("what was read can be written");
        assert_eq!(json::from_str(name, &written).as_ref(), Ok(&bytes), "{name}: {written}");
        let value = json::to_value(name, &bytes).expect("what was read can be written");
        assert_eq!(json::from_value(name, &value).as_ref(), Ok(&bytes), "{name}");
    }
});

/// The method whose request is of that name, else one that the head picks.
fn method(head: &str) -> &'static Method {
    let named = methods().find(|method| method.input.name() == head);
    let picked = head.bytes().map(usize::from).sum::<usize>() % methods().count();
    named.or_else(|| methods().nth(picked)).expect("there are methods")
}
