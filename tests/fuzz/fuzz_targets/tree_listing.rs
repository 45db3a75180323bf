//! Feeds the target `tree_listing`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| landfall_fuzz::tree_listing(bytes));
