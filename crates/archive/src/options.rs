//! What is kept of an archive, and how much of it is borne.

/// What is kept of an archive.
///
/// Patterns are globs over stripped paths: `*` and `?` stay within one component, `**` crosses
/// them, `{a,b}` and `[ab]` choose. A pattern that matches a folder covers all that is below it,
/// except in `allow_special`, where each path is matched itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Leading components dropped from every path; an entry that has no more than these is
    /// dropped as a whole. A hard link still names the same file.
    pub strip: usize,
    /// What is kept; everything where empty. A kept file does not bring the folders above it as
    /// entries: those are implied, with the attributes that a layer gives to implied folders.
    pub include: Vec<String>,
    /// What is not kept; wins over `include`.
    pub exclude: Vec<String>,
    /// Paths whose setuid, setgid, sticky or world-writable mode is meant.
    pub allow_special: Vec<String>,
    /// How much is borne.
    pub limits: Limits,
}

/// How much of an archive is borne before it is refused as `too-large`.
///
/// The figures are far beyond any release archive and far below what hurts; they count bytes that
/// were seen, never what a header claims, except where a claim alone is absurd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Of the tar inside, or of all contents of a zip; 64 GiB.
    pub unpacked_bytes: u64,
    /// Headers of any kind; 2,000,000.
    pub entries: u64,
    /// Unpacked bytes for each packed one, once `ratio_free_bytes` are unpacked; 500. Deflate
    /// cannot do more than 1032 to 1, source text and logs reach 10 to 100.
    pub ratio: u64,
    /// Unpacked bytes below which the ratio is not looked at; 32 MiB.
    pub ratio_free_bytes: u64,
    /// Of one PAX header or one GNU long name; 1 MiB.
    pub metadata_bytes: u64,
    /// Of all paths, link targets and extended attributes together; 256 MiB.
    pub listing_bytes: u64,
    /// What a decoder may be made to hold: an xz dictionary of this size, a zstd window of half
    /// of it (what the zstd program takes unless told otherwise); 256 MiB.
    pub decoder_memory_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            unpacked_bytes: 64 << 30,
            entries: 2_000_000,
            ratio: 500,
            ratio_free_bytes: 32 * MIB,
            metadata_bytes: MIB,
            listing_bytes: 256 * MIB,
            decoder_memory_bytes: 256 * MIB,
        }
    }
}
