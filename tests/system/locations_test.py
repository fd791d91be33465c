"""Several locations: one that fails, fails alone, is named in status, and is filled by `copy` when it is back."""
import errno
import fcntl
import json
import os
import shutil
import struct
import subprocess
import unittest

from places import KEYED, digest, run
from shelf import PROGRAM, VECTORS, make_home, Shelf, wait_for


class TwoLocations(unittest.TestCase):
    """`local`, and `nas` on a disk of its own that a test can fill, lock, or pull out."""

    def setUp(self):
        self.shelf = Shelf()
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)
        with open(os.path.join(self.shelf.home, "media/noise.bin"), "wb") as file:
            file.write(os.urandom(5 << 20))
        self.disk = self.shelf.path("disk")
        self.nas = os.path.join(self.disk, "nas")
        os.mkdir(self.disk)
        self.addCleanup(lambda: run("umount", "-l", self.disk, check=False))

    def configure(self, extra="", of_nas=""):
        self.shelf.configure(f"[location nas]\npath = {self.nas}\npoll = 1s\n{of_nas}\n{KEYED}{extra}")

    def tmpfs(self, size):
        run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.disk)
        os.mkdir(self.nas)
        self.configure()

    def image(self, mib=64):
        """A disk that keeps its content while it is not mounted."""
        with open(self.shelf.path("disk.img"), "wb") as file:
            file.truncate(mib << 20)
        run("mkfs.ext4", "-q", "-F", self.shelf.path("disk.img"))
        self.plug_in()
        os.mkdir(self.nas)
        run("sync", "-f", self.disk)  # all disks would be asked
        self.configure()

    def plug_in(self):
        run("mount", "-o", "loop", self.shelf.path("disk.img"), self.disk)

    def archives(self, folder):
        return sorted(name for name in os.listdir(folder) if name.endswith(".tar"))

    def place(self, name="nas"):
        return next(row for row in self.shelf.status()["locations"] if row["location"] == name)

    def result(self, name="nas"):
        return next(row for row in self.shelf.status()["last_backup"]["locations"] if row["location"] == name)

    def back_up_and_fail(self, name, state, why):
        """A backup through the daemon: local has it, nas has not, and status says so. Returns its folder."""
        folder = self.shelf.backup(name)
        self.assertIn(why, self.result()["problem"])
        self.assertFalse(self.result()["ok"])
        self.assertTrue(self.result("local")["ok"])
        wait_for(lambda: self.place()["state"] == state, 10, f"nas is {state}: {self.place()}")
        with open(self.shelf.on_mount("status"), encoding="utf-8") as file:
            self.assertIn("nas", file.read())
        self.shelf.run("verify", folder, check=0)
        return folder

    def copy_and_check(self, folder):
        """`copy` fills what was missed, byte for byte, and status is content."""
        self.shelf.command(f'copy "{folder}" to=nas')
        self.shelf.wait_idle()
        name = folder + ".tar"
        wait_for(lambda: os.path.exists(os.path.join(self.nas, name)), 20, "the copy")
        self.shelf.wait_idle()
        self.assertEqual(digest(os.path.join(self.nas, name)), digest(os.path.join(self.shelf.archives, name)))
        self.assertTrue(self.result()["ok"])
        self.assertEqual([p for p in self.shelf.status()["problems"] if p["code"] in ("backup", "copy")], [])
        wait_for(lambda: self.place()["state"] == "ok", 10, "nas is ok")
        self.assertEqual([n for n in os.listdir(self.nas) if n.endswith(".part")], [])

    def test_a_full_location_fails_alone_and_copy_completes_it(self):
        self.tmpfs("2m")
        self.shelf.mount()
        folder = self.back_up_and_fail("full", "full", "space")
        self.assertEqual(os.listdir(self.nas), [])
        run("mount", "-o", "remount,size=64m", self.disk)
        self.copy_and_check(folder)

    def test_deletes_in_a_full_location_work_and_make_room(self):
        self.tmpfs("24m")
        for name in ("a", "b"):
            self.shelf.run("backup", f"name={name}", "to=nas", check=0)
        self.shelf.run("backup", "name=kept", "to=local", check=0)
        self.shelf.run("verify", "all", check=0)
        a, b = self.archives(self.nas)
        with open(os.path.join(self.disk, "filler"), "wb") as file:
            with self.assertRaises(OSError):
                while True:
                    file.write(b"x" * 65536)
                    file.flush()
        self.shelf.mount()
        os.remove(self.shelf.on_mount("locations/nas", a))
        self.shelf.run("delete", b[:-4], check=0)
        self.assertEqual(self.archives(self.nas), [])
        self.shelf.backup("fits again")
        self.assertTrue(self.result()["ok"], self.result())
        self.assertEqual(len(self.archives(self.nas)), 1)

    def test_a_read_only_location_fails_alone_and_copy_completes_it(self):
        self.tmpfs("64m")
        self.shelf.mount()
        self.shelf.backup("fine")
        self.assertTrue(self.result()["ok"])
        run("mount", "-o", "remount,ro", self.disk)
        folder = self.back_up_and_fail("locked", "read-only", "read-only")
        run("mount", "-o", "remount,rw", self.disk)
        self.copy_and_check(folder)

    def test_a_disk_pulled_out_while_it_is_written_fails_alone_and_copy_completes_it(self):
        self.image(160)
        with open(os.path.join(self.shelf.home, "media/more.bin"), "wb") as file:
            file.write(os.urandom(60 << 20))
        self.shelf.mount()
        self.shelf.command('backup name="pulled"')
        wait_for(lambda: any(n.endswith(".part") and os.path.getsize(os.path.join(self.nas, n)) > 1 << 20
                             for n in os.listdir(self.nas)), 30, "it writes", pause=0.001)
        handle = os.open(self.disk, os.O_RDONLY)
        fcntl.ioctl(handle, 0x8004587D, struct.pack("I", 2))  # EXT4_IOC_SHUTDOWN without a flush: the disk is gone
        os.close(handle)
        self.shelf.wait_idle()
        folder = next(name for name in self.shelf.folders() if name.startswith("pulled"))
        self.assertFalse(self.result()["ok"])
        self.assertIn("nas", self.result()["problem"])
        self.shelf.run("verify", folder, check=0)
        run("umount", "-l", self.disk)
        wait_for(lambda: self.place()["state"] == "away", 10, "it is away")
        self.assertIn("not mounted", self.place()["problem"])
        self.assertEqual(os.listdir(self.disk), [])
        self.plug_in()
        wait_for(lambda: self.place()["state"] == "ok", 10, "it is back")
        self.assertEqual(self.archives(self.nas), [], "no half archive under its name")
        self.copy_and_check(folder)

    def test_a_disk_that_is_not_mounted_is_never_written_to(self):
        self.image()
        first = self.shelf.run("backup", "name=first", check=0).stdout.split()[1]
        run("umount", self.disk)
        os.mkdir(self.nas)  # as a mount point may hold: the path alone is there
        done = self.shelf.run("backup", "name=second", check=8)
        self.assertIn("not mounted", done.stderr)
        self.assertIn("copy", done.stderr)
        self.assertEqual(os.listdir(self.nas), [])
        self.assertEqual(len(self.archives(self.shelf.archives)), 2)
        os.rmdir(self.nas)
        self.plug_in()
        second = next(row["folder"] for row in json.loads(self.shelf.run("list", "--json").stdout)
                      if row["name"] == "second")
        self.shelf.run("copy", second, "to=nas", check=0)
        self.assertEqual(self.archives(self.nas), self.archives(self.shelf.archives), first)

    def test_a_mount_point_of_fstab_is_never_written_to_even_the_first_time(self):
        os.mkdir(self.nas)
        self.configure()
        table = self.shelf.write("fstab", f"# disks\nserver:/share {self.disk} nfs defaults 0 0\n")
        command = f"mount --bind {table} /etc/fstab && exec {PROGRAM} backup -c {self.shelf.ini} name=first"
        done = subprocess.run(["unshare", "-m", "sh", "-c", command], capture_output=True, text=True, check=False,
                              timeout=120)
        self.assertEqual(done.returncode, 8, done.stderr)
        self.assertIn(f"{self.disk} is not mounted", done.stderr)
        self.assertEqual(os.listdir(self.nas), [])
        self.assertEqual(len(self.archives(self.shelf.archives)), 1)

    def test_backups_of_a_location_that_is_away_stay_listed(self):
        self.image()
        self.shelf.run("backup", "name=a", "to=nas", check=0)
        name = self.archives(self.nas)[0]
        folder = name[:-4]
        run("umount", self.disk)
        self.shelf.mount()
        self.assertEqual(self.shelf.folders(), [folder])
        self.assertEqual(self.place()["state"], "away")
        with self.assertRaises(OSError) as failure:
            os.listdir(self.shelf.on_mount(folder))
        self.assertEqual(failure.exception.errno, errno.EIO)
        place = self.shelf.on_mount("locations/nas")
        self.assertEqual(sorted(os.listdir(place)), sorted(["AWAY.txt", name]))
        with open(os.path.join(place, "AWAY.txt"), encoding="utf-8") as file:
            self.assertIn("not mounted", file.read())
        with self.assertRaises(OSError) as failure:
            shutil.copyfile(os.path.join(place, name), self.shelf.path("download.tar"))
        self.assertEqual(failure.exception.errno, errno.EIO)
        with self.assertRaises(OSError):
            shutil.copyfile(os.path.join(VECTORS, "archives/v3_gz_basic.tar"), os.path.join(place, "up.tar"))
        self.assertEqual(os.listdir(self.disk), [])
        self.plug_in()
        wait_for(lambda: self.place()["state"] == "ok" and os.listdir(place) == [name], 10, "it is back")
        self.assertIn("config", os.listdir(self.shelf.on_mount(folder)))

    def test_a_delete_waits_for_the_location_and_undelete_ends_the_waiting(self):
        self.image()
        for name in ("a", "b", "c"):
            self.shelf.run("backup", f"name={name}", "to=nas", check=0)
        self.shelf.run("backup", "name=kept", "to=local", check=0)
        self.shelf.run("verify", "all", check=0)
        run("umount", self.disk)
        self.shelf.mount()
        a, b, c = (next(f for f in self.shelf.folders() if f.startswith(name)) for name in "abc")
        os.rmdir(self.shelf.on_mount(a))
        done = self.shelf.run("delete", b, check=8)
        self.assertIn("waits for location nas", done.stderr)
        self.shelf.run("delete", c, check=8)
        wait_for(lambda: not {a, b, c} & set(self.shelf.folders()), 10, "they left the shelf")
        wait_for(lambda: len(self.shelf.status()["pending_deletes"]) == 3, 10, "status says so")
        self.shelf.command(f'undelete "{c}"')
        self.plug_in()
        wait_for(lambda: self.archives(self.nas) == [c + ".tar"], 10, "they are deleted there")
        wait_for(lambda: self.shelf.status()["pending_deletes"] == [], 10, "nothing waits")
        self.assertIn(c, self.shelf.folders())
        self.shelf.run("undelete", a, check=0)  # as every deleted backup, for a day
        self.assertEqual(self.archives(self.nas), sorted([a + ".tar", c + ".tar"]))


if __name__ == "__main__":
    unittest.main()
