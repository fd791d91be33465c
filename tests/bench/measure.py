"""Running, timing and mounting for the benchmark. Whatever is started here is ended here, by its own process id."""
import atexit
import hashlib
import os
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field

MIB = 1 << 20
TIMEOUT = 1800.0  # seconds; a command that takes longer is stuck
SPAWN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "spawn.py")


class LeftOut(Exception):
    """This contender cannot run here; the text is the reason shown."""


class WrongOutput(Exception):
    """It ran, and what it made is not right. Never counted as a result."""


@dataclass
class Sample:
    """One run. Seconds and bytes; None is not measured."""
    wall: float
    cpu: float | None = None
    rss: int | None = None  # of the largest process
    size: int | None = None
    rate: float | None = None
    flush: float | None = None  # the sync behind a writer, outside of wall
    extra: dict = field(default_factory=dict)
    code: int = 0  # exit code, when a failure is not an error

    @property
    def durable(self):
        """Until what was written is on the disk: backshelf, restic and borg sync before they end, pipelines do not."""
        return self.wall + (self.flush or 0)

    def as_dict(self):
        return {name: value for name, value in asdict(self).items() if value not in (None, {}) and name != "code"}


alive: set[int] = set()  # process groups
mounts: list = []  # of mounted.Mounted, so that all are gone at the end


def need(*programs):
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        raise LeftOut(f"not installed: {', '.join(missing)}")


def kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def start(command, cwd=None, env=None, out=subprocess.DEVNULL, err=subprocess.DEVNULL, fds=()):
    child = subprocess.Popen(command, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
                             stdout=out, stderr=err, start_new_session=True, pass_fds=fds)
    alive.add(child.pid)
    return child


def run(command, cwd=None, env=None, timeout=None, out=None, check=True):
    """Runs a command (a list, or a pipeline as text) and returns a Sample: wall, CPU and peak RSS of it and its children.
    Raises LeftOut when it fails or takes longer than `timeout` (or TIMEOUT) seconds."""
    timeout = timeout or TIMEOUT
    words = command if isinstance(command, list) else ["bash", "-c", "set -o pipefail; " + command]
    shown = command if isinstance(command, str) else shlex.join(command)
    reader, writer = os.pipe()
    with tempfile.TemporaryFile() as errors, os.fdopen(reader, encoding="ascii") as report:
        child = start([sys.executable, "-I", "-S", SPAWN, str(writer), *words], cwd, env, out or subprocess.DEVNULL, errors,
                      (writer,))
        os.close(writer)
        try:
            child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise LeftOut(f"not done within {timeout:.0f} s: {shown}") from None
        finally:
            if child.returncode is None:
                kill_group(child.pid)
                child.wait()
            alive.discard(child.pid)
        errors.seek(0)
        said = errors.read()[-2000:].decode(errors="replace").strip()
        facts = report.read().split() if child.returncode == 0 else []
    if len(facts) != 4:
        raise LeftOut(f"cannot run: {shown}: {said[-200:]}")
    if check and facts[3] != "0":
        raise LeftOut(f"exit {facts[3]}: {shown}: {said[-300:]}")
    return Sample(float(facts[0]), float(facts[1]), int(facts[2]) * 1024, code=int(facts[3]))


def output_of(command, **more):
    with tempfile.TemporaryFile() as out:
        run(command, out=out, **more)
        out.seek(0)
        return out.read().decode(errors="replace")


def flush():
    began = time.perf_counter()
    os.sync()
    return time.perf_counter() - began


def drop_caches():
    """True when the kernel's caches are empty now; False when this user may not empty them."""
    os.sync()
    try:
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
            file.write("3\n")
        return True
    except OSError:
        return False


def warm(path):
    """Reads everything once, so that the disk does not decide a row about computing."""
    if os.path.isdir(path):
        run(["find", path, "-type", "f", "-exec", "cat", "{}", "+"])
    else:
        run(["cat", path])


def remove(path):
    if os.path.islink(path) or os.path.isfile(path):
        os.unlink(path)
    elif os.path.isdir(path):
        run(["rm", "-rf", "--", path])


def fresh(path):
    remove(path)
    os.makedirs(path)
    return path


def size_of(path):
    """Bytes of all files below (or of one file)."""
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.lstat(os.path.join(folder, name)).st_size
               for folder, _, names in os.walk(path) for name in names)


def file_digest(path, digest):
    with open(path, "rb", buffering=0) as file:
        while block := file.read(MIB):
            digest.update(block)


def tree_digest(root, content=True):
    """One hash over names and kinds, and of files mode, size, whole-second time and content. Modes and times of folders are
    left out (an archive has none for `apps`), and so is the `backup.json` that an extracted archive has at its top."""
    digest = hashlib.sha256()
    for folder, folders, names in os.walk(root):
        folders.sort()
        here = os.path.relpath(folder, root)
        for name in sorted(folders + names):
            if here == "." and name == "backup.json":
                continue
            path = os.path.join(folder, name)
            facts = os.lstat(path)
            line = f"{here}/{name} {stat.S_IFMT(facts.st_mode):o}"
            if stat.S_ISREG(facts.st_mode):
                line += f" {facts.st_mode:o} {facts.st_size} {int(facts.st_mtime)}"
            digest.update(os.fsencode(line) + b"\n")
            if content and stat.S_ISREG(facts.st_mode):
                file_digest(path, digest)
    return digest.hexdigest()


def same_tree(expected_digest, root, what):
    if tree_digest(root) != expected_digest:
        raise WrongOutput(f"{what}: the tree is not the one that went in")


def same_file(original, path):
    if run(["cmp", original, path], check=False).code != 0:
        raise WrongOutput(f"{path}: not the bytes that went in")


def clean_up():
    for mounted in list(mounts):
        mounted.__exit__()
    for pid in list(alive):
        kill_group(pid)


atexit.register(clean_up)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
