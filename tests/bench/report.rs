//! The figures as JSON and as Markdown.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::error::BenchError;
use crate::inputs::Input;
use crate::machine::Machine;
use crate::surroundings::Surroundings;
use crate::turns::Series;

/// Everything that was measured in one run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What measures the same again.
    pub command: String,
    /// On what.
    pub machine: Machine,
    /// The rows.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// What is measured.
    pub about: String,
    /// What every contender was given.
    pub input: Option<Input>,
    /// The contenders.
    pub series: Vec<Series>,
    /// What is wanted of Landfall.
    pub targets: Vec<Target>,
    /// What was checked beside, in words.
    pub notes: Vec<String>,
}

/// A figure that is wanted.
#[derive(Debug, Serialize)]
pub struct Target {
    /// Of what.
    pub what: String,
    /// The bound.
    pub target: f64,
    /// What was measured.
    pub got: f64,
    /// What both are counted in.
    pub unit: &'static str,
    /// Whether more or less is better.
    pub bound: Bound,
    /// Whether it was reached; none where a figure is only shown.
    pub met: Option<bool>,
}

/// The side of a target that is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// The figure may not be smaller.
    AtLeast,
    /// The figure may not be larger.
    AtMost,
    /// The figure is shown for its own sake.
    Shown,
}

impl Target {
    /// Met where `got` is not below `target`.
    pub fn at_least(what: impl Into<String>, target: f64, got: f64, unit: &'static str) -> Self {
        let met = Some(got >= target);
        Self { what: what.into(), target, got, unit, bound: Bound::AtLeast, met }
    }

    /// Met where `got` is not above `target`.
    pub fn at_most(what: impl Into<String>, target: f64, got: f64, unit: &'static str) -> Self {
        let met = Some(got <= target);
        Self { what: what.into(), target, got, unit, bound: Bound::AtMost, met }
    }

    /// No target.
    pub fn shown(what: impl Into<String>, got: f64, unit: &'static str) -> Self {
        Self { what: what.into(), target: 0.0, got, unit, bound: Bound::Shown, met: None }
    }

    fn line(&self) -> [String; 4] {
        let wanted = match self.bound {
            Bound::AtLeast => format!("≥ {} {}", self.target, self.unit),
            Bound::AtMost => format!("≤ {} {}", self.target, self.unit),
            Bound::Shown => "–".into(),
        };
        let verdict = self.met.map_or("–", |met| if met { "met" } else { "**missed**" });
        let got = format!("{:.3} {}", self.got, self.unit);
        [self.what.clone(), wanted, got, verdict.into()]
    }
}

impl Report {
    /// A report without rows.
    pub fn new(around: &Surroundings, command: String) -> Result<Self, BenchError> {
        Ok(Self { command, machine: Machine::read(around)?, rows: Vec::new() })
    }

    /// Writes the JSON file.
    pub fn write(&self, path: &Path) -> Result<(), BenchError> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| BenchError::at(path)(error.into()))?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let made = parent.map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(path, text + "\n")).map_err(BenchError::at(path))
    }

    /// The tables, ready to be put into a document.
    pub fn markdown(&self) -> String {
        let machine = &self.machine;
        let changed = if machine.changed { " with changes" } else { "" };
        let mut text = format!(
            "Measured by `{}` at commit {:.12}{changed}, on {} × {}, {} of memory, Linux {}.\n",
            self.command,
            machine.commit,
            machine.processors,
            machine.processor,
            mebibytes(machine.memory_bytes),
            machine.kernel,
        );
        self.rows.iter().for_each(|row| row.markdown(&mut text));
        text
    }
}

impl Row {
    fn markdown(&self, text: &mut String) {
        paragraph(text, &format!("### `{}`\n\n{}", self.name, self.about));
        if let Some(input) = &self.input {
            let size = mebibytes(input.size_bytes);
            paragraph(
                text,
                &format!("Input `{}`: {size}, SHA-256 `{}`.", input.name, input.sha256),
            );
        }
        table(text, ["of", "target", "got", ""], self.targets.iter().map(Target::line));
        let head = ["contender", "median", "processor", "largest process", "all processes", "size"];
        table(text, head, self.series.iter().map(cells));
        self.notes.iter().for_each(|note| paragraph(text, note));
    }
}

fn cells(series: &Series) -> [String; 6] {
    let memory = |bytes| if bytes == 0 { "–".into() } else { mebibytes(bytes) };
    [
        series.contender.into(),
        format!("{:.3} s", series.median_wall_seconds),
        format!("{:.3} s", series.median_processor_seconds),
        memory(series.peak_bytes),
        memory(series.tree_peak_bytes),
        series.size_bytes.map_or("–".into(), |bytes| format!("{bytes} bytes")),
    ]
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

fn paragraph(text: &mut String, words: &str) {
    text.push('\n');
    text.push_str(words);
    text.push('\n');
}

/// A table whose columns are as wide as their widest cell, to be read in a terminal too.
fn table<const WIDTH: usize>(
    text: &mut String,
    head: [&str; WIDTH],
    lines: impl Iterator<Item = [String; WIDTH]>,
) {
    let mut all = vec![head.map(str::to_owned)];
    all.extend(lines);
    let widest = |column: usize| all.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<_> = (0..WIDTH).map(|column| widest(column).unwrap_or(0).max(3)).collect();
    all.insert(1, std::array::from_fn(|column| "-".repeat(widths[column])));
    text.push('\n');
    for line in &all {
        for (cell, width) in line.iter().zip(&widths) {
            write!(text, "| {cell:width$} ").expect("writing into a text does not fail");
        }
        text.push_str("|\n");
    }
}
