//! A lock that is read is the same lock after it is written.

use landfall_derivation::lock::{Lock, LockError};

use crate::check_error;

/// Bytes as an app.lock.
///
/// No chance forges a seal, so one that is wrong is mended: what lies behind it is to be fuzzed.
pub fn lock(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Lock::from_text(text) {
        Ok(lock) => check(&lock),
        Err(LockError::Seal { wanted, found }) => {
            let mended = text.replacen(&wanted.to_string(), &found.to_string(), 1);
            Lock::from_text(&mended).iter().for_each(check);
        }
        Err(error) => {
            assert!(!error.help().is_empty());
            check_error(&error);
        }
    }
}

fn check(lock: &Lock) {
    let written = lock.to_text();
    let again = Lock::from_text(&written).expect("what was written can be read");
    assert_eq!(again, *lock, "the written form is another lock");
    assert_eq!(again.to_text(), written, "one lock has two written forms");
}
