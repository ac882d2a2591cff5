"""The jail: standalone, so that a room's python can run this file by itself, on a bare stdlib.

`python -I -S jail.py '<json>'` runs a command without network, with nothing of the host to see but
what is named, all of it read-only, without privileges; and it tells what of that it managed.

    this process            waits; kills all when its parent is gone (the life descriptor closes)
      `- first of the jail  builds the new root, gives up all capabilities, reaps
           `- the command

Keys: command, isolation, read, scratch, tmp_bytes, report_fd, life_fd, fds.
Nothing of boxship may be imported here.
"""

import ctypes
import json
import os
import resource
import select
import signal
import sys

NEWNS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT = 1, 2, 4, 8, 32
BIND, MOVE, REC, PRIVATE, DETACH = 4096, 8192, 16384, 1 << 18, 2
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 1, 24, 38, 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
REFUSED = 77

# Each is tried in a child of its own, the best first: (namespaces, own files, own processes)
STRATEGIES = (
    ("user and process namespaces", NEWUSER | NEWNS | NEWNET | NEWIPC | NEWPID, True),
    ("process namespaces as root", NEWNS | NEWNET | NEWIPC | NEWPID, True),
    ("user namespaces, shared processes", NEWUSER | NEWNS | NEWNET | NEWIPC, True),
    ("namespaces as root, shared processes", NEWNS | NEWNET | NEWIPC, True),
    ("a user's network namespace only", NEWUSER | NEWNET, False),
    ("a network namespace only", NEWNET, False),
)
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32", "/nix/store")
ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "alternatives", "os-release", "mime.types")
DEVICES = ("null", "zero", "full", "random", "urandom")
LINKS = (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2"))
MOUNT_FLAGS = {
    **{"ro": RDONLY, "nosuid": NOSUID, "nodev": NODEV, "noexec": NOEXEC},
    **{"noatime": 1024, "nodiratime": 2048, "relatime": 1 << 21},
}

libc = ctypes.CDLL(None, use_errno=True)


def main(config: "dict[str, object]") -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.set_inheritable(config["report_fd"], False)
    os.set_inheritable(config["life_fd"], False)
    report, child, result = settle(config)
    with os.fdopen(config["report_fd"], "w") as file:
        file.write(json.dumps(report) + "\n")
    if child is None:
        return REFUSED
    for fd in config["fds"]:
        os.close(fd)
    return end_like(wait(child, result, config["life_fd"]))


def settle(config: "dict[str, object]") -> "tuple[dict[str, object], int | None, int]":
    """(report, process, where it will tell how the command ended) of the best that works."""
    why = []
    wanted = STRATEGIES if config["isolation"] != "off" else ()
    if wanted and not hasattr(libc, "unshare"):
        wanted, why = (), ["this system has no namespaces"]
    for name, flags, own_files in wanted:
        if (not flags & NEWUSER and os.geteuid() != 0) or (not own_files and config["isolation"] == "require"):
            continue
        child, result, trouble = enter(config, flags, own_files)
        if not trouble:
            whole = own_files and flags & NEWPID
            return report_of("none", "hidden" if own_files else "open", True, [] if whole else why), child, result
        why.append(f"{name}: {trouble}")
    if config["isolation"] == "require":
        return {**report_of("open", "open", False, why), "refused": True}, None, -1
    child, result, trouble = enter(config, 0, False)
    why += [trouble] if trouble else []
    return report_of("open", "open", config["isolation"] != "off", why), None if trouble else child, result


def report_of(network: str, files: str, unprivileged: bool, why: "list[str]") -> "dict[str, object]":
    return {"network": network, "files": files, "unprivileged": unprivileged, "why": why}


def enter(config: "dict[str, object]", flags: int, own_files: bool) -> "tuple[int, int, str]":
    """(process, where it tells the end, trouble): "" once the command is about to be run."""
    status_out, status_in = os.pipe()
    result_out, result_in = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(status_out)
        os.close(result_out)
        try:
            inside(config, flags, own_files, status_in, result_in)
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


def inside(config: "dict[str, object]", flags: int, own_files: bool, status: int, result: int) -> None:
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
    if own_files:
        new_root(config, uid, gid, own_processes=bool(flags & NEWPID))
        home = "/tmp"  # noqa: S108 - the jail's own
    if config["isolation"] != "off":
        give_up_privileges()
    os.chdir(home)
    os.environ.update(HOME=home, TMPDIR=home)
    command = os.fork()
    if command == 0:
        try:
            die_with_parent()
            os.write(status, b"ok")
            os.execv(config["command"][0], config["command"])
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


def new_root(config: "dict[str, object]", uid: int, gid: int, own_processes: bool) -> None:
    root, size = config["scratch"], config["tmp_bytes"]
    mount(None, "/", None, REC | PRIVATE)
    mount("tmpfs", root, "tmpfs", NOSUID | NODEV, "size=16m,mode=755")
    for folder in ("tmp", "proc", "dev", "dev/shm", "etc"):
        os.mkdir(f"{root}/{folder}")
    mount("tmpfs", f"{root}/tmp", "tmpfs", NOSUID | NODEV, f"size={size},mode=1777")
    mount("tmpfs", f"{root}/dev/shm", "tmpfs", NOSUID | NODEV, f"size={size},mode=1777")
    if own_processes:
        mount("proc", f"{root}/proc", "proc", NOSUID | NODEV | NOEXEC)
    else:
        mount("/proc", f"{root}/proc", None, BIND | REC)
    for device in DEVICES:
        bind(root, f"/dev/{device}")
    for name, target in LINKS:
        os.symlink(target, f"{root}/dev/{name}")
    for path in SYSTEM:
        if os.path.islink(path):
            os.symlink(os.readlink(path), root + path)
        elif os.path.isdir(path):
            bind(root, path)
    for name in ETC:
        if os.path.exists(f"/etc/{name}"):
            bind(root, f"/etc/{name}")
    write(f"{root}/etc/passwd", f"model:x:{uid}:{gid}::/tmp:/bin/false\n")
    write(f"{root}/etc/group", f"model:x:{gid}:\n")
    for path in sorted(config["read"], key=len):
        if not os.path.lexists(root + path):
            bind(root, path)
    if os.path.isdir("/sys/devices/system/cpu"):  # how many there are
        bind(root, "/sys/devices/system/cpu")
    read_only(root)
    change_root(root)
    mount(None, "/", None, REMOUNT | BIND | RDONLY | NOSUID | NODEV)


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
    writable = {root, f"{root}/tmp", f"{root}/dev/shm"}
    with open("/proc/self/mountinfo") as file:
        lines = [line.split() for line in file]
    for line in lines:
        path = line[4].encode().decode("unicode_escape").encode("latin-1").decode()
        if path.startswith(root + "/") and path not in writable and not path.startswith(f"{root}/dev/"):
            kept = sum(MOUNT_FLAGS.get(option, 0) for option in set(line[5].split(",")) - {"ro", "nosuid"})
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
            os.killpg(0, signal.SIGKILL)
        if result in ready:
            said = os.read(result, 64)
            os.waitpid(child, 0)
            return int(said) if said else signal.SIGKILL


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
        raise OSError(number, os.strerror(number), name)


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
