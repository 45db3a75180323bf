//! Feeds the target `unpack_compressed`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| landfall_fuzz::unpack_compressed(bytes));
