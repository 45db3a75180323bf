//! The Kubernetes objects of an app in one region: templates and values in, JSON out.
//!
//! [`render`] is a function of the texts that it is handed and of nothing else. A template is YAML
//! first, so that no value can break it and every problem has its place; only what ends with `.j2`
//! is a text first. Past this crate there are digests, not tags.
//!
//! In reading order: [`Templates`] and [`Context`] go in; `render` takes them through `config_map`,
//! `document` (YAML first) or `text` (a text first), then `check`; `engine` evaluates expressions
//! over the names of `names`; `problem` is the words.

mod check;
mod config_map;
mod context;
mod document;
mod engine;
mod images;
mod journal;
mod json;
mod names;
mod object;
mod omit;
mod parts;
mod problem;
mod render;
mod rendered;
mod scopes;
mod site;
mod template;
mod text;

pub use context::Context;
pub use object::Object;
pub use render::render;
pub use template::{ConfigMapTemplate, TemplateKind, Templates};
