//! Reads `[kubernetes]` but for its folder: the values that objects may name.

use crate::document::Table;
use crate::environment::{PlacedValues, read_values};
use crate::problems::Problems;
use crate::{Name, Spanned};

pub(super) fn read(
    document: &Table,
    problems: &mut Problems,
) -> (Vec<Spanned<Name>>, PlacedValues) {
    let Some(table) = document.table("kubernetes") else { return Default::default() };
    let texts = table.texts("shared").into_iter();
    let shared: Vec<_> = texts.filter_map(|text| problems.parse(text)).collect();
    problems.distinct("`shared`", &shared);
    (shared, read_values(table.entries("values"), problems))
}
