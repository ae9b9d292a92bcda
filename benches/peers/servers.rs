//! Who is compared, and with which settings.

use std::path::PathBuf;

use crate::floor::SERVE;
use crate::rig::Outcome;
use crate::rig::dialect::{BARE, Dialect, PARLOIR};
use crate::rig::machine::Cores;
use crate::rig::process::ServerProcess;

/// One server.
#[derive(Clone, Debug)]
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) dialect: Dialect,
    /// Is part of a quick run.
    pub(crate) is_quick: bool,
    program: PathBuf,
    args: Vec<String>,
}

impl Contender {
    pub(crate) fn start(&self, cores: &Cores) -> Outcome<ServerProcess> {
        ServerProcess::announced(&self.program, &self.args, cores)
    }

    pub(crate) fn settings(&self) -> String {
        let program = self.program.file_name().unwrap_or_default();
        format!("{} {}", program.to_string_lossy(), self.args.join(" "))
    }
}

/// All that can be run here; parloir and the floor first.
pub(crate) fn contenders() -> Vec<Contender> {
    let own = std::env::current_exe().unwrap_or_default();
    let bare = |name, server: &str, is_quick| Contender {
        name,
        dialect: BARE,
        is_quick,
        program: own.clone(),
        args: vec![SERVE.to_owned(), server.to_owned()],
    };
    vec![
        Contender {
            name: "parloir",
            dialect: PARLOIR,
            is_quick: true,
            program: env!("CARGO_BIN_EXE_parloir").into(),
            args: ["--listen", "127.0.0.1:0", "--rate", "0", "-q"]
                .map(String::from)
                .into(),
        },
        bare("floor", "turn", true),
        bare("thread per client", "threads", false),
        bare("poll loop", "poll-loop", false),
    ]
}
