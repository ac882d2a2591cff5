"""The jail: standalone, so that a room's python can run this file by itself, on a bare stdlib.

`python -I -S jail.py '<json>'` runs a command without network, with nothing of the host to see but
what is named, all of it read-only, without privileges; and it tells what of that it managed.

    this process            waits; kills all when the command has ended, and when its parent is
                            gone (the life descriptor closes): orphans come to it
      `- first of the jail  builds the new root, gives up all capabilities, reaps
           `- the command

Keys: command, isolation, read, scratch, tmp_bytes, report_fd, life_fd, fds.
Nothing of boxship may be imported here.
"""

# Os alone: pathlib would be a third of the start:
import ctypes
import errno
import json
import os
import resource
import select
import signal
import sys
from typing import Any  # the keys above are checked by process.py, which writes them

NEWNS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT = 1, 2, 4, 8, 32
BIND, MOVE, REC, PRIVATE, DETACH = 4096, 8192, 16384, 1 << 18, 2
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 1, 24, 38, 47
PR_SET_CHILD_SUBREAPER = 36
PR_CAP_AMBIENT_CLEAR_ALL = 4
REFUSED = 77

# Each is tried in a child of its own, the best first: (name, namespaces)
STRATEGIES = (
    ("user and process namespaces", NEWUSER | NEWNS | NEWNET | NEWIPC | NEWPID),
    ("process namespaces as root", NEWNS | NEWNET | NEWIPC | NEWPID),
    ("user namespaces, shared processes", NEWUSER | NEWNS | NEWNET | NEWIPC),
    ("namespaces as root, shared processes", NEWNS | NEWNET | NEWIPC),
    ("a user's network namespace only", NEWUSER | NEWNET),
    ("a network namespace only", NEWNET),
)
TMP, SHM = "/tmp", "/dev/shm"  # noqa: S108 - the jail's own
SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32", "/nix/store"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives"),
    *("/etc/localtime", "/etc/os-release", "/etc/mime.types"),
    "/sys/devices/system/cpu",  # how many there are
)
DEVICES = ("null", "zero", "full", "random", "urandom")
LINKS = (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2"))
MOUNT_FLAGS = {
    "nodev": NODEV,
    "noexec": NOEXEC,
    "noatime": 1024,
    "nodiratime": 2048,
    "relatime": 1 << 21,
}

libc = ctypes.CDLL(None, use_errno=True)


def main(config: "dict[str, Any]") -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for fd in (config["report_fd"], config["life_fd"]):
        os.set_inheritable(fd, False)  # noqa: FBT003 - it takes no keywords
    if hasattr(libc, "prctl"):
        prctl(PR_SET_CHILD_SUBREAPER, 1)
    report, child, result = settle(config)
    with os.fdopen(config["report_fd"], "w") as file:
        file.write(json.dumps(report) + "\n")
    if child is None:
        return REFUSED
    for fd in config["fds"]:
        os.close(fd)
    return end_like(wait(child, result, config["life_fd"]))


def settle(config: "dict[str, Any]") -> "tuple[dict[str, Any], int | None, int]":
    """(report, process, where it will tell how the command ended) of the best that works."""
    why: list[str] = []
    for name, flags in strategies(config["isolation"]):
        child, result, trouble = enter(config, flags)
        if not trouble:
            whole = flags & NEWNS and flags & NEWPID
            return report_of(flags, [] if whole else why), child, result
        why.append(f"{name}: {trouble}")
    if config["isolation"] == "require":
        return {**report_of(0, why), "refused": True}, None, -1
    child, result, trouble = enter(config, 0)
    report = report_of(0, why or ["isolation is switched off"])
    report["unprivileged"] = config["isolation"] != "off"
    return report, None if trouble else child, result


def strategies(isolation: str) -> "list[tuple[str, int]]":
    if isolation == "off" or not hasattr(libc, "unshare"):
        return []
    return [
        (name, flags)
        for name, flags in STRATEGIES
        if (flags & NEWUSER or os.geteuid() == 0) and (flags & NEWNS or isolation != "require")
    ]


def report_of(flags: int, why: "list[str]") -> "dict[str, Any]":
    return {
        "network": "none" if flags & NEWNET else "open",
        "files": "hidden" if flags & NEWNS else "open",
        "processes": "hidden" if flags & NEWPID else "shared",
        "unprivileged": True,
        "why": why,
    }


def enter(config: "dict[str, Any]", flags: int) -> "tuple[int, int, str]":
    """(process, where it tells the end, trouble): "" once the command is about to be run."""
    status_out, status_in = os.pipe()
    result_out, result_in = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(status_out)
        os.close(result_out)
        try:
            inside(config, flags, status_in, result_in)
        except OSError as error:
            os.write(status_in, f"{error.strerror}: {error.filename or 'the call itself'}".encode())
        finally:
            os._exit(REFUSED)
    os.close(status_in)
    os.close(result_in)
    with os.fdopen(status_out, "rb") as status:
        said = status.read().decode()
    if said == "ok":
        return child, result_out, ""
    os.waitpid(child, 0)
    os.close(result_out)
    return child, -1, said or "it was killed"


def inside(config: "dict[str, Any]", flags: int, status: int, result: int) -> None:
    """In the child: never returns but by an OSError before the command."""
    uid, gid = os.geteuid(), os.getegid()
    if flags:
        call("unshare", flags)
    if flags & NEWUSER:
        write("/proc/self/setgroups", "deny")
        write("/proc/self/uid_map", f"{uid} {uid} 1")
        write("/proc/self/gid_map", f"{gid} {gid} 1")
    die_with_parent()
    if flags & NEWPID and (first := os.fork()):
        for fd in (status, result, *config["fds"]):
            os.close(fd)
        os.waitpid(first, 0)
        os._exit(0)
    die_with_parent()
    home = config["scratch"]
    if flags & NEWNS:
        home = TMP
        new_root(config, flags, f"{uid}:{gid}")
    if config["isolation"] != "off":
        give_up_privileges()
    os.chdir(home)
    os.environ.update(HOME=home, TMPDIR=home)
    command = os.fork()
    if command == 0:
        try:
            die_with_parent()
            os.write(status, b"ok")
            os.execv(config["command"][0], config["command"])  # noqa: S606 - a list, no shell
        except OSError as error:
            os.write(2, f"cannot run {config['command'][0]}: {error.strerror}\n".encode())
        finally:
            os._exit(127)
    for fd in (status, *config["fds"]):
        os.close(fd)
    os.write(result, str(reap(command)).encode())
    os._exit(0)


def reap(command: int) -> int:
    """How the command ended; orphans that came to us as the first process are waited for too."""
    while True:
        child, status = os.wait()
        if child == command:
            return status


def new_root(config: "dict[str, Any]", flags: int, owner: str) -> None:
    root, size = config["scratch"], f"size={config['tmp_bytes']},mode=1777"
    if flags & NEWUSER:
        forbid_namespaces()
    mount(None, "/", None, REC | PRIVATE)
    mount("tmpfs", root, "tmpfs", NOSUID | NODEV, "size=16m,mode=755")
    for folder in (TMP, "/proc", "/dev", SHM, "/etc"):
        os.mkdir(root + folder)
    for folder in (TMP, SHM):
        mount("tmpfs", root + folder, "tmpfs", NOSUID | NODEV, size)
    if flags & NEWPID:
        mount("proc", f"{root}/proc", "proc", NOSUID | NODEV | NOEXEC)
    else:
        mount("/proc", f"{root}/proc", None, BIND | REC)
    bind_system(root)
    write(f"{root}/etc/passwd", f"model:x:{owner}::{TMP}:/bin/false\n")
    write(f"{root}/etc/group", f"model:x:{owner.partition(':')[2]}:\n")
    for path in sorted(config["read"], key=len):
        if os.path.exists(path) and not os.path.lexists(root + path):
            bind(root, path)
    read_only(root)
    change_root(root)
    mount(None, "/", None, REMOUNT | BIND | RDONLY | NOSUID | NODEV)


def bind_system(root: str) -> None:
    for device in DEVICES:
        bind(root, f"/dev/{device}")
    for name, target in LINKS:
        os.symlink(target, f"{root}/dev/{name}")
    for path in SYSTEM:
        if os.path.islink(path):
            os.symlink(os.readlink(path), root + path)
        elif os.path.exists(path):
            bind(root, path)


def bind(root: str, path: str) -> None:
    source, target = os.path.realpath(path), root + path
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w"):
            pass
    mount(source, target, None, BIND | REC)


def read_only(root: str) -> None:
    """Every mount under the new root, those below what was bound too; flags it has must be kept."""
    left = {root + TMP, root + SHM, *(f"{root}/dev/{device}" for device in DEVICES)}
    with open("/proc/self/mountinfo") as file:
        lines = [line.split() for line in file]
    for line in lines:
        path = line[4].encode().decode("unicode_escape").encode("latin-1").decode()
        if path.startswith(root + "/") and path not in left:
            kept = sum(MOUNT_FLAGS.get(option, 0) for option in line[5].split(","))
            mount(None, path, None, REMOUNT | BIND | RDONLY | NOSUID | kept)


def change_root(root: str) -> None:
    os.chdir(root)
    try:
        call("pivot_root", b".", b".")
        call("umount2", b".", DETACH)
    except OSError:  # the root of an initramfs cannot be pivoted
        mount(root, "/", None, MOVE)
        os.chroot(".")
    os.chdir("/")


def forbid_namespaces() -> None:
    """In our own user namespace none may be made, in which a model would be root again and reach
    far into the kernel. Elsewhere the number is the host's, so it is left as it is."""
    try:
        write("/proc/sys/user/max_user_namespaces", "0")
    except OSError:  # it cannot be written everywhere
        return


def give_up_privileges() -> None:
    """No capability now, none by any exec later, not even for root."""
    if hasattr(libc, "prctl"):
        for capability in range(64):
            prctl(PR_CAPBSET_DROP, capability)
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)
        call("capset", header, (ctypes.c_uint32 * 6)())


def wait(child: int, result: int, life: int) -> int:
    """The command's wait status; when our parent goes, everything goes."""
    poll = select.poll()
    poll.register(result, select.POLLIN | select.POLLHUP)
    poll.register(life, select.POLLHUP)
    while True:
        ready = dict(poll.poll())
        if life in ready:
            kill_all()
            os.killpg(0, signal.SIGKILL)
        if result in ready:
            said = os.read(result, 64)
            os.waitpid(child, 0)
            kill_all()
            return int(said) if said else signal.SIGKILL


def kill_all() -> None:
    """Our children, and theirs, which come to us when their parents end, whatever session they are in."""
    for _ in range(1000):  # what forks faster than we look is not ended; in a process namespace all is
        left = children()
        if not left:
            return
        for child in left:
            try:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            except OSError:  # another was quicker
                continue


def children() -> "list[int]":
    found: list[int] = []
    me = str(os.getpid())
    if not os.path.isdir("/proc/self"):
        return found
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    if file.read().rpartition(b")")[2].split()[1].decode() == me:
                        found.append(int(name))
            except (OSError, IndexError):  # it has ended
                continue
    return found


def end_like(status: int) -> int:
    """Our exit code, or the same death."""
    if not os.WIFSIGNALED(status):
        return os.WEXITSTATUS(status)
    number = os.WTERMSIG(status)
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number


def mount(source: "str | None", target: str, kind: "str | None", flags: int, data: str = "") -> None:
    names = [None if name is None else os.fsencode(name) for name in (source, target, kind)]
    if libc.mount(*names, ctypes.c_ulong(flags), data.encode()) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), f"mount {target}")


def call(name: str, *args: object) -> None:
    if getattr(libc, name)(*args) != 0:
        number = ctypes.get_errno()
        why = "the system's limit of namespaces" if number == errno.ENOSPC else os.strerror(number)
        raise OSError(number, why, name)


def die_with_parent() -> None:
    if hasattr(libc, "prctl"):
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def prctl(option: int, value: int) -> None:
    """Failures are the business of who looks at the result: what is not there cannot be given up."""
    libc.prctl(option, *(ctypes.c_ulong(number) for number in (value, 0, 0, 0)))


def write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
