//! Digests by other hands than the product's.

use sha2::{Digest, Sha256};

/// `sha256:` and the SHA-256 in hexadecimal.
pub fn of(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
