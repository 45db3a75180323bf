//! Random trees, written by others and read back; and archives that are cut or changed anywhere.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek, Write};

use landfall_archive::{Format, Options, unpack};
use landfall_hashing::Digest;
use landfall_tree::{Attributes, Entry, EntryPath, Node, Tree};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use zip::write::SimpleFileOptions;

/// What stands at a path before it is written.
#[derive(Debug, Clone)]
enum Item {
    Directory,
    File(Vec<u8>),
    Symlink(String),
    /// A link to the file with this number among the files, counted around.
    Hardlink(usize),
}

#[derive(Debug, Clone)]
struct Planned {
    item: Item,
    mode: u16,
    owner: u32,
    seconds: u64,
    extended: BTreeMap<String, Vec<u8>>,
}

type Plan = BTreeMap<EntryPath, Planned>;

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-d]{1,2}",
        1 => "[a-z.-]{3,12}".prop_filter("dots", |name| !name.starts_with('.')),
        1 => "[é日a]{1,4}",
        1 => Just("long".repeat(40)),
    ]
}

fn path() -> impl Strategy<Value = EntryPath> {
    prop::collection::vec(name(), 1..5).prop_map(|names| names.join("/").parse().unwrap())
}

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        Just(Item::Directory),
        prop::collection::vec(any::<u8>(), 0..1500).prop_map(Item::File),
        (1..3000usize).prop_map(|size| Item::File(vec![b'x'; size])),
        "(\\.\\./){0,9}[a-zé]{1,9}(/[a-zé]{1,9}){0,14}".prop_map(Item::Symlink),
        any::<prop::sample::Index>().prop_map(|index| Item::Hardlink(index.index(1000))),
    ]
}

fn planned() -> impl Strategy<Value = Planned> {
    let mode = prop::sample::select(vec![0o644, 0o755, 0o600, 0o444, 0o711, 0]);
    let owner = prop_oneof![Just(0), Just(1000), Just(2_097_151u32)];
    let value = prop::collection::vec(any::<u8>(), 0..40);
    let extended = prop::collection::btree_map("user\\.[a-z]{1,5}", value, 0..3);
    (item(), mode, owner, 0..8_589_934_592u64, extended).prop_map(
        |(item, mode, owner, seconds, extended)| Planned { item, mode, owner, seconds, extended },
    )
}

/// Plans without two things at one path, and without anything below what is no folder.
fn plan() -> impl Strategy<Value = Plan> {
    prop::collection::btree_map(path(), planned(), 0..24).prop_map(|mut plan: Plan| {
        let all = plan.clone();
        let blocks = |above: EntryPath| {
            all.get(&above).is_some_and(|planned| !matches!(planned.item, Item::Directory))
        };
        plan.retain(|path, _| !path.ancestors().any(blocks));
        let files: Vec<_> = files(&plan);
        plan.retain(|_, planned| !matches!(planned.item, Item::Hardlink(_)) || !files.is_empty());
        plan
    })
}

fn files(plan: &Plan) -> Vec<EntryPath> {
    let files = plan.iter().filter(|(_, planned)| matches!(planned.item, Item::File(_)));
    files.map(|(path, _)| path.clone()).collect()
}

/// The tree that a plan stands for.
fn wanted(plan: &Plan) -> Tree {
    let files = files(plan);
    let entries = plan.iter().map(|(path, planned)| {
        let attributes = Attributes {
            mode: planned.mode,
            user_id: planned.owner,
            group_id: planned.owner,
            modified_seconds: Some(planned.seconds as i64),
            extended: planned.extended.clone(),
        };
        let (node, mode) = match &planned.item {
            Item::Directory => (Node::Directory, planned.mode),
            Item::File(content) => {
                let (size_bytes, digest) = (content.len() as u64, Digest::of(content));
                (Node::File { size_bytes, digest }, planned.mode)
            }
            Item::Symlink(target) => {
                (Node::Symlink { target: target.clone() }, Attributes::SYMLINK)
            }
            Item::Hardlink(number) => {
                (Node::Hardlink { target: files[number % files.len()].clone() }, planned.mode)
            }
        };
        Entry { path: path.clone(), node, attributes: Attributes { mode, ..attributes } }
    });
    Tree::from_entries(entries.collect()).unwrap()
}

/// A tar by the `tar` crate, which writes GNU long names, and PAX for attributes.
fn tar_of(plan: &Plan) -> Vec<u8> {
    let files = files(plan);
    let mut builder = tar::Builder::new(Vec::new());
    let (links, others): (Vec<_>, Vec<_>) =
        plan.iter().partition(|(_, planned)| matches!(planned.item, Item::Hardlink(_)));
    for (path, planned) in others.into_iter().chain(links) {
        let pairs =
            planned.extended.iter().map(|(name, value)| (format!("SCHILY.xattr.{name}"), value));
        let pairs: Vec<_> = pairs.collect();
        builder
            .append_pax_extensions(
                pairs.iter().map(|(name, value)| (name.as_str(), value.as_slice())),
            )
            .unwrap();
        append(&mut builder, path, planned, &files);
    }
    builder.into_inner().unwrap()
}

fn append(
    builder: &mut tar::Builder<Vec<u8>>,
    path: &EntryPath,
    planned: &Planned,
    files: &[EntryPath],
) {
    let mut header = tar::Header::new_gnu();
    header.set_mode(planned.mode.into());
    header.set_uid(planned.owner.into());
    header.set_gid(planned.owner.into());
    header.set_mtime(planned.seconds);
    header.set_size(0);
    let path = path.as_str();
    match &planned.item {
        Item::Directory => {
            header.set_entry_type(tar::EntryType::Directory);
            builder.append_data(&mut header, format!("{path}/"), std::io::empty()).unwrap();
        }
        Item::File(content) => {
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, path, content.as_slice()).unwrap();
        }
        Item::Symlink(target) => {
            header.set_entry_type(tar::EntryType::Symlink);
            builder.append_link(&mut header, path, target).unwrap();
        }
        Item::Hardlink(number) => {
            header.set_entry_type(tar::EntryType::Link);
            builder.append_link(&mut header, path, files[number % files.len()].as_str()).unwrap();
        }
    }
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    let mut writer = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    writer.include_checksum(true).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn xzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    liblzma::read::XzEncoder::new(bytes, 1).read_to_end(&mut packed).unwrap();
    packed
}

/// What a zip can hold of a plan: no hard links, owners or attributes, and times of even seconds
/// from 1980 to 2107.
fn for_zip(mut plan: Plan) -> Plan {
    plan.retain(|_, planned| !matches!(planned.item, Item::Hardlink(_)));
    for planned in plan.values_mut() {
        planned.owner = 0;
        planned.extended.clear();
        planned.seconds = 315_532_800;
        // The writer takes mode 0 for one that was not said.
        planned.mode = if planned.mode == 0 { 0o600 } else { planned.mode };
    }
    plan
}

fn zip_of(plan: &Plan) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    write_zip(&mut writer, plan);
    writer.finish().unwrap().into_inner()
}

/// As one is written to a pipe, with data descriptors.
fn streamed_zip_of(plan: &Plan) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new_stream(Vec::new());
    write_zip(&mut writer, plan);
    writer.finish().unwrap().into_inner()
}

fn write_zip<W: Write + Seek>(writer: &mut zip::ZipWriter<W>, plan: &Plan) {
    for (index, (path, planned)) in plan.iter().enumerate() {
        let method = [zip::CompressionMethod::Deflated, zip::CompressionMethod::Stored][index % 2];
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .large_file(index % 3 == 0)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(planned.mode.into());
        match &planned.item {
            Item::Directory => writer.add_directory(path.as_str(), options).unwrap(),
            Item::Symlink(target) => writer.add_symlink(path.as_str(), target, options).unwrap(),
            Item::File(content) => {
                writer.start_file(path.as_str(), options).unwrap();
                writer.write_all(content).unwrap();
            }
            Item::Hardlink(_) => unreachable!("no zip has them"),
        }
    }
}

fn read(bytes: &[u8], format: Format) -> Result<Tree, String> {
    let tree = unpack(Cursor::new(bytes), format, &Options::default(), &mut ());
    tree.map_err(|error| format!("{}: {error}", error.code()))
}

fn check(bytes: &[u8], format: Format, wanted: &Tree) -> Result<(), TestCaseError> {
    prop_assert_eq!(Format::detect(bytes), Some(format));
    prop_assert_eq!(read(bytes, format), Ok(wanted.clone()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tar_reads_back_as_it_was_written(plan in plan()) {
        let (tar, wanted) = (tar_of(&plan), wanted(&plan));
        check(&tar, Format::Tar, &wanted)?;
        check(&gzipped(&tar), Format::TarGz, &wanted)?;
        check(&zstandard(&tar), Format::TarZst, &wanted)?;
        check(&xzipped(&tar), Format::TarXz, &wanted)?;
    }

    #[test]
    fn a_zip_reads_back_as_it_was_written(plan in plan().prop_map(for_zip)) {
        check(&zip_of(&plan), Format::Zip, &wanted(&plan))?;
        check(&streamed_zip_of(&plan), Format::Zip, &wanted(&plan))?;
    }

    /// Whatever the bytes are, there is an answer.
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..2048), format in 0..5usize) {
        let _ = read(&bytes, Format::ALL[format]);
    }
}

fn planned_of(item: Item) -> Planned {
    Planned { item, mode: 0o644, owner: 0, seconds: 1_700_000_000, extended: BTreeMap::new() }
}

/// A file, a folder, a link, long names and an attribute: every kind of header there is.
fn small_plan() -> Plan {
    let mut link = planned_of(Item::Symlink("../".repeat(40) + "away"));
    link.extended.insert("user.note".into(), b"\n9 path=x\n".to_vec());
    let entries = [
        ("d", planned_of(Item::Directory)),
        ("d/file", planned_of(Item::File(b"hello\n".repeat(100)))),
        (&*format!("d/{}", "n".repeat(120)), planned_of(Item::File(Vec::new()))),
        ("d/hard", planned_of(Item::Hardlink(0))),
        ("link", link),
    ];
    entries.into_iter().map(|(path, planned)| (path.parse().unwrap(), planned)).collect()
}

fn small_archives() -> [(Format, Vec<u8>); 6] {
    let tar = tar_of(&small_plan());
    let zip = zip_of(&for_zip(small_plan()));
    [
        (Format::TarGz, gzipped(&tar)),
        (Format::TarZst, zstandard(&tar)),
        (Format::TarXz, xzipped(&tar)),
        (Format::Tar, tar),
        (Format::Zip, zip),
        (Format::Zip, streamed_zip_of(&for_zip(small_plan()))),
    ]
}

/// A download that broke off is never taken for the whole.
#[test]
fn no_beginning_of_an_archive_is_taken() {
    for (format, bytes) in small_archives() {
        assert_eq!(read(&bytes, format).err(), None, "{format:?}");
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length], format).is_err(), "{format:?} of {length} bytes");
        }
    }
}

/// No byte can be changed so that the reader panics, nor so that what is read changes unseen where
/// a checksum guards it.
#[test]
fn no_changed_byte_makes_it_panic() {
    for (format, bytes) in small_archives() {
        let whole = read(&bytes, format).unwrap();
        let guarded = !matches!(format, Format::Tar | Format::Zip);
        for (index, change) in (0..bytes.len()).flat_map(|index| [(index, 0xff), (index, 0x01)]) {
            let mut bytes = bytes.clone();
            bytes[index] ^= change;
            sum_up(&mut bytes, index);
            let changed = read(&bytes, format);
            if let (true, Ok(tree)) = (guarded, changed) {
                assert_eq!(tree, whole, "{format:?}, byte {index}");
            }
        }
    }
}

/// Makes the checksum right of the block in which a byte was changed, where that is a tar's header.
fn sum_up(bytes: &mut [u8], index: usize) {
    let start = index / 512 * 512;
    let Some(block) = bytes.get_mut(start..start + 512) else { return };
    if block[257..262] == *b"ustar" && !(148..156).contains(&(index - start)) {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

/// Nothing may follow an archive, and nothing may stand before a zip.
#[test]
fn nothing_may_be_added() {
    for (format, bytes) in small_archives() {
        for garbage in [&b"garbage"[..], b"\x1f", b"\x28", b"\xfd", b"PK\x05\x06", &[b'x'; 512]] {
            let longer = [&bytes[..], garbage].concat();
            assert!(read(&longer, format).is_err(), "{format:?} with {garbage:?}");
        }
        let twice = [&bytes[..], &bytes[..]].concat();
        assert!(read(&twice, format).is_err(), "{format:?} twice");
    }
    let zeros = |format: usize, count: usize| {
        let (format, bytes) = &small_archives()[format];
        read(&[&bytes[..], &vec![0; count]].concat(), *format).is_ok()
    };
    // Padding is part of xz, in fours, and of no other compression.
    assert_eq!(
        [1, 2, 3, 4, 5, 8].map(|count| zeros(2, count)),
        [false, false, false, true, false, true]
    );
    assert_eq!([zeros(0, 4), zeros(1, 4)], [false, false]);
    let (_, zip) = &small_archives()[4];
    assert!(read(&[b"#!", &zip[..]].concat(), Format::Zip).is_err());
}

/// A tar's end is two zero blocks; one of them followed by a header is an entry that some readers
/// see, even where zeros follow.
#[test]
fn nothing_hides_in_the_end_of_a_tar() {
    let whole = tar_of(&small_plan());
    let entries = &whole[..whole.len() - 1024];
    let header = &entries[..512];
    let hidden = [entries, &[0; 512], header, &[0; 2048]].concat();
    assert!(read(&hidden, Format::Tar).unwrap_err().starts_with("trailing-data"));
    assert!(
        read(&[entries, &[0; 512]].concat(), Format::Tar).unwrap_err().starts_with("truncated")
    );
    assert!(read(&[entries, &[0; 5000]].concat(), Format::Tar).is_ok());
}

/// A central record that is not counted, or bytes that are no record, beside a directory that
/// is right: readers by count and readers by size see different entries.
#[test]
fn nothing_hides_in_the_directory_of_a_zip() {
    let plan = Plan::from([("a".parse().unwrap(), planned_of(Item::File(b"hello".to_vec())))]);
    let zip = zip_of(&plan);
    let end = zip.len() - 22;
    let start = u32::from_le_bytes(zip[end + 16..end + 20].try_into().unwrap()) as usize;
    let (record, after) = (&zip[start..end], &zip[end..]);
    let with = |more: &[u8], counted: usize| {
        let mut after = after.to_vec();
        after[12..16].copy_from_slice(&((record.len() + counted) as u32).to_le_bytes());
        read(&[&zip[..end], more, &after].concat(), Format::Zip)
            .map_err(|error| error.split(':').next().unwrap().to_owned())
    };
    assert!(with(b"", 0).is_ok());
    for more in [record, b"PK\x05\x05\0\0", b"x"] {
        assert_eq!(with(more, 0), Err("ambiguous".to_owned()), "{more:?}");
        assert_eq!(with(more, more.len()), Err("ambiguous".to_owned()), "{more:?}");
    }
    assert_eq!(with(b"", 1), Err("ambiguous".to_owned()));
}
