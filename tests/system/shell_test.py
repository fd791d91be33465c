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
GRACE = 3  # seconds between a mkdir and its backup


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


class Mkdir(Shell):
    def test_mkdir_makes_a_backup_of_that_name(self):
        self.shelf.mount()
        self.sh("mkdir", "before update", check=0)
        self.assertEqual(os.listdir(self.shelf.on_mount("before update")), ["status"])
        self.assertIn("before update", os.listdir(self.shelf.mount_point))
        with open(self.shelf.on_mount("before update/status"), encoding="utf-8") as file:
            self.assertIn("idle", file.read())
        listed = self.shelf.run("list", check=0).stdout
        self.assertNotIn("before update", listed)
        wait_for(lambda: self.is_backup("before update"), 30, "the backup")
        self.shelf.wait_idle()
        row = self.row("before update")
        self.assertEqual((row["name"], row["file"], row["state"]), ("before update", "before update.tar", "ok"))
        self.assertTrue(row["good"])
        self.assertNotIn("status", os.listdir(self.shelf.on_mount("before update")))
        with open(self.shelf.on_mount("before update/config/automations.yaml"), encoding="utf-8") as file:
            self.assertIn("Lights", file.read())

    def test_it_starts_after_a_grace_and_rmdir_within_it_cancels(self):
        self.shelf.mount()
        self.sh("mkdir", "no", check=0)
        self.sh("rmdir", "no", check=0)
        self.assertNotIn("no", os.listdir(self.shelf.mount_point))
        time.sleep(GRACE + 1)
        self.assertEqual(self.shelf.status()["state"], "idle")
        self.assertNotIn("no", os.listdir(self.shelf.mount_point))
        self.sh("mkdir", "no", check=0)
        self.sh("rm", "-r", "no", check=0)
        time.sleep(GRACE + 1)
        self.assertEqual(sorted(os.listdir(self.shelf.archives)), ["plain_gz_basic.tar", "v3_gz_basic.tar"])

    def test_a_copied_folder_makes_no_backup(self):
        self.shelf.mount()
        for folder in ("config", "share"):
            self.assertNotEqual(self.sh("cp", "-r", os.path.join(self.shelf.home, folder), "."), 0)
            self.assertIn("Read-only file system", self.said)
            self.assertFalse(os.path.exists(self.shelf.on_mount(folder)))
        time.sleep(GRACE + 1)
        self.assertEqual(sorted(os.listdir(self.shelf.archives)), ["plain_gz_basic.tar", "v3_gz_basic.tar"])

    def test_a_name_that_would_have_to_change_is_refused(self):
        self.shelf.mount()
        for name in ("a:b", "what?", "dot.", "blank ", "con", ".hidden", "status ", "x" * 253,
                     os.fsdecode(b"raw\xff")):
            with self.assertRaises(OSError) as error:
                os.mkdir(self.shelf.on_mount(name))
            self.assertEqual(error.exception.errno, errno.EINVAL, name)
        for name in ("v3_gz_basic", "V3_GZ_basic", "status", "locations"):
            with self.assertRaises(FileExistsError, msg=name):
                os.mkdir(self.shelf.on_mount(name))
        self.assertIn("no backup can be called so", json.dumps(self.shelf.status()["problems"]))

    def test_another_one_meanwhile_is_busy(self):
        release = self.slow()
        self.shelf.mount()
        self.sh("mkdir", "first", check=0)
        for wait in (0, GRACE + 1):
            time.sleep(wait)
            with self.assertRaises(OSError) as error:
                os.mkdir(self.shelf.on_mount("second"))
            self.assertEqual(error.exception.errno, errno.EBUSY)
        self.assertEqual(self.shelf.status()["state"], "backup")
        release()
        wait_for(lambda: self.is_backup("first"), 30, "the backup")

    def test_rmdir_while_it_runs_cancels_it(self):
        self.slow()
        self.shelf.mount()
        self.sh("mkdir", "running", check=0)
        wait_for(lambda: self.shelf.status()["state"] == "backup", 10, "it runs")
        self.assertEqual(os.listdir(self.shelf.on_mount("running")), ["status"])
        with self.assertRaises(OSError) as error:
            open(self.shelf.on_mount("running/new"), "w", encoding="utf-8").close()
        self.assertEqual(error.exception.errno, errno.EROFS)
        self.sh("rmdir", "running", check=0)
        self.assertNotIn("running", os.listdir(self.shelf.mount_point))
        self.shelf.wait_idle()
        self.assertFalse(os.path.exists(self.shelf.on_mount("running")))
        self.assertEqual(len(os.listdir(self.shelf.archives)), 2)

    def test_mv_of_a_running_one_gives_the_archive_the_new_name(self):
        release = self.slow()
        self.shelf.mount()
        self.sh("mkdir", "New folder", check=0)
        self.sh("mv", "New folder", "in the grace", check=0)
        wait_for(lambda: self.shelf.status()["state"] == "backup", 10, "it runs")
        self.assertEqual(os.listdir(self.shelf.on_mount("in the grace")), ["status"])
        self.sh("mv", "in the grace", "while it runs", check=0)
        self.assertIn("while it runs", os.listdir(self.shelf.mount_point))
        self.assertNotIn("in the grace", os.listdir(self.shelf.mount_point))
        self.assertEqual(self.shelf.status()["job"]["folder"], "while it runs")
        release()
        wait_for(lambda: self.is_backup("while it runs"), 30, "the backup")
        self.shelf.wait_idle()
        self.assertTrue(os.path.exists(os.path.join(self.shelf.archives, "while it runs.tar")))
        self.assertEqual(self.row("while it runs")["file"], "while it runs.tar")
        self.assertTrue(self.row("while it runs")["good"])
        self.assertEqual(len(os.listdir(self.shelf.archives)), 3)

    def test_a_backup_by_control_has_its_folder_at_once(self):
        release = self.slow()
        self.shelf.mount()
        self.shelf.command('backup name="by control"')
        made = wait_for(lambda: [f for f in self.shelf.folders() if f.startswith("by_control")], 10, "its folder")[0]
        self.assertEqual(os.listdir(self.shelf.on_mount(made)), ["status"])
        release()
        wait_for(lambda: self.is_backup(made), 30, "the backup")


class Move(Shell):
    def test_mv_renames_the_archive_and_keeps_what_is_known_of_it(self):
        self.shelf.mount()
        self.shelf.command("verify v3_gz_basic")
        self.shelf.wait_idle()
        self.shelf.command("pin v3_gz_basic")
        before, inode = self.row("v3_gz_basic"), os.stat(self.shelf.on_mount("v3_gz_basic/config")).st_ino
        with open(self.shelf.on_mount("v3_gz_basic/config/configuration.yaml"), "rb") as file:
            first = file.read(3)
            self.sh("mv", "v3_gz_basic", "kept for good", check=0)
            rest = file.read()
        self.assertEqual(sorted(os.listdir(self.shelf.archives)), ["kept for good.tar", "plain_gz_basic.tar"])
        self.assertEqual(self.shelf.folders(), ["kept for good", "plain_gz_basic"])
        after = self.row("kept for good")
        for key in ("verified", "pinned", "good", "slug", "size"):
            self.assertEqual(after[key], before[key], key)
        self.assertTrue(after["pinned"] and after["verified"])
        self.assertEqual(os.stat(self.shelf.on_mount("kept for good/config")).st_ino, inode)
        with open(self.shelf.on_mount("kept for good/config/configuration.yaml"), "rb") as file:
            self.assertEqual(file.read(), first + rest)
        self.assertFalse(os.path.exists(self.shelf.on_mount("v3_gz_basic")))
        self.shelf.unmount()
        self.shelf.mount()
        self.assertTrue(self.row("kept for good")["pinned"], "after a restart too")

    def test_mv_in_locations_renames_the_folder_too(self):
        self.shelf.mount()
        self.sh("mv", "locations/local/v3_gz_basic.tar", "locations/local/other.tar", check=0)
        self.assertEqual(self.shelf.folders(), ["other", "plain_gz_basic"])
        self.assertNotEqual(self.sh("mv", "locations/local/other.tar", "locations/local/other.zip"), 0)
        self.assertEqual(self.shelf.folders(), ["other", "plain_gz_basic"])

    def test_mv_onto_another_backup_is_refused(self):
        self.shelf.mount()
        before = {name: os.path.getsize(os.path.join(self.shelf.archives, name)) for name in os.listdir(self.shelf.archives)}
        self.assertNotEqual(self.sh("mv", "-T", "v3_gz_basic", "plain_gz_basic"), 0)
        self.assertIn("File exists", self.said)
        self.assertNotEqual(self.sh("mv", "v3_gz_basic", "plain_gz_basic"), 0)
        self.assertIn("Read-only file system", self.said)
        with self.assertRaises(FileExistsError):
            os.rename(self.shelf.on_mount("locations/local/v3_gz_basic.tar"),
                      self.shelf.on_mount("locations/local/plain_gz_basic.tar"))
        for name in ("status", "control", "a:b", ".hidden"):
            self.assertNotEqual(self.sh("mv", "-T", "v3_gz_basic", name), 0, name)
        after = {name: os.path.getsize(os.path.join(self.shelf.archives, name)) for name in os.listdir(self.shelf.archives)}
        self.assertEqual(after, before)
        self.assertTrue(self.is_backup("v3_gz_basic") and self.is_backup("plain_gz_basic"))

    def test_mv_of_what_was_renamed_elsewhere_and_back(self):
        self.shelf.mount()
        for name in ("one", "two", "v3_gz_basic", "V3_GZ_BASIC", "v3_gz_basic"):
            current = next(f for f in self.shelf.folders() if f != "plain_gz_basic")
            self.sh("mv", "-T", current, name, check=0)
            self.assertTrue(self.is_backup(name))
            self.assertEqual(len(self.shelf.folders()), 2)
        self.shelf.wait_idle()
        self.assertTrue(self.row("v3_gz_basic")["verified"], "one that was not verified is, under its new name")

    def test_with_delete_deny_mv_is_refused(self):
        self.shelf.configure("[mount]\ndelete = deny\n")
        self.shelf.mount()
        self.assertNotEqual(self.sh("mv", "v3_gz_basic", "other"), 0)
        self.assertIn("Operation not permitted", self.said)


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
