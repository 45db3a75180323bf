//! Shows what happens: bars on a terminal, plain lines otherwise, nothing with `--quiet`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use landfall_pipeline::{Event, Events};

use crate::printer::{Printer, clean, clean_line};
use crate::surroundings::Surroundings;

/// The last lines of a compiler that a bar shows are cut to this.
const LINE_LIMIT: usize = 60;

/// Takes the pipeline's events.
pub struct Progress<'a> {
    printer: &'a Printer,
    bars: Option<MultiProgress>,
    running: Mutex<BTreeMap<String, ProgressBar>>,
}

impl<'a> Progress<'a> {
    /// Bars on a terminal that may be drawn on, lines elsewhere.
    pub fn new(around: &Surroundings, printer: &'a Printer) -> Self {
        let drawn = around.terminal && !around.quiet && !around.ci;
        let bars = drawn.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        bars.iter().for_each(|bars| printer.share(bars));
        Self { printer, bars, running: Mutex::default() }
    }

    /// Moves a bar, making it where it is not there yet.
    fn advance(&self, name: &str, done_bytes: u64, total_bytes: Option<u64>) {
        let Some(bars) = &self.bars else { return };
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = running.entry(name.into()).or_insert_with(|| bars.add(bar(name, total_bytes)));
        bar.set_position(done_bytes);
    }

    fn spin(&self, name: &str, message: &str) {
        let Some(bars) = &self.bars else { return };
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = running.entry(name.into()).or_insert_with(|| bars.add(spinner(name)));
        bar.set_message(clean_line(message).chars().take(LINE_LIMIT).collect::<String>());
        bar.tick();
    }

    /// Takes the bar away and leaves a line.
    fn end(&self, name: &str, line: &str) {
        let bar = self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        bar.iter().for_each(ProgressBar::finish_and_clear);
        self.printer.say(&clean_line(line));
    }

    /// Without bars a beginning is a line, too, because what follows may take long.
    fn begin(&self, name: &str, line: &str) {
        match self.bars {
            Some(_) => self.spin(name, ""),
            None => self.printer.say(&clean_line(line)),
        }
    }
}

fn bar(name: &str, total_bytes: Option<u64>) -> ProgressBar {
    let bar = total_bytes.map_or_else(ProgressBar::no_length, ProgressBar::new);
    let template =
        "{prefix:32!} {bar:24} {bytes:>10}/{total_bytes:10} {bytes_per_sec:>11} {eta:>4}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.with_prefix(name.to_owned())
}

fn spinner(name: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{prefix:32!} {spinner} {msg}") {
        bar.set_style(style);
    }
    bar.with_prefix(name.to_owned())
}

impl Events for Progress<'_> {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Fetching { app, input, received_bytes, total_bytes } => {
                self.advance(&format!("{app}: {input}"), received_bytes, total_bytes);
            }
            Event::Fetched { app, input, size_bytes } => {
                self.end(
                    &format!("{app}: {input}"),
                    &format!("{app}: fetched {input}, {}", size(size_bytes)),
                );
            }
            Event::Compiling { app, input, platform } => {
                self.begin(
                    &format!("{app}: compiler"),
                    &format!("{app}: compiling {input} for {platform}"),
                );
            }
            Event::Compiler { app, line } => self.spin(&format!("{app}: compiler"), line),
            Event::Compiled { app, input, platform, size_bytes } => {
                let line = format!("{app}: compiled {input} for {platform}, {}", size(size_bytes));
                self.end(&format!("{app}: compiler"), &line);
            }
            Event::Unpacking { app, input } => {
                self.printer.say(&clean_line(&format!("{app}: unpacking {input}")))
            }
            Event::Layer { app, platform, layer, done_bytes, total_bytes } => {
                self.advance(&layer_name(app, platform, layer), done_bytes, Some(total_bytes));
            }
            Event::LayerBuilt { app, platform, layer, size_bytes } => {
                let line =
                    format!("{app}: wrote layer {layer} for {platform}, {}", size(size_bytes));
                self.end(&layer_name(app, platform, layer), &line);
            }
            Event::Sending { app, place, done_bytes, total_bytes } => {
                self.advance(&format!("{app}: {place}"), done_bytes, Some(total_bytes));
            }
            Event::Sent { app, place, well } => {
                let what = if well { "has" } else { "has not" };
                self.end(
                    &format!("{app}: {place}"),
                    &format!("{app}: the registry of {place} {what} the image"),
                );
            }
            // A warning has lines of its own; they are indented, so that none looks like another message.
            Event::Note { text } => self.printer.say(&clean(text).replace('\n', "\n  ")),
        }
    }
}

fn layer_name(app: &str, platform: &str, layer: &str) -> String {
    format!("{app}: {layer} {platform}")
}

/// Bytes for people: 1024 at a time, as `ls -h` and `du -h` count.
pub fn size(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}
