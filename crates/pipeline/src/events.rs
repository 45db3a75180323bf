//! What is happening, for whoever shows it.

/// Something that takes time has begun, moved on or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields by their own names")]
pub enum Event<'a> {
    /// Bytes of a download.
    Fetching { app: &'a str, input: &'a str, received_bytes: u64, total_bytes: Option<u64> },
    /// A download is whole.
    Fetched { app: &'a str, input: &'a str, size_bytes: u64 },
    /// A compile has begun.
    Compiling { app: &'a str, input: &'a str, platform: &'a str },
    /// A line that the compiler said.
    Compiler { app: &'a str, line: &'a str },
    /// A compile has ended.
    Compiled { app: &'a str, input: &'a str, platform: &'a str, size_bytes: u64 },
    /// An archive is being read.
    Unpacking { app: &'a str, input: &'a str },
    /// Uncompressed bytes of a layer that have been read.
    Layer { app: &'a str, platform: &'a str, layer: &'a str, done_bytes: u64, total_bytes: u64 },
    /// A layer's blob stands in the store.
    LayerBuilt { app: &'a str, platform: &'a str, layer: &'a str, size_bytes: u64 },
    /// Bytes of an image that stand in a region's registry.
    Sending { app: &'a str, place: &'a str, done_bytes: u64, total_bytes: u64 },
    /// A region's registry has an image, or will not have it.
    Sent { app: &'a str, place: &'a str, well: bool },
    /// Something that the user should know and that stops nothing.
    Note { text: &'a str },
}

/// Takes events, from several threads at once.
pub trait Events: Sync {
    /// MUST NOT block for long.
    fn event(&self, event: Event<'_>);
}

/// Takes events and says nothing.
impl Events for () {
    fn event(&self, _: Event<'_>) {}
}
