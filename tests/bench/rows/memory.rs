//! A layer that is much larger than the memory that building it may take.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::time::Duration;

use crate::error::BenchError;
use crate::inputs::{self, Input, plain_header};
use crate::landfall::{self, Layers, Workspace, folder_bytes, size_bytes};
use crate::measure::{self, ProcessTree};
use crate::report::{Row, Target};
use crate::rows::one_layer::Pieces;
use crate::surroundings::Surroundings;
use crate::turns::{Outcome, Series};

const MEMBER_MEBIBYTES: u64 = 64;
const LIMIT_MEBIBYTES: f64 = 200.0;
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
const APP: &str = r#"[inputs.archive]
path = "input.tar"

[[layers]]
name = "content"
unpack = { input = "archive", to = "/data" }
"#;

/// One build, for memory does not vary as time does.
pub fn measure(name: &'static str, around: &Surroundings) -> Result<Row, BenchError> {
    let gibibytes: u64 = if around.quick { 1 } else { 8 };
    let workspace = Workspace::new(around, "large")?;
    let archive = workspace.place("apps/bench/input.tar")?;
    write_archive(&archive, &inputs::binaries(around)?, gibibytes)?;
    workspace.write_app("bench", APP)?;
    let store = around.fresh("large-store")?;
    let scratch = store.join("tmp");
    let mut peak_bytes = 0;
    let mut build = workspace.build(around, &store, &["bench"]);
    let look = |_| peak_bytes = folder_bytes(&scratch).max(peak_bytes);
    let (usage, output) = measure::watched(&mut build, LOOK_INTERVAL, look)?;
    let blob_bytes = size_bytes(&Layers::read(&output)?.first_blob(&store)?)?;
    let stored_bytes = folder_bytes(&store);
    around.fresh("large-store")?;
    around.fresh("large")?;
    let outcome = Outcome { usage, size_bytes: Some(blob_bytes), ..Outcome::default() };
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let limit = mebibytes(blob_bytes);
    Ok(Row {
        name,
        about: format!("One layer of {gibibytes} GiB from an archive, from an empty store."),
        input: None,
        series: vec![Series::of(landfall::NAME, ProcessTree::default(), &[outcome])],
        targets: vec![
            Target::at_most("peak memory", LIMIT_MEBIBYTES, mebibytes(usage.peak_bytes), "MiB"),
            Target::at_most(
                "scratch, over the compressed size with its documents",
                1.0,
                mebibytes(peak_bytes) / mebibytes(stored_bytes),
                "×",
            ),
            Target::shown(
                "store at the end, over the compressed size",
                mebibytes(stored_bytes) / limit,
                "×",
            ),
        ],
        notes: vec![format!(
            "The layer has {blob_bytes} bytes, the store's scratch had {peak_bytes} at most."
        )],
    })
}

fn write_archive(path: &Path, input: &Input, gibibytes: u64) -> Result<(), BenchError> {
    let mut pieces = Pieces::open(input)?;
    let write = || -> io::Result<()> {
        let mut archive = tar::Builder::new(BufWriter::new(File::create(path)?));
        for index in 0..gibibytes * 1024 / MEMBER_MEBIBYTES {
            let mut header = plain_header(MEMBER_MEBIBYTES << 20, 0o644);
            let member =
                Member { pieces: &mut pieces, left: MEMBER_MEBIBYTES, piece: Vec::new(), taken: 0 };
            archive.append_data(&mut header, format!("{index:03}.bin"), member)?;
        }
        archive.into_inner()?.flush()
    };
    let mut write = write;
    write().map_err(BenchError::at(path))
}

/// A member's bytes, a piece at a time.
struct Member<'a, 'b> {
    pieces: &'a mut Pieces<'b>,
    left: u64,
    piece: Vec<u8>,
    taken: usize,
}

impl Read for Member<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.piece.len() && self.left > 0 {
            self.piece = self.pieces.next_piece().map_err(io::Error::other)?;
            (self.taken, self.left) = (0, self.left - 1);
        }
        let count = (&self.piece[self.taken..]).read(buffer)?;
        self.taken += count;
        Ok(count)
    }
}
