//! The trace as one HTML file.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anstyle::Style;
use glassbox::render::{HtmlOptions, html, printable};
use opentelemetry::trace::TraceId;

use crate::agent::Shown;
use crate::screen::Screen;

/// Where a page goes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Page {
    /// A new file among the temporary ones, named after the trace.
    Temporary,
    /// This file; one that is there is replaced.
    File(PathBuf),
}

/// The page that was asked for is not there.
#[derive(Debug, thiserror::Error)]
#[error("the page could not be written to {path}: {source}")]
pub struct PageError {
    path: String,
    source: io::Error,
}

impl Page {
    /// Writes the page, and says in a line where it is; or, if nobody asked for a certain file, that it is not.
    ///
    /// # Errors
    ///
    /// If the file that was asked for cannot be written.
    pub(crate) fn publish(
        &self,
        trace: TraceId,
        shown: &Shown,
        screen: Screen,
    ) -> Result<String, PageError> {
        let notes = shown.notes();
        let options = notes.iter().fold(HtmlOptions::default(), |options, note| {
            options.with_note(note)
        });
        let text = html(&shown.tree, &shown.findings, &options);
        let path = self.path(trace);
        let written = self.write(&path, &text);
        let path = printable(&path.display().to_string()).into_owned();
        match (written, self) {
            // Not broken into lines: a path is there to be clicked or copied.
            (Ok(()), _) => Ok(format!("Page: {path}\n")),
            (Err(source), Self::File(_)) => Err(PageError { path, source }),
            (Err(source), Self::Temporary) => {
                let text = format!("Page: could not be written to {path}: {source}");
                Ok(screen.sentence(Style::new(), "", &text))
            }
        }
    }

    fn write(&self, path: &Path, text: &str) -> io::Result<()> {
        let mut file = OpenOptions::new();
        file.write(true);
        match self {
            // Others may write there, too: nothing is followed or replaced.
            Self::Temporary => file.create_new(true),
            Self::File(_) => file.create(true).truncate(true),
        };
        file.open(path)?.write_all(text.as_bytes())
    }

    fn path(&self, trace: TraceId) -> PathBuf {
        match self {
            Self::Temporary => std::env::temp_dir().join(format!("glassbox-{trace}.html")),
            Self::File(path) => path.clone(),
        }
    }
}
