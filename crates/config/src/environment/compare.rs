//! Values of an app that differ between its regions in more than what they say.

use std::collections::{BTreeMap, BTreeSet};

use landfall_diagnostics::Diagnostic;

use crate::Name;
use crate::environment::layered::{Layered, LayeredContent, LayeredValue, path};
use crate::suggestion::enumerate;

type Table = BTreeMap<String, LayeredValue>;

/// Every value that is in some of several regions only, or of another kind in one, as a problem: a
/// template that names it works here and fails there.
pub fn only_in_some(regions: &[(&Name, &Layered)]) -> Vec<Diagnostic> {
    let tables: Vec<_> =
        regions.iter().map(|(region, layered)| (*region, &layered.values)).collect();
    let mut problems = Vec::new();
    compare("", &tables, &mut problems);
    problems
}

fn compare(above: &str, tables: &[(&Name, &Table)], problems: &mut Vec<Diagnostic>) {
    let names: BTreeSet<_> = tables.iter().flat_map(|(_, table)| table.keys()).collect();
    for name in names {
        let path = path(above, name);
        let has = |(_, table): &&(&Name, &Table)| table.contains_key(name);
        let lacking: Vec<_> =
            tables.iter().filter(|one| !has(one)).map(|(region, _)| region.as_str()).collect();
        let values: Vec<_> =
            tables.iter().filter_map(|(region, table)| Some((*region, table.get(name)?))).collect();
        let Some((_, first)) = values.first() else { continue };
        if !lacking.is_empty() {
            problems.push(missing(&path, first, &lacking));
        }
        match values.iter().find(|(_, value)| value.kind() != first.kind()) {
            Some(other) => problems.push(other_kind(&path, values[0], *other)),
            None => compare(&path, &inner(&values), problems),
        }
    }
}

fn inner<'a>(values: &[(&'a Name, &'a LayeredValue)]) -> Vec<(&'a Name, &'a Table)> {
    let tables = values.iter().filter_map(|(region, value)| match &value.content {
        LayeredContent::Table(table) => Some((*region, table)),
        LayeredContent::Plain(_) => None,
    });
    tables.collect()
}

fn missing(path: &str, there: &LayeredValue, lacking: &[&str]) -> Diagnostic {
    let places = enumerate(lacking.iter().copied(), "and");
    let message = format!("the value `{}` is missing in {places}", path.escape_debug());
    let problem = Diagnostic::error("environment::missing-value", message);
    let span = there.origin.span.iter();
    let problem = span.fold(problem, |problem, span| problem.at(span, "it is here"));
    problem.help(
        "give it a default in `[kubernetes.values]` of app.toml, or a value in the stage's file",
    )
}

fn other_kind(
    path: &str,
    (region, first): (&Name, &LayeredValue),
    (other_region, other): (&Name, &LayeredValue),
) -> Diagnostic {
    let (kind, other_kind) = (first.kind(), other.kind());
    let message = format!(
        "the value `{}` is {kind} in `{region}` and {other_kind} in `{other_region}`",
        path.escape_debug()
    );
    let problem = Diagnostic::error("environment::kind", message);
    let places = [(other, other_kind), (first, kind)];
    let places =
        places.iter().filter_map(|(value, kind)| Some((value.origin.span.as_ref()?, *kind)));
    let problem = places.fold(problem, |problem, (span, kind)| problem.at(span, kind));
    problem.help("write the same kind in every region")
}
