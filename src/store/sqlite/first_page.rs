//! The first page of a file, which says where the tables are: what is lost with it can be had from a new file.
//!
//! All tables are made in one go when a file is made, so that they begin at the same pages in each file. Where that does
//! not hold, the rows that are found make no sense, and are left out as any others that make none.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::{refuse, unusable};
use crate::store::StoreError;

/// Bytes of a page, SQLite's default since 2016.
const PAGE: usize = 4096;
/// Where the first page has the number of pages, and that and the number of those that are free (SQLite, "Database File
/// Format", 1.3).
const PAGES_AT: usize = 28;
const FREE_AT: std::ops::Range<usize> = 32..40;

/// Writes the first page of a new file over that of `broken`, which is a copy. `spare` is a place for the new file.
pub(super) fn lend(broken: &Path, spare: &Path) -> Result<(), StoreError> {
    super::make_new(spare).map_err(|error| unusable(spare, &error))?;
    // Closed at once, so that all of it is in the file.
    super::connect(spare).map_err(|unfit| refuse(spare, unfit))?;
    let done = copy_page(spare, broken).map_err(|error| unusable(broken, &error));
    fs::remove_file(spare).map_err(|error| unusable(spare, &error))?;
    done
}

fn copy_page(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut page = [0; PAGE];
    File::open(from)?.read_exact(&mut page)?;
    let mut to = OpenOptions::new().write(true).open(to)?;
    let pages = to.metadata()?.len() / PAGE as u64;
    let pages = u32::try_from(pages).unwrap_or(u32::MAX);
    page[PAGES_AT..PAGES_AT + 4].copy_from_slice(&pages.to_be_bytes());
    page[FREE_AT].fill(0);
    to.seek(SeekFrom::Start(0))?;
    to.write_all(&page)
}
