//! The servers that are compared, and their settings: raised so that limits do not decide, and all
//! printed.

use std::fs;
use std::path::{Path, PathBuf};

use super::words::{IRC, MQTT, NATS, NCAT, REDIS};
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
    /// True if the server is compared in a quick run as well.
    pub(crate) is_quick: bool,
    program: PathBuf,
    args: Args,
}

/// The way in which a server gets its port.
#[derive(Clone, Debug)]
enum Args {
    /// The server takes a free port and prints it.
    Announces(Vec<String>),
    /// The server is given a port, in its arguments (`PORT` there) and its settings file (`FILE`).
    Told(&'static [&'static str], &'static str),
}

impl Contender {
    /// Starts the server. Settings files go into `folder`.
    pub(crate) fn start(&self, cores: &Cores, folder: &Path) -> Outcome<ServerProcess> {
        match &self.args {
            Args::Announces(args) => ServerProcess::announced(&self.program, args, cores),
            Args::Told(args, settings) => {
                let file = folder.join(self.name).with_extension("conf");
                let fill = |text: &str, port: u16| {
                    text.replace("PORT", &port.to_string())
                        .replace("FILE", &file.to_string_lossy())
                };
                let args = |port| {
                    fs::write(&file, fill(settings, port))?;
                    Ok(args.iter().map(|arg| fill(arg, port)).collect())
                };
                ServerProcess::on_port(&self.program, args, cores)
            }
        }
    }

    pub(crate) fn settings(&self) -> String {
        let program = self.program.file_name().unwrap_or_default();
        let (args, settings) = match &self.args {
            Args::Announces(args) => (args.join(" "), ""),
            Args::Told(args, settings) => (args.join(" "), *settings),
        };
        let settings = settings.lines().map(|line| format!("\n    {line}"));
        let settings: String = settings.collect();
        format!("{} {args}{settings}", program.to_string_lossy())
    }
}

/// A server that may be installed.
struct Peer {
    name: &'static str,
    /// The name of the Debian package.
    package: &'static str,
    dialect: Dialect,
    args: &'static [&'static str],
    settings: &'static str,
}

const PEERS: &[Peer] = &[
    Peer {
        name: "redis-server",
        package: "redis-server",
        dialect: REDIS,
        args: &["FILE"],
        settings: "port PORT\nbind 127.0.0.1\nsave \"\"\nappendonly no\nmaxclients 19000\n\
            tcp-backlog 4096\nclient-output-buffer-limit pubsub 0 0 0\nlogfile /dev/null\n",
    },
    Peer {
        name: "nats-server",
        package: "nats-server",
        dialect: NATS,
        args: &["-c", "FILE"],
        settings: "host: 127.0.0.1\nport: PORT\nmax_connections: 19000\nmax_pending: 1GB\n\
            write_deadline: \"60s\"\nping_interval: \"10m\"\nlog_file: \"/dev/null\"\n",
    },
    Peer {
        name: "ngircd",
        package: "ngircd",
        dialect: IRC,
        args: &["-n", "-f", "FILE"],
        settings: "[Global]\nName = bench.example\nInfo = bench\nListen = 127.0.0.1\nPorts = PORT\n\
            ServerUID = root\nServerGID = root\nMotdPhrase = bench\n\
            [Limits]\nMaxConnections = 0\nMaxConnectionsIP = 0\nMaxJoins = 0\nPingTimeout = 3600\n\
            MaxPenaltyTime = 0\n[Options]\nDNS = no\nIdent = no\nPAM = no\n",
    },
    Peer {
        name: "inspircd",
        package: "inspircd",
        dialect: IRC,
        args: &[
            "--nofork",
            "--nolog",
            "--nopid",
            "--runasroot",
            "--config",
            "FILE",
        ],
        settings: "<server name=\"bench.example\" description=\"bench\" network=\"bench\">\n\
            <bind address=\"127.0.0.1\" port=\"PORT\" type=\"clients\">\n\
            <connect allow=\"*\" timeout=\"60\" pingfreq=\"1h\" softsendq=\"64M\" hardsendq=\"1G\" \
            recvq=\"1M\" localmax=\"19000\" globalmax=\"19000\" limit=\"19000\" fakelag=\"no\" \
            threshold=\"100000\" commandrate=\"100000000\" resolvehostnames=\"no\" useident=\"no\">\n\
            <performance somaxconn=\"4096\" softlimit=\"19000\">\n\
            <class name=\"none\"><type name=\"none\" classes=\"none\">\n",
    },
    Peer {
        name: "mosquitto",
        package: "mosquitto",
        dialect: MQTT,
        args: &["-c", "FILE"],
        settings: "listener PORT 127.0.0.1\nallow_anonymous true\nmax_connections -1\n\
            max_queued_messages 0\nset_tcp_nodelay true\npersistence false\nuser root\nlog_dest none\n",
    },
    Peer {
        name: "ncat",
        package: "ncat",
        dialect: NCAT,
        args: &[
            "--listen",
            "--chat",
            "--max-conns",
            "19000",
            "127.0.0.1",
            "PORT",
        ],
        settings: "",
    },
];

/// All servers that can be run here, parloir and the floor first; and for the others, how to
/// install them.
pub(crate) fn contenders() -> (Vec<Contender>, Vec<String>) {
    let own = std::env::current_exe().unwrap_or_default();
    let bare = |name, server: &str, is_quick| Contender {
        name,
        dialect: BARE,
        is_quick,
        program: own.clone(),
        args: Args::Announces(vec![SERVE.to_owned(), server.to_owned()]),
    };
    let mut here = vec![
        Contender {
            name: "parloir",
            dialect: PARLOIR,
            is_quick: true,
            program: env!("CARGO_BIN_EXE_parloir").into(),
            args: Args::Announces(
                ["--listen", "127.0.0.1:0", "--rate", "0", "-q"]
                    .map(String::from)
                    .into(),
            ),
        },
        bare("floor", "turn", true),
        bare("poll loop", "poll-loop", false),
        bare("thread per client", "threads", false),
    ];
    let mut missing = Vec::new();
    for peer in PEERS {
        match find(peer.name) {
            Some(program) => here.push(Contender {
                name: peer.name,
                dialect: peer.dialect,
                is_quick: false,
                program,
                args: Args::Told(peer.args, peer.settings),
            }),
            None => missing.push(format!(
                "{}: missing (apt install {})",
                peer.name, peer.package
            )),
        }
    }
    (here, missing)
}

/// Finds a program. Servers are often in folders that only the path of root includes.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(more)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}
