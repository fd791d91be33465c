"""The Debian package on a machine of its own, booted by systemd in a container: at boot by service and by fstab, at
shutdown, after a crash, with a credential, on a schedule, and after its removal. Long runs only."""
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from package_test import make_package
from shelf import DATA, LONG, PROGRAM, VECTOR_PASSWORD, make_home

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
ExecStart=/bin/sh -c 'ls /backup > /report/smbd-saw'
ExecStop=/bin/sh -c 'ls /backup > /report/smbd-saw-at-its-end'
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
INI = """[home]
root = /srv/homeassistant
[key]
old = /etc/backshelf/old-keys
"""
FSTAB = "backshelf /backup backshelf nofail,x-systemd.before=smbd.service,x-systemd.requires-mounts-for=/var/lib 0 0\n"


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


def setUpModule():
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


class Service(Machine):
    def test_the_shelf_is_there_after_boot_before_samba_and_ends_cleanly(self):
        self.enable()
        self.put("etc/backshelf/backshelf.ini", INI + "[backup]\nbefore = systemctl start hooked.service\n")
        self.boot(r"""
check "service is active" systemctl is-active backshelf
check "shelf is mounted" findmnt -t fuse.backshelf /backup
check "archive of Home Assistant is read" test -s /backup/v3_gz_basic/config/configuration.yaml
check "first key was made" test "$(stat -c %a /etc/backshelf/key)" = 600
echo 'backup name="At boot"' > /backup/control
check "backup is made" within 60 has_backup At_boot
check "hook could start a unit" test -e /report/hooked
check "idle again" within 60 idle
cat /backup/status > /report/status
check "backup holds the home" diff -r /srv/homeassistant/ssl /backup/At_boot*/ssl
check "keys are locked in memory" refused grep 'swapped out' /backup/log
check "nothing failed" test -z "$(systemctl --failed --plain --no-legend)"
# A shutdown in the middle of a backup and of somebody's reading.
echo 'backup name="Cut short"' > /backup/control
exec 7< /backup/v3_gz_basic/config/configuration.yaml
""")
        self.assertIn("v3_gz_basic", self.read("smbd-saw"))
        self.assertIn("v3_gz_basic", self.read("smbd-saw-at-its-end"))
        self.assertEqual(self.bad, [])
        self.assertIn("backshelf.service: Deactivated successfully", self.journal)

    def test_without_a_configuration_nothing_starts_and_nothing_fails(self):
        self.enable()
        self.boot(r"""
check "service waits" refused systemctl is-active backshelf
check "nothing failed" test -z "$(systemctl --failed --plain --no-legend)"
check "no mount point was made" refused test -e /backup
""")
        self.assertEqual([line for line in self.bad if "smbd" not in line], [])

    def test_after_a_crash_the_mount_point_is_dead_until_the_service_is_back(self):
        self.enable()
        self.put("etc/backshelf/backshelf.ini", INI)
        self.boot(r"""
old=$(pid)
kill -9 "$old"
deadline=$((SECONDS + 30)) dead=0 back=0
while ((SECONDS < deadline)); do
  if names=$(ls -A /backup 2>/dev/null); then
    [[ -n "$names" ]] || { touch /report/empty; }
    [[ "$(pid)" == "$old" || "$(pid)" == 0 || -z "$names" ]] || { back=1; break; }
  else
    dead=$((dead + 1))
  fi
done
echo "dead: $dead looks" > /report/looks
check "dead at first" test $dead -gt 0
check "back" test $back = 1
check "never empty" refused test -e /report/empty
check "one mount only" test "$(grep -c ' /backup ' /proc/self/mountinfo)" = 1
check "served" test -s /backup/v3_gz_basic/config/configuration.yaml
check "restart, stop and start" systemctl restart backshelf
check "served again" test -s /backup/v3_gz_basic/config/configuration.yaml
systemctl stop backshelf
check "a stop leaves an empty folder" test -z "$(ls -A /backup)"
check "and no mount" refused findmnt /backup
systemctl start backshelf
check "umount ends the service" umount /backup
check "ended" within 10 refused systemctl is-active backshelf
check "without failing" refused systemctl is-failed backshelf
""")

    def test_a_wrong_configuration_is_not_tried_again_and_again(self):
        self.enable()
        self.put("etc/backshelf/backshelf.ini", "[no such section]\n")
        self.boot(r"""
sleep 8
check "failed" systemctl is-failed backshelf
check "tried once" test "$(systemctl show -P NRestarts backshelf)" = 0
check "nothing is mounted" refused findmnt /backup
check "the journal says why" grep -q 'no such section' <(journalctl -u backshelf)
""")

    def test_the_key_can_come_as_a_credential(self):
        self.enable()
        self.put("etc/backshelf/backshelf.ini", INI + "file = /nowhere/key\n")
        self.put("etc/backshelf/key", VECTOR_PASSWORD + "\n")
        self.put("etc/backshelf/old-keys", "")
        with open(os.path.join(self.root, "usr/share/doc/backshelf/examples/credential.conf"), encoding="utf-8") as file:
            self.put("etc/systemd/system/backshelf.service.d/credential.conf", file.read())
        self.boot(r"""
check "shelf is seen from outside the service" findmnt -t fuse.backshelf /backup
check "opened with the credential" test -s /backup/v3_gz_basic/config/configuration.yaml
""")
        self.write("etc/backshelf/old-keys", VECTOR_PASSWORD + "\n", 0o600)

    def test_a_backup_runs_at_its_due_time(self):
        self.enable()
        due = time.strftime("%H:%M", time.gmtime(time.time() + 100))
        ini = self.write("scheduled.ini", INI + f"[automatic]\ndays = daily\ntime = {due}\njitter = 0s\n")
        self.addCleanup(os.unlink, ini)
        said = subprocess.run([PROGRAM, "check-config", "-c", ini], capture_output=True, text=True, check=False)
        if re.search(r"no effect.*(days|time)|(days|time).*no effect", said.stdout + said.stderr):
            self.skipTest("this program has no scheduler: " + said.stdout)
        shutil.copyfile(ini, os.path.join(self.root, "etc/backshelf/backshelf.ini"))
        self.addCleanup(os.unlink, os.path.join(self.root, "etc/backshelf/backshelf.ini"))
        self.boot(r"""
count() { compgen -G '/backup/*/backup.json' | wc -l; }
before=$(count)
more() { test "$(count)" -gt "$before"; }
check "a backup is made by itself" within 180 more
check "idle again" within 60 idle
check "last backup went well" grep -qE '"ok": *true' /backup/status.json
""", timeout=400)
        self.assertEqual(self.bad, [])


class Fstab(Machine):
    def test_the_shelf_is_there_after_boot_and_umount_and_mount_work(self):
        self.put("etc/backshelf/backshelf.ini", INI)
        os.mkdir(os.path.join(self.root, "backup"))
        self.addCleanup(os.rmdir, os.path.join(self.root, "backup"))
        for options in ("", "_netdev,"):
            with self.subTest(options or "no _netdev"):
                self.write("etc/fstab", FSTAB.replace("nofail", options + "nofail"))
                self.boot(r"""
check "mount unit is active" systemctl is-active backup.mount
check "shelf is mounted" findmnt -t fuse.backshelf /backup
check "mount -a again" mount -a
check "umount" umount /backup
check "daemon ends" within 20 refused pgrep mount.backshelf
check "mount /backup" mount /backup
check "archive of Home Assistant is read" test -s /backup/v3_gz_basic/config/configuration.yaml
echo 'backup name="From fstab"' > /backup/control
check "backup is made" within 60 has_backup From_fstab
check "idle again" within 60 idle
check "umount" umount /backup
check "daemon ends" within 20 refused pgrep mount.backshelf
check "by systemd" systemctl start backup.mount
check "archive is read" test -s /backup/v3_gz_basic/config/configuration.yaml
check "nothing failed" test -z "$(systemctl --failed --plain --no-legend)"
""")
                self.assertIn("v3_gz_basic", self.read("smbd-saw"))
                self.assertEqual(self.bad, [])
        os.unlink(os.path.join(self.root, "etc/fstab"))

    def test_with_nofail_a_shelf_that_cannot_be_mounted_does_not_stop_the_boot(self):
        self.put("etc/fstab", FSTAB)
        self.boot(r"""
check "booted" within 20 systemctl is-active multi-user.target
check "mount failed" systemctl is-failed backup.mount
check "the journal says why" grep -q 'backshelf.ini does not exist' <(journalctl -u backup.mount)
""")


class Removal(Machine):
    def test_it_ends_the_service_and_leaves_only_configuration_state_and_archives(self):
        self.enable()
        self.put("etc/backshelf/backshelf.ini", INI)
        self.boot(r"""
echo 'backup name="Kept"' > /backup/control
check "backup is made" within 60 has_backup Kept
check "idle again" within 60 idle
files() { find / -xdev -type f -o -xdev -type l | grep -vE '^/(proc|sys|dev|run|report|tmp|var/log)/' | sort; }
check "removed" dpkg --remove backshelf
files > /report/after-remove
check "nothing is mounted" refused findmnt /backup
check "no daemon" refused pgrep backshelf
check "nothing failed" test -z "$(systemctl --failed --plain --no-legend)"
check "mount point is empty" test -z "$(ls -A /backup)"
check "purged" dpkg --purge backshelf
files > /report/after-purge
""")
        packages = self.after - self.before
        self.assertIn("/usr/bin/backshelf", packages)
        left = set(self.read("after-remove").split("\n")) & packages
        self.assertEqual({name for name in left if not name.startswith("/var/lib/dpkg/info/")}, set())
        new = {name for name in self.read("after-remove").split("\n") if "backshelf" in name}
        allowed = re.compile(r"/etc/(backshelf/|systemd/system/multi-user.target.wants/backshelf.service$)|/var/lib/backshelf/"
                             r"|/var/cache/backshelf/|/var/lib/(dpkg/info|systemd/deb-systemd-helper)|/backshelf.deb$")
        self.assertEqual([name for name in new if not allowed.match(name)], [])
        left = {name for name in self.read("after-purge").split("\n") if "backshelf" in name}
        archives = {name for name in left if name.startswith("/var/lib/backshelf/archives/") and name.endswith(".tar")}
        self.assertEqual(len(archives), 2)
        kept = {"/etc/backshelf/backshelf.ini", "/etc/backshelf/key", "/etc/backshelf/old-keys", "/backshelf.deb"}
        self.assertEqual(left - archives, kept)


if __name__ == "__main__":
    unittest.main()
