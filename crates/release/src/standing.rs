//! What stands for a place.

use crate::ImageVersion;

/// What the ledger says that a region runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The image.
    pub image: ImageVersion,
    /// The revision of the app's entry that says so.
    pub revision: u64,
    /// Whether promotions to the stage leave the region be.
    pub is_on_hold: bool,
}
