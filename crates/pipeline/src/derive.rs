//! Turns an app, its lock and its files into a derivation: everything that enters the image, by
//! content. Nothing is fetched, compiled or unpacked here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use landfall_archive::{Format, Options};
use landfall_config::{
    Compression, InputKind, Layer, Placement, PlacementSource, Platform, Unpack, UrlInput, Value,
};
use landfall_derivation::build::Build;
use landfall_derivation::lock::{Lock, LockedInput};
use landfall_derivation::record::InputFact;
use landfall_derivation::template;
use landfall_diagnostics::{Diagnostic, Source, Span};
use landfall_hashing::{Digest, canonical};
use landfall_image::{Encoding, Modes, Owner, Owners};
use landfall_tree::{Attributes, Entry, EntryPath, Node, Tree};

use crate::archive_build::{archive_format, options, unpack_build};
use crate::cargo::Cargo;
use crate::conflicts;
use crate::derived::{
    Action, ArchivePlace, Derived, DerivedImage, DerivedLayer, DerivedPlace, PlannedBuild,
    TreeSource, UnpackPlan,
};
use crate::download::Download;
use crate::local::{LocalError, LocalFiles};
use crate::locations::{Location, Locations, Stat};
use crate::parts::parts;
use crate::setting::{layer_setting, settings};
use crate::unpack::PlainTar;
use crate::url::render_url;
use crate::workspace::Loaded;
use crate::{Error, Session};

/// Hashes everything that enters an app's image.
///
/// `platforms` narrows the app's own; empty means all of them. Fails with every problem at once.
pub(crate) fn derive(
    session: &Session<'_>,
    workspace: &Path,
    loaded: &Loaded,
    lock: &Lock,
    platforms: &[Platform],
    files: &LocalFiles<'_>,
    locations: &Locations<'_>,
) -> Result<Derived, Error> {
    check_platforms(loaded, platforms)?;
    let encoding =
        Encoding::try_from(lock.encoding).map_err(|error| encoding_problem(loaded, &error))?;
    let mut deriver = Deriver {
        session,
        workspace,
        loaded,
        lock,
        files,
        locations,
        problems: Vec::new(),
        cargo: Cargo::default(),
        derived: Derived {
            app: loaded.app.clone(),
            encoding,
            images: Vec::new(),
            builds: BTreeMap::new(),
            downloads: BTreeMap::new(),
            inputs: BTreeMap::new(),
            remembered: BTreeSet::new(),
        },
    };
    deriver.settings();
    for platform in
        loaded.app.platforms.iter().filter(|own| platforms.is_empty() || platforms.contains(own))
    {
        deriver.image(platform)?;
    }
    match deriver.problems {
        problems if problems.is_empty() => Ok(deriver.derived),
        mut problems => {
            problems.sort();
            problems.dedup();
            Err(Error::Problems(problems))
        }
    }
}

/// A platform that the app does not have would be an image of nothing.
fn check_platforms(loaded: &Loaded, platforms: &[Platform]) -> Result<(), Error> {
    let own = &loaded.app.platforms;
    let Some(foreign) = platforms.iter().find(|platform| !own.contains(platform)) else {
        return Ok(());
    };
    let name = &loaded.app.name;
    let known: Vec<_> = own.iter().map(ToString::to_string).collect();
    let problem = Diagnostic::error(
        "platform::unknown",
        format!("`{}` is not built for {foreign}", name.value),
    );
    Err(problem
        .at(&name.span, "this app")
        .help(format!("its platforms are: {}", known.join(", ")))
        .into())
}

/// A lock whose layers only another version can write.
pub(crate) fn encoding_problem(loaded: &Loaded, error: &landfall_image::UnknownEncoding) -> Error {
    let name = &loaded.app.name.value;
    Diagnostic::error(
        "lock::encoding",
        format!("`apps/{name}/app.lock` wants an encoding that is not known: {error}"),
    )
    .help("use a newer version of Landfall; removing the lock would change the digest")
    .into()
}

struct Deriver<'a> {
    session: &'a Session<'a>,
    workspace: &'a Path,
    loaded: &'a Loaded,
    lock: &'a Lock,
    files: &'a LocalFiles<'a>,
    locations: &'a Locations<'a>,
    problems: Vec<Diagnostic>,
    cargo: Cargo,
    derived: Derived,
}

impl Deriver<'_> {
    /// The parts of app.toml that enter the image by themselves.
    fn settings(&mut self) {
        let parts = settings(&self.loaded.app, self.derived.encoding);
        for (name, value) in parts {
            let hash = canonical::digest_of(&value);
            self.fact(format!("setting {name}"), hash, BTreeMap::new());
        }
    }

    fn fact(&mut self, key: String, hash: Digest, parts: BTreeMap<String, Digest>) {
        self.derived.inputs.insert(key, InputFact { hash, parts });
    }

    fn image(&mut self, platform: &Platform) -> Result<(), Error> {
        let app = &self.loaded.app;
        let mut layers = Vec::new();
        for layer in &app.layers {
            layers.push(self.layer(platform, layer, app.image.compression)?);
        }
        self.derived.images.push(DerivedImage { platform: *platform, layers });
        Ok(())
    }

    fn layer(
        &mut self,
        platform: &Platform,
        layer: &Layer,
        default: Compression,
    ) -> Result<DerivedLayer, Error> {
        let name = layer.name.value.to_string();
        let setting = format!("setting layers.{name}");
        let mut inputs = vec![setting.clone()];
        let mut places = Vec::new();
        for placement in &layer.placements {
            let Some((tree, input)) = self.tree(platform, placement)? else { continue };
            inputs.extend(input);
            let (modes, owners) = treatment(placement);
            let (span, to) = (placement.span.clone(), placement.to.clone());
            places.push(DerivedPlace { span, to, modes, owners, tree });
        }
        let inputs = BTreeSet::from_iter(inputs).into_iter().collect();
        let compression = match layer.compression.unwrap_or(default) {
            Compression::Gzip => landfall_image::Compression::Gzip,
            Compression::Zstd => landfall_image::Compression::Zstd,
        };
        let inputs_of_app = &self.loaded.app.inputs;
        let hash = canonical::digest_of(&layer_setting(layer, inputs_of_app, compression));
        self.fact(setting, hash, BTreeMap::new());
        let derived = DerivedLayer { name, compression, places, inputs };
        self.problems.extend(conflicts::among_known(&derived));
        Ok(derived)
    }

    /// The tree of a placement and the key of what it is made of; none where there was a problem.
    fn tree(
        &mut self,
        platform: &Platform,
        placement: &Placement,
    ) -> Result<Option<(TreeSource, Option<String>)>, Error> {
        let known = |tree: Tree| TreeSource::Known(Arc::new(tree));
        match &placement.source {
            PlacementSource::Directory => {
                let mode = placement.mode.unwrap_or(Attributes::EXECUTABLE);
                Ok(Some((known(single(Node::Directory, mode)), None)))
            }
            PlacementSource::Symlink(target) => {
                let node = Node::Symlink { target: target.clone() };
                Ok(Some((known(single(node, Attributes::SYMLINK)), None)))
            }
            PlacementSource::File(path) => {
                let tree = self.local(&path.value, &path.span);
                Ok(tree.map(|tree| (TreeSource::Known(tree), Some(format!("file {}", path.value)))))
            }
            PlacementSource::Template(path) => {
                let tree = self.template(&path.value, &path.span)?;
                Ok(tree.map(|tree| (known(tree), Some(format!("template {}", path.value)))))
            }
            PlacementSource::Input(name) => self.input(platform, name.value.as_ref()),
            PlacementSource::Unpack(unpack) => self.unpack(platform, unpack),
        }
    }

    fn local(&mut self, path: &EntryPath, span: &Span) -> Option<Arc<Tree>> {
        let tree = self.hashed(path, span)?;
        self.fact(format!("file {path}"), tree.hash(), parts(&tree));
        Some(Arc::new(tree))
    }

    /// The tree at a path of the app's folder; none where there was a problem.
    fn hashed(&mut self, path: &EntryPath, span: &Span) -> Option<Tree> {
        let hashed = self.files.tree(&self.loaded.folder, path, self.locations);
        hashed.map_err(|error| self.problems.push(self.local_problem(&error, span))).ok()
    }

    /// Paths in messages are shown as the user knows them.
    fn local_problem(&self, error: &LocalError, span: &Span) -> Diagnostic {
        let root = format!("{}/", self.workspace.display());
        let message = error.to_string().replace(&root, "");
        Diagnostic::error("files::unusable", message).at(span, "named here").help(error.help())
    }

    /// A rendered file. Its bytes are made here, and are as good as any input's.
    fn template(&mut self, path: &EntryPath, span: &Span) -> Result<Option<Tree>, Error> {
        let place = self.loaded.folder.join(path.as_str());
        let Some(tree) = self.hashed(path, span) else { return Ok(None) };
        if tree.single_file().is_none() {
            let problem = Diagnostic::error(
                "template::folder",
                format!("`{path}` is no file, and only a file can be rendered"),
            );
            self.problems.push(
                problem
                    .at(span, "named here")
                    .help("name each template, or place the folder with `files`"),
            );
            return Ok(None);
        }
        let Ok(text) = std::fs::read_to_string(&place) else {
            let problem = Diagnostic::error(
                "template::encoding",
                format!("the template `{path}` is not UTF-8"),
            );
            self.problems.push(
                problem
                    .at(span, "named here")
                    .help("place it with `files` if nothing in it is to be rendered"),
            );
            return Ok(None);
        };
        let shown = Path::new("apps").join(self.loaded.app.name.value.as_ref()).join(path.as_str());
        match template::render(&Source::new(shown, text), &self.image_names()) {
            Ok(text) => Ok(Some(self.rendered(path, &tree, text))),
            Err(problems) => {
                self.problems.extend(problems);
                Ok(None)
            }
        }
    }

    fn rendered(&mut self, path: &EntryPath, template: &Tree, text: String) -> Tree {
        let digest = Digest::of(&text);
        self.locations.insert(digest, Location::Inline(text.as_bytes().into()));
        let source = template.single_file().map_or(digest, |(digest, _)| digest);
        let parts = [("source".to_owned(), source), ("rendered".to_owned(), digest)].into();
        self.fact(format!("template {path}"), digest, parts);
        let mode = template.entries()[0].attributes.mode;
        Tree::file(digest, text.len() as u64, mode)
    }

    /// What a template inside the image may name.
    fn image_names(&self) -> BTreeMap<String, template::Value> {
        let values = self.loaded.app.image.values.iter();
        let mut names: BTreeMap<_, _> =
            values.map(|(name, value)| (name.clone(), template_value(value))).collect();
        names.extend(self.app_names());
        names
    }

    fn app_names(&self) -> [(String, template::Value); 2] {
        let app = &self.loaded.app;
        [
            ("Name".into(), app.name.value.to_string().into()),
            ("Version".into(), app.version.value.clone().into()),
        ]
    }

    fn input(
        &mut self,
        platform: &Platform,
        name: &str,
    ) -> Result<Option<(TreeSource, Option<String>)>, Error> {
        let Some(input) = self.loaded.app.inputs.get(name) else { return Ok(None) };
        match &input.kind {
            InputKind::Path(path) => {
                let tree = self.local(&path.value, &path.span);
                Ok(tree.map(|tree| (TreeSource::Known(tree), Some(format!("file {}", path.value)))))
            }
            InputKind::Url(url) => {
                let Some(download) = self.download(platform, name, url, &input.span)? else {
                    return Ok(None);
                };
                let key = download_key(name, &download.locked);
                let (digest, size_bytes) = (download.locked.digest, download.locked.size_bytes);
                self.derived.downloads.insert(digest, download);
                let tree = Tree::file(digest, size_bytes, Attributes::PLAIN);
                Ok(Some((TreeSource::Known(Arc::new(tree)), Some(key))))
            }
            InputKind::Cargo(cargo) => {
                let plan = self.cargo.derive(
                    self.session,
                    self.workspace,
                    input,
                    cargo,
                    platform,
                    self.files,
                );
                let plan = match plan {
                    Ok(plan) => plan,
                    Err(Error::Problems(problems)) => {
                        self.problems.extend(problems);
                        return Ok(None);
                    }
                    Err(error) => return Err(error),
                };
                let key = format!("input {name} ({platform})");
                let build = Build::Cargo { identity: plan.identity.clone() };
                self.fact(key.clone(), build.id(), plan.parts.clone());
                self.derived.remembered.extend(plan.remembered.iter().copied());
                let id = self.plan(name, input.span.clone(), &build, Action::Cargo(Box::new(plan)));
                Ok(Some((TreeSource::Build(id), Some(key))))
            }
            InputKind::Reserved(kind) => {
                self.problems.push(not_yet(kind, &input.span));
                Ok(None)
            }
        }
    }

    /// The lock's entry for a fetched input.
    fn download(
        &mut self,
        platform: &Platform,
        name: &str,
        url: &UrlInput,
        span: &Span,
    ) -> Result<Option<Download>, Error> {
        let rendered = match render_url(self.loaded, url, platform) {
            Ok(rendered) => rendered,
            Err(problem) => {
                self.problems.push(problem);
                return Ok(None);
            }
        };
        let Some(locked) = self.lock.find(name, &platform.to_string(), &rendered).cloned() else {
            self.problems.push(not_locked(self.loaded, name, &rendered, span));
            return Ok(None);
        };
        if let Some(wanted) = &url.sha256
            && wanted.value != locked.digest
        {
            self.problems.push(other_digest(self.loaded, &wanted.span, locked.digest));
            return Ok(None);
        }
        let parts =
            [("content".to_owned(), locked.digest), ("url".to_owned(), Digest::of(&rendered))]
                .into();
        self.fact(download_key(name, &locked), locked.digest, parts);
        Ok(Some(Download { input: name.into(), locked, redirects: url.redirects.clone() }))
    }

    fn unpack(
        &mut self,
        platform: &Platform,
        unpack: &Unpack,
    ) -> Result<Option<(TreeSource, Option<String>)>, Error> {
        let name = &unpack.input.value;
        let Some(input) = self.loaded.app.inputs.get(name) else { return Ok(None) };
        let (digest, place, format_name, key) = match &input.kind {
            InputKind::Path(path) => {
                let place = self.loaded.folder.join(path.value.as_str());
                let format = archive_format(input, Some(&place));
                let known = self.local_archive(&path.value, &path.span, format, &options(unpack));
                let Some((digest, stat)) = known else { return Ok(None) };
                (
                    digest,
                    ArchivePlace::Local { path: place, stat, digest },
                    format,
                    format!("file {}", path.value),
                )
            }
            InputKind::Url(url) => {
                let Some(download) = self.download(platform, name.as_ref(), url, &input.span)?
                else {
                    return Ok(None);
                };
                let digest = download.locked.digest;
                let format = archive_format(input, None);
                let key = download_key(name.as_ref(), &download.locked);
                self.derived.downloads.insert(digest, download);
                (digest, ArchivePlace::Download(digest), format, key)
            }
            InputKind::Cargo(_) => {
                let problem = Diagnostic::error(
                    "unpack::no-archive",
                    format!("`{name}` is a binary, and no archive"),
                );
                self.problems.push(problem.at(&unpack.input.span, "").help("place it with `copy`"));
                return Ok(None);
            }
            InputKind::Reserved(kind) => {
                self.problems.push(not_yet(kind, &input.span));
                return Ok(None);
            }
        };
        let Some(format) = format_name else {
            let problem = Diagnostic::error(
                "unpack::format",
                format!("`{name}` is none of tar, tar.gz, tar.zst, tar.xz, zip"),
            );
            self.problems.push(
                problem
                    .at(&unpack.input.span, "")
                    .help(format!("if it is, say which: `format = \"…\"` under `[inputs.{name}]`"))
                    .help("place it as it is with `copy`"),
            );
            return Ok(None);
        };
        let build = unpack_build(digest, format, unpack);
        let options = options(unpack);
        let action = Action::Unpack(Box::new(UnpackPlan { archive: place, format, options }));
        let id = self.plan(name.as_ref(), unpack.input.span.clone(), &build, action);
        Ok(Some((TreeSource::Build(id), Some(key))))
    }

    /// The digest of an archive. A plain tar that has to be read for it is read for its files, too,
    /// because they will be wanted next.
    fn local_archive(
        &mut self,
        path: &EntryPath,
        span: &Span,
        format: Option<Format>,
        options: &Options,
    ) -> Option<(Digest, Stat)> {
        let place = self.loaded.folder.join(path.as_str());
        let stat = place.metadata().ok().map(|metadata| Stat::of(&metadata));
        if format == Some(Format::Tar) && !self.files.vouches(&place) {
            read_ahead(&place, options, self.files, self.locations);
        }
        let tree = self.local(path, span)?;
        let file = tree.single_file();
        if file.is_none() {
            let problem = Diagnostic::error(
                "unpack::no-archive",
                format!("`{path}` is a folder, and no archive"),
            );
            self.problems.push(problem.at(span, "named here").help("place it with `copy`"));
        }
        Some((file?.0, stat?))
    }

    fn plan(&mut self, input: &str, span: Span, build: &Build, action: Action) -> Digest {
        let id = build.id();
        self.derived.builds.insert(id, PlannedBuild { input: input.into(), span, action });
        id
    }
}

/// One key where all platforms have the same file.
fn download_key(name: &str, locked: &LockedInput) -> String {
    let platform = locked.platform.iter().map(|platform| format!(" ({platform})"));
    format!("input {name}{}", platform.collect::<String>())
}

/// Reads a plain tar once, for its digest and its files. What fails here fails again, and is said,
/// where it is read for one of the two.
fn read_ahead(
    archive: &Path,
    options: &Options,
    files: &LocalFiles<'_>,
    locations: &Locations<'_>,
) -> Option<()> {
    let metadata = archive.symlink_metadata().ok()?;
    let stat = Stat::of(&metadata);
    let file = stat.open(archive).ok()?;
    let tar = PlainTar::read(&file, options).ok()?;
    stat.check(&file).ok()?;
    files.learn(archive, &metadata, tar.archive());
    locations.keep_plain_tar(options.clone(), tar);
    Some(())
}

/// A tree of one node.
fn single(node: Node, mode: u16) -> Tree {
    let entry = Entry { path: EntryPath::root(), node, attributes: Attributes::with_mode(mode) };
    Tree::from_entries(vec![entry]).expect("one node at the root is a tree")
}

fn treatment(placement: &Placement) -> (Modes, Owners) {
    let keeps = match &placement.source {
        PlacementSource::Unpack(unpack) => (unpack.keep_modes, unpack.keep_owners),
        _ => (false, false),
    };
    let modes = match placement.mode {
        Some(mode) => Modes::Fixed(mode),
        None if keeps.0 => Modes::Keep,
        None => Modes::Normal,
    };
    let owner = placement.owner.unwrap_or_default();
    let fixed = Owners::Fixed(Owner { user_id: owner.user_id, group_id: owner.group_id });
    (modes, if keeps.1 { Owners::Keep } else { fixed })
}

fn template_value(value: &Value) -> template::Value {
    match value {
        Value::Text(text) => text.clone().into(),
        Value::Integer(number) => (*number).into(),
        Value::Boolean(flag) => (*flag).into(),
        Value::List(items) => items.iter().map(template_value).collect::<Vec<_>>().into(),
        Value::Table(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), template_value(value)))
            .collect::<BTreeMap<_, _>>()
            .into(),
    }
}

fn not_yet(kind: &landfall_config::Reserved, span: &Span) -> Diagnostic {
    Diagnostic::error(
        "config::not-yet",
        format!("inputs of this kind cannot be built yet: {kind:?}"),
    )
    .at(span, "")
}

fn not_locked(loaded: &Loaded, name: &str, url: &str, span: &Span) -> Diagnostic {
    let app = &loaded.app.name.value;
    Diagnostic::error(
        "lock::missing",
        format!("the lock of `{app}` has no entry for the input `{name}` at {url}"),
    )
    .at(span, "not locked")
    .help(format!("run `{}` and commit `apps/{app}/app.lock`", lock_command(loaded)))
}

fn other_digest(loaded: &Loaded, span: &Span, locked: Digest) -> Diagnostic {
    Diagnostic::error(
        "lock::stale",
        format!("app.toml wants another file than the lock has: {locked}"),
    )
    .at(span, "not what is locked")
    .help(format!("run `{}`", lock_command(loaded)))
}

/// A version from the command line is no version of app.toml, and has to be said again.
fn lock_command(loaded: &Loaded) -> String {
    let (name, version) = (&loaded.app.name.value, &loaded.app.version);
    match version.span.text().contains(version.value.as_str()) {
        true => format!("landfall lock {name}"),
        false => format!("landfall lock {name} --set version={}", version.value),
    }
}
