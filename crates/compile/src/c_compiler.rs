//! The C compiler of an input that says `c = true`, by its content.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use landfall_hashing::Digest;
use serde::{Deserialize, Serialize};

use crate::process::{ask, find_program};
use crate::stamp::Watched;
use crate::{CompileError, ToolPlaces, Toolchain};

/// A C compiler that makes objects for a musl target.
#[derive(Debug, Clone)]
pub struct CCompiler {
    found: RememberedCCompiler,
}

/// What was learnt of a C compiler, to be kept and handed back to [`CCompiler::find`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedCCompiler {
    program: PathBuf,
    version: String,
    parts: BTreeMap<String, Digest>,
    watched: Vec<Watched>,
}

impl CCompiler {
    /// Finds the compiler on the PATH: `ARCH-linux-musl-gcc`, or `musl-gcc` for this machine's own
    /// kind. Plain `cc` is not taken: its headers are those of another C library.
    ///
    /// Nothing is started where `remembered` still holds.
    pub fn find(
        places: &ToolPlaces,
        toolchain: &Toolchain,
        target: &str,
        remembered: Option<&RememberedCCompiler>,
    ) -> Result<Self, CompileError> {
        let names = names(toolchain.host(), target);
        let program = names.iter().find_map(|name| find_program(&places.path, name));
        let program =
            program.ok_or(CompileError::NoCCompiler { target: target.into(), tried: names })?;
        let known = remembered.filter(|known| known.still_holds(&program));
        let found = known
            .map_or_else(|| RememberedCCompiler::ask(places, program), |known| Ok(known.clone()));
        Ok(Self { found: found? })
    }

    /// What the pipeline keeps for the next build.
    pub fn remember(&self) -> &RememberedCCompiler {
        &self.found
    }

    /// The driver's path; no part of an identity.
    pub(crate) fn program(&self) -> &Path {
        &self.found.program
    }

    /// The first line of `--version`.
    pub fn version(&self) -> &str {
        &self.found.version
    }

    /// The content of the driver and of the programs that it calls: compiler and assembler.
    pub fn parts(&self) -> &BTreeMap<String, Digest> {
        &self.found.parts
    }
}

fn names(host: &str, target: &str) -> Vec<String> {
    let architecture = |triple: &str| triple.split('-').next().unwrap_or_default().to_owned();
    let mut names = vec![format!("{}-linux-musl-gcc", architecture(target))];
    if architecture(host) == architecture(target) {
        names.push("musl-gcc".into());
    }
    names
}

impl RememberedCCompiler {
    fn still_holds(&self, program: &Path) -> bool {
        self.program == program && self.watched.iter().all(Watched::is_as_it_was)
    }

    fn ask(places: &ToolPlaces, program: PathBuf) -> Result<Self, CompileError> {
        let version = ask(driver(places, &program).arg("--version"))?;
        let version = version.lines().next().unwrap_or_default().to_owned();
        let mut files = vec![("driver".to_owned(), program.clone())];
        for part in ["cc1", "as"] {
            let answer = ask(driver(places, &program).arg(format!("-print-prog-name={part}")))?;
            files.extend(locate(places, answer.trim_end()).map(|path| (part.to_owned(), path)));
        }
        let watched = files.iter().map(|(_, path)| Watched::now(path)).collect();
        let parts = files.into_iter().map(|(name, path)| Ok((name, digest(&path)?)));
        Ok(Self { parts: parts.collect::<Result<_, CompileError>>()?, program, version, watched })
    }
}

fn driver(places: &ToolPlaces, program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", &places.path).env("LC_ALL", "C");
    command
}

/// A driver answers with a path, or with the bare name where it leaves the search to the PATH.
fn locate(places: &ToolPlaces, answer: &str) -> Option<PathBuf> {
    if answer.starts_with('/') {
        return Path::new(answer).is_file().then(|| answer.into());
    }
    find_program(&places.path, answer)
}

fn digest(path: &Path) -> Result<Digest, CompileError> {
    let bytes =
        fs::read(path).map_err(|source| CompileError::Read { path: path.into(), source })?;
    Ok(Digest::of(bytes))
}
