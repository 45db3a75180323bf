//! Feeds the target `unpack_zip`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| landfall_fuzz::unpack_zip(bytes));
