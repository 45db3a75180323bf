//! Reads `[inputs.NAME]`: where bytes come from.

use std::collections::BTreeMap;

use landfall_diagnostics::Diagnostic;
use landfall_hashing::Digest;

use crate::app_path::AppPath;
use crate::cargo_name::{CargoName, Feature};
use crate::document::{Entry, Item, Table};
use crate::host::Host;
use crate::problems::Problems;
use crate::read::app_path;
use crate::shape::not_yet;
use crate::url::{self, Scheme};
use crate::{
    ArchiveFormat, CargoInput, Input, InputKind, Name, Platform, Reserved, Spanned, UrlInput,
};

pub(super) fn read(
    document: &Table,
    platforms: &[Platform],
    problems: &mut Problems,
) -> BTreeMap<Name, Input> {
    let entries = document.entries("inputs").iter();
    entries.filter_map(|entry| read_input(entry, platforms, problems)).collect()
}

fn read_input(
    entry: &Entry,
    platforms: &[Platform],
    problems: &mut Problems,
) -> Option<(Name, Input)> {
    let name = problems.parse::<Name>(entry.key_text());
    let table = entry.item.table()?;
    let kind = read_kind(table, problems)?;
    let format = read_format(table, &kind);
    if let InputKind::Url(url) = &kind {
        check_pin(url, platforms, problems);
    }
    Some((name?.value, Input { span: table.span.clone(), kind, format }))
}

/// The format that is named, else the one that the URL ends with.
fn read_format(table: &Table, kind: &InputKind) -> Option<ArchiveFormat> {
    let by_name = |url: &UrlInput| ArchiveFormat::of_file_name(url::literal_end(&url.url.value));
    match (table.text("format"), kind) {
        (Some(word), _) => ArchiveFormat::of_word(word.value),
        (None, InputKind::Url(url)) => by_name(url),
        (None, _) => None,
    }
}

/// One digest is that of one file.
fn check_pin(url: &UrlInput, platforms: &[Platform], problems: &mut Problems) {
    let differing = url::differing(&url.url.value, platforms);
    let (Some(pin), Some(variable)) = (&url.sha256, differing) else { return };
    let names: Vec<_> = platforms.iter().map(ToString::to_string).collect();
    let message = "one `sha256` cannot pin a file for each platform";
    problems.push(
        Diagnostic::error("config::contradiction", message)
            .at(&pin.span, "one file")
            .at(&url.url.span, format!("`{variable}` is another for {}", names.join(" and ")))
            .help("leave `sha256` out: app.lock pins the file of each platform, and `landfall lock` says what it trusts")
            .help("or build for one platform, as in `platforms = [\"linux/amd64\"]`"),
    );
}

fn read_kind(table: &Table, problems: &mut Problems) -> Option<InputKind> {
    let path = table.text("path").and_then(|text| problems.parse::<AppPath>(text));
    let path =
        path.map(|path| InputKind::Path(Spanned { value: path.value.path, span: path.span }));
    let url = table.entry("url").and_then(|entry| read_url(entry, table, problems));
    let cargo =
        table.table("cargo").and_then(|cargo| read_cargo(cargo, problems)).map(InputKind::Cargo);
    let image = table.entry("image").map(|_| InputKind::Reserved(Reserved::Image));
    path.or(url).or(cargo).or(image)
}

fn read_url(entry: &Entry, table: &Table, problems: &mut Problems) -> Option<InputKind> {
    let text = entry.item.text()?;
    let sha256 = table.text("sha256").and_then(|text| read_sha256(text, problems));
    let redirects = read_redirects(table, problems);
    let scheme =
        url::check(text.value).map_err(|reason| problems.refuse(&reason, &text.span)).ok()?;
    match scheme {
        Scheme::S3 => Some(reserve(Reserved::S3, entry, problems)),
        Scheme::GitHub => Some(reserve(Reserved::GitHub, entry, problems)),
        Scheme::Http { is_loopback: false } if table.entry("sha256").is_none() => {
            problems.push(plain_http(&entry.item));
            None
        }
        Scheme::Http { .. } | Scheme::Https => {
            let url = Spanned { value: text.value.to_owned(), span: text.span };
            Some(InputKind::Url(UrlInput { url, sha256, redirects }))
        }
    }
}

fn reserve(reserved: Reserved, entry: &Entry, problems: &mut Problems) -> InputKind {
    let what = match reserved {
        Reserved::S3 => "inputs from `s3://`",
        Reserved::GitHub => "inputs from `github:`",
        Reserved::Image => "inputs of kind image",
    };
    let instead =
        "until then use an `https://` address with `sha256`, or `path` for a file of the app";
    problems.push(not_yet(what, entry).help(instead));
    InputKind::Reserved(reserved)
}

fn plain_http(item: &Item) -> Diagnostic {
    let message = "what comes over plain `http://` can be changed on the way";
    Diagnostic::error("config::plain-http", message)
        .at(&item.span, "neither encrypted nor pinned")
        .help("use `https://`")
        .help("where it has none, pin the file with `sha256 = \"…\"`, as `sha256sum` prints it")
}

fn read_sha256(text: Spanned<&str>, problems: &mut Problems) -> Option<Spanned<Digest>> {
    if let Ok(value) = Digest::from_hex(text.value) {
        return Some(Spanned { value, span: text.span });
    }
    let message = format!("`{}` is no SHA-256", text.value.escape_debug());
    let diagnostic = Diagnostic::error("config::sha256", message)
        .at(&text.span, format!("{} characters", text.value.chars().count()))
        .help("write the 64 lower-case hexadecimal characters that `sha256sum` prints");
    let plain = text.value.trim().trim_start_matches("sha256:").to_lowercase();
    let meant =
        Digest::from_hex(&plain).ok().map(|digest| format!("did you mean `{}`?", digest.hex()));
    problems.push(meant.into_iter().fold(diagnostic, Diagnostic::help));
    None
}

fn read_redirects(table: &Table, problems: &mut Problems) -> Vec<String> {
    let texts = table.texts("redirects").into_iter();
    let hosts: Vec<Spanned<Host>> = texts.filter_map(|text| problems.parse(text)).collect();
    problems.distinct("`redirects`", &hosts);
    hosts.into_iter().map(|host| host.value.0).collect()
}

fn read_cargo(table: &Table, problems: &mut Problems) -> Option<CargoInput> {
    let package = read_cargo_name(table, "package", problems);
    let bin = read_cargo_name(table, "bin", problems);
    let texts = table.texts("features").into_iter();
    let mut features: Vec<Spanned<Feature>> =
        texts.filter_map(|text| problems.parse(text)).collect();
    problems.distinct("`features`", &features);
    features.sort_by(|one, other| one.value.cmp(&other.value));
    let workspace = app_path(table, "workspace", problems);
    Some(CargoInput {
        package: package?,
        workspace,
        bin,
        features: features.into_iter().map(|feature| feature.value.0).collect(),
        default_features: table.boolean("default-features").unwrap_or(true),
        c: table.boolean("c").unwrap_or(false),
    })
}

fn read_cargo_name(table: &Table, key: &str, problems: &mut Problems) -> Option<Spanned<String>> {
    let name = problems.parse::<CargoName>(table.text(key)?)?;
    Some(Spanned { value: name.value.0, span: name.span })
}
