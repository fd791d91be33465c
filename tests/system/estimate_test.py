"""`estimate`: what a backup would hold and need; and a backup that cannot fit does not start."""
import os
import re
import subprocess
import unittest

from shelf import Shelf, make_home


class Estimate(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf()
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)

    def estimate(self, *words):
        return self.shelf.run("estimate", *words, check=0).stdout

    def small_disk(self, mib):
        path = self.shelf.path("disk")
        os.mkdir(path)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", path], check=True)
        self.addCleanup(lambda: subprocess.run(["umount", "-l", path], check=True))
        return path

    def test_it_names_the_parts_the_database_the_archive_and_the_space(self):
        text = self.estimate()
        for part in ("config", "app:core_ssh", "share", "addons", "ssl", "media", "together"):
            self.assertRegex(text, rf"(?m)^  {part} +\d+ files +[\d.]+ [kM]?B$")
        self.assertRegex(text, r"The recorder's database: 3\.\d MB, .* for each of 10 days \(purge_keep_days is not set")
        self.assertIn("Expected archive: unknown before the first backup", text)
        self.assertRegex(text, r"Location local: .* free of .*: it fits\.")
        self.assertEqual(os.listdir(self.shelf.archives), [])

    def test_the_last_backup_tells_how_large_the_next_becomes(self):
        with open(os.path.join(self.shelf.home, "config/configuration.yaml"), "w", encoding="utf-8") as file:
            file.write("recorder:\n  purge_keep_days: 5\n")
        self.shelf.run("backup", check=0)
        text = self.estimate()
        self.assertIn("for each of 5 days (purge_keep_days in configuration.yaml)", text)
        self.assertRegex(text, r"Expected archive: about [\d.]+ [kM]B, as the last backup of these parts became")
        self.assertIn("as the last backup, of other parts, became", self.estimate("parts=ssl"))
        self.assertNotIn("recorder", self.estimate("database=exclude"))

    def test_mistakes_are_named(self):
        self.assertIn("unknown word 'prts=config'", self.shelf.run("estimate", "prts=config", check=2).stderr)
        self.assertIn("this home does not have it", self.shelf.run("estimate", "parts=nonsense", check=2).stderr)

    def test_a_backup_that_cannot_fit_does_not_start(self):
        disk = self.small_disk(24)
        self.shelf.configure(f"[location small]\npath = {disk}\n[backup]\nbefore = touch {self.shelf.path('begun')}\n")
        noise = os.path.join(self.shelf.home, "media/noise.bin")
        with open(noise, "wb") as file:
            file.write(os.urandom(6 << 20))
        self.shelf.run("backup", "name=fits", "to=small", check=0)
        os.unlink(self.shelf.path("begun"))
        with open(noise, "ab") as file:
            file.write(os.urandom(30 << 20))
        with open(os.path.join(disk, "filler"), "wb") as file:
            free = os.statvfs(disk)
            file.write(b"\1" * (free.f_bavail * free.f_bsize - (2 << 20)))
        self.assertIn("it does not fit", self.estimate("to=small"))
        done = self.shelf.run("backup", "name=no", "to=small", check=6)
        self.assertRegex(done.stderr, r"location small: no space for about \d+ MiB: \d+ \w+ are free")
        self.assertFalse(os.path.exists(self.shelf.path("begun")), "the hook would have stopped Home Assistant")
        done = self.shelf.run("backup", "name=again", "to=small,local", check=8)
        self.assertRegex(done.stderr, r"location small: no space")
        made = [name for name in os.listdir(self.shelf.archives) if re.match("again", name)]
        self.assertEqual(len(made), 1, "the other location has it")
        self.assertEqual([name for name in os.listdir(disk) if name != "filler" and not name.startswith("fits")], [])
        os.unlink(noise)
        os.unlink(os.path.join(disk, "filler"))
        self.shelf.run("backup", "name=room", "to=small", check=0)


if __name__ == "__main__":
    unittest.main()
