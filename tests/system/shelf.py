"""A private Backshelf for one test: configuration, key, home, archives, mount. Everything lies in one temporary folder."""
import json
import os
import shutil
import subprocess
import tempfile
import time

PROGRAM = os.environ["BACKSHELF"]
DATA = os.environ["BACKSHELF_TEST_DATA"]
LONG = bool(os.environ.get("BACKSHELF_TEST_LONG"))
VECTORS = os.path.join(DATA, "vectors")
VECTOR_PASSWORD = "correct horse battery staple"
KEY = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ01"


def wait_for(condition, seconds=20.0, what="the expected state", pause=0.02):
    """Polls until condition() is true and returns its value; fails with `what` after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(pause)


def is_mounted(path):
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        return any(line.split()[4] == os.path.realpath(path) for line in table)


class Shelf:
    """Use as a context manager: leaves no mount, process or file behind."""

    def __init__(self, config="", archives=(), key=KEY, old=VECTOR_PASSWORD, archives_path=None, uid=None):
        self.root = tempfile.mkdtemp(prefix="backshelf-test-")
        os.chmod(self.root, 0o755)
        self.home = self.path("home")
        self.archives = archives_path or self.path("archives")
        self.mount_point = self.path("mnt")
        self.state = self.path("state")
        self.ini = self.path("backshelf.ini")
        for folder in (self.home, self.archives, self.mount_point, self.path("cache")):
            os.makedirs(folder, exist_ok=True)
        if key is not None:
            self.write("key", key + "\n", 0o600)
        if old is not None:
            self.write("old-keys", old + "\n", 0o600)
        for archive in archives:
            self.add(archive)
        self.configure(config)
        self.uid = uid

    def path(self, *names):
        return os.path.join(self.root, *names)

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def configure(self, extra=""):
        """The INI: paths inside this folder, then `extra` (whole sections)."""
        sections = {
            "home": f"root = {self.home}", "key": f"file = {self.path('key')}\nold = {self.path('old-keys')}",
            "location local": f"path = {self.archives}", "state": f"path = {self.state}",
            "cache": f"path = {self.path('cache')}",
        }
        if not os.path.exists(self.path("old-keys")):
            sections["key"] = f"file = {self.path('key')}"
        text = "".join(f"[{name}]\n{body}\n" for name, body in sections.items())
        self.write("backshelf.ini", text + extra)

    def add(self, archive, name=None):
        source = archive if os.path.isabs(archive) else os.path.join(VECTORS, "archives", archive)
        target = os.path.join(self.archives, name or os.path.basename(source))
        temporary = target + ".part"
        shutil.copyfile(source, temporary)
        os.rename(temporary, target)
        return target

    def run(self, *words, config=True, check=None, text=True, timeout=300, user=None, **more):
        """Runs the program; `check` is the exit code demanded."""
        command = [PROGRAM] + ([words[0], "-c", self.ini, *words[1:]] if config else list(words))
        if user is not None:
            command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] + command
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=text,
                              timeout=timeout, check=False, **more)
        if check is not None and done.returncode != check:
            raise AssertionError(f"{command} gave {done.returncode}, not {check}\n{done.stdout}\n{done.stderr}")
        return done

    def mount(self, *options, source=None):
        """Mounts with the INI, or with `source` (words before the mount point) and no configuration."""
        words = ["mount", *options]
        words += ["-c", self.ini] if source is None else [source]
        done = subprocess.run([PROGRAM, *words, self.mount_point], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise AssertionError(f"mount gave {done.returncode}: {done.stderr}")
        assert is_mounted(self.mount_point)
        return self

    def daemon_pid(self):
        """The process that serves this mount."""
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
            except OSError:
                continue
            if PROGRAM.encode() in words and self.mount_point.encode() in words:
                return int(name)
        return None

    def unmount(self):
        if not is_mounted(self.mount_point):
            return
        pid = self.daemon_pid()
        subprocess.run(["umount", self.mount_point], check=True, capture_output=True, timeout=30)
        if pid:
            wait_for(lambda: not os.path.exists(f"/proc/{pid}") or self.is_zombie(pid), 30, "the daemon's end")

    @staticmethod
    def is_zombie(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                return file.read().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            return True

    def on_mount(self, *names):
        return os.path.join(self.mount_point, *names)

    def folders(self):
        """Names of the backups on the mount."""
        fixed = {"control", "status", "status.json", "log", "locations"}
        return sorted(name for name in os.listdir(self.mount_point) if name not in fixed)

    def status(self):
        with open(self.on_mount("status.json"), encoding="utf-8") as file:
            return json.load(file)

    def command(self, line):
        """One line to the control file; OSError is the daemon's answer."""
        handle = os.open(self.on_mount("control"), os.O_WRONLY)
        try:
            os.write(handle, line.encode() + b"\n")
        finally:
            os.close(handle)

    def wait_idle(self, seconds=120):
        def idle():
            now = self.status()  # both of one moment
            return now["state"] == "idle" and not now["queue"]
        return wait_for(idle, seconds, "idle")

    def backup(self, name, words=""):
        """A backup through the control file; returns its folder when everything behind it is done."""
        before = set(self.folders())
        self.command(f'backup name="{name}" {words}')
        made = wait_for(lambda: [f for f in set(self.folders()) - before
                                 if os.path.exists(self.on_mount(f, "backup.json"))], 120, "the new backup")
        self.wait_idle()
        return made[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if is_mounted(self.mount_point):
            try:
                self.unmount()
            except (subprocess.SubprocessError, AssertionError):
                subprocess.run(["umount", "-l", self.mount_point], check=False, capture_output=True)
        shutil.rmtree(self.root, ignore_errors=True)


def make_home(home, files=40, big_bytes=3 * 1024 * 1024):
    """A home with configuration, database-like content, odd names, links; every part of the layout has something."""
    def put(path, data, mode=0o644, mtime_ns=1_700_000_000_123_456_789):
        full = os.path.join(home, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(data)
        os.chmod(full, mode)
        os.utime(full, ns=(mtime_ns, mtime_ns))

    put("config/configuration.yaml", b"default_config:\n")
    put("config/automations.yaml", b"- id: '1'\n  alias: Lights\n")
    put("config/.HA_VERSION", b"2026.11.2")
    put("config/.storage/core.uuid", b'{"data": {"uuid": "' + b"0" * 32 + b'"}}', 0o600)
    put("config/secrets.yaml", b"wifi: hunter2\n", 0o600)
    put("config/home-assistant_v2.db", bytes(range(256)) * (big_bytes // 256))
    put("config/home-assistant.log", b"not in a backup\n")
    put("config/empty", b"")
    for number in range(files):
        put(f"config/packages/p{number % 7}/file {number}.yaml", f"number: {number}\n".encode() * (number + 1))
    put("share/note.txt", b"shared\n")
    put(os.fsdecode(b"share/not-utf8-\xff\xfe.txt"), b"raw name\n")
    put("share/" + "long-" * 40 + "name", b"long\n")
    put("ssl/privkey.pem", b"key\n", 0o600)
    put("media/" + "/".join(["deep folder"] * 12) + "/clip.bin", os.urandom(200_000))
    put("addons/mine/config.json", b"{}")
    put("apps/core_ssh/addon.json", json.dumps({
        "user": {"version": "9.9.9"}, "system": {"name": "Terminal & SSH", "slug": "core_ssh", "version": "9.9.9"},
        "version": "9.9.9", "state": "stopped"}).encode(), 0o600)
    put("apps/core_ssh/data/options.json", b"{}")
    link = os.path.join(home, "share/link")
    if not os.path.lexists(link):
        os.symlink("note.txt", link)
        os.symlink("/config", os.path.join(home, "share/absolute link"))
        os.link(os.path.join(home, "share/note.txt"), os.path.join(home, "share/same note.txt"))
    os.makedirs(os.path.join(home, "share/empty folder"), exist_ok=True)
