//! The machine: its description for the record, and the choice of cores.

use std::fs;

use core_affinity::CoreId;

/// The description without which results are worth nothing.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    pub(crate) descriptors: u64,
    /// True if the server and the load each have a core to themselves.
    pub(crate) pinned: bool,
}

/// The cores for the two sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    server: Option<CoreId>,
    load: Option<CoreId>,
}

impl Cores {
    /// Chooses two cores and puts this process, the load, on the second. They are the last two,
    /// because interrupts and everything unpinned tend to be on the first.
    pub(crate) fn choose() -> Self {
        let ids = core_affinity::get_core_ids().unwrap_or_default();
        let cores = match ids.as_slice() {
            [.., server, load] => Self {
                server: Some(*server),
                load: Some(*load),
            },
            _ => Self {
                server: None,
                load: None,
            },
        };
        cores.enter(cores.load);
        cores
    }

    pub(crate) fn are_apart(&self) -> bool {
        self.server.is_some()
    }

    /// Starts a child while this thread is on the server's core, because a child begins on its
    /// parent's core.
    pub(crate) fn on_servers_core<T>(&self, start: impl FnOnce() -> T) -> T {
        self.enter(self.server);
        let started = start();
        self.enter(self.load);
        started
    }

    fn enter(&self, core: Option<CoreId>) {
        if let Some(core) = core {
            core_affinity::set_for_current(core);
        }
    }
}

impl Machine {
    pub(crate) fn describe(cores: &Cores) -> Self {
        Self {
            cpu: cpu_model(),
            cores: online_cores(),
            kernel: read("/proc/sys/kernel/osrelease"),
            descriptors: rlimit::increase_nofile_limit(u64::MAX).unwrap_or(0),
            pinned: cores.are_apart(),
        }
    }

    /// The description, one `name: value` on each line.
    pub(crate) fn lines(&self) -> Vec<String> {
        let apart = if self.pinned {
            "the server on one core, the load on another"
        } else {
            "NOT PINNED: this system has no two cores to give; CPU time is right, latency is not"
        };
        vec![
            format!("cpu: {}, {} cores", self.cpu, self.cores),
            format!("kernel: {}", self.kernel),
            format!("descriptors: {} a process", self.descriptors),
            format!("cores: {apart}"),
            format!("load average before: {}", read("/proc/loadavg")),
        ]
    }
}

fn cpu_model() -> String {
    let info = read("/proc/cpuinfo");
    let line = info.lines().find(|line| line.starts_with("model name"));
    line.and_then(|line| line.split_once(": "))
        .map_or_else(|| String::from("unknown"), |(_, model)| model.to_owned())
}

fn online_cores() -> usize {
    let info = read("/proc/cpuinfo");
    info.lines()
        .filter(|line| line.starts_with("processor"))
        .count()
        .max(1)
}

fn read(path: &str) -> String {
    fs::read_to_string(path).map_or_else(|_| String::from("unknown"), |text| text.trim().to_owned())
}
