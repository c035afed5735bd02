//! `docs/performance.md`: every part of this benchmark has a part of that page, and replaces it.

use std::path::PathBuf;

/// The heading under which the parts are.
const CHAPTER: &str = "## The chain";

/// Where tables go.
pub(crate) struct Report {
    /// Whether they go into the page, too.
    kept: bool,
    /// What the machine did beside, when this began.
    load: String,
}

impl Report {
    pub(crate) fn new(kept: bool) -> Self {
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').next().unwrap_or("?").to_owned();
        Self { kept, load }
    }

    /// Prints a part, and puts it into the page in place of the one with the same heading.
    pub(crate) fn part(&self, heading: &str, text: &str) {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let load = &self.load;
        let text = format!(
            "### {heading}\n\n{}\n\n({cores} cores, whose load average was {load} before.)\n",
            text.trim()
        );
        println!("\n{text}");
        if self.kept {
            let path = page();
            let page = std::fs::read_to_string(&path).expect("the page is there");
            let page = replaced(&page, heading, &text);
            std::fs::write(&path, page).expect("the page can be written");
        }
    }
}

fn page() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/performance.md"
    ))
}

/// The page with a part instead of the one with its heading; or at the end of the chapter.
fn replaced(page: &str, heading: &str, part: &str) -> String {
    let chapter = format!("\n{CHAPTER}\n");
    let mut page = page.trim_end().to_owned() + "\n";
    if !page.contains(&chapter) {
        page += &chapter;
    }
    let begin = page.find(&chapter).unwrap_or_default() + chapter.len();
    let end = page[begin..]
        .find("\n## ")
        .map_or(page.len(), |end| begin + end + 1);
    let line = format!("\n### {heading}\n");
    // The line before a heading belongs to it.
    let (from, to) = match page[begin - 1..end].find(&line) {
        Some(place) => {
            let from = begin + place;
            let rest = &page[from + 1..end];
            let to = rest.find("\n### ").map_or(end, |to| from + 1 + to + 1);
            (from, to)
        }
        None => (end, end),
    };
    let before = page[..from].trim_end();
    let after = page[to..].trim_start();
    let page = format!("{before}\n\n{}\n\n{after}", part.trim());
    page.trim_end().to_owned() + "\n"
}
