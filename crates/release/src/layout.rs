//! Which lines of a ledger are whose.

use landfall_config::Name;
use toml_edit::Key;

/// A ledger's text in parts that give it back when they are joined.
pub(crate) struct Layout {
    /// What stands before the first block.
    head: String,
    parts: Vec<Part>,
}

/// A table's header with the comments and blank lines above it, and the lines up to the next such.
struct Part {
    app: String,
    text: String,
}

impl Layout {
    /// Takes a text apart that was read without a problem: then a line that begins with a bracket
    /// begins a table, because no value of a ledger can hold one there.
    pub fn of(text: &str) -> Self {
        let mut layout = Self { head: String::new(), parts: Vec::new() };
        let mut above = String::new();
        for line in text.split_inclusive('\n') {
            let plain = line.trim();
            if let Some(app) = app_of_header(plain) {
                layout.parts.push(Part { app, text: std::mem::take(&mut above) + line });
            } else if plain.is_empty() || plain.starts_with('#') {
                above.push_str(line);
            } else {
                let lines = std::mem::take(&mut above) + line;
                layout.last().push_str(&lines);
            }
        }
        layout.last().push_str(&above);
        layout
    }

    /// An app's own lines, from whatever places; none where it has no block.
    pub fn block(&self, app: &Name) -> Option<String> {
        let own = self.parts.iter().filter(|part| part.app == app.as_str());
        let own: Vec<_> = own.map(|part| part.text.as_str()).collect();
        (!own.is_empty()).then(|| own.concat())
    }

    /// The lines before the first block, where an app may be written, too.
    pub fn head_mut(&mut self) -> &mut String {
        &mut self.head
    }

    /// Puts lines in the place of an app's block.
    pub fn replace(&mut self, app: &Name, text: String) {
        let mut text = Some(text);
        let mut parts = Vec::new();
        for part in std::mem::take(&mut self.parts) {
            if part.app != app.as_str() {
                parts.push(part);
            } else if let Some(text) = text.take() {
                parts.push(Part { text, ..part });
            }
        }
        self.parts = parts;
    }

    /// Puts a new block in the order of names, with a blank line to each side.
    pub fn insert(&mut self, app: &Name, text: String) {
        let at = self.parts.iter().position(|part| part.app.as_str() > app.as_str());
        let at = at.unwrap_or(self.parts.len());
        let before = match at.checked_sub(1) {
            Some(before) => &mut self.parts[before].text,
            None => &mut self.head,
        };
        if !before.is_empty() && !before.ends_with('\n') {
            before.push('\n');
        }
        let is_blank = |line: &str| line.trim().is_empty();
        let is_apart = before.lines().next_back().is_none_or(is_blank);
        let follows = self.parts.get(at).and_then(|part| part.text.lines().next());
        let is_close = follows.is_some_and(|line| !is_blank(line));
        let [above, below] = [!is_apart, is_close].map(|blank| if blank { "\n" } else { "" });
        let text = format!("{above}{text}{below}");
        self.parts.insert(at, Part { app: app.to_string(), text });
    }

    /// The whole text.
    pub fn into_text(self) -> String {
        let parts: String = self.parts.into_iter().map(|part| part.text).collect();
        self.head + &parts
    }

    fn last(&mut self) -> &mut String {
        self.parts.last_mut().map_or(&mut self.head, |part| &mut part.text)
    }
}

/// The first name in a table's header.
fn app_of_header(line: &str) -> Option<String> {
    let inner = line.strip_prefix('[')?.trim_start_matches('[');
    let name = inner.split(']').next().unwrap_or_default();
    let keys = Key::parse(name).ok()?;
    keys.first().map(|key| key.get().to_owned())
}
