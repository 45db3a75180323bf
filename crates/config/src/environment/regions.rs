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
        let region = problems.parse::<AwsRegion>(entry.item.text()?)?;
        Some((name?.value, Spanned { value: region.value.0, span: region.span }))
    });
    let regions: Regions = entries.collect();
    let spans: Vec<_> = regions.values().cloned().collect();
    problems.distinct("regions.toml", &spans);
    (regions, syntax.join(problems.into_sorted()))
}
