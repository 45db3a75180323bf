//! What may be typed. Doc comments are the help texts.

use std::path::PathBuf;

use clap::Parser;

use crate::rows;

/// Measure Landfall beside its peers: a table to standard output, all figures to a JSON file
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench")]
pub struct Arguments {
    /// Only these rows
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = rows::NAMES)]
    rows: Vec<String>,
    /// How often each contender is measured, after one warm-up
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub runs: u32,
    /// Measure memory with a layer of 1 GiB in the place of 8 GiB
    #[arg(long)]
    pub quick: bool,
    /// Where the figures go
    #[arg(long, value_name = "FILE", default_value = "target/bench.json")]
    pub out: PathBuf,
}

impl Arguments {
    /// The rows to measure, always in the same order.
    pub fn rows(&self) -> impl Iterator<Item = &'static str> {
        let all = self.rows.is_empty();
        rows::NAMES.into_iter().filter(move |name| all || self.rows.iter().any(|row| row == name))
    }

    /// The command that measures the same again.
    pub fn command_line(&self) -> String {
        let mut line = "cargo xtask bench".to_owned();
        if !self.rows.is_empty() {
            line += &format!(" --rows {}", self.rows().collect::<Vec<_>>().join(","));
        }
        line += &format!(" --runs {}", self.runs);
        if self.quick {
            line += " --quick";
        }
        line
    }
}
