//! Cargo inputs: what they are made of without starting cargo, and the binary.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use landfall_compile::{
    CCompiler, Compile, CompileError, Confinement, Identity, Probe, RememberedCCompiler,
    RememberedToolchain, Settings, Sources, Toolchain, compile, discover, probe,
};
use landfall_config::{CargoInput, Input, Platform};
use landfall_diagnostics::{Diagnostic, Span};
use landfall_hashing::{Digest, canonical};
use landfall_tree::{Attributes, EntryPath, Tree};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::local::LocalFiles;
use crate::parts::parts;
use crate::{Error, Event, Session};

/// A binary that can be compiled.
pub(crate) struct CargoPlan {
    /// Records of the tools, which save asking them again.
    pub(crate) remembered: Vec<Digest>,
    pub(crate) identity: Value,
    pub(crate) parts: BTreeMap<String, Digest>,
    platform: Platform,
    workspace: EntryPath,
    sources: Arc<KnownSources>,
    settings: Settings,
    toolchain: Arc<Toolchain>,
    c_compiler: Option<CCompiler>,
    span: Span,
}

impl CargoPlan {
    /// The folders of its packages, relative to Landfall's workspace.
    pub(crate) fn folders(&self) -> impl Iterator<Item = String> {
        let below = move |path: &EntryPath| match self.workspace.join(path) {
            path if path.is_root() => ".".to_owned(),
            path => path.to_string(),
        };
        self.sources.sources.folders().keys().map(below)
    }
}

/// What a compile gave.
pub(crate) struct Compiled {
    pub(crate) tree: Tree,
    pub(crate) blob: Digest,
    pub(crate) confinement: Confinement,
}

struct KnownSources {
    sources: Sources,
    tree: Tree,
}

/// What is found once for all platforms and inputs of a derivation.
#[derive(Default)]
pub(crate) struct Cargo {
    toolchains: BTreeMap<std::path::PathBuf, Arc<Toolchain>>,
    sources: BTreeMap<(std::path::PathBuf, String), Arc<KnownSources>>,
}

impl Cargo {
    /// Hashes everything that a binary is compiled from. Starts no program that was asked before.
    pub(crate) fn derive(
        &mut self,
        session: &Session<'_>,
        workspace: &Path,
        input: &Input,
        cargo: &CargoInput,
        platform: &Platform,
        files: &LocalFiles<'_>,
    ) -> Result<CargoPlan, Error> {
        let folder = cargo
            .workspace
            .as_ref()
            .map_or_else(|| workspace.into(), |path| workspace.join(path.value.as_str()));
        let span = cargo.package.span.clone();
        let failed = |error| problem(error, &span);
        let toolchain = self.toolchain(session, &folder).map_err(failed)?;
        let known = self.sources(&folder, &cargo.package.value, files, &span)?;
        let binary = known
            .sources
            .binary(cargo.bin.as_ref().map(|bin| bin.value.as_str()))
            .map_err(failed)?;
        let settings = Settings {
            binary,
            features: cargo.features.clone(),
            default_features: cargo.default_features,
            target: platform.rust_target().to_string(),
        };
        let c_compiler = cargo
            .c
            .then(|| c_compiler(session, &toolchain, &settings.target))
            .transpose()
            .map_err(failed)?;
        let identity = Identity::new(
            &known.sources,
            known.tree.hash(),
            &settings,
            &toolchain,
            c_compiler.as_ref(),
        );
        let identity = serde_json::to_value(&identity).unwrap_or_default();
        let parts = named_parts(&identity, &known.tree);
        let (platform, sources, span) = (*platform, known, input.span.clone());
        let workspace = cargo.workspace.as_ref().map(|path| path.value.clone()).unwrap_or_default();
        let c_record = c_compiler.iter().map(|_| c_compiler_id(&settings.target));
        let remembered = std::iter::once(toolchain_id(&folder)).chain(c_record).collect();
        Ok(CargoPlan {
            remembered,
            identity,
            parts,
            platform,
            workspace,
            sources,
            settings,
            toolchain,
            c_compiler,
            span,
        })
    }

    fn toolchain(
        &mut self,
        session: &Session<'_>,
        folder: &Path,
    ) -> Result<Arc<Toolchain>, CompileError> {
        if let Some(toolchain) = self.toolchains.get(folder) {
            return Ok(toolchain.clone());
        }
        let id = toolchain_id(folder);
        let remembered: Option<RememberedToolchain> = recall(session, &id);
        let toolchain = Arc::new(Toolchain::find(&session.tools, folder, remembered.as_ref())?);
        remember(session, &id, remembered.as_ref(), toolchain.remember());
        self.toolchains.insert(folder.into(), toolchain.clone());
        Ok(toolchain)
    }

    fn sources(
        &mut self,
        folder: &Path,
        package: &str,
        files: &LocalFiles<'_>,
        span: &Span,
    ) -> Result<Arc<KnownSources>, Error> {
        let key = (folder.to_path_buf(), package.to_owned());
        if let Some(known) = self.sources.get(&key) {
            return Ok(known.clone());
        }
        let sources = discover(folder, package).map_err(|error| problem(error, span))?;
        let tree = files.listed(folder, sources.files()).map_err(|error| {
            Diagnostic::error("cargo::sources", error.to_string())
                .at(span, "compiled from here")
                .help(error.help())
        })?;
        let known = Arc::new(KnownSources { sources, tree });
        self.sources.insert(key, known.clone());
        Ok(known)
    }
}

fn c_compiler(
    session: &Session<'_>,
    toolchain: &Toolchain,
    target: &str,
) -> Result<CCompiler, CompileError> {
    let id = c_compiler_id(target);
    let remembered: Option<RememberedCCompiler> = recall(session, &id);
    let found = CCompiler::find(&session.tools, toolchain, target, remembered.as_ref())?;
    remember(session, &id, remembered.as_ref(), found.remember());
    Ok(found)
}

fn toolchain_id(folder: &Path) -> Digest {
    canonical::digest_of(&("toolchain", folder.to_string_lossy()))
}

fn c_compiler_id(target: &str) -> Digest {
    canonical::digest_of(&("c-compiler", target))
}

fn recall<T: DeserializeOwned>(session: &Session<'_>, id: &Digest) -> Option<T> {
    session.store.realisation(id).ok().flatten()
}

/// What cannot be kept is asked for again next time.
fn remember<T: Serialize + PartialEq>(
    session: &Session<'_>,
    id: &Digest,
    old: Option<&T>,
    new: &T,
) {
    if old != Some(new) {
        let _only_saves_time = session.store.put_realisation(id, new);
    }
}

/// Everything before the compile is in the user's hands: the package's name, its files, the tools.
fn problem(error: CompileError, span: &Span) -> Error {
    Diagnostic::error("cargo::unusable", error.to_string()).at(span, "this package").into()
}

/// The identity's fields and the source files, each by a digest, so that a change can be named.
fn named_parts(identity: &Value, tree: &Tree) -> BTreeMap<String, Digest> {
    let fields = identity.as_object().into_iter().flatten().filter(|(name, _)| *name != "sources");
    let fields = fields.map(|(name, value)| (format!("cargo {name}"), digest_of(value)));
    fields.chain(parts(tree)).collect()
}

fn digest_of(value: &Value) -> Digest {
    let text = value.as_str().and_then(|text| text.parse().ok());
    text.unwrap_or_else(|| canonical::digest_of(value))
}

/// Compiles, and brings the binary into the store.
pub(crate) fn realise(
    session: &Session<'_>,
    app: &str,
    input: &str,
    plan: &CargoPlan,
) -> Result<Compiled, Error> {
    let platform = plan.platform.to_string();
    session.events.event(Event::Compiling { app, input, platform: &platform });
    let scratch = session.store.scratch_folder()?;
    let found = walls(session, app, plan)?;
    let compiled = compile(&Compile {
        sources: &plan.sources.sources,
        tree: &plan.sources.tree,
        settings: &plan.settings,
        toolchain: &plan.toolchain,
        c_compiler: plan.c_compiler.as_ref(),
        scratch: scratch.path(),
        cache: &session.compile_cache,
        cargo_home: &session.tools.cargo_home,
        environment: &session.environment,
        helper: &session.helper,
        walls: found.walls,
        jobs: std::num::NonZeroUsize::new(session.pool.current_num_threads()),
        on_line: &|line| session.events.event(Event::Compiler { app, line }),
    });
    let failed = |error| {
        let (app, input, platform) = (app.into(), input.into(), platform.clone());
        Error::Compile { app, input, platform, source: Box::new(error) }
    };
    let compiled = compiled.map_err(failed)?;
    let (blob, size_bytes) = into_store(session, &compiled.binary)?;
    session.events.event(Event::Compiled { app, input, platform: &platform, size_bytes });
    let tree = Tree::file(blob, size_bytes, Attributes::EXECUTABLE);
    Ok(Compiled { tree, blob, confinement: compiled.confinement })
}

/// How far a compile can be kept apart on this machine; said where that is not all the way.
fn walls(session: &Session<'_>, app: &str, plan: &CargoPlan) -> Result<Probe, Error> {
    let scratch = session.store.scratch_folder()?;
    let found =
        probe(&session.helper, scratch.path()).map_err(|error| problem(error, &plan.span))?;
    for refusal in &found.refusals {
        let text =
            format!("{app}: this machine keeps a compile less apart than it could: {refusal}");
        session.events.event(Event::Note { text: &text });
    }
    Ok(found)
}

fn into_store(session: &Session<'_>, binary: &Path) -> Result<(Digest, u64), Error> {
    let mut file = File::open(binary).map_err(Error::file("read", binary))?;
    let mut blob = session.store.blob_writer()?;
    io::copy(&mut file, &mut blob).map_err(Error::file("copy into the store", binary))?;
    Ok(blob.commit()?)
}
