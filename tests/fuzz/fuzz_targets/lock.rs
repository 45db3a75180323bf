//! Feeds the target `lock`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| landfall_fuzz::lock(bytes));
