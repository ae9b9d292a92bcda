//! `parloir data`: looks at the file that a chat is kept in, checks it and copies it, beside a running server too; and
//! changes it while none has it.

mod change;
mod export;
mod html;
mod import;
mod kept;
mod logs;
mod words;

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use parloir::describe;
use parloir::store::StoreFile;

use change::PruneOptions;
use export::ExportOptions;
use import::ImportOptions;
pub(super) use kept::open;
use words::{advise, counted, day, grouped};

#[derive(Debug, Args)]
pub(super) struct DataOptions {
    /// The file [default: the one that parloir itself uses without --data]
    #[arg(long, value_name = "FILE", env = "PARLOIR_DATA", global = true)]
    data: Option<PathBuf>,
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    /// Say which file it is, and how much is in it
    Info {
        /// And every room, with the number of its messages and the days of the first and the last
        #[arg(long)]
        rooms: bool,
    },
    /// Read the whole file, and say what is wrong with it
    Check,
    /// Write the messages to the standard output, the oldest of each room first
    Export(ExportOptions),
    /// Write a copy to a new file, while the server goes on
    Backup {
        /// The new file
        to: PathBuf,
    },
    /// Take in messages that were exported, or logs of irssi, WeeChat or ZNC; while no server has the file
    Import(ImportOptions),
    /// Delete old messages now; while no server has the file
    Prune(PruneOptions),
    /// Save what can be read of a broken file into a new one; while no server has it
    Repair {
        /// Write the new file here, and leave the broken one in its place
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
}

/// Returns the exit status: 1 if the file is not whole.
pub(super) fn data(options: &DataOptions) -> Result<u8, String> {
    let path = match &options.data {
        Some(path) if path == Path::new(kept::NONE) => {
            return Err("with --data none nothing is kept in a file: name one".into());
        }
        Some(path) => path.clone(),
        // A command that puts something into a file makes it, and no other does.
        None if matches!(options.command, DataCommand::Import(_)) => kept::make_default_folder()?,
        None => kept::default_file().ok_or(kept::NO_FOLDER)?,
    };
    if let DataCommand::Import(options) = &options.command {
        return import::import(&path, options);
    }
    if let Err(error) = std::fs::metadata(&path)
        && error.kind() == ErrorKind::NotFound
    {
        let path = path.display();
        return Err(format!(
            "there is no {path}: a server makes its file when it starts; --data names another"
        ));
    }
    match &options.command {
        DataCommand::Info { rooms } => info(&path, *rooms),
        DataCommand::Check => check(&path),
        DataCommand::Export(options) => export::export(&look(&path)?, options),
        DataCommand::Backup { to } => {
            look(&path)?.backup(to).map_err(|error| advise(&error))?;
            let (to, path) = (to.display(), path.display());
            print(&format!("{to} is a copy of {path}\n"))
        }
        DataCommand::Import(options) => import::import(&path, options),
        DataCommand::Prune(options) => change::prune(&path, options),
        DataCommand::Repair { to } => change::repair(&path, to.as_deref()),
    }
}

fn look(path: &Path) -> Result<StoreFile, String> {
    StoreFile::open(path).map_err(|error| advise(&error))
}

fn info(path: &Path, with_rooms: bool) -> Result<u8, String> {
    let file = look(path)?;
    let summary = file.summary().map_err(|error| advise(&error))?;
    let mut text = format!("{}: {}", path.display(), counted(summary));
    // Writing to a string cannot fail.
    if summary.not_kept > 0 {
        let _ = write!(text, "; {} more could not be kept", summary.not_kept);
    }
    text.push('\n');
    if with_rooms {
        for room in file.rooms().map_err(|error| advise(&error))? {
            let days = match (room.first_us, room.last_us) {
                (Some(first), Some(last)) => format!("{} to {}", day(first), day(last)),
                _ => String::new(),
            };
            let (count, name) = (grouped(room.messages), room.name);
            let _ = writeln!(text, "{count:>12}  {days:24}  {name}");
        }
    }
    print(&text)
}

fn check(path: &Path) -> Result<u8, String> {
    let faults = look(path)?.check().map_err(|error| advise(&error))?;
    if faults.is_empty() {
        return print(&format!("{} is whole\n", path.display()));
    }
    print(&(faults.join("\n") + "\n")).map(|_| 1)
}

fn print(text: &str) -> Result<u8, String> {
    let mut out = io::stdout().lock();
    finish(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

fn finish(written: io::Result<()>) -> Result<u8, String> {
    match written {
        // The reader has seen enough, as `head` does.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(0),
        Err(error) => Err(format!("cannot write the output: {}", describe(&error))),
        Ok(()) => Ok(0),
    }
}
