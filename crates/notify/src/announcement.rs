//! What is said of a release, within what Slack takes.

use serde_json::{Value, json};

/// Characters of a header block (Slack, reference of blocks).
const HEADER_LIMIT: usize = 150;
/// Characters of a section's text.
const SECTION_LIMIT: usize = 3_000;

/// A release that came to an end.
#[derive(Debug, Clone)]
pub struct Announcement {
    /// The app.
    pub app: String,
    /// Its version.
    pub version: String,
    /// `prod london`.
    pub place: String,
    /// The image's digest.
    pub digest: String,
    /// Who asked for it.
    pub who: String,
    /// How long it took.
    pub seconds: u64,
    /// What came of it.
    pub result: Result,
}

/// What came of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Result {
    /// It is what runs.
    Ready,
    /// It is what ran before.
    Unchanged,
    /// It does not run, and why.
    Failed(String),
}

impl Announcement {
    /// The body of a post: blocks for those who look, a line for those who are notified.
    pub fn payload(&self) -> Value {
        let header = self.headline();
        json!({
            "text": escaped(&header),
            "blocks": [
                { "type": "header", "text": { "type": "plain_text", "text": cut(&header, HEADER_LIMIT) } },
                { "type": "section", "text": { "type": "mrkdwn", "text": cut(&escaped(&self.details()), SECTION_LIMIT) } },
            ],
        })
    }

    fn headline(&self) -> String {
        let (app, version, place) = (&self.app, &self.version, &self.place);
        match &self.result {
            Result::Ready => format!("{app} {version} runs in {place}"),
            Result::Unchanged => format!("{app} {version} ran in {place} already"),
            Result::Failed(_) => format!("{app} {version} does not run in {place}"),
        }
    }

    fn details(&self) -> String {
        let mut text = format!("{}\nreleased by {} in {} s", self.digest, self.who, self.seconds);
        if let Result::Failed(why) = &self.result {
            text.push('\n');
            text.push_str(why);
        }
        text
    }
}

/// The three characters that Slack's own markup begins with.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// At most `limit` characters; an escape is not cut in two.
fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.into();
    }
    let kept: String = text.chars().take(limit - 1).collect();
    let whole = match kept.rfind('&') {
        Some(start) if !kept[start..].contains(';') => &kept[..start],
        _ => &kept,
    };
    format!("{whole}…")
}

#[cfg(test)]
mod tests {
    use super::{Announcement, Result};

    fn announcement(why: &str) -> Announcement {
        Announcement {
            app: "myapp".into(),
            version: "1.0.0".into(),
            place: "prod london".into(),
            digest: "sha256:00".into(),
            who: "somebody".into(),
            seconds: 3,
            result: Result::Failed(why.into()),
        }
    }

    #[test]
    fn markup_from_outside_stays_text() {
        let payload = announcement("<!channel> & more").payload();
        let text = payload.pointer("/blocks/1/text/text").unwrap().as_str().unwrap();
        assert_eq!(text, "sha256:00\nreleased by somebody in 3 s\n&lt;!channel&gt; &amp; more");
    }

    #[test]
    fn a_long_cause_is_cut_to_what_slack_takes_and_no_escape_in_two() {
        let payload = announcement(&"<".repeat(4_000)).payload();
        let text = payload.pointer("/blocks/1/text/text").unwrap().as_str().unwrap();
        assert!(text.chars().count() <= 3_000 && text.ends_with("&lt;…"), "{text}");
    }
}
