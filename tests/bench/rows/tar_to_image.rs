//! An archive to an image of one layer, beside everybody who can do that.

use crate::error::BenchError;
use crate::inputs::Input;
use crate::judge;
use crate::landfall::{self, Layers, Workspace, largest_file, size_bytes};
use crate::peers::{self, BUILDAH, CRANE_ARCHIVE, CRANE_REGISTRY, FLOOR, UMOCI};
use crate::report::{Row, Target};
use crate::surroundings::Surroundings;
use crate::turns::{Contender, Outcome, Series, Turn, interleave};

const APP: &str = r#"[inputs.archive]
path = "input.tar"

[[layers]]
name = "content"
unpack = { input = "archive", to = "/data" }
"#;
const STORE: &str = "store";

/// Measures, then lets the judge look at what the last turns wrote.
pub fn measure(name: &'static str, around: &Surroundings, input: Input) -> Result<Row, BenchError> {
    let workspace = Workspace::new(around, "workspace")?;
    workspace.link(&input.path, "apps/bench/input.tar")?;
    workspace.write_app("bench", APP)?;
    let ours = Contender::new(landfall::NAME, |turn| from_nothing(around, &workspace, turn));
    let mut contenders = vec![ours];
    contenders.extend(peers::contenders(around, &input)?);
    let series = interleave(contenders, around.runs)?;
    let files = judge(around)?;
    let pigz_bytes = peers::pigz_bytes(around, &input)?;
    let figures = Figures { series: &series, pigz_bytes };
    let targets = if name == "tar-compressed" { figures.incompressible() } else { figures.usual() };
    let about = "An archive to an image of one layer, from an empty store, gzip.".into();
    let notes = vec![
        format!("Landfall's layer and umoci's hold the same {files} files, byte for byte."),
        format!("`pigz -6 -p2` writes {pigz_bytes} bytes."),
    ];
    Ok(Row { name, about, input: Some(input), series, targets, notes })
}

fn from_nothing(
    around: &Surroundings,
    workspace: &Workspace,
    turn: Turn,
) -> Result<Outcome, BenchError> {
    let store = around.fresh(STORE)?;
    let mut outcome = Outcome::default();
    let output = turn.run(&mut workspace.build(around, &store, &["bench"]), &mut outcome)?;
    outcome.size_bytes = Some(size_bytes(&Layers::read(&output)?.first_blob(&store)?)?);
    Ok(outcome)
}

fn judge(around: &Surroundings) -> Result<usize, BenchError> {
    let [ours, theirs] = [around.place(STORE).join("blobs"), peers::umoci_layout(around)]
        .map(|folder| largest_file(&folder).map_err(BenchError::at(&folder)));
    judge::same_files(&ours?, "data/", &theirs?)
}

struct Figures<'a> {
    series: &'a [Series],
    pigz_bytes: u64,
}

impl Figures<'_> {
    fn of(&self, name: &str) -> &Series {
        let found = self.series.iter().find(|series| series.contender == name);
        found.expect("every contender of this row has a series")
    }

    /// How many times as long the fastest of these takes.
    fn times(&self, peers: &[&str]) -> f64 {
        let seconds = peers.iter().map(|name| self.of(name).median_wall_seconds);
        seconds.fold(f64::INFINITY, f64::min) / self.of(landfall::NAME).median_wall_seconds
    }

    /// Our size as a share of another.
    fn share(&self, bytes: u64) -> f64 {
        self.of(landfall::NAME).size_bytes.unwrap_or(0) as f64 / bytes as f64
    }

    fn size_of(&self, name: &str) -> u64 {
        self.of(name).size_bytes.unwrap_or(0)
    }

    fn floor(&self) -> Target {
        Target::shown("time over that of SHA-256 alone", 1.0 / self.times(&[FLOOR]), "×")
    }

    fn usual(&self) -> Vec<Target> {
        let crane = self.times(&[CRANE_REGISTRY, CRANE_ARCHIVE]);
        vec![
            Target::at_least("speed over crane's faster way", 3.5, crane, "×"),
            Target::at_least("speed over umoci", 1.4, self.times(&[UMOCI]), "×"),
            Target::at_least("speed over buildah", 2.5, self.times(&[BUILDAH]), "×"),
            Target::at_most("size over pigz -6", 1.035, self.share(self.pigz_bytes), "×"),
            Target::at_most("size over umoci", 1.0, self.share(self.size_of(UMOCI)), "×"),
            self.floor(),
        ]
    }

    fn incompressible(&self) -> Vec<Target> {
        let peers = [CRANE_REGISTRY, CRANE_ARCHIVE, UMOCI, BUILDAH];
        let smallest = peers.iter().map(|name| self.size_of(name)).min().unwrap_or(0);
        let smallest = smallest.min(self.pigz_bytes);
        vec![
            Target::at_least("speed over the fastest peer", 1.0, self.times(&peers), "×"),
            Target::at_most("size over the smallest peer", 1.001, self.share(smallest), "×"),
            self.floor(),
        ]
    }
}
