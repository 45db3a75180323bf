//! One small file of one layer changed, in an image of 20 layers and 1 GiB.

use std::fs::File;
use std::io::Read;

use crate::error::BenchError;
use crate::inputs::{self, Input};
use crate::landfall::{self, Layers, Workspace};
use crate::measure;
use crate::report::{Row, Target};
use crate::surroundings::Surroundings;
use crate::turns::{Contender, Outcome, Turn, interleave};

const LAYERS: usize = 20;
const FILES: usize = 1024;
const FILE_BYTES: usize = 1 << 20;
const CHANGED: &str = "layer-07";

/// The full build has an empty store each time; the other build keeps its own.
pub fn measure(name: &'static str, around: &Surroundings) -> Result<Row, BenchError> {
    let workspace = Workspace::new(around, "twenty")?;
    write_workspace(&workspace, &inputs::binaries(around)?)?;
    let kept = around.fresh("twenty-kept")?;
    measure::run(&mut workspace.build(around, &kept, &["bench"]))?;
    let full = |turn: Turn| {
        let store = around.fresh("twenty-store")?;
        let (outcome, layers) = build(around, &workspace, &store, turn)?;
        expect(&layers, LAYERS, layers.written.len() == LAYERS)?;
        around.fresh("twenty-store")?;
        Ok(outcome)
    };
    let one = |turn: Turn| {
        let text = format!("turn = {}\n", turn.number());
        workspace.write(&format!("apps/bench/files/{CHANGED}/settings.conf"), text)?;
        let (outcome, layers) = build(around, &workspace, &kept, turn)?;
        expect(&layers, 1, layers.written == [CHANGED])?;
        Ok(outcome)
    };
    let contenders =
        vec![Contender::new("landfall, all of it", full), Contender::new(landfall::NAME, one)];
    let series = interleave(contenders, around.runs)?;
    around.fresh("twenty-kept")?;
    around.fresh("twenty")?;
    let share = series[1].median_wall_seconds / series[0].median_wall_seconds;
    Ok(Row {
        name,
        about: format!(
            "An image of {LAYERS} layers and {FILES} MiB; one small file of one layer changed."
        ),
        input: None,
        series,
        targets: vec![Target::at_most("time over that of the full build", 0.1, share, "×")],
        notes: vec![format!("Each time {CHANGED} alone was written.")],
    })
}

fn build(
    around: &Surroundings,
    workspace: &Workspace,
    store: &std::path::Path,
    turn: Turn,
) -> Result<(Outcome, Layers), BenchError> {
    let mut outcome = Outcome::default();
    let output = turn.run(&mut workspace.build(around, store, &["bench"]), &mut outcome)?;
    Ok((outcome, Layers::read(&output)?))
}

fn expect(layers: &Layers, count: usize, holds: bool) -> Result<(), BenchError> {
    let written = layers.written.join(", ");
    let problem = || format!("it wrote the layers {written} in the place of {count}");
    if holds { Ok(()) } else { Err(BenchError::wrong(landfall::NAME, problem())) }
}

fn layer_name(index: usize) -> String {
    format!("layer-{:02}", index % LAYERS)
}

fn write_workspace(workspace: &Workspace, input: &Input) -> Result<(), BenchError> {
    let mut app = String::new();
    for layer in (0..LAYERS).map(layer_name) {
        app += &format!(
            "[[layers]]\nname = \"{layer}\"\nfiles = {{ \"files/{layer}\" = \"/srv/{layer}\" }}\n\n"
        );
        workspace.write(&format!("apps/bench/files/{layer}/settings.conf"), "turn = none\n")?;
    }
    workspace.write_app("bench", &app)?;
    let mut pieces = Pieces::open(input)?;
    for index in 0..FILES {
        let path = format!("apps/bench/files/{}/{index:04}.bin", layer_name(index));
        workspace.write(&path, pieces.next_piece()?)?;
    }
    Ok(())
}

/// Pieces of an input, again and again, each with its number in front so that no two are equal.
pub struct Pieces<'a> {
    input: &'a Input,
    file: File,
    count: u64,
}

impl<'a> Pieces<'a> {
    /// From the input's first byte.
    pub fn open(input: &'a Input) -> Result<Self, BenchError> {
        let file = File::open(&input.path).map_err(BenchError::at(&input.path))?;
        Ok(Self { input, file, count: 0 })
    }

    /// The next MiB.
    pub fn next_piece(&mut self) -> Result<Vec<u8>, BenchError> {
        let mut piece = vec![0; FILE_BYTES];
        self.count += 1;
        if self.file.read_exact(&mut piece).is_err() {
            self.file = Self::open(self.input)?.file;
            self.file.read_exact(&mut piece).map_err(BenchError::at(&self.input.path))?;
        }
        piece[..8].copy_from_slice(&self.count.to_be_bytes());
        Ok(piece)
    }
}
