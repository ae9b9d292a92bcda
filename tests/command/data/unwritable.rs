//! Files where nothing may be written: what can be looked at still, and what is said where nothing can.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};

use super::{Folder, Mounted, done, failed, start};
use crate::wire::Program;

/// Some user who is not root.
const NOBODY: u32 = 65_534;

fn chat(folder: &Folder) {
    let relay = start(&folder.file(), &[]);
    let mut ana = relay.join("ana");
    ana.send("hello\n/topic end\n");
    ana.wait_for_line("* topic: end");
    assert_eq!(relay.stop().status, Some(0));
}

#[test]
fn a_read_only_file_system_is_read_from() {
    let folder = Folder::new("read-only");
    chat(&folder);
    let mount = folder.0.join("mount");
    fs::create_dir(&mount).expect("a place for files");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
        .arg(&mount)
        .output();
    if !mounted.is_ok_and(|it| it.status.success()) {
        println!("skipped: a read-only file system: only root may mount one");
        return;
    }
    let _unmount = Mounted(mount.clone());
    let remount = |how: &str| {
        let mut command = Command::new("mount");
        let status = command.args(["-o", how]).arg(&mount).status();
        assert!(status.is_ok_and(|it| it.success()));
    };
    let file = mount.join("a ?#% chat.db");
    fs::copy(folder.file(), &file).expect("there is room");
    remount("remount,ro");
    let file = file.display().to_string();
    assert!(done(&file, &["info"]).ends_with(": 1 room and 1 message\n"));
    assert!(done(&file, &["check"]).ends_with("is whole\n"));
    let exported = done(&file, &["export", "--format", "txt"]);
    assert!(exported.ends_with("lobby <ana> hello\n"), "{exported}");
    let copy = folder.0.join("copy.db").display().to_string();
    done(&file, &["backup", &copy]);
    assert!(done(&copy, &["check"]).ends_with("is whole\n"));
    let error = failed(&file, &["prune", "--keep", "1d"]);
    assert!(error.contains("read-only"), "{error}");

    // With a log of changes beside it, the file alone is not what was said.
    remount("remount,rw");
    fs::write(format!("{file}-wal"), "some changes").expect("there is room");
    remount("remount,ro");
    let error = failed(&file, &["info"]);
    assert!(error.contains("copy both to another folder"), "{error}");
}

#[test]
fn a_file_of_somebody_else_is_read_if_nobody_can_write_meanwhile() {
    let folder = Folder::new("others");
    chat(&folder);
    let allow = |name: &str, mode| {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(folder.0.join(name), mode).expect("it is there");
    };
    let info = || -> Option<Output> {
        let mut command = Program::command();
        command.args(["data", "--data", &folder.file(), "info"]);
        command.uid(NOBODY).output().ok()
    };
    allow("chat.db", 0o644);
    let Some(output) = info() else {
        println!("skipped: the file of somebody else: only root may become somebody else");
        return;
    };
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("a server may be changing it"), "{error}");
    allow("chat.db.lock", 0o644);
    let output = info().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.ends_with(": 1 room and 1 message\n"), "{output:?}");
    // The holder of the lock may write at any time.
    let held = fs::File::open(folder.0.join("chat.db.lock")).expect("it is there");
    held.lock().expect("nobody has it");
    let output = info().expect("it runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("a server may be changing it"), "{error}");
}

/// Root repairs and imports for the user whose server it is, who must be able to open all of it then.
#[test]
fn what_root_does_to_a_file_leaves_it_to_its_owner() {
    use std::os::unix::fs::{MetadataExt, chown};
    let folder = Folder::new("root");
    chat(&folder);
    if chown(folder.file(), Some(NOBODY), Some(NOBODY)).is_err() {
        println!("skipped: a file of somebody else: only root may give files away");
        return;
    }
    fs::remove_file(folder.file() + ".lock").expect("it is there");
    let mut bytes = fs::read(folder.file()).expect("it is there");
    bytes[..100].fill(0x5a);
    fs::write(folder.file(), bytes).expect("there is room");
    let said = done(&folder.file(), &["repair"]);
    assert!(said.contains("message: 1 saved"), "{said}");
    for ending in ["", ".lock"] {
        let owner = fs::metadata(folder.file() + ending).expect("it is there");
        assert_eq!((owner.uid(), owner.gid()), (NOBODY, NOBODY), "{ending}");
    }
}
