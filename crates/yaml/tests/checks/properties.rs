//! What emitters write is read back; whatever else stands in a text, nothing panics.

use landfall_diagnostics::Source;
use landfall_yaml::{NODE_LIMIT, read};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::json::json as to_json;

/// What emitters find hard to write, and readers to read.
const TEXTS: [&str; 28] = [
    "",
    " ",
    "yes",
    "n",
    "0644",
    "1e3",
    "null",
    "~",
    "<<",
    "=",
    "- a",
    "a: b",
    "a #b",
    "#",
    "'",
    "\"",
    "\\",
    "{{ a }}",
    "[",
    "|",
    "%",
    "@",
    "*a",
    "&a",
    "!a",
    "\n",
    "ä\n 😀",
    "\u{85}\t",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![select(&TEXTS[..]).prop_map(str::to_owned), "[ -~äß\n\t]{0,40}", "[a-z.-]{1,12}"]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(|boolean| json!(boolean)),
        (-(1_i64 << 53) + 1..1_i64 << 53).prop_map(|integer| json!(integer)),
        any::<f64>()
            .prop_filter("finite", |float| float.is_finite())
            .prop_map(|float| json!(float)),
        text().prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map(text(), inner, 0..6)
                .prop_map(|map| map.into_iter().collect::<Value>()),
        ]
    })
}

/// As an emitter in block style writes: one entry a line, texts in double quotes or as a block.
fn block(value: &Value, indent: usize) -> String {
    let pad = " ".repeat(indent);
    match value {
        Value::Array(items) if !items.is_empty() => {
            items.iter().map(|item| format!("\n{pad}- {}", block(item, indent + 2))).collect()
        }
        Value::Object(map) if !map.is_empty() => map
            .iter()
            .map(|(key, item)| format!("\n{pad}{}: {}", json!(key), block(item, indent + 2)))
            .collect(),
        Value::String(text) if is_literal(text) => {
            let lines = text.lines().map(|line| format!("\n{pad}{line}"));
            format!("|-{}", lines.collect::<String>())
        }
        Value::Number(number) if number.is_f64() => float(number.as_f64().unwrap()),
        other => other.to_string(),
    }
}

/// Whether a text can stand as it is below `|-`.
fn is_literal(text: &str) -> bool {
    let plain = |line: &str| !line.is_empty() && line.chars().all(|one| one.is_ascii_graphic());
    text.contains('\n') && !text.ends_with('\n') && text.split('\n').all(plain)
}

/// As every reader understands it: YAML 1.1 wants a dot, and a sign in the exponent.
fn float(float: f64) -> String {
    let text = format!("{float:?}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let dot = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{mantissa}{dot}e{sign}{exponent}")
}

/// JSON is YAML, but for the floats above.
fn flow(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(","))
        }
        Value::Object(map) => {
            let entries = map.iter().map(|(key, item)| format!("{}:{}", json!(key), flow(item)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::Number(number) if number.is_f64() => float(number.as_f64().unwrap()),
        other => other.to_string(),
    }
}

fn check_read(text: &str, wanted: &Value) {
    let (documents, diagnostics) = read(&Source::new("a.yaml", text));
    assert_eq!(diagnostics, [], "{text}");
    assert_eq!(documents.len(), 1, "{text}");
    assert_eq!(&to_json(&documents[0].root), wanted, "{text}");
}

fn check_any(text: &str) {
    let source = Source::new("a.yaml", text);
    let (documents, diagnostics) = read(&source);
    for diagnostic in &diagnostics {
        assert!(!diagnostic.labels.is_empty() && !diagnostic.helps.is_empty(), "{diagnostic}");
        for label in &diagnostic.labels {
            assert!(text.get(label.span.start..label.span.end).is_some(), "{diagnostic}");
        }
    }
    let mut pending: Vec<_> = documents.iter().map(|document| &document.root).collect();
    while let Some(node) = pending.pop() {
        assert!(text.get(node.span.start..node.span.end).is_some(), "{:?}", node.span);
        pending.extend(node.entries().iter().map(|entry| &entry.value));
        if let landfall_yaml::Content::Sequence(items) = &node.content {
            pending.extend(items);
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn flow_style_reads_back(value in value()) {
        check_read(&flow(&value), &value);
    }

    #[test]
    fn block_style_reads_back(value in value()) {
        check_read(&format!("--- {}\n", block(&value, 0)), &value);
    }

    #[test]
    fn any_text_is_read(text in ".{0,200}") {
        check_any(&text);
    }

    #[test]
    fn any_signs_are_read(
        signs in prop::collection::vec(
            select(vec![
                "{", "}", "[", "]", ",", ": ", "- ", "\n", " ", "  ", "&a ", "*a", "!!str ", "| ", ">-\n",
                "'", "\"", "#", "---\n", "...\n", "? ", "<<: ", "a", "0644", "ä", "\t", "%", "{{", "}}",
                "{% ", "\r\n", "~",
            ]),
            0..60,
        ),
    ) {
        check_any(&signs.concat());
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check_any(&String::from_utf8_lossy(&bytes));
    }
}

/// Each of these has ended a process or a patience in some reader.
#[test]
fn depth_length_and_copies_are_no_danger() {
    let laughs = (1..12).map(|level| {
        let below = format!("*a{}", level - 1);
        format!("a{level}: &a{level} [{}]\n", vec![below; 9].join(", "))
    });
    let nested = (0..60).map(|level| format!("&b{level} [")).collect::<String>();
    let texts = [
        "[".repeat(100_000),
        "{".repeat(100_000),
        "- ".repeat(100_000),
        "? ".repeat(10_000),
        format!("a0: &a0 [x, x, x]\n{}", laughs.collect::<String>()),
        format!("{nested}{}{}", "x,".repeat(20_000), "]".repeat(60)),
        "x\n".repeat(100_000),
        "- x\n".repeat(NODE_LIMIT + 1),
        format!("\"{}\": 1", "k".repeat(1_000_000)),
        "---\n".repeat(100_000),
        "a: &a [*a]".to_owned(),
        "{{ a }}\n".repeat(10_000),
        "\u{feff}a: 1\r\nb: \"x\r\n y\"\r\n".to_owned(),
    ];
    for text in &texts {
        check_any(text);
    }
    for text in [&texts[4], &texts[5], &texts[7]] {
        let (_, diagnostics) = read(&Source::new("a.yaml", text.as_str()));
        assert_eq!(diagnostics[0].code, "yaml::limit");
    }
}
