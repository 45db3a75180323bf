//! What is kept of an archive, what reaches the sink, and which limits hold.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use landfall_archive::{ArchiveError, Format, Limits, Options, Sink, unpack};
use landfall_hashing::Digest;
use landfall_tree::{EntryPath, Node, Tree};

enum Item<'a> {
    Directory(u32),
    File(u32, &'a str),
    Symlink(&'a str),
    Hardlink(&'a str),
    Device,
}

use Item::{Device, Directory, File, Hardlink, Symlink};

fn tar_of(items: &[(&str, Item<'_>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, item) in items {
        let mut header = tar::Header::new_gnu();
        let (kind, mode, content, target) = match item {
            Directory(mode) => (tar::EntryType::Directory, *mode, "", ""),
            File(mode, content) => (tar::EntryType::Regular, *mode, *content, ""),
            Symlink(target) => (tar::EntryType::Symlink, 0o777, "", *target),
            Hardlink(target) => (tar::EntryType::Link, 0o644, "", *target),
            Device => (tar::EntryType::Char, 0o666, "", ""),
        };
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        header.set_mtime(1);
        match target {
            "" => builder.append_data(&mut header, path, content.as_bytes()).unwrap(),
            target => builder.append_link(&mut header, path, target).unwrap(),
        }
    }
    builder.into_inner().unwrap()
}

fn texts(patterns: &[&str]) -> Vec<String> {
    patterns.iter().map(|pattern| pattern.to_string()).collect()
}

fn keeping(strip: usize, include: &[&str], exclude: &[&str]) -> Options {
    Options { strip, include: texts(include), exclude: texts(exclude), ..Options::default() }
}

/// Keeps what it is given, in the order in which it comes.
#[derive(Default)]
struct Taken(Vec<(String, String)>);

impl Sink for Taken {
    fn file(
        &mut self,
        path: &EntryPath,
        size_bytes: u64,
        _offset_bytes: Option<u64>,
        content: &mut dyn Read,
    ) -> io::Result<Digest> {
        let mut text = String::new();
        content.read_to_string(&mut text)?;
        assert_eq!(text.len() as u64, size_bytes);
        let digest = Digest::of(&text);
        self.0.push((path.to_string(), text));
        Ok(digest)
    }
}

fn unpacked(items: &[(&str, Item<'_>)], options: &Options) -> Result<(Tree, Taken), ArchiveError> {
    let mut taken = Taken::default();
    let tree = unpack(Cursor::new(tar_of(items)), Format::Tar, options, &mut taken)?;
    Ok((tree, taken))
}

/// The tree in one line: `name/` a folder, `name>target` a symlink, `name=file` a hard link.
fn line(tree: &Tree) -> String {
    let words = tree.entries().iter().map(|entry| match &entry.node {
        Node::Directory => format!("{}/", entry.path),
        Node::File { .. } => entry.path.to_string(),
        Node::Symlink { target } => format!("{}>{target}", entry.path),
        Node::Hardlink { target } => format!("{}={target}", entry.path),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn kept(items: &[(&str, Item<'_>)], options: &Options) -> String {
    unpacked(items, options).map_or_else(|error| error.code().into(), |(tree, _)| line(&tree))
}

fn release() -> Vec<(&'static str, Item<'static>)> {
    vec![
        ("app-1.0/", Directory(0o755)),
        ("app-1.0/bin/", Directory(0o755)),
        ("app-1.0/bin/app", File(0o755, "binary")),
        ("app-1.0/doc/README.md", File(0o644, "read")),
        ("app-1.0/doc/deep/NOTES.md", File(0o644, "notes")),
        ("app-1.0/link", Symlink("bin/app")),
        ("LICENSE", File(0o644, "licence")),
    ]
}

#[test]
fn strip_include_and_exclude_choose_what_is_kept() {
    let cases = [
        (keeping(1, &[], &[]), "bin/ bin/app doc/README.md doc/deep/NOTES.md link>bin/app"),
        (keeping(2, &[], &[]), "README.md app deep/NOTES.md"),
        (keeping(9, &[], &[]), ""),
        (keeping(1, &["bin"], &[]), "bin/ bin/app"),
        (keeping(1, &["bin/app"], &[]), "bin/app"),
        (keeping(1, &["**/*.md"], &[]), "doc/README.md doc/deep/NOTES.md"),
        (keeping(1, &["doc"], &["doc/deep"]), "doc/README.md"),
        (keeping(1, &[], &["doc", "bin/*"]), "bin/ link>bin/app"),
        (keeping(0, &["LICENSE"], &[]), "LICENSE"),
        (keeping(1, &["app-1.0"], &[]), ""),
    ];
    for (options, wanted) in cases {
        assert_eq!(kept(&release(), &options), wanted, "{options:?}");
    }
}

#[test]
fn paths_that_meet_after_strip_are_judged_again() {
    let file = |path| (path, File(0o644, ""));
    assert_eq!(kept(&[file("a/x"), file("b/x")], &keeping(1, &[], &[])), "path-duplicate");
    assert_eq!(
        kept(&[("a/x", Symlink("/")), file("b/x/y")], &keeping(1, &[], &[])),
        "path-through-link"
    );
    assert_eq!(kept(&[("a/x/", Directory(0o755)), file("b/x/y")], &keeping(1, &[], &[])), "x/ x/y");
    assert_eq!(kept(&[("a/x", Symlink("/")), file("b/x/y")], &keeping(1, &["x/y"], &[])), "x/y");
}

/// What is not kept is judged as well, but for what concerns the image alone.
#[test]
fn what_is_excluded_can_still_deceive() {
    let exclude = keeping(0, &[], &["dev", "d"]);
    assert_eq!(kept(&[("dev/null", Device), ("tmp", File(0o644, ""))], &exclude), "tmp");
    assert_eq!(kept(&[("d/", Directory(0o1777)), ("tmp", File(0o644, ""))], &exclude), "tmp");
    assert_eq!(
        kept(&[("d", Symlink("/")), ("d/x", File(0o644, ""))], &exclude),
        "path-through-link"
    );
    assert_eq!(kept(&[("null", Device)], &exclude), "entry-kind");
}

/// The last naming of a folder is the one that counts, as when it is unpacked.
#[test]
fn a_folder_that_comes_again_has_its_last_attributes() {
    let (tree, _) = unpacked(
        &[("d/", Directory(0o755)), ("d/x", File(0o644, "")), ("d/", Directory(0o700))],
        &Options::default(),
    )
    .unwrap();
    assert_eq!(tree.get(&"d".parse().unwrap()).unwrap().attributes.mode, 0o700);
}

#[test]
fn the_smallest_kept_name_of_a_file_is_the_file() {
    let items = || {
        vec![
            ("z/data", File(0o640, "data")),
            ("b", Hardlink("z/data")),
            ("a", Hardlink("b")),
            ("z/other", Hardlink("z/data")),
        ]
    };
    let cases = [
        (keeping(0, &[], &[]), "a b=a z/data=a z/other=a", "z/data"),
        (keeping(1, &[], &[]), "data other=data", "data"),
        (keeping(0, &[], &["z"]), "a b=a", "a"),
        (keeping(0, &["z/other"], &[]), "z/other", "z/other"),
        (keeping(0, &["z/other", "b"], &[]), "b z/other=b", "b"),
    ];
    for (options, wanted, sunk) in cases {
        let (tree, taken) = unpacked(&items(), &options).unwrap();
        assert_eq!(line(&tree), wanted, "{options:?}");
        assert_eq!(taken.0, [(sunk.to_owned(), "data".to_owned())], "{options:?}");
        assert!(tree.entries().iter().all(|entry| entry.attributes.mode == 0o640));
        assert_eq!(tree.size_bytes(), 4);
    }
}

#[test]
fn special_modes_are_refused_with_the_line_that_allows_them() {
    let items = || {
        vec![("bin/", Directory(0o755)), ("bin/su", File(0o4755, "")), ("tmp/", Directory(0o1777))]
    };
    let error = unpacked(&items(), &Options::default()).err().unwrap();
    assert_eq!(error.code(), "special-mode");
    assert_eq!(
        error.to_string(),
        "`bin/su` (byte 512): mode 4755 has a setuid, setgid or sticky bit; where that is meant, write `allow_special = [\"bin/su\"]`",
    );
    let allowing =
        |patterns: &[&str]| Options { allow_special: texts(patterns), ..Options::default() };
    assert_eq!(kept(&items(), &allowing(&["bin/su"])), "special-mode");
    assert_eq!(kept(&items(), &allowing(&["bin", "tmp"])), "special-mode");
    assert_eq!(kept(&items(), &allowing(&["bin/su", "tmp"])), "bin/ bin/su tmp/");
    assert_eq!(kept(&items(), &allowing(&["**"])), "bin/ bin/su tmp/");
    assert_eq!(kept(&[("l", Symlink("x"))], &Options::default()), "l>x");
}

/// Reads nothing of the content, and takes the bytes from where they are said to lie.
struct Elsewhere<'a>(&'a [u8]);

impl Sink for Elsewhere<'_> {
    fn file(
        &mut self,
        _path: &EntryPath,
        size_bytes: u64,
        offset_bytes: Option<u64>,
        _content: &mut dyn Read,
    ) -> io::Result<Digest> {
        let start = offset_bytes.unwrap() as usize;
        Ok(Digest::of(&self.0[start..start + size_bytes as usize]))
    }
}

#[test]
fn a_sink_may_read_a_plain_tar_by_itself() {
    let bytes = tar_of(&release());
    let direct =
        unpack(Cursor::new(&bytes), Format::Tar, &Options::default(), &mut Elsewhere(&bytes))
            .unwrap();
    let streamed = unpack(Cursor::new(&bytes), Format::Tar, &Options::default(), &mut ()).unwrap();
    assert_eq!(direct, streamed);
}

/// Reads one byte and leaves the rest.
struct Idle;

impl Sink for Idle {
    fn file(
        &mut self,
        _path: &EntryPath,
        _size_bytes: u64,
        offset_bytes: Option<u64>,
        content: &mut dyn Read,
    ) -> io::Result<Digest> {
        assert_eq!(offset_bytes, None);
        content.read_exact(&mut [0])?;
        Ok(Digest::of(""))
    }
}

#[test]
fn what_a_sink_leaves_is_passed_over() {
    let tar = tar_of(&release());
    let mut packed = Vec::new();
    liblzma::read::XzEncoder::new(&tar[..], 1).read_to_end(&mut packed).unwrap();
    let tree = unpack(Cursor::new(packed), Format::TarXz, &Options::default(), &mut Idle).unwrap();
    assert_eq!(tree.entries().len(), 7);
}

/// Fails at the first file.
struct Full;

impl Sink for Full {
    fn file(
        &mut self,
        _: &EntryPath,
        _: u64,
        _: Option<u64>,
        _: &mut dyn Read,
    ) -> io::Result<Digest> {
        Err(io::Error::from(io::ErrorKind::StorageFull))
    }
}

/// Breaks off after so many bytes, as a disk or a network does.
struct Broken(Cursor<Vec<u8>>, u64);

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.1.checked_sub(self.0.position()) {
            None | Some(0) => Err(io::Error::other("cable")),
            Some(rest) => self.0.by_ref().take(rest).read(buffer),
        }
    }
}

impl Seek for Broken {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.0.seek(position)
    }
}

#[test]
fn faults_of_sink_and_source_are_told_apart() {
    let tar = tar_of(&release());
    let full =
        unpack(Cursor::new(tar.clone()), Format::Tar, &Options::default(), &mut Full).unwrap_err();
    assert_eq!(
        (full.code(), full.to_string().as_str()),
        ("sink", "the content of `app-1.0/bin/app` cannot be taken")
    );
    let mut gzip = Vec::new();
    flate2::bufread::GzEncoder::new(&tar[..], flate2::Compression::none())
        .read_to_end(&mut gzip)
        .unwrap();
    for (format, bytes) in [(Format::Tar, tar), (Format::TarGz, gzip)] {
        for end in [0, 700, 1600, bytes.len() as u64 - 1] {
            let source = Broken(Cursor::new(bytes.clone()), end);
            let error = unpack(source, format, &Options::default(), &mut ()).unwrap_err();
            assert_eq!(error.code(), "read", "{format:?} until {end}: {error}");
            assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "cable");
        }
    }
}

#[test]
fn limits_are_counted() {
    let content = "x".repeat(5000);
    let items = || {
        vec![("a", File(0o644, &content)), ("b", File(0o644, &content)), ("c", Symlink("target"))]
    };
    let code = |limits: Limits| kept(&items(), &Options { limits, ..Options::default() });
    let base = Limits::default;
    assert_eq!(code(Limits { entries: 3, ..base() }), "a b c>target");
    assert_eq!(code(Limits { entries: 2, ..base() }), "too-large");
    assert_eq!(code(Limits { unpacked_bytes: 20_000, ..base() }), "a b c>target");
    assert_eq!(code(Limits { unpacked_bytes: 10_000, ..base() }), "too-large");
    assert_eq!(code(Limits { listing_bytes: 9, ..base() }), "a b c>target");
    assert_eq!(code(Limits { listing_bytes: 8, ..base() }), "too-large");
}

#[test]
fn decoders_and_ratios_have_limits() {
    let zeros = "\0".repeat(1 << 20);
    let tar = tar_of(&[("zeros", File(0o644, &zeros))]);
    let mut gzip = Vec::new();
    flate2::bufread::GzEncoder::new(&tar[..], flate2::Compression::best())
        .read_to_end(&mut gzip)
        .unwrap();
    let zstd = zstd::bulk::compress(&tar, 19).unwrap();
    let mut xz = Vec::new();
    liblzma::read::XzEncoder::new(&tar[..], 6).read_to_end(&mut xz).unwrap();
    for (format, bytes) in [(Format::TarGz, gzip), (Format::TarZst, zstd), (Format::TarXz, xz)] {
        let code = |limits| {
            let options = Options { limits, ..Options::default() };
            unpack(Cursor::new(&bytes), format, &options, &mut ())
                .map_or_else(|error| error.code(), |_| "")
        };
        assert_eq!(code(Limits::default()), "", "{format:?}");
        assert_eq!(
            code(Limits { ratio_free_bytes: 1 << 18, ..Limits::default() }),
            "too-large",
            "{format:?}"
        );
        assert_eq!(
            code(Limits { unpacked_bytes: 1 << 18, ..Limits::default() }),
            "too-large",
            "{format:?}"
        );
        let small = Limits { decoder_memory_bytes: 1 << 16, ..Limits::default() };
        let wanted = if format == Format::TarZst { "too-large" } else { "" };
        assert_eq!(code(small), wanted, "{format:?}");
    }
}

#[test]
fn the_reader_begins_at_the_first_byte_wherever_it_is_handed_in() {
    let mut source = Cursor::new(tar_of(&release()));
    source.set_position(777);
    let tree = unpack(source, Format::Tar, &Options::default(), &mut ()).unwrap();
    assert_eq!(tree.entries().len(), 7);
}

/// A few bytes and then zeros, more than there is memory for.
struct Vast {
    head: Vec<u8>,
    length: u64,
    position: u64,
}

impl Read for Vast {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(self.length - self.position).unwrap();
        let count = buffer.len().min(rest);
        for byte in &mut buffer[..count] {
            *byte = usize::try_from(self.position).map_or(0, |at| *self.head.get(at).unwrap_or(&0));
            self.position += 1;
        }
        Ok(count)
    }
}

impl Seek for Vast {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.position = match position {
            SeekFrom::Start(position) => position,
            SeekFrom::Current(distance) => self.position.strict_add_signed(distance),
            SeekFrom::End(distance) => self.length.strict_add_signed(distance),
        };
        Ok(self.position)
    }
}

/// A file that is taken without a look at it.
struct Unseen;

impl Sink for Unseen {
    fn file(
        &mut self,
        _: &EntryPath,
        _: u64,
        _: Option<u64>,
        _: &mut dyn Read,
    ) -> io::Result<Digest> {
        Ok(Digest::of("unseen"))
    }
}

/// From 8 GiB on a header's octal field is too narrow: PAX alone has the size, and the field is 0.
#[test]
fn pax_alone_may_have_a_size_that_no_header_can_hold() {
    let unpacked = |size: u64| {
        let mut builder = tar::Builder::new(Vec::new());
        builder.append_pax_extensions([("size", size.to_string().as_bytes())]).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_path("vast").unwrap();
        header.set_mode(0o644);
        header.set_size(0);
        header.set_cksum();
        builder.append(&header, io::empty()).unwrap();
        let head = builder.into_inner().unwrap();
        let length = head.len() as u64 + size.next_multiple_of(512);
        let source = Vast { head, length, position: 0 };
        unpack(source, Format::Tar, &Options::default(), &mut Unseen).map(|tree| tree.size_bytes())
    };
    assert_eq!(unpacked(1 << 33).unwrap(), 1 << 33);
    assert_eq!(unpacked((1 << 33) + 1).unwrap(), (1 << 33) + 1);
    assert_eq!(unpacked((1 << 33) - 1).unwrap_err().code(), "size-disagrees");
    assert_eq!(unpacked(1 << 40).unwrap_err().code(), "too-large");
}
