//! Reads a certificate again on its own thread: a disk may be slow, and a key takes a while to check.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::certificate::Certificate;
use crate::error::{Error, describe};

/// Starts the thread, and returns the sender of requests to it. The thread ends when the sender is
/// dropped. `send` is given each certificate that was read.
pub(super) fn start(
    files: (PathBuf, PathBuf),
    send: impl Fn(Certificate) -> Result<(), String> + Send + 'static,
) -> Result<SyncSender<()>, Error> {
    // While the files are read, one more request is kept, so that a change in the meantime is not
    // missed.
    let (sender, requests) = sync_channel(1);
    thread::Builder::new()
        .name("certificates".into())
        .spawn(move || read_again(&files, &requests, send))
        .map_err(|error| {
            let why = describe(&error);
            Error::Certificate(format!("cannot start what reads certificates again: {why}"))
        })?;
    Ok(sender)
}

fn read_again(
    (certificate, key): &(PathBuf, PathBuf),
    requests: &Receiver<()>,
    send: impl Fn(Certificate) -> Result<(), String>,
) {
    for () in requests {
        let read = Certificate::from_files(certificate, key);
        let sent = read.map_err(|error| error.to_string()).and_then(&send);
        match sent {
            Ok(()) => log::info!("new certificate from {}", certificate.display()),
            Err(why) => log::error!("{why}; the certificate in use stays"),
        }
    }
}
