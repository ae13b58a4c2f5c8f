//! The trace as one HTML file.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use glassbox::analysis::{Finding, SpanTree};
use glassbox::render::{HtmlOptions, html};
use opentelemetry::trace::TraceId;

/// Where a page goes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Page {
    /// A new file among the temporary ones, named after the trace.
    Temporary,
    /// This file; one that is there is replaced.
    File(PathBuf),
}

impl Page {
    /// Writes the page, and says where.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub(crate) fn write(
        &self,
        trace: TraceId,
        tree: &SpanTree,
        findings: &[Finding],
        notes: &[String],
    ) -> io::Result<PathBuf> {
        let options = notes.iter().fold(HtmlOptions::default(), |options, note| {
            options.with_note(note)
        });
        let page = html(tree, findings, &options);
        let path = self.path(trace);
        let mut file = OpenOptions::new();
        file.write(true);
        match self {
            // Others may write there, too: nothing is followed or replaced.
            Self::Temporary => file.create_new(true),
            Self::File(_) => file.create(true).truncate(true),
        };
        file.open(&path)?.write_all(page.as_bytes())?;
        Ok(path)
    }

    fn path(&self, trace: TraceId) -> PathBuf {
        match self {
            Self::Temporary => std::env::temp_dir().join(format!("glassbox-{trace}.html")),
            Self::File(path) => path.clone(),
        }
    }
}

/// Where the page is, as a line.
pub(crate) fn line(written: &io::Result<PathBuf>, asked: &Page, trace: TraceId) -> String {
    match written {
        Ok(path) => format!("Page: {}\n", shown(path)),
        Err(error) => format!(
            "The page could not be written to {}: {error}\n",
            shown(&asked.path(trace))
        ),
    }
}

fn shown(path: &Path) -> String {
    glassbox::render::printable(&path.display().to_string()).into_owned()
}
