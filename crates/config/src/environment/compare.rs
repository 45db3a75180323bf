//! Values that some regions of an app have and others lack.

use landfall_diagnostics::Diagnostic;

use crate::Name;
use crate::environment::layered::Layered;
use crate::suggestion::enumerate;

/// Every value that is in some of several regions only, as a problem: a template that names it works
/// here and fails there.
pub fn only_in_some(regions: &[(&Name, &Layered)]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for (_, values) in regions {
        for (path, value) in values.leaves() {
            let names: Vec<_> = path.split('.').collect();
            let lacking = regions.iter().filter(|(_, values)| values.get(&names).is_none());
            let lacking: Vec<_> = lacking.map(|(region, _)| region.as_str()).collect();
            if lacking.is_empty() || !seen.insert(path.clone()) {
                continue;
            }
            let places = enumerate(lacking.iter().copied(), "and");
            let message = format!("the value `{path}` is missing in {places}");
            let problem = Diagnostic::error("environment::missing-value", message);
            let span = value.origin.span.iter();
            let problem = span.fold(problem, |problem, span| problem.at(span, "it is here"));
            problems.push(problem.help(
                "give it a default in `[kubernetes.values]` of app.toml, or a value in the stage's file",
            ));
        }
    }
    problems
}
