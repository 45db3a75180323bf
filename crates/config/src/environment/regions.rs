//! regions.toml: the short names of regions.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_diagnostics::{Diagnostic, Source};

use crate::environment::aws_region::AwsRegion;
use crate::environment::fields::REGIONS_FILE;
use crate::problems::Problems;
use crate::{Name, Spanned, document, shape};

/// What AWS calls the regions, by the names that they have here.
pub type Regions = BTreeMap<Name, Spanned<String>>;

/// Reads regions.toml.
pub(crate) fn read(source: &Arc<Source>) -> (Regions, Vec<Diagnostic>) {
    let (document, syntax) = document::parse(source);
    let mut problems = Problems::default();
    shape::check(&document, &REGIONS_FILE, &mut problems);
    let entries = document.entries.iter().filter_map(|entry| {
        let name = problems.parse::<Name>(entry.key_text());
        name.iter().filter_map(taken).for_each(|taken| problems.push(taken));
        let region = problems.parse::<AwsRegion>(entry.item.text()?)?;
        Some((name?.value, Spanned { value: region.value.0, span: region.span }))
    });
    let entries: Vec<_> = entries.collect();
    let regions: Vec<_> = entries.iter().map(|(_, region)| region.clone()).collect();
    problems.distinct("regions.toml", &regions);
    (entries.into_iter().collect(), syntax.join(problems.into_sorted()))
}

/// What a region's file cannot be called, or what means something else on the command line.
fn taken(name: &Spanned<Name>) -> Option<Diagnostic> {
    let what = match name.value.as_str() {
        "all" => "all regions, on the command line",
        "releases" => "the ledger, as a file of a stage",
        "stage" => "the stage itself, as a file of a stage",
        _ => return None,
    };
    let message = format!("a region cannot be called `{}`, which means {what}", name.value);
    let problem = Diagnostic::error("environment::region-name", message);
    Some(problem.at(&name.span, "taken").help("choose another name, as in `london`"))
}
