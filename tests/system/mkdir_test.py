"""mkdir makes a backup, mv renames one, through a shell."""
import errno
import json
import os
import time
import unittest

from shelf import wait_for
from shell_test import Shell

GRACE = 3  # seconds between a mkdir and its backup


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


if __name__ == "__main__":
    unittest.main()
