//! What Slack takes as a message of an incoming webhook, as it documents it: "Sending messages
//! using incoming webhooks" for the words of an answer, "Block Kit: blocks" for the limits.

use serde_json::Value;

/// Blocks in a message.
const BLOCKS: usize = 50;
/// Characters of a message's text. Slack cuts a longer one; here it is refused, because a message
/// that is cut says less than it was meant to.
const TEXT_CHARACTERS: usize = 40_000;
/// Characters of a section's text, and of an element of a context.
const SECTION_CHARACTERS: usize = 3_000;
/// Fields of a section, and characters of each.
const FIELDS: usize = 10;
const FIELD_CHARACTERS: usize = 2_000;
/// Characters of a header's text.
const HEADER_CHARACTERS: usize = 150;
/// Elements of a context.
const CONTEXT_ELEMENTS: usize = 10;
/// Elements of a row of actions.
const ACTIONS: usize = 25;
/// Characters of a block's id.
const IDENTITY_CHARACTERS: usize = 255;

/// A refusal: the status, and the words of the answer.
pub(crate) type Refusal = (u16, &'static str);

const INVALID_PAYLOAD: Refusal = (400, "invalid_payload");
const INVALID_BLOCKS: Refusal = (400, "invalid_blocks");
const NO_TEXT: Refusal = (400, "no_text");
const TOO_LONG: Refusal = (400, "msg_too_long");

/// Gives the message of a request with this content type and body, or why Slack refuses it.
pub(crate) fn message(content_type: &str, body: &[u8]) -> Result<Value, Refusal> {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(INVALID_PAYLOAD);
    }
    let message: Value = serde_json::from_slice(body).map_err(|_| INVALID_PAYLOAD)?;
    check_text(&message)?;
    check_blocks(&message)?;
    Ok(message)
}

fn check_text(message: &Value) -> Result<(), Refusal> {
    if !message.is_object() {
        return Err(INVALID_PAYLOAD);
    }
    match message.get("text") {
        None => has_other_content(message).then_some(()).ok_or(NO_TEXT),
        Some(Value::String(text)) if text.chars().count() > TEXT_CHARACTERS => Err(TOO_LONG),
        Some(Value::String(text)) if !text.is_empty() || has_other_content(message) => Ok(()),
        Some(Value::String(_)) => Err(NO_TEXT),
        Some(_) => Err(INVALID_PAYLOAD),
    }
}

fn has_other_content(message: &Value) -> bool {
    ["blocks", "attachments"]
        .iter()
        .any(|name| message[*name].as_array().is_some_and(|list| !list.is_empty()))
}

fn check_blocks(message: &Value) -> Result<(), Refusal> {
    let Some(blocks) = message.get("blocks") else { return Ok(()) };
    let blocks = blocks.as_array().ok_or(INVALID_BLOCKS)?;
    let valid = blocks.len() <= BLOCKS && blocks.iter().all(is_block);
    valid.then_some(()).ok_or(INVALID_BLOCKS)
}

/// The kinds of block that a message of ours could have; any other is refused.
fn is_block(block: &Value) -> bool {
    let identity = block.get("block_id");
    identity.is_none_or(|identity| is_string(identity, IDENTITY_CHARACTERS))
        && match block["type"].as_str() {
            Some("header") => is_text(&block["text"], HEADER_CHARACTERS, &["plain_text"]),
            Some("section") => is_section(block),
            Some("context") => is_list(&block["elements"], CONTEXT_ELEMENTS, is_context_element),
            Some("actions") => is_list(&block["elements"], ACTIONS, Value::is_object),
            Some("divider") => true,
            _ => false,
        }
}

/// A section has a text, fields, or both.
fn is_section(section: &Value) -> bool {
    let text = section.get("text").map(|text| is_text(text, SECTION_CHARACTERS, &TEXTS));
    let is_field = |field: &Value| is_text(field, FIELD_CHARACTERS, &TEXTS);
    let fields = section.get("fields").map(|fields| is_list(fields, FIELDS, is_field));
    (text.is_some() || fields.is_some()) && text.unwrap_or(true) && fields.unwrap_or(true)
}

fn is_context_element(element: &Value) -> bool {
    element["type"] == "image" || is_text(element, SECTION_CHARACTERS, &TEXTS)
}

const TEXTS: [&str; 2] = ["plain_text", "mrkdwn"];

/// A text object of one of `kinds`.
fn is_text(text: &Value, limit_characters: usize, kinds: &[&str]) -> bool {
    text["type"].as_str().is_some_and(|kind| kinds.contains(&kind))
        && is_string(&text["text"], limit_characters)
}

/// A string of 1 to `limit_characters` characters.
fn is_string(value: &Value, limit_characters: usize) -> bool {
    value.as_str().is_some_and(|text| (1..=limit_characters).contains(&text.chars().count()))
}

/// A list of 1 to `limit` valid items.
fn is_list(list: &Value, limit: usize, is_item: impl Fn(&Value) -> bool) -> bool {
    let list = list.as_array();
    list.is_some_and(|list| (1..=limit).contains(&list.len()) && list.iter().all(is_item))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(message_sent: &Value) -> Result<(), Refusal> {
        message("application/json", message_sent.to_string().as_bytes()).map(drop)
    }

    fn section(characters: usize) -> Value {
        json!({ "type": "section", "text": text("mrkdwn", characters) })
    }

    /// Characters are counted, not bytes.
    fn text(kind: &str, characters: usize) -> Value {
        json!({ "type": kind, "text": "é".repeat(characters) })
    }

    #[test]
    fn a_message_has_text_or_blocks() {
        for (message, wanted) in [
            (json!({ "text": "released" }), Ok(())),
            (json!({ "blocks": [section(1)] }), Ok(())),
            (json!({ "text": "", "blocks": [section(1)] }), Ok(())),
            (json!({ "attachments": [{ "text": "a" }] }), Ok(())),
            (json!({}), Err(NO_TEXT)),
            (json!({ "text": "" }), Err(NO_TEXT)),
            (json!({ "blocks": [] }), Err(NO_TEXT)),
            (json!({ "text": 1 }), Err(INVALID_PAYLOAD)),
            (json!([]), Err(INVALID_PAYLOAD)),
            (json!({ "text": "é".repeat(40_000) }), Ok(())),
            (json!({ "text": "é".repeat(40_001) }), Err(TOO_LONG)),
        ] {
            assert_eq!(verdict(&message), wanted, "{message}");
        }
    }

    #[test]
    fn blocks_keep_their_limits() {
        let header = |kind: &str, count| json!([{ "type": "header", "text": text(kind, count) }]);
        let fields = |count, size| json!([{ "type": "section", "fields": vec![text("mrkdwn", size); count] }]);
        let context =
            |count| json!([{ "type": "context", "elements": vec![text("mrkdwn", 1); count] }]);
        for (blocks, taken) in [
            (json!(vec![section(1); 50]), true),
            (json!(vec![section(1); 51]), false),
            (json!([section(3_000)]), true),
            (json!([section(3_001)]), false),
            (json!([section(0)]), false),
            (json!([{ "type": "section" }]), false),
            (header("plain_text", 150), true),
            (header("plain_text", 151), false),
            (header("mrkdwn", 1), false),
            (fields(10, 2_000), true),
            (fields(11, 1), false),
            (fields(1, 2_001), false),
            (context(10), true),
            (context(11), false),
            (json!([{ "type": "divider" }]), true),
            (json!([{ "type": "divider", "block_id": "i".repeat(256) }]), false),
            (json!([{ "type": "surprise" }]), false),
            (json!({}), false),
        ] {
            let wanted = if taken { Ok(()) } else { Err(INVALID_BLOCKS) };
            assert_eq!(verdict(&json!({ "text": "t", "blocks": blocks })), wanted, "{blocks}");
        }
    }

    #[test]
    fn the_body_is_json_and_says_so() {
        for content_type in ["application/json", "application/json; charset=utf-8"] {
            assert!(message(content_type, b"{\"text\":\"t\"}").is_ok(), "{content_type}");
        }
        for content_type in ["", "text/plain", "application/x-www-form-urlencoded"] {
            let refused = message(content_type, b"{\"text\":\"t\"}");
            assert_eq!(refused, Err(INVALID_PAYLOAD), "{content_type}");
        }
        assert_eq!(message("application/json", b"{"), Err(INVALID_PAYLOAD));
    }
}
