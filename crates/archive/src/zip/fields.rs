//! Little-endian numbers and texts, one after the other, as zip's records hold them.

/// What is left of a record. Reading past its end gives zeros and is remembered.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    short: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, short: false }
    }

    /// The next bytes; none at all where there are not so many.
    pub(super) fn bytes(&mut self, count: usize) -> &'a [u8] {
        match self.rest.split_at_checked(count) {
            Some((bytes, rest)) => {
                self.rest = rest;
                bytes
            }
            None => {
                (self.rest, self.short) = (&[], true);
                &[]
            }
        }
    }

    pub(super) fn u8(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or_default()
    }

    pub(super) fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    pub(super) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub(super) fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        self.bytes(N).try_into().unwrap_or([0; N])
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Whether everything that was read was there.
    pub(super) fn is_whole(&self) -> bool {
        !self.short
    }
}

/// The extra fields of a header by their ids, each once (APPNOTE 4.5). None where they do not
/// fill their place exactly.
pub(super) fn extras(bytes: &[u8]) -> Option<Vec<(u16, &[u8])>> {
    let mut fields = Fields::new(bytes);
    let mut extras = Vec::new();
    while !fields.is_empty() {
        let (id, length) = (fields.u16(), fields.u16());
        extras.push((id, fields.bytes(length.into())));
    }
    fields.is_whole().then_some(extras)
}

/// One extra field; none where it is missing, an error where it comes twice.
pub(super) fn extra<'a>(extras: &[(u16, &'a [u8])], id: u16) -> Result<Option<&'a [u8]>, ()> {
    let mut found = extras.iter().filter(|(other, _)| *other == id).map(|(_, body)| *body);
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(()),
        (body, None) => Ok(body),
    }
}
