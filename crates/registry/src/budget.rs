//! How much repeating a registry that fails is worth.

use std::sync::atomic::{AtomicU32, Ordering};

/// Retries that are there without any success, in tenths.
const FULL_TENTHS: u32 = 10 * 10;

/// Ten retries, and one more for each ten requests that went well: a registry that is down is not
/// asked four times for each of a thousand blobs.
pub(crate) struct Budget(AtomicU32);

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU32::new(FULL_TENTHS))
    }
}

impl Budget {
    /// Something went well.
    pub(crate) fn earn(&self) {
        let more = |tenths: u32| Some((tenths + 1).min(FULL_TENTHS));
        // It cannot fail: the closure always gives a value.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// Takes one retry, if there is one.
    pub(crate) fn spend(&self) -> bool {
        let less = |tenths: u32| tenths.checked_sub(10);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successes_pay_for_retries() {
        let budget = Budget::default();
        assert!((0..10).all(|_| budget.spend()) && !budget.spend());
        (0..9).for_each(|_| budget.earn());
        assert!(!budget.spend());
        budget.earn();
        assert!(budget.spend() && !budget.spend());
        (0..1000).for_each(|_| budget.earn());
        assert_eq!((0..100).filter(|_| budget.spend()).count(), 10);
    }
}
