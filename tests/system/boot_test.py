"""The package on a machine of its own: at boot by service and by fstab, at shutdown, after a crash, with a credential,
on a schedule, and after its removal. Long runs only."""
import os
import re
import shutil
import subprocess
import time
import unittest

from machine import Machine, make_machine
from shelf import PROGRAM, VECTOR_PASSWORD

INI = """[home]
root = /srv/homeassistant
[key]
old = /etc/backshelf/old-keys
"""
FSTAB = "backshelf /backup backshelf nofail,x-systemd.before=smbd.service,x-systemd.requires-mounts-for=/var/lib 0 0\n"


def setUpModule():
    make_machine()


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
        times = [float(line.split("]")[0].strip("[ ")) for line in self.journal.splitlines()
                 if re.search(r"(Stopping|Stopped) backshelf.service", line)]
        self.assertEqual(len(times), 2)
        self.assertLess(times[1] - times[0], 10)

    def test_without_a_configuration_nothing_starts_and_nothing_fails(self):
        self.enable()
        self.boot(r"""
check "service waits" refused systemctl is-active backshelf
check "nothing failed" test -z "$(systemctl --failed --plain --no-legend)"
check "no mount point was made" refused test -e /backup
""")
        self.assertEqual(self.bad, [])

    def test_after_a_crash_the_mount_point_is_dead_until_the_service_is_back(self):
        self.enable()
        self.put("etc/backshelf/backshelf.ini", INI)
        self.boot(r"""
while :; do setpriv --reuid=65534 --clear-groups touch /backup/lost; done 2>/dev/null &
writer=$!
old=$(pid)
kill -9 "$old"
deadline=$((SECONDS + 30)) dead=0 back=0
while ((SECONDS < deadline)); do
  if ! names=$(ls /backup 2>/dev/null); then
    dead=$((dead + 1))
  elif [[ "$(pid)" != "$old" && "$(pid)" != 0 && -n "$names" ]]; then
    back=1
    break
  fi
done
kill $writer
check "dead at first" test $dead -gt 0
check "back" test $back = 1
check "one mount only" test "$(grep -c ' /backup ' /proc/self/mountinfo)" = 1
check "served" test -s /backup/v3_gz_basic/config/configuration.yaml
check "restart, stop and start" systemctl restart backshelf
check "served again" test -s /backup/v3_gz_basic/config/configuration.yaml
systemctl stop backshelf
check "nothing was written below the shelf" test -z "$(ls -A /backup)"
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
        self.put("etc/backshelf/backshelf.ini", INI.replace("old = /etc/backshelf/old-keys", "file = /nowhere/key"))
        self.put("etc/backshelf/key", VECTOR_PASSWORD + "\n")
        example = os.path.join(self.root, "usr/share/doc/backshelf/examples/credential.conf")
        with open(example, encoding="utf-8") as file:
            self.put("etc/systemd/system/backshelf.service.d/credential.conf", file.read())
        self.boot(r"""
check "shelf is seen from outside the service" findmnt -t fuse.backshelf /backup
check "opened with the credential" test -s /backup/v3_gz_basic/config/configuration.yaml
""")

    def test_a_backup_runs_at_its_due_time(self):
        self.enable()
        due = time.strftime("%H:%M", time.gmtime(time.time() + 100))
        ini = self.write("scheduled.ini", INI + f"[automatic]\ndays = daily\ntime = {due}\njitter = 0s\n")
        self.addCleanup(os.unlink, ini)
        said = subprocess.run([PROGRAM, "check-config", "-c", ini], capture_output=True, text=True, check=False)
        if "No effect in this version: [automatic] time" in said.stdout:
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
        self.put("etc/fstab", "")
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
before=$(pid)
echo 'backup name="Kept"' > /backup/control
check "backup is made" within 60 has_backup Kept
check "idle again" within 60 idle
check "upgraded" dpkg -i /backshelf.deb
check "served after the upgrade" within 20 test -e /backup/v3_gz_basic/backup.json
check "by one that is new" refused test -e "/proc/$before"
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
        allowed = re.compile(r"/etc/(backshelf/|systemd/system/multi-user.target.wants/backshelf.service$)"
                             r"|/var/lib/backshelf/|/var/cache/backshelf/|/var/lib/(dpkg/info|systemd/deb-systemd-helper)|/backshelf.deb$")
        self.assertEqual([name for name in new if not allowed.match(name)], [])
        left = {name for name in self.read("after-purge").split("\n") if "backshelf" in name}
        archives = {name for name in left if re.match(r"/var/lib/backshelf/archives/.*\.tar$", name)}
        self.assertEqual(len(archives), 2)
        kept = {"/etc/backshelf/backshelf.ini", "/etc/backshelf/key", "/etc/backshelf/old-keys", "/backshelf.deb"}
        self.assertEqual(left - archives, kept)


if __name__ == "__main__":
    unittest.main()
