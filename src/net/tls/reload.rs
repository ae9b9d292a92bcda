//! Reading a certificate again, by a thread of its own: a disk may be slow, and a key takes a while to check.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::{Certificate, Setup};
use crate::error::{Error, describe};
use crate::handle::Certificates;

/// Asks the thread that reads.
#[derive(Debug)]
pub(crate) struct Reloader(SyncSender<()>);

impl Reloader {
    /// The thread ends with this.
    pub(crate) fn start(files: (PathBuf, PathBuf), to: Certificates) -> Result<Self, Error> {
        // While the files are read, one more request is kept: what changes meanwhile is not missed.
        let (sender, requests) = sync_channel(1);
        thread::Builder::new()
            .name("certificates".into())
            .spawn(move || read_again(&files, &requests, &to))
            .map_err(|error| {
                let why = describe(&error);
                Error::Certificate(format!("cannot start what reads certificates again: {why}"))
            })?;
        Ok(Self(sender))
    }
}

fn read_again((certificate, key): &(PathBuf, PathBuf), requests: &Receiver<()>, to: &Certificates) {
    for () in requests {
        let read = Certificate::from_files(certificate, key);
        let sent = read
            .map_err(|error| error.to_string())
            .and_then(|new| to.send(new).map_err(|error| error.to_string()));
        match sent {
            Ok(()) => log::info!("new certificate from {}", certificate.display()),
            Err(why) => log::error!("{why}; the certificate in use stays"),
        }
    }
}

impl Setup {
    /// Has the files read again, if there are any. What cannot be used is told in the log, and the old
    /// one stays.
    pub(crate) fn reload(&self) -> bool {
        let Some(Reloader(requests)) = &self.reloader else {
            return false;
        };
        // A request that does not fit is one with that which waits.
        let _ = requests.try_send(());
        true
    }
}
