//! Numbers as tar headers and PAX records write them.

/// A number of a header: octal digits with spaces before and NULs or spaces after, or GNU's
/// base-256. None where it is anything else, negative, or beyond 64 bits.
pub(crate) fn field(bytes: &[u8]) -> Option<u64> {
    match bytes.first()? {
        0x80.. => base256(bytes),
        _ => octal(bytes),
    }
}

fn octal(bytes: &[u8]) -> Option<u64> {
    let closes = |byte: &u8| matches!(byte, 0 | b' ');
    let start = bytes.iter().position(|byte| *byte != b' ')?;
    let (digits, rest) = match bytes[start..].iter().position(closes) {
        Some(length) => bytes[start..].split_at(length),
        None => (&bytes[start..], &[][..]),
    };
    let digit = |byte: &u8| matches!(byte, b'0'..=b'7').then(|| u64::from(byte - b'0'));
    let value = digits
        .iter()
        .try_fold(0u64, |value, byte| value.checked_mul(8)?.checked_add(digit(byte)?))?;
    (!digits.is_empty() && rest.iter().all(closes)).then_some(value)
}

/// Two's complement with the top bit of the first byte as the mark (GNU tar, "Extensions").
fn base256(bytes: &[u8]) -> Option<u64> {
    let (first, rest) = bytes.split_first()?;
    let start = match first & 0x7f {
        low @ 0..0x40 => u64::from(low),
        _negative => return None,
    };
    let add = |value: u64, byte: &u8| Some(value.checked_mul(256)? | u64::from(*byte));
    rest.iter().try_fold(start, add)
}

/// A number of a PAX record: decimal digits and nothing else.
pub(crate) fn decimal(bytes: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// A time of a PAX record: decimal digits with an optional fraction, which is cut off.
pub(crate) fn seconds(bytes: &[u8]) -> Option<u64> {
    match bytes.iter().position(|byte| *byte == b'.') {
        None => decimal(bytes),
        Some(point) => {
            let fraction = &bytes[point + 1..];
            fraction.iter().all(u8::is_ascii_digit).then(|| decimal(&bytes[..point]))?
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_headers_numbers() {
        let cases: [(&[u8], Option<u64>); 16] = [
            (b"0000644\0", Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"14524666400 ", Some(0o14524666400)),
            (b"77777777777\0", Some(0o77777777777)),
            (b"777777777777", Some(0o777777777777)),
            (b"        ", None),
            (b"\0\0\0\0\0\0\0\0", None),
            (b"0000648\0", None),
            (b"64\x00644\0 ", None),
            (b"-000644\0", None),
            (b"0x0644\0\0", None),
            (b"\x80\0\0\0\x01\0\0\0", Some(1 << 24)),
            (b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", Some(u64::MAX)),
            (b"\x80\0\0\x01\xff\xff\xff\xff\xff\xff\xff\xff", None),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff", None),
            (b"\xc0\0\0\0\0\0\0\x01", None),
        ];
        for (bytes, value) in cases {
            assert_eq!(field(bytes), value, "{bytes:?}");
        }
    }

    #[test]
    fn reads_records_numbers() {
        for (text, value) in
            [("0", Some(0)), ("17.5", Some(17)), ("17.", Some(17)), ("18446744073709551616", None)]
        {
            assert_eq!(seconds(text.as_bytes()), value, "{text}");
        }
        for text in ["", "-1", "+1", "1e3", " 1", "nan", ".5", "1.5x", "1.-5", "1.2.3"] {
            assert_eq!(seconds(text.as_bytes()), None, "{text}");
        }
    }
}
