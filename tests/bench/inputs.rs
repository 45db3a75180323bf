//! The three inputs: archives of what every developer's machine has, made once, named by hash.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use landfall_hashing::{Digest, Hasher};
use serde::Serialize;

use crate::error::BenchError;
use crate::surroundings::Surroundings;

const LEAST_BYTES: u64 = 200_000_000;
const MOST_BYTES: u64 = 600_000_000;
const PIECE_BYTES: u64 = 4 << 20;
/// Kinds of files that people write by hand.
const TEXT_KINDS: [&str; 16] = [
    "S", "asm", "c", "cc", "cpp", "go", "h", "hpp", "html", "js", "md", "pl", "py", "rs", "s",
    "txt",
];

/// An archive that every contender is given.
#[derive(Debug, Clone, Serialize)]
pub struct Input {
    /// What it holds.
    pub name: &'static str,
    /// Of all its bytes.
    pub sha256: String,
    /// Its length.
    pub size_bytes: u64,
    /// Where it is kept.
    #[serde(skip)]
    pub path: PathBuf,
}

/// Programs and libraries: the Rust toolchain's own.
pub fn binaries(around: &Surroundings) -> Result<Input, BenchError> {
    let sysroot = PathBuf::from(around.answer(&["rustc", "--print", "sysroot"])?);
    let folders = ["bin", "lib"].map(|name| (PathBuf::from(name), sysroot.join(name)));
    kept(around, "binaries", |archive| archive.add_folders(&folders, &|_| true))
}

/// Source text: Go's own and that of the Rust crates that were fetched.
pub fn text(around: &Surroundings) -> Result<Input, BenchError> {
    let go = PathBuf::from(around.answer(&["go", "env", "GOROOT"])?);
    let mut folders =
        ["src", "test"].map(|name| (Path::new("go").join(name), go.join(name))).to_vec();
    let crates = listing(&around.cargo_home.join("registry/src")).unwrap_or_default();
    folders.extend(crates.into_iter().map(|folder| ("crates".into(), folder)));
    let is_text = |path: &Path| {
        path.extension().is_some_and(|kind| TEXT_KINDS.iter().any(|text| kind == *text))
    };
    kept(around, "text", |archive| archive.add_folders(&folders, &is_text))
}

/// What is compressed already: pieces of the other two, each a gzip member of level 9.
pub fn compressed(around: &Surroundings) -> Result<Input, BenchError> {
    let sources = [binaries(around)?, text(around)?];
    kept(around, "compressed", |archive| {
        sources.iter().try_for_each(|source| archive.add_pieces(source))
    })
}

/// The input of that name; made where the cache does not hold it.
fn kept(
    around: &Surroundings,
    name: &'static str,
    make: impl FnOnce(&mut Archive) -> io::Result<()>,
) -> Result<Input, BenchError> {
    let path = around.cache.join(name).with_extension("tar");
    if !path.exists() {
        eprintln!("bench: making the input {name}");
        let part = path.with_extension("part");
        let made = Archive::create(&part).and_then(|mut archive| {
            make(&mut archive)?;
            archive.finish()
        });
        made.and_then(|()| fs::rename(&part, &path)).map_err(BenchError::at(&part))?;
    }
    let (size_bytes, digest) = File::open(&path).and_then(hash).map_err(BenchError::at(&path))?;
    if size_bytes < LEAST_BYTES {
        let lack = format!("{} has {size_bytes} bytes of {LEAST_BYTES}", path.display());
        let remedy = "run `cargo fetch`, so that more sources are there, and remove this file";
        return Err(BenchError::Surroundings { lack, remedy: remedy.into() });
    }
    Ok(Input { name, sha256: digest.hex(), size_bytes, path })
}

/// The length and digest of a stream, which is not held in memory.
pub fn hash(mut stream: impl Read) -> io::Result<(u64, Digest)> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; 256 << 10];
    let mut size_bytes = 0;
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok((size_bytes, hasher.finish()));
        }
        hasher.update(&buffer[..count]);
        size_bytes += count as u64;
    }
}

/// The header of a file that says nothing of this machine or of today.
pub fn plain_header(size_bytes: u64, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size_bytes);
    header.set_mode(mode);
    header.set_mtime(1);
    header.set_uid(0);
    header.set_gid(0);
    header
}

fn listing(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = entries.collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// An archive of different files, sorted, that stops growing at a size.
struct Archive {
    builder: tar::Builder<BufWriter<File>>,
    seen: BTreeSet<Digest>,
    size_bytes: u64,
    pieces: usize,
}

impl Archive {
    fn create(path: &Path) -> io::Result<Self> {
        let builder = tar::Builder::new(BufWriter::with_capacity(1 << 20, File::create(path)?));
        Ok(Self { builder, seen: BTreeSet::new(), size_bytes: 0, pieces: 0 })
    }

    fn finish(self) -> io::Result<()> {
        self.builder.into_inner()?.flush()
    }

    /// Files below folders, each folder under its name in the archive.
    fn add_folders(
        &mut self,
        folders: &[(PathBuf, PathBuf)],
        wanted: &dyn Fn(&Path) -> bool,
    ) -> io::Result<()> {
        for (name, folder) in folders {
            for path in listing(folder)? {
                let name = name.join(path.file_name().unwrap_or_default());
                let metadata = path.symlink_metadata()?;
                if metadata.is_dir() {
                    self.add_folders(&[(name, path)], wanted)?;
                } else if metadata.is_file() && wanted(&path) {
                    self.add_file(&name, &path, &metadata)?;
                }
            }
        }
        Ok(())
    }

    /// What repeats would be compressed for nothing by whoever finds it, and is left out.
    fn add_file(&mut self, name: &Path, path: &Path, metadata: &fs::Metadata) -> io::Result<()> {
        let fits = self.size_bytes + metadata.len() <= MOST_BYTES;
        if !fits || !self.seen.insert(hash(File::open(path)?)?.1) {
            return Ok(());
        }
        let mode = if metadata.permissions().mode() & 0o111 == 0 { 0o644 } else { 0o755 };
        self.add(name, metadata.len(), mode, File::open(path)?)
    }

    fn add(&mut self, name: &Path, size_bytes: u64, mode: u32, bytes: impl Read) -> io::Result<()> {
        self.size_bytes += size_bytes.next_multiple_of(512) + 512;
        self.builder.append_data(&mut plain_header(size_bytes, mode), name, bytes)
    }

    /// Another input in pieces, each compressed by itself.
    fn add_pieces(&mut self, source: &Input) -> io::Result<()> {
        let mut file = File::open(&source.path)?;
        let width = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        loop {
            let batch = (0..width).map(|_| piece(&mut file)).collect::<io::Result<Vec<_>>>()?;
            for packed in compress_each(&batch)? {
                self.pieces += 1;
                let name = format!("pieces/{:06}.gz", self.pieces);
                self.add(Path::new(&name), packed.len() as u64, 0o644, packed.as_slice())?;
            }
            if batch.last().is_none_or(Vec::is_empty) {
                return Ok(());
            }
        }
    }
}

fn piece(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(PIECE_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// One thread a piece; an empty piece is the end of the source and gives none.
fn compress_each(batch: &[Vec<u8>]) -> io::Result<Vec<Vec<u8>>> {
    thread::scope(|scope| {
        let pieces = batch.iter().filter(|piece| !piece.is_empty());
        let threads: Vec<_> = pieces.map(|piece| scope.spawn(|| compress(piece))).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|_| Err(io::Error::other("a compressing thread died")))
        };
        threads.into_iter().map(join).collect()
    })
}

fn compress(piece: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(piece)?;
    encoder.finish()
}
