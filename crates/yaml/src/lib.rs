//! Turns YAML into a tree in which every key and every value knows its place.
//!
//! What is read is YAML 1.2 with its core schema, less what another reader would understand
//! otherwise: a scalar that YAML 1.1 or `kubectl` takes for something else is a problem that names
//! both readings. Refused too are keys that are no texts, keys that stand twice, merge keys, tags
//! of one's own and directives. An alias is a copy of what it names, and copies count as what they
//! copy, so that no few lines become a billion nodes (CVE-2019-11253).
//!
//! All problems of a text come at once; after a mistake in the syntax reading goes on at the next
//! document. In reading order: [`Document`] is what comes out; `tree` builds it from the events of
//! the parser; `reading` says what a plain scalar means, and to whom; `problem` is the words.

mod braces;
mod node;
mod problem;
mod reading;
mod tree;

pub use node::{Content, Document, Entry, Key, Node, Scalar, Style, Value};
pub use tree::{DEPTH_LIMIT, NODE_LIMIT, TEXT_LIMIT_BYTES, read};
