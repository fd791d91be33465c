"""Habits of a shell on the mount, one test per row and rule; what delete_test, live_test and habits_test show is not repeated."""
import errno
import json
import os
import shutil
import subprocess
import time
import unittest

from shelf import LONG, VECTORS, Shelf, make_home, wait_for

BASIC = os.path.join(VECTORS, "archives", "v3_gz_basic.tar")


class Shell(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf(archives=["v3_gz_basic.tar", "plain_gz_basic.tar"])
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)

    def sh(self, *words, check=None):
        """Runs a command in the mount; returns its exit code, or its output when `check` is given."""
        done = subprocess.run(words, cwd=self.shelf.mount_point, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="surrogateescape", check=False, timeout=300)
        self.said = done.stderr
        if check is None:
            return done.returncode
        self.assertEqual(done.returncode, check, done.stderr)
        return done.stdout

    def row(self, word):
        return json.loads(self.shelf.run("show", word, "--json", check=0).stdout)

    def is_backup(self, folder):
        return os.path.exists(self.shelf.on_mount(folder, "backup.json"))

    def slow(self, seconds=30):
        """Makes every backup last until release() is called."""
        gate = self.shelf.path("gate")
        self.shelf.configure(f"[backup]\nbefore = while ! test -e {gate}; do sleep 0.05; done\ntimeout = {seconds}s\n")
        return lambda: open(gate, "w", encoding="utf-8").close()


class Copy(Shell):
    def test_one_file_is_restored_by_cp_a(self):
        self.shelf.mount()
        name = self.shelf.backup("whole", "full")
        target = os.path.join(self.shelf.home, "config/automations.yaml")
        before = os.stat(target)
        with open(target, "w", encoding="utf-8") as file:
            file.write("lost\n")
        self.sh("cp", "-a", f"{name}/config/automations.yaml", os.path.join(self.shelf.home, "config"), check=0)
        after = os.stat(target)
        self.assertEqual((after.st_mode, after.st_mtime_ns, after.st_size), (before.st_mode, before.st_mtime_ns, before.st_size))

    def test_rsync_tar_and_cp_a_take_the_whole_home_out(self):
        self.shelf.mount()
        name = self.shelf.backup("whole", "full")
        out = self.shelf.path("out")
        os.mkdir(out)
        self.sh("rsync", "-aH", "--delete", f"{name}/share/", f"{out}/share/", check=0)
        self.sh("sh", "-c", f"tar c --format=posix {name}/media | tar x -C {out}", check=0)
        self.sh("cp", "-a", f"{name}/ssl", out, check=0)
        for mine, theirs in (("share", "share"), ("media", f"{name}/media"), ("ssl", "ssl")):
            # Not the times of links: rsync leaves one that is right to the second.
            listing = [subprocess.run(["find", ".", "-type", "f", "-printf", "%P %m %T@\\n", "-o", "-type", "l", "-printf",
                                       "%P %l\\n"], cwd=at, capture_output=True, check=True).stdout.splitlines()
                       for at in (os.path.join(self.shelf.home, mine), os.path.join(out, theirs))]
            self.assertEqual(sorted(listing[0]), sorted(listing[1]), mine)
            self.assertEqual(subprocess.run(["diff", "-r", "--no-dereference", os.path.join(self.shelf.home, mine),
                                             os.path.join(out, theirs)], capture_output=True, check=False).stdout, b"")

    def test_find_grep_du_and_stat_say_what_the_home_says(self):
        self.shelf.mount()
        name = self.shelf.backup("whole", "full")
        config = os.path.join(self.shelf.home, "config")
        self.assertEqual(self.sh("grep", "-rl", "Lights", f"{name}/config", check=0), f"{name}/config/automations.yaml\n")
        found = self.sh("find", f"{name}/config/packages", "-name", "*.yaml", check=0).splitlines()
        self.assertEqual(len(found), 40)
        shown = self.sh("stat", "-c", "%s %Y %F", f"{name}/config/secrets.yaml", check=0)
        real = subprocess.run(["stat", "-c", "%s %Y %F", os.path.join(config, "secrets.yaml")], capture_output=True, text=True,
                              check=True).stdout
        self.assertEqual(shown, real)
        shown = int(self.sh("du", "-s", "--apparent-size", "-B1", f"{name}/config/packages", check=0).split()[0])
        real = sum(os.path.getsize(os.path.join(at, file)) for at, _, files in os.walk(config + "/packages") for file in files)
        self.assertGreaterEqual(shown, real)

    def test_cp_out_of_and_into_locations(self):
        self.shelf.mount()
        copy = self.shelf.path("A.tar")
        self.sh("cp", "locations/local/v3_gz_basic.tar", copy, check=0)
        self.sh("cp", copy, "locations/local/", check=0)
        self.sh("cp", copy, "B.tar", check=0)
        wait_for(lambda: {"A", "B"} <= set(self.shelf.folders()), 5, "both uploads")
        with open(BASIC, "rb") as before, open(os.path.join(self.shelf.archives, "A.tar"), "rb") as after:
            self.assertEqual(before.read(), after.read())
        self.assertNotEqual(self.sh("cp", "--remove-destination", "/etc/hostname", "locations/local/notes.txt"), 0)
        self.assertIn("Permission denied", self.said)

    def test_a_tar_that_is_no_backup_is_refused_by_cp(self):
        self.shelf.mount()
        notes = self.shelf.write("notes.tar", "hello\n" * 500)
        self.assertNotEqual(self.sh("cp", notes, "."), 0)
        self.assertIn("Invalid argument", self.said)
        wait_for(lambda: "notes.tar" not in os.listdir(self.shelf.mount_point), 5, "nothing left")

    def test_mv_between_locations_is_a_copy_and_a_delete(self):
        other = self.shelf.path("other")
        os.mkdir(other)
        self.shelf.configure(f"[location other]\npath = {other}\n")
        self.shelf.mount()
        with self.assertRaises(OSError) as error:
            os.rename(self.shelf.on_mount("locations/local/v3_gz_basic.tar"),
                      self.shelf.on_mount("locations/other/v3_gz_basic.tar"))
        self.assertEqual(error.exception.errno, errno.EXDEV)

    def test_an_editor_writes_a_command_into_control(self):
        self.shelf.mount()
        # As vim does: swap file, the text in place, fsync, mode.
        swap = os.open(self.shelf.on_mount(".control.swp"), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        control = os.open(self.shelf.on_mount("control"), os.O_WRONLY | os.O_TRUNC)
        os.write(control, b"pin v3_gz_basic\n")
        os.close(control)
        os.chmod(self.shelf.on_mount("control"), 0o660)
        os.close(swap)
        os.unlink(self.shelf.on_mount(".control.swp"))
        self.assertTrue(self.row("v3_gz_basic")["pinned"])
        # As gedit and atomic writers do.
        with open(self.shelf.on_mount(".goutputstream-XY12"), "w", encoding="utf-8") as file:
            file.write("pin plain_gz_basic\n")
        os.rename(self.shelf.on_mount(".goutputstream-XY12"), self.shelf.on_mount("control"))
        self.assertTrue(self.row("plain_gz_basic")["pinned"])

    def test_a_long_mixed_load_loses_nothing(self):
        self.shelf.mount()
        own = self.shelf.backup("own", "full")  # the one that is protected
        end = time.monotonic() + (60 if LONG else 5)
        number = 0
        while time.monotonic() < end:
            number += 1
            shutil.copyfile(BASIC, self.shelf.on_mount(f"up {number}.tar"))
            self.sh("mv", f"up {number}", f"renamed {number}", check=0)
            self.sh("grep", "-rq", "zzz-not-there", f"renamed {number}/config", check=1)
            self.sh("rm", "-r", f"renamed {number}", check=0)
        self.assertEqual(self.shelf.folders(), sorted([own, "plain_gz_basic", "v3_gz_basic"]))
        self.assertTrue(self.is_backup("v3_gz_basic"))


if __name__ == "__main__":
    unittest.main()
