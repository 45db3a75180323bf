//! Says what a test left out, past the capture of the test harness.

use std::io::Write;

/// A line on standard error that is seen whether the test passes or not.
pub fn left_out(text: &str) {
    // Nobody can be told where even this fails.
    let _ = writeln!(std::io::stderr(), "LEFT OUT: {text}");
}
