"""A full disk: nothing half-written is left, the answer says so, and deleting makes room."""
import errno
import os
import shutil
import subprocess
import unittest

from shelf import Shelf, make_home, wait_for


class SmallDisk:
    """A file system of its own with `mib` MiB."""

    def __init__(self, test, mib):
        self.holder = Shelf()
        test.addCleanup(self.holder.__exit__)
        self.path = self.holder.path("disk")
        os.mkdir(self.path)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", self.path], check=True)
        test.addCleanup(lambda: subprocess.run(["umount", "-l", self.path], check=True))

    def fill(self, leave_bytes):
        free = os.statvfs(self.path)
        with open(os.path.join(self.path, "filler"), "wb") as file:
            file.write(b"\1" * max(0, free.f_bavail * free.f_bsize - leave_bytes))


class FullDisk(unittest.TestCase):
    def setUp(self):
        self.disk = SmallDisk(self, 24)
        archives = os.path.join(self.disk.path, "archives")
        os.mkdir(archives)
        self.shelf = Shelf(archives_path=archives)
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)
        with open(os.path.join(self.shelf.home, "media/noise.bin"), "wb") as file:
            file.write(os.urandom(6 << 20))

    def names(self):
        return sorted(os.listdir(self.shelf.archives))

    def test_a_backup_that_does_not_fit_leaves_nothing_and_exits_6(self):
        self.shelf.run("backup", "name=fits", check=0)
        before = self.names()
        self.disk.fill(leave_bytes=1 << 20)
        done = self.shelf.run("backup", "name=too big", check=6)
        self.assertIn("space", done.stderr)
        self.assertEqual(self.names(), before)
        # Of other parts nothing is known before, so this one meets the end of the disk while it writes.
        done = self.shelf.run("backup", "name=too big", "parts=media", check=6)
        self.assertIn("space", done.stderr)
        self.assertEqual(self.names(), before)
        self.shelf.run("verify", "all", check=0)

    def test_a_full_disk_is_reported_in_status(self):
        self.shelf.mount()
        first = self.shelf.backup("fits")
        self.disk.fill(leave_bytes=1 << 20)
        before = self.names()
        self.shelf.command("backup name=no")
        self.shelf.wait_idle()
        last = self.shelf.status()["last_backup"]
        self.assertFalse(last["ok"])
        self.assertIn("space", last["problem"])
        self.assertEqual(self.names(), before)
        self.assertTrue(os.path.exists(self.shelf.on_mount(first)))

    def test_an_upload_that_does_not_fit_is_enospc_and_leaves_nothing(self):
        self.shelf.run("backup", "name=fits", check=0)
        copy = self.shelf.path("copy.tar")
        shutil.copyfile(os.path.join(self.shelf.archives, self.names()[0]), copy)
        self.disk.fill(leave_bytes=1 << 20)
        before = self.names()
        self.shelf.mount()
        done = subprocess.run(["cp", copy, self.shelf.on_mount("locations/local/upload.tar")], capture_output=True,
                              text=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("No space left", done.stderr)
        wait_for(lambda: self.names() == before, 5, "nothing half-written")
        self.assertIn("space", str(self.shelf.status()["problems"]))

    def test_rm_works_on_a_full_disk_and_makes_room(self):
        for name in ("first", "second"):
            self.shelf.run("backup", f"name={name}", check=0)
        self.shelf.run("verify", "all", check=0)
        self.disk.fill(leave_bytes=0)
        with self.assertRaises(OSError) as full:
            with open(os.path.join(self.disk.path, "probe"), "wb") as file:
                file.write(b"x" * 65536)
        self.assertEqual(full.exception.errno, errno.ENOSPC)
        self.shelf.mount()
        first = next(name for name in self.shelf.folders() if name.startswith("first"))
        free = os.statvfs(self.shelf.mount_point).f_bavail
        done = subprocess.run(["rm", "-r", self.shelf.on_mount(first)], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        wait_for(lambda: first not in self.shelf.folders(), 5, "it is gone")
        wait_for(lambda: os.statvfs(self.shelf.mount_point).f_bavail > free, 5, "its bytes count as free")
        folder = self.shelf.backup("third")  # takes the place of the deleted one
        self.assertTrue(os.path.exists(self.shelf.on_mount(folder, "config/automations.yaml")))


if __name__ == "__main__":
    unittest.main()
