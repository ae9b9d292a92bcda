//! `--data`: the file that the chat is kept in, or none.

use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

use parloir::describe;
use parloir::store::{SqliteStore, StoreError};

use super::words::counted;

/// The value of `--data` that asks for no file.
pub(super) const NONE: &str = "none";

pub(super) const NO_FOLDER: &str = "there is no folder for data: HOME is not set (see --data)";

/// The file for the chat, if it is kept in one, and a line for the announcement.
pub(in crate::cli) struct Data {
    pub(in crate::cli) store: Option<SqliteStore>,
    pub(in crate::cli) line: String,
}

/// Opens the file that was asked for, or the default one. That one is no reason not to serve: if it cannot be had,
/// the chat is kept in memory, and the log says why.
pub(in crate::cli) fn open(asked: Option<&Path>) -> Result<Data, String> {
    match asked {
        Some(path) if path == Path::new(NONE) => Ok(in_memory()),
        Some(path) => match SqliteStore::open(path) {
            Ok(store) => in_file(store, path),
            Err(error) => Err(advise(&error)),
        },
        None => Ok(open_default().unwrap_or_else(|why| {
            log::warn!("{why}; the chat is kept in memory");
            in_memory()
        })),
    }
}

fn in_memory() -> Data {
    Data {
        store: None,
        line: String::from("The chat is kept in memory, and is gone when the server stops."),
    }
}

fn in_file(store: SqliteStore, path: &Path) -> Result<Data, String> {
    let summary = store.summary().map_err(|error| advise(&error))?;
    Ok(Data {
        line: format!(
            "The chat is kept in {}: {} so far.",
            path.display(),
            counted(summary)
        ),
        store: Some(store),
    })
}

fn open_default() -> Result<Data, String> {
    let path = make_default_folder()?;
    let store = SqliteStore::open(&path).map_err(|error| advise(&error))?;
    in_file(store, &path)
}

/// The default file, in a folder that is there now.
pub(super) fn make_default_folder() -> Result<PathBuf, String> {
    let path = default_file().ok_or(NO_FOLDER)?;
    let folder = path.parent().unwrap_or(&path);
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.create(folder);
    made.map_err(|error| format!("cannot make {}: {}", folder.display(), describe(&error)))?;
    Ok(path)
}

/// The file that is used when none is asked for; None if no variable says where it could be.
pub(super) fn default_file() -> Option<PathBuf> {
    let folder = folder(|name| std::env::var_os(name).map(PathBuf::from));
    folder.map(|folder| folder.join("chat.db"))
}

/// The default folder: systemd's, or else parloir's own in the user's folder for state (XDG Base Directory
/// Specification).
fn folder(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let set = |name| variable(name).filter(|path| path.is_absolute());
    // There may be several, with colons between them.
    let first = variable("STATE_DIRECTORY").and_then(|all| std::env::split_paths(&all).next());
    if let Some(folder) = first.filter(|path| path.is_absolute()) {
        return Some(folder);
    }
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(state.join("parloir"))
}

fn advise(error: &StoreError) -> String {
    let advice = match error {
        StoreError::InUse { .. } => "stop that one, or use --data with another file or none",
        StoreError::TooNew { .. } => "use that parloir, or --data with another file",
        StoreError::Broken { .. } => {
            "parloir data repair saves what can be read; or move it away to begin anew, or use --data with another file"
        }
        StoreError::Foreign { .. } => "use --data with another file",
        _ => "use --data with another file or none",
    };
    format!("{error} ({advice})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_folder_is_the_platform_s() {
        for (set, expected) in [
            (
                &[("STATE_DIRECTORY", "/var/lib/parloir"), ("HOME", "/root")][..],
                Some("/var/lib/parloir"),
            ),
            (
                &[("STATE_DIRECTORY", "/var/lib/one:/var/lib/two")],
                Some("/var/lib/one"),
            ),
            (
                &[("XDG_STATE_HOME", "/x"), ("HOME", "/h")],
                Some("/x/parloir"),
            ),
            (
                &[("XDG_STATE_HOME", "relative"), ("HOME", "/h")],
                Some("/h/.local/state/parloir"),
            ),
            (&[("HOME", "/h")], Some("/h/.local/state/parloir")),
            (&[], None),
        ] {
            let variable = |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| PathBuf::from(value))
            };
            assert_eq!(folder(variable), expected.map(PathBuf::from), "{set:?}");
        }
    }
}
