//! Looks at every byte of the store again.
//!
//! Objects are hashed by several threads. What is not what its name says is moved to `damaged/`, so
//! that the next build makes it anew. Then the views are looked at: a link to a blob that was just
//! found good is good; a copy, or a link to a blob that was moved away, is hashed. Last come the
//! roots, which may now miss something: they say which apps to build again.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use landfall_hashing::{Digest, Hasher};

use crate::damaged::{self, Identity};
use crate::object::{ObjectKind, list};
use crate::{Fault, Problem, Store, StoreError, envelope, realisation, view};

/// How far a verification is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VerifyProgress {
    /// Files looked at.
    pub files_done: usize,
    /// Files known by now.
    pub files_total: usize,
    /// Their bytes.
    pub bytes_done: u64,
    /// All bytes known by now.
    pub bytes_total: u64,
}

/// What a verification saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Blobs looked at.
    pub blobs: usize,
    /// Trees looked at.
    pub trees: usize,
    /// Realisations looked at.
    pub realisations: usize,
    /// Roots looked at.
    pub roots: usize,
    /// Bytes read.
    pub bytes: u64,
    /// All that is wrong, in the order of paths.
    pub problems: Vec<Problem>,
}

impl Store {
    /// Hashes every object, and looks at every root and view.
    ///
    /// Damage is moved to `damaged/`; a store that cannot be written is only looked at. `progress`
    /// is called on this thread, once for each file. What processes write or remove meanwhile may
    /// be looked at or not, and is never an error.
    pub fn verify(&self, progress: &dyn Fn(VerifyProgress)) -> Result<Verified, StoreError> {
        let verified = Verified::default();
        let mut survey = Survey { store: self, progress, at: VerifyProgress::default(), verified };
        survey.objects()?;
        survey.views()?;
        survey.roots()?;
        survey.verified.problems.sort_unstable();
        Ok(survey.verified)
    }
}

/// A file and what it claims to be.
struct Claim {
    path: PathBuf,
    size_bytes: u64,
    of: ClaimOf,
}

enum ClaimOf {
    Object(ObjectKind, Digest),
    View(String, Digest),
}

struct Finding {
    fault: Fault,
    /// Of the file that was looked at; none where it must be left.
    identity: Option<Identity>,
}

struct Survey<'a> {
    store: &'a Store,
    progress: &'a dyn Fn(VerifyProgress),
    at: VerifyProgress,
    verified: Verified,
}

impl Survey<'_> {
    fn objects(&mut self) -> Result<(), StoreError> {
        let mut claims = Vec::new();
        for kind in ObjectKind::ALL {
            let inventory = self.store.inventory(kind)?;
            *self.count(kind) = inventory.objects.len();
            inventory.foreign.iter().for_each(|path| self.report(path, Fault::Foreign, None));
            claims.extend(inventory.objects.into_iter().map(|object| Claim {
                path: object.path,
                size_bytes: object.metadata.len(),
                of: ClaimOf::Object(kind, object.digest),
            }));
        }
        self.examine(&claims)
    }

    fn count(&mut self, kind: ObjectKind) -> &mut usize {
        match kind {
            ObjectKind::Blob => &mut self.verified.blobs,
            ObjectKind::Tree => &mut self.verified.trees,
            ObjectKind::Realisation => &mut self.verified.realisations,
        }
    }

    fn views(&mut self) -> Result<(), StoreError> {
        let mut claims = Vec::new();
        for root in self.store.root_names()? {
            let folder = self.store.root_folder(&root).join(view::FOLDER).join(view::BLOBS);
            for entry in list(&folder)? {
                let path = entry.path();
                match entry.file_name().to_str().and_then(|name| Digest::from_hex(name).ok()) {
                    None => self.report(&path, Fault::Foreign, None),
                    Some(digest) => claims.extend(self.view_claim(&root, digest, path)),
                }
            }
        }
        self.examine(&claims)
    }

    /// None where the file is the store's own blob, which is known to be good.
    fn view_claim(&self, root: &str, digest: Digest, path: PathBuf) -> Option<Claim> {
        let identity =
            |path: &Path| fs::symlink_metadata(path).ok().map(|metadata| Identity::of(&metadata));
        if identity(&path)? == identity(&self.store.blob_path(&digest)).unwrap_or(Identity::NONE) {
            return None;
        }
        let size_bytes = fs::symlink_metadata(&path).ok()?.len();
        Some(Claim { path, size_bytes, of: ClaimOf::View(root.into(), digest) })
    }

    fn roots(&mut self) -> Result<(), StoreError> {
        for name in self.store.root_names()? {
            let path = self.store.root_file(&name);
            match self.store.read_root(&name) {
                Ok(None) => continue,
                Ok(Some(root)) => {
                    for (kind, digest) in root.objects() {
                        if !self.store.object_path(kind, digest).is_file() {
                            let (root, digest) = (name.clone(), *digest);
                            self.report(&path, Fault::Misses { root, kind, digest }, None);
                        }
                    }
                }
                Err(StoreError::DamagedRoot { .. }) => {
                    self.report(&path, Fault::DamagedRoot { root: name }, None);
                }
                Err(error) => return Err(error),
            }
            self.verified.roots += 1;
        }
        Ok(())
    }

    /// Hashes files on all processors; puts away what is damaged.
    fn examine(&mut self, claims: &[Claim]) -> Result<(), StoreError> {
        self.at.files_total += claims.len();
        self.at.bytes_total += claims.iter().map(|claim| claim.size_bytes).sum::<u64>();
        let threads = thread::available_parallelism().map_or(1, usize::from).min(claims.len());
        let (next, (sender, receiver)) = (AtomicUsize::new(0), mpsc::channel());
        thread::scope(|scope| {
            for _ in 0..threads {
                let (next, sender) = (&next, sender.clone());
                scope.spawn(move || {
                    while let Some(claim) = claims.get(next.fetch_add(1, Ordering::Relaxed)) {
                        // The receiver is gone only after an error, which ends this all.
                        if sender.send((claim, look(claim))).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            receiver.into_iter().try_for_each(|(claim, finding)| self.done(claim, finding))
        })
    }

    fn done(&mut self, claim: &Claim, finding: Option<Finding>) -> Result<(), StoreError> {
        self.at.files_done += 1;
        self.at.bytes_done += claim.size_bytes;
        self.verified.bytes = self.at.bytes_done;
        (self.progress)(self.at);
        match finding {
            None => Ok(()),
            Some(Finding { fault, identity: None }) => {
                self.report(&claim.path, fault, None);
                Ok(())
            }
            Some(Finding { fault, identity: Some(identity) }) => {
                self.put_away(claim, fault, identity)
            }
        }
    }

    fn put_away(
        &mut self,
        claim: &Claim,
        fault: Fault,
        identity: Identity,
    ) -> Result<(), StoreError> {
        let Ok(writer) = self.store.writer() else {
            self.report(&claim.path, fault, None);
            return Ok(());
        };
        let whole = match &claim.of {
            ClaimOf::Object(..) => claim.path.clone(),
            ClaimOf::View(root, _) => self.store.root_folder(root).join(view::FOLDER),
        };
        // Where another process healed it meanwhile there is nothing to report.
        if let Some(place) = damaged::set_aside(writer, &whole, (&claim.path, identity))? {
            self.report(&claim.path, fault, Some(&place));
        }
        Ok(())
    }

    fn report(&mut self, path: &Path, fault: Fault, moved_to: Option<&Path>) {
        let folder = self.store.folder();
        let relative = |path: &Path| path.strip_prefix(folder).unwrap_or(path).to_path_buf();
        let problem = Problem { path: relative(path), fault, moved_to: moved_to.map(relative) };
        self.verified.problems.push(problem);
    }
}

/// Compares a file with its claim; none where it is good, or gone.
fn look(claim: &Claim) -> Option<Finding> {
    let metadata = fs::symlink_metadata(&claim.path).ok()?;
    let identity = Some(Identity::of(&metadata));
    if !metadata.is_file() {
        return Some(Finding { fault: claim.fault(None), identity });
    }
    match claim.check() {
        Ok(fault) => fault.map(|fault| Finding { fault, identity }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Some(Finding { fault: Fault::Unreadable, identity: None })
        }
        // A disk that cannot give the bytes has lost them.
        Err(_) => Some(Finding { fault: claim.fault(None), identity }),
    }
}

impl Claim {
    fn check(&self) -> io::Result<Option<Fault>> {
        let file = File::open(&self.path)?;
        match &self.of {
            ClaimOf::Object(ObjectKind::Realisation, id) => self.check_record(file, id),
            ClaimOf::Object(_, expected) | ClaimOf::View(_, expected) => {
                let found = hash(file)?;
                Ok((found != *expected).then(|| self.fault(Some(found))))
            }
        }
    }

    fn check_record(&self, mut file: File, id: &Digest) -> io::Result<Option<Fault>> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = envelope::is_whole(realisation::FORMAT, &id.to_string(), &bytes);
        Ok((!whole).then(|| self.fault(None)))
    }

    fn fault(&self, found: Option<Digest>) -> Fault {
        match &self.of {
            ClaimOf::Object(kind, digest) => {
                Fault::Damaged { kind: *kind, expected: *digest, found }
            }
            ClaimOf::View(root, digest) => {
                Fault::DamagedView { root: root.clone(), expected: *digest, found }
            }
        }
    }
}

fn hash(file: File) -> io::Result<Digest> {
    const BUFFER_BYTES: usize = 256 << 10;
    let mut hasher = Hasher::new();
    io::copy(&mut BufReader::with_capacity(BUFFER_BYTES, file), &mut hasher)?;
    Ok(hasher.finish())
}
