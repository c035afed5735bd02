//! Text in columns.

use std::fmt;

/// Rows under titles; every column is as wide as its longest text.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    titles: [&'static str; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(
        titles: [&'static str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> Self {
        let rows = rows.into_iter().map(|row| row.map(|cell| printable(&cell)));
        Self {
            titles,
            rows: rows.collect(),
        }
    }
}

/// Nothing at all without rows.
impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.is_empty() {
            return Ok(());
        }
        let columns = self.titles.iter().enumerate().map(|(column, title)| {
            let cells = self.rows.iter().map(|row| row[column].as_str());
            std::iter::once(*title).chain(cells).collect()
        });
        let lines = aligned(&columns.collect::<Vec<_>>());
        f.write_str(&lines.join("\n"))
    }
}

/// The lines of columns that all have as many cells; every column is as wide as its longest text.
pub(crate) fn aligned(columns: &[Vec<&str>]) -> Vec<String> {
    let width = |column: &Vec<&str>| column.iter().map(|cell| cell.chars().count()).max();
    let widths: Vec<_> = columns
        .iter()
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    let line = |row: usize| {
        let cells = columns.iter().zip(&widths).map(|(column, width)| {
            let cell = column.get(row).copied().unwrap_or_default();
            format!("{cell:width$}")
        });
        let cells: Vec<_> = cells.collect();
        cells.join("  ").trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

/// A text of foreign origin as it can be shown on a terminal: what would move the cursor or turn
/// the direction of writing is escaped.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                shown.extend(letter.escape_unicode());
            }
            _ if letter.is_control() => shown.extend(letter.escape_default()),
            _ => shown.push(letter),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need_to_be() {
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        let table = Table::new(
            ["Name", "ID"],
            [row("é", "1"), row("longer", ""), row("", "2")],
        );
        assert_eq!(
            table.to_string(),
            "Name    ID\né       1\nlonger\n        2"
        );
        assert_eq!(Table::<2>::new(["Name", "ID"], []).to_string(), "");
    }

    #[test]
    fn nothing_in_a_table_moves_the_cursor() {
        let table = Table::new(["A"], [["a\u{1b}[2J\n\u{9b}\u{202e}b".to_owned()]]);
        assert_eq!(table.to_string(), "A\na\\u{1b}[2J\\n\\u{9b}\\u{202e}b");
    }
}
