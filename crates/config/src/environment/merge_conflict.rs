//! What git leaves in a ledger where two sides changed the same lines.

use std::collections::BTreeSet;
use std::sync::Arc;

use landfall_diagnostics::{Diagnostic, Source, Span};

use crate::suggestion::enumerate;

/// Every place that git could not merge, as a problem. Beside one nothing else is worth saying.
pub(crate) fn find(source: &Arc<Source>) -> Vec<Diagnostic> {
    let mut reader = Reader::default();
    lines(source).for_each(|line| reader.take(line));
    reader.close(None);
    reader.found
}

/// The name between the brackets of a line that begins a table: `myapp.regions.seoul`.
pub(super) fn header(line: &str) -> Option<&str> {
    let inner = line.trim_start().strip_prefix('[')?;
    inner.trim_start_matches('[').split(']').next().map(str::trim)
}

/// The lines of a file, each without its end.
pub(super) fn lines(source: &Arc<Source>) -> impl Iterator<Item = Span> {
    let starts = std::iter::once(0).chain(source.text.match_indices('\n').map(|(end, _)| end + 1));
    starts.map(|start| {
        let line = source.text[start..].lines().next().unwrap_or_default();
        Span::new(source, start..start + line.len())
    })
}

#[derive(Default)]
struct Reader {
    /// The app whose block the line stands in.
    app: Option<String>,
    open: Option<Conflict>,
    found: Vec<Diagnostic>,
}

/// From `<<<<<<<` to `>>>>>>>`, as far as both are there.
struct Conflict {
    begin: Option<Span>,
    /// The app in whose block it begins.
    above: Option<String>,
    apps: BTreeSet<String>,
}

impl Reader {
    fn take(&mut self, line: Span) {
        let text = line.text();
        if is_marker(text, '<') {
            self.close(None);
            let above = self.app.clone();
            self.open = Some(Conflict { begin: Some(line), above, apps: BTreeSet::new() });
        } else if is_marker(text, '>') {
            self.close(Some(line));
        } else if is_marker(text, '=') || is_marker(text, '|') {
            self.app = self.open.as_ref().map_or(self.app.take(), |open| open.above.clone());
        } else if let Some(name) = header(text) {
            let app = name.split('.').next().unwrap_or_default().to_owned();
            if let Some(open) = &mut self.open {
                open.apps.insert(app.clone());
            }
            self.app = Some(app);
        } else if let (Some(open), Some(app)) = (&mut self.open, &self.app) {
            open.apps.extend(text.contains('=').then(|| app.clone()));
        }
    }

    fn close(&mut self, end: Option<Span>) {
        let apps = self.app.iter().cloned().collect();
        let lone = || Conflict { begin: None, above: None, apps };
        let open = self.open.take().or_else(|| end.is_some().then(lone));
        self.found.extend(open.map(|open| told(&open, end)));
    }
}

/// Seven times the same sign, and then nothing or a name (git-merge-file).
fn is_marker(line: &str, sign: char) -> bool {
    let rest = line.trim_start_matches(sign);
    line.len() - rest.len() == 7 && (rest.is_empty() || rest.starts_with(' '))
}

fn told(conflict: &Conflict, end: Option<Span>) -> Diagnostic {
    let apps = enumerate(conflict.apps.iter().map(String::as_str), "and");
    let of = if conflict.apps.is_empty() { String::new() } else { format!(" of {apps}") };
    let message = format!("git could not merge what two sides say{of}");
    let begins = conflict.begin.iter().map(|place| (place, "from here"));
    let ends = end.iter().map(|place| (place, "to here"));
    let problem = Diagnostic::error("ledger::conflict", message);
    let problem = begins.chain(ends).fold(problem, |all, (place, label)| all.at(place, label));
    let again = match conflict.apps.len() {
        0 => "then run the other side's promotion again".to_owned(),
        _ => format!("then run the other side's promotion of {apps} again"),
    };
    problem
        .help("keep one side, the same one in the whole file, and take git's lines away")
        .help(format!("{again}: an app has a block of its own, and its revision grows from there"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        let found = find(&Source::new("releases.toml", text));
        found
            .iter()
            .map(|problem| format!("{} {}", problem.message, problem.labels.len()))
            .collect()
    }

    #[test]
    fn each_conflict_names_the_apps_whose_lines_it_holds() {
        let text = "[a]\nx = 1\n<<<<<<< ours\ny = 1\n=======\ny = 2\n>>>>>>> theirs\n\n[b]\n\
                    <<<<<<< ours\n[c]\n=======\n[d]\n>>>>>>> theirs\n";
        let said = "git could not merge what two sides say of";
        assert_eq!(messages(text), [format!("{said} `a` 2"), format!("{said} `c` and `d` 2")]);
    }

    #[test]
    fn half_a_conflict_is_one_and_other_lines_are_none() {
        assert_eq!(messages("[a]\n>>>>>>> theirs\n").len(), 1);
        assert_eq!(messages("<<<<<<<\n<<<<<<< ours\n").len(), 2);
        assert_eq!(messages("# <<<<<<< ours\n<<<<<<<< x\n<<<<<<<x\n=======\n"), [""; 0]);
    }
}
