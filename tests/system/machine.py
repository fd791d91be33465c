"""A machine of its own: Debian with the package under test, booted by systemd in a container."""
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from package_test import make_package
from shelf import DATA, LONG, VECTOR_PASSWORD, make_home

IMAGE_PACKAGES = "systemd,systemd-sysv,dbus,fuse3,udev,procps"
# Ends the machine whatever happens; nspawn returns its code.
CHECK_UNIT = """[Unit]
After=backshelf.service smbd.service
[Service]
ExecStart=/bin/bash /report/check.sh
ExecStopPost=/bin/systemctl --no-block exit 0
TimeoutStopSec=5
"""
# Stands for Samba: notes whether the shelf was there when it started.
SMBD_UNIT = """[Unit]
After=network.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'ls /backup > /report/smbd-saw; true'
ExecStop=/bin/sh -c 'ls /backup > /report/smbd-saw-at-its-end; true'
[Install]
WantedBy=multi-user.target
"""
PRELUDE = r"""
check() {  # WHAT COMMAND…
  local what=$1; shift
  if "$@" >/report/last 2>&1; then echo "ok $what" >>/report/checks
  else { echo "FAILED $what"; cat /report/last; } >>/report/checks; fi
}
refused() { ! "$@"; }
within() {  # SECONDS COMMAND…
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do ((SECONDS < end)) || return 1; sleep 0.1; done
}
idle() { grep -q '"state": *"idle"' /backup/status.json && grep -q '"queue": *\[\]' /backup/status.json; }
has_backup() { compgen -G "/backup/$1*/backup.json"; }
pid() { systemctl show -P MainPID backshelf; }
"""


def reason_to_skip():
    if not LONG:
        return "boots a machine several times: only in a long run"
    if os.geteuid() != 0:
        return "only root can boot a machine"
    if os.environ.get("BACKSHELF_SANITIZED"):
        return "a package is made of a release build"
    missing = [tool for tool in ("debootstrap", "systemd-nspawn", "dpkg-shlibdeps") if not shutil.which(tool)]
    return f"not installed: {', '.join(missing)} (scripts/setup --long)" if missing else None


def apt_source():
    """Where this machine gets its own packages from."""
    for folder, _, names in os.walk("/etc/apt"):
        for name in names:
            if name.endswith((".list", ".sources")):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    found = re.search(r"^(?:URIs: |deb (?:\[.*\] )?)(\S+/debian/?)(\s|$)", file.read(), re.M)
                if found:
                    return found.group(1)
    return "http://deb.debian.org/debian"


def nspawn(root, *words, timeout=300):
    return subprocess.run(["systemd-nspawn", "-q", "-D", root, "--register=no", "--keep-unit", *words],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False)


def files_of(root):
    return {os.path.join("/", os.path.relpath(os.path.join(folder, name), root))
            for folder, _, names in os.walk(root) for name in names}


def make_machine():
    """For setUpModule(): makes the image, or skips."""
    reason = reason_to_skip()
    if reason:
        raise unittest.SkipTest(reason)
    folder = tempfile.mkdtemp(prefix="backshelf-test-")
    unittest.addModuleCleanup(shutil.rmtree, folder)
    Machine.root = os.path.join(folder, "root")
    subprocess.run(["debootstrap", "--variant=minbase", "--include=" + IMAGE_PACKAGES, "bookworm", Machine.root,
                    apt_source()], check=True, capture_output=True, timeout=900)
    os.makedirs(os.path.join(folder, "package"))
    shutil.copyfile(make_package(os.path.join(folder, "package")), os.path.join(Machine.root, "backshelf.deb"))
    prepare_image()


def prepare_image():
    # The libraries come first and stay: then the difference is the package itself.
    install = "apt-get install -q -y --no-install-recommends"
    done = nspawn(Machine.root, "sh", "-c", f"export DEBIAN_FRONTEND=noninteractive; apt-get update -q && {install} "
                  "/backshelf.deb && dpkg --purge backshelf", timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    Machine.before = files_of(Machine.root)
    done = nspawn(Machine.root, "sh", "-c", f"DEBIAN_FRONTEND=noninteractive {install} /backshelf.deb", timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    Machine.after = files_of(Machine.root)
    make_home(os.path.join(Machine.root, "srv/homeassistant"), big_bytes=64 * 1024 * 1024)
    Machine.write("etc/backshelf/old-keys", VECTOR_PASSWORD + "\n", 0o600)
    Machine.write("etc/systemd/system/check.service", CHECK_UNIT)
    Machine.write("etc/systemd/system/smbd.service", SMBD_UNIT)
    Machine.write("etc/systemd/system/hooked.service", "[Service]\nType=oneshot\nExecStart=/bin/touch /report/hooked\n")
    archives = os.path.join(Machine.root, "var/lib/backshelf/archives")
    os.makedirs(archives)
    shutil.copy(os.path.join(DATA, "vectors/archives/v3_gz_basic.tar"), archives)
    wants = os.path.join(Machine.root, "etc/systemd/system/multi-user.target.wants")
    for name in ("check.service", "smbd.service"):
        os.symlink(f"/etc/systemd/system/{name}", os.path.join(wants, name))


class Machine(unittest.TestCase):
    """One image; each boot works on a copy in memory that is gone afterwards."""
    root = ""
    before = after = frozenset()

    @classmethod
    def write(cls, name, text, mode=0o644):
        path = os.path.join(cls.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def put(self, name, text):
        """A file of this test alone."""
        self.addCleanup(os.unlink, self.write(name, text))

    def enable(self):
        link = os.path.join(self.root, "etc/systemd/system/multi-user.target.wants/backshelf.service")
        os.symlink("/usr/lib/systemd/system/backshelf.service", link)
        self.addCleanup(os.unlink, link)

    def boot(self, script, timeout=240):
        """Boots, runs the script, shuts down; all its checks must hold and the shutdown be clean."""
        report = tempfile.mkdtemp(prefix="backshelf-test-")
        self.addCleanup(shutil.rmtree, report)
        os.makedirs(os.path.join(report, "journal"))
        with open(os.path.join(report, "check.sh"), "w", encoding="utf-8") as file:
            file.write(PRELUDE + script + "\necho end >>/report/checks\n")
        started = time.monotonic()
        # CAP_IPC_LOCK: without it nspawn's own filter refuses mlock(2), which no real machine does.
        done = nspawn(self.root, "--boot", "--bind=/dev/fuse", "--private-network", "--volatile=overlay",
                      "--capability=CAP_IPC_LOCK",
                      f"--bind={report}:/report", f"--bind={report}/journal:/var/log/journal", timeout=timeout)
        self.seconds = time.monotonic() - started
        journal = subprocess.run(["journalctl", "-D", os.path.join(report, "journal"), "-o", "short-monotonic"],
                                 capture_output=True, text=True, check=False).stdout
        try:
            with open(os.path.join(report, "checks"), encoding="utf-8") as file:
                checks = file.read()
        except FileNotFoundError:
            self.fail("the machine did not come up\n" + done.stdout[-3000:] + done.stderr + journal[-3000:])
        self.assertNotIn("FAILED", checks, journal[-6000:])
        self.assertIn("end\n", checks)
        self.assertEqual(done.returncode, 0, done.stderr)
        bad = [line for line in journal.splitlines()
               if re.search(r"[Tt]imed out|stop-sigterm|Failed with result|Failed unmounting", line)
               and "var-log-journal" not in line]  # the log itself, which is written to the end
        self.report, self.journal, self.bad = report, journal, bad
        return checks

    def read(self, name):
        with open(os.path.join(self.report, name), encoding="utf-8") as file:
            return file.read()
