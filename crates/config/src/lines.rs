//! Which line an offset is in, asked of a whole file at once.

/// The places of a text's line ends.
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    /// Finds every line end.
    pub fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(offset, _)| offset).collect())
    }

    /// The number, from 1, of the line that holds an offset; a line end belongs to its line.
    pub fn number(&self, offset: usize) -> usize {
        self.0.partition_point(|end| *end < offset) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn a_line_end_belongs_to_its_line() {
        let lines = Lines::of("ab\n\nc");
        assert_eq!([0, 2, 3, 4, 5].map(|offset| lines.number(offset)), [1, 1, 2, 3, 3]);
    }
}
