//! Resolves what is fetched into app.lock: the only step that may ask what is newest.

use std::path::Path;

use landfall_config::{InputKind, Overrides, Platform, UrlInput};
use landfall_derivation::lock::{Lock, LockedInput};
use landfall_diagnostics::Diagnostic;
use landfall_fetch::{Expected, Fetcher, Request};
use landfall_hashing::Digest;
use landfall_image::Encoding;

use crate::derive::encoding_problem;
use crate::download::into_store;
use crate::error::all;
use crate::url::render_url;
use crate::workspace::{Loaded, load, lock_text, read_lock};
use crate::{Error, Event, Session, whole};

/// What `landfall lock` is asked to do.
#[derive(Debug, Clone, Default)]
pub struct LockRequest {
    /// Ask again for inputs that are locked: all, or the one named.
    pub update: Option<Option<String>>,
}

/// What a lock resolved to.
#[derive(Debug, Clone)]
pub struct Locked {
    /// As it stands in the file now.
    pub lock: Lock,
    /// Whether the file was written.
    pub written: bool,
    /// Inputs whose content nothing vouched for before: trusted on first use.
    pub trusted: Vec<LockedInput>,
}

/// An app whose lock can be resolved.
#[derive(Debug, Clone)]
pub struct Lockable {
    loaded: Loaded,
    old: Option<Lock>,
    encoding: Encoding,
}

impl Lockable {
    /// The app's name.
    pub fn name(&self) -> &str {
        self.loaded.app.name.value.as_ref()
    }
}

/// Reads apps and their locks, and fetches nothing.
///
/// Fails with all that is wrong with their app.toml, else with all that is wrong with their locks
/// and with what is asked for.
pub fn prepare(
    session: &Session<'_>,
    names: &[String],
    overrides: &Overrides,
    request: &LockRequest,
) -> Result<Vec<Lockable>, Vec<Error>> {
    let loaded = all(names.iter().map(|name| load(session, name, overrides)))?;
    all(loaded.into_iter().map(|loaded| prepare_one(session, loaded, request)))
}

fn prepare_one(
    session: &Session<'_>,
    loaded: Loaded,
    request: &LockRequest,
) -> Result<Lockable, Error> {
    let (old, encoding) = old_lock(session, &loaded)?;
    check_update(&loaded, request)?;
    let encoding = Encoding::try_from(encoding).map_err(|error| encoding_problem(&loaded, &error));
    Ok(Lockable { encoding: encoding?, loaded, old })
}

/// Turns an app into its lock, fetching what is not locked yet into the store.
///
/// An entry that is locked stays, unless an update of it is asked for; entries that nothing names
/// any more go. The encoding of an existing lock stays.
pub fn lock(
    session: &Session<'_>,
    lockable: &Lockable,
    request: &LockRequest,
) -> Result<Locked, Error> {
    let Lockable { loaded, old, encoding } = lockable;
    let encoding = encoding.number();
    let kept = old.clone().unwrap_or_else(|| Lock::new(encoding, Vec::new()));
    let mut resolver =
        Resolver { session, loaded, kept, request, entries: Vec::new(), trusted: Vec::new() };
    for (name, input) in &loaded.app.inputs {
        if let InputKind::Url(url) = &input.kind {
            resolver.input(name.as_ref(), url)?;
        }
    }
    let Resolver { entries, trusted, .. } = resolver;
    let lock = Lock::new(encoding, entries);
    let written = old.as_ref() != Some(&lock);
    if written {
        write(session, &loaded.folder, &lock)?;
    }
    Ok(Locked { lock, written, trusted })
}

/// The lock that is there, and the number of the encoding to keep. One that cannot be read is
/// written anew, which is what its error asks for, with the encoding that it names where that much
/// can be read; one of a newer version is not.
fn old_lock(session: &Session<'_>, loaded: &Loaded) -> Result<(Option<Lock>, u32), Error> {
    let newest = Encoding::NEWEST.number();
    match read_lock(loaded) {
        Err(Error::Problems(problems))
            if problems.iter().all(|problem| problem.code == "lock::invalid") =>
        {
            problems
                .iter()
                .for_each(|problem| session.events.event(Event::Note { text: &problem.message }));
            let named = lock_text(loaded)?.and_then(|text| Lock::encoding_in(&text));
            Ok((None, named.unwrap_or(newest)))
        }
        read => read.map(|old| {
            let encoding = old.as_ref().map_or(newest, |lock| lock.encoding);
            (old, encoding)
        }),
    }
}

/// The lock to build with. Where there is none and nothing is fetched, a new one is written and
/// said; a strict session writes nothing.
pub(crate) fn for_build(session: &Session<'_>, loaded: &Loaded) -> Result<Lock, Error> {
    if let Some(lock) = read_lock(loaded)? {
        return Ok(lock);
    }
    let name = &loaded.app.name.value;
    let fetched = loaded.app.inputs.values().find(|input| matches!(input.kind, InputKind::Url(_)));
    let problem =
        || Diagnostic::error("lock::missing", format!("`apps/{name}/app.lock` is missing"));
    let help = format!("run `landfall lock {name}` and commit the file");
    if let Some(input) = fetched {
        return Err(problem().at(&input.span, "this input has to be locked").help(help).into());
    }
    if session.strictness.locked {
        return Err(problem()
            .help(help)
            .help("a build with `--locked`, or in CI, writes no lock")
            .into());
    }
    let lock = Lock::new(Encoding::NEWEST.number(), Vec::new());
    write(session, &loaded.folder, &lock)?;
    let text = format!("wrote apps/{name}/app.lock, which pins how layers are encoded: commit it");
    session.events.event(Event::Note { text: &text });
    Ok(lock)
}

fn write(session: &Session<'_>, folder: &Path, lock: &Lock) -> Result<(), Error> {
    if session.strictness.locked {
        return Err(Diagnostic::error(
            "lock::stale",
            "the lock would change, and `--locked` forbids it",
        )
        .into());
    }
    let path = folder.join("app.lock");
    let text = lock.to_text();
    whole::write(&path, text.as_bytes(), "lock-file::before-rename", "lock-file::after-rename")
        .map_err(Error::file("write", path))
}

fn check_update(loaded: &Loaded, request: &LockRequest) -> Result<(), Error> {
    let Some(Some(name)) = &request.update else { return Ok(()) };
    let fetched =
        loaded.app.inputs.iter().filter(|(_, input)| matches!(input.kind, InputKind::Url(_)));
    let names: Vec<_> = fetched.map(|(name, _)| name.to_string()).collect();
    if names.contains(name) {
        return Ok(());
    }
    let problem =
        Diagnostic::error("lock::unknown-input", format!("`{name}` is no input that is fetched"));
    Err(problem.help(format!("inputs that can be updated: {}", names.join(", "))).into())
}

struct Resolver<'a> {
    session: &'a Session<'a>,
    loaded: &'a Loaded,
    kept: Lock,
    request: &'a LockRequest,
    entries: Vec<LockedInput>,
    trusted: Vec<LockedInput>,
}

impl Resolver<'_> {
    /// One entry a URL; without a platform where all platforms have the same.
    fn input(&mut self, name: &str, url: &UrlInput) -> Result<(), Error> {
        let platforms = &self.loaded.app.platforms;
        let rendered = platforms
            .iter()
            .map(|platform| Ok((platform, render_url(self.loaded, url, platform)?)));
        let rendered: Vec<(&Platform, String)> = rendered.collect::<Result<_, Diagnostic>>()?;
        let same = rendered.windows(2).all(|pair| pair[0].1 == pair[1].1);
        let wanted = if same { &rendered[..rendered.len().min(1)] } else { &rendered[..] };
        for (platform, address) in wanted {
            let own = (!same).then(|| platform.to_string());
            let (entry, trusted) = self.entry(name, url, platform, address)?;
            let entry = LockedInput { platform: own, ..entry };
            self.trusted.extend(trusted.then(|| entry.clone()));
            self.entries.push(entry);
        }
        Ok(())
    }

    /// The entry of one address, and whether it was trusted on first use.
    fn entry(
        &self,
        name: &str,
        url: &UrlInput,
        platform: &Platform,
        address: &str,
    ) -> Result<(LockedInput, bool), Error> {
        let update = match &self.request.update {
            Some(None) => true,
            Some(Some(wanted)) => wanted == name,
            None => false,
        };
        let locked = self.kept.find(name, &platform.to_string(), address).cloned();
        let expected = url.sha256.as_ref().map(|wanted| wanted.value);
        match locked {
            Some(locked) if !update && expected.is_none_or(|wanted| wanted == locked.digest) => {
                Ok((locked, false))
            }
            _ => Ok((self.fetch(name, url, address, expected)?, expected.is_none())),
        }
    }

    fn fetch(
        &self,
        name: &str,
        url: &UrlInput,
        address: &str,
        expected: Option<Digest>,
    ) -> Result<LockedInput, Error> {
        let app = self.loaded.app.name.value.as_ref();
        let fetcher = Fetcher::new(self.session.fetch.clone())
            .map_err(|error| Error::fetch(app, name, error))?;
        let expected = expected.map(|digest| Expected { digest, size_bytes: None });
        let request = Request { url: address, expected, redirect_hosts: &url.redirects };
        let (digest, size_bytes) = into_store(self.session, app, name, &fetcher, &request)?;
        self.session.events.event(Event::Fetched { app, input: name, size_bytes });
        let (name, url) = (name.into(), address.into());
        Ok(LockedInput { name, platform: None, url, digest, size_bytes })
    }
}

/// The lock of a folder that is only looked at.
pub(crate) fn read_or_new(loaded: &Loaded) -> Result<Lock, Error> {
    Ok(read_lock(loaded)?.unwrap_or_else(|| Lock::new(Encoding::NEWEST.number(), Vec::new())))
}

/// The text of a lock for an app that fetches nothing.
pub fn empty_text() -> String {
    Lock::new(Encoding::NEWEST.number(), Vec::new()).to_text()
}
