//! What is measured: one file a row.

mod first_build;
mod memory;
mod one_layer;
mod tar_to_image;
mod unchanged;

use crate::error::BenchError;
use crate::inputs;
use crate::report::Row;
use crate::surroundings::Surroundings;

/// Every row, in the order in which they are measured.
pub const NAMES: [&str; 7] = [
    "tar-binaries",
    "tar-text",
    "tar-compressed",
    "nothing-changed-12",
    "one-of-20-layers",
    "memory-8gib",
    "first-build",
];

/// Measures one row of [`NAMES`].
pub fn measure(name: &'static str, around: &Surroundings) -> Result<Row, BenchError> {
    match name {
        "tar-binaries" => tar_to_image::measure(name, around, inputs::binaries(around)?),
        "tar-text" => tar_to_image::measure(name, around, inputs::text(around)?),
        "tar-compressed" => tar_to_image::measure(name, around, inputs::compressed(around)?),
        "nothing-changed-12" => unchanged::measure(name, around),
        "one-of-20-layers" => one_layer::measure(name, around),
        "memory-8gib" => memory::measure(name, around),
        _ => first_build::measure(name, around),
    }
}
