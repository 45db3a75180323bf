//! Feeds the target `app_toml`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| landfall_fuzz::app_toml(bytes));
