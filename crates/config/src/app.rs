//! What an `app.toml` says, checked: nothing here can be wrong in itself any more.

use std::collections::BTreeMap;

use landfall_diagnostics::Span;
use landfall_hashing::Digest;
use landfall_tree::EntryPath;

use crate::environment::PlacedValues;
use crate::{ArchiveFormat, Name, Platform};

/// A value with the place in `app.toml` that it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What was read.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// One application: what its image is made of and where it may go.
#[derive(Debug, Clone)]
pub struct App {
    /// `[app] name`, equal to the name of the app's folder.
    pub name: Spanned<Name>,
    /// `[app] version`, or what `--set version=` gave: a text that can stand in a tag.
    pub version: Spanned<String>,
    /// `[app] environments`: `stage` or `stage.region`.
    pub environments: Vec<Spanned<EnvironmentName>>,
    /// `[app] platforms`; `linux/amd64` and `linux/arm64` unless said otherwise. Sorted, no two equal.
    pub platforms: Vec<Platform>,
    /// `[inputs.NAME]`.
    pub inputs: BTreeMap<Name, Input>,
    /// `[image]`.
    pub image: ImageSettings,
    /// `[[layers]]` in their order; where the file has none and one cargo input, the default layer.
    pub layers: Vec<Layer>,
    /// `[kubernetes] objects`, relative to the app's folder.
    pub objects: Option<Spanned<EntryPath>>,
    /// `[kubernetes] templates`: folders below `apps/shared/`, in order.
    pub templates: Vec<Spanned<Name>>,
    /// `[kubernetes.config.NAME]`.
    pub config_maps: BTreeMap<Name, ConfigMap>,
    /// `[kubernetes] shared`: groups of values of stages and regions that the app takes, in order.
    pub shared: Vec<Spanned<Name>>,
    /// `[kubernetes.values]`: the lowest values of its own.
    pub values: PlacedValues,
}

/// `[kubernetes.config.NAME]`: a ConfigMap of rendered files.
#[derive(Debug, Clone)]
pub struct ConfigMap {
    /// The whole table, for messages.
    pub span: Span,
    /// In the order of the file, no two with one key.
    pub files: Vec<ConfigFile>,
}

/// `"objects/settings.conf" = "settings.conf"`.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// The template, below the app's folder.
    pub source: Spanned<EntryPath>,
    /// The key in the ConfigMap.
    pub key: Spanned<String>,
}

/// `dev.london`, or `prod` for all its regions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvironmentName {
    /// The stage.
    pub stage: Name,
    /// The region; none means all.
    pub region: Option<Name>,
}

/// `[inputs.NAME]`: where bytes come from.
#[derive(Debug, Clone)]
pub struct Input {
    /// The whole table, for messages.
    pub span: Span,
    /// Its kind, by the one key that names it.
    pub kind: InputKind,
    /// What it is unpacked as: `format = "tar.gz"`, else what the URL ends with. None for a file of
    /// the app, whose first bytes tell, and for what is not unpacked.
    pub format: Option<ArchiveFormat>,
}

/// The kinds of inputs.
#[derive(Debug, Clone)]
pub enum InputKind {
    /// `path = "files/www"`: a file or a folder of the app.
    Path(Spanned<EntryPath>),
    /// `url = "https://…/{{ Version }}.tar.gz"`.
    Url(UrlInput),
    /// `cargo = { package = "…" }`.
    Cargo(CargoInput),
    /// A kind that has its place in the format and is not built yet: `s3://`, `github:`, `image`.
    Reserved(Reserved),
}

/// What cannot be built yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// `url = "s3://…"`
    S3,
    /// `url = "github:…"`
    GitHub,
    /// `image = "…"`
    Image,
}

/// `url = "…"`: a file fetched over HTTP.
#[derive(Debug, Clone)]
pub struct UrlInput {
    /// A template over `Version`, `Name`, `os`, `arch`.
    pub url: Spanned<String>,
    /// `sha256 = "…"` (64 hexadecimal characters): what the file must be, so that nothing is trusted on first use.
    pub sha256: Option<Spanned<Digest>>,
    /// `redirects = ["host", …]`: other hosts that the server may send us to.
    pub redirects: Vec<String>,
}

/// `cargo = { package = "…", … }`: a Rust binary, linked statically.
#[derive(Debug, Clone)]
pub struct CargoInput {
    /// The package's name.
    pub package: Spanned<String>,
    /// `workspace`: the folder of the Cargo workspace, relative to Landfall's workspace; its root unless said.
    pub workspace: Option<Spanned<EntryPath>>,
    /// `bin`: which binary; the package's name unless said.
    pub bin: Option<Spanned<String>>,
    /// `features`, sorted.
    pub features: Vec<String>,
    /// `default-features`, true unless said.
    pub default_features: bool,
    /// `c = true`: a C compiler may be used, and enters the id.
    pub c: bool,
}

/// `[image]`.
#[derive(Debug, Clone, Default)]
pub struct ImageSettings {
    /// `base`: the name of an input of kind image (reserved).
    pub base: Option<Spanned<Name>>,
    /// `entrypoint`.
    pub entrypoint: Vec<String>,
    /// `command`: default arguments (`Cmd` of the image config).
    pub command: Vec<String>,
    /// `user = "65532:65532"`: numbers only. `65532:65532` where there is no `user` and the default layer is used.
    pub user: Option<Owner>,
    /// `working_directory`, absolute in the image.
    pub working_directory: Option<EntryPath>,
    /// `env`, in the order of names.
    pub env: BTreeMap<String, String>,
    /// `ports = ["8080/tcp"]`, sorted.
    pub ports: Vec<Port>,
    /// `volumes = ["/var/cache"]`, sorted.
    pub volumes: Vec<EntryPath>,
    /// `stop_signal = "SIGTERM"`.
    pub stop_signal: Option<String>,
    /// `labels` of the image config.
    pub labels: BTreeMap<String, String>,
    /// `annotations` of the index and the image manifests.
    pub annotations: BTreeMap<String, String>,
    /// `[image.values]`: what templates inside the image may name beside `Name` and `Version`.
    pub values: BTreeMap<String, Value>,
    /// `compression`, for every layer that does not say otherwise.
    pub compression: Compression,
}

/// A value of `[image.values]`, or one for objects.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "TOML's own kinds")]
pub enum Value {
    Text(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<Value>),
    Table(BTreeMap<String, Value>),
}

/// How a layer is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Compression {
    /// `gzip`, which every runtime reads.
    #[default]
    Gzip,
    /// `zstd`, faster to pull.
    Zstd,
}

/// `8080/tcp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// 1 to 65535.
    pub number: u16,
    /// `tcp` unless said.
    pub protocol: Protocol,
}

/// A port's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "protocols by their own names")]
pub enum Protocol {
    Tcp,
    Udp,
    Sctp,
}

/// `65532:65532`: user and group by number; `65532` alone has the group of the same number.
/// At most 2^31 - 1, past which runtimes wrap to root (CVE-2024-40635).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[allow(missing_docs, reason = "see above")]
pub struct Owner {
    pub user_id: u32,
    pub group_id: u32,
}

/// `[[layers]]`.
#[derive(Debug, Clone)]
pub struct Layer {
    /// `name`, different from every other layer's.
    pub name: Spanned<Name>,
    /// What is placed, in the order: unpack, copy, files, templates, directories, symlinks;
    /// within a kind by destination.
    pub placements: Vec<Placement>,
    /// `compression`.
    pub compression: Option<Compression>,
}

/// One thing at one place of a layer.
#[derive(Debug, Clone)]
pub struct Placement {
    /// For messages.
    pub span: Span,
    /// What.
    pub source: PlacementSource,
    /// Where in the image; absolute in the file, kept without the slash.
    pub to: EntryPath,
    /// `mode = "0640"`: of files (for a directory: of the directory). With `modes` below for unpack.
    pub mode: Option<u16>,
    /// `owner = "0:0"`.
    pub owner: Option<Owner>,
}

/// What is placed.
#[derive(Debug, Clone)]
pub enum PlacementSource {
    /// `copy = { input = "server", to = "/usr/bin/server" }`, or a list of such tables.
    Input(Spanned<Name>),
    /// `unpack = { input = "release", to = "/var/www", … }`, or a list of such tables.
    Unpack(Unpack),
    /// `files = { "files/mime.types" = "/etc/mime.types" }`: of the app's folder; a folder too.
    File(Spanned<EntryPath>),
    /// `templates = { "templates/nginx.conf" = "/etc/nginx/nginx.conf" }`.
    Template(Spanned<EntryPath>),
    /// `directories = ["/var/cache"]` or `{ "/var/cache" = { mode = "0700", owner = "1:1" } }`.
    Directory,
    /// `symlinks = { "/usr/bin/sh" = "busybox" }`: the target as it is written.
    Symlink(String),
}

/// An archive's content.
#[derive(Debug, Clone)]
pub struct Unpack {
    /// The input that is the archive.
    pub input: Spanned<Name>,
    /// `strip`: leading components dropped.
    pub strip: usize,
    /// `include`: globs over stripped paths; everything where empty.
    pub include: Vec<String>,
    /// `exclude`: globs over stripped paths; wins over `include`.
    pub exclude: Vec<String>,
    /// `allow_special`: globs over stripped paths whose setuid, setgid, sticky or world-writable mode is meant, and kept.
    pub allow_special: Vec<String>,
    /// `modes = "keep"`: permission bits as in the archive; else 0644, and 0755 for executables and folders.
    pub keep_modes: bool,
    /// `owners = "keep"`: as in the archive; else the placement's `owner` or 0:0.
    pub keep_owners: bool,
}
