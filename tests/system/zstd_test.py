"""Backups with `compression = zstd`: they are read here like any other, by `zstd` itself, and not by Home Assistant."""
import io
import json
import os
import subprocess
import tarfile
import unittest

from readers import LEFT_OUT, READER, tree_of
from shelf import KEY, Shelf, make_home

PARTS = ("config", "share", "ssl", "media", "addons", "apps/core_ssh")


class Zstd(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf("[archive]\ncompression = zstd\n")
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)

    def archive(self):
        name = next(name for name in os.listdir(self.shelf.archives) if name.endswith(".tar"))
        return os.path.join(self.shelf.archives, name)

    def assert_same(self, folder):
        """Every attribute and every byte of the home."""
        for part in PARTS:
            source, stored = tree_of(os.path.join(self.shelf.home, part)), tree_of(os.path.join(folder, part))
            for path in LEFT_OUT if part == "config" else ():
                source.pop(os.fsencode(path.removeprefix("config/")), None)
            self.assertEqual(source, stored, part)
            same = subprocess.run(["diff", "-r", "--no-dereference", "-x", "home-assistant.log",
                                   os.path.join(self.shelf.home, part), os.path.join(folder, part)],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(same.stdout, "")

    def test_the_mount_and_extract_show_the_home(self):
        for securetar in (3, 2):
            with self.subTest(securetar=securetar):
                self.shelf.configure(f"[archive]\ncompression = zstd\nsecuretar = {securetar}\n")
                self.shelf.mount()
                folder = self.shelf.backup(f"Zstd {securetar}")
                self.assert_same(self.shelf.on_mount(folder))
                self.shelf.run("extract", folder, self.shelf.path(f"out{securetar}"), check=0)
                self.assert_same(self.shelf.path(f"out{securetar}"))
                self.assertEqual(self.shelf.run("cat", f"{folder}:share/note.txt", check=0).stdout, "shared\n")
                shown = json.loads(self.shelf.run("show", folder, "--json", check=0).stdout)
                self.assertTrue(shown["good"], "the verify behind a backup makes it good")
                self.assertEqual({member["zstd"] for member in shown["members"]}, {True})
                self.assertRegex(self.shelf.run("show", folder, check=0).stdout, r"homeassistant\.tar\.zst .* zstd ")
                self.shelf.unmount()

    def test_a_second_backup_takes_over_what_did_not_change(self):
        self.shelf.run("backup", "name=one", check=0)
        self.shelf.run("backup", "name=two", check=0)
        self.shelf.run("verify", "all", check=0)

    def test_home_assistant_does_not_see_it(self):
        self.shelf.run("backup", check=0)
        refused = subprocess.run(["/usr/bin/python3", READER, self.archive(), KEY], capture_output=True, text=True,
                                 check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("./backup.json is not the last member", refused.stderr)
        with tarfile.open(self.archive()) as outer:
            with self.assertRaises(KeyError):
                outer.getmember("./backup.json")
            metadata = json.load(outer.extractfile("backup.json"))
        self.assertEqual(metadata["version"], 3)

    def test_zstd_itself_unpacks_a_member(self):
        self.shelf.configure("[archive]\ncompression = zstd\nencrypt = no\n")
        self.shelf.run("backup", check=0)
        with tarfile.open(self.archive()) as outer:
            packed = outer.extractfile("homeassistant.tar.zst").read()
        done = subprocess.run(["zstd", "-dc"], input=packed, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as inner:
            database = next(member for member in inner if member.name.endswith("home-assistant_v2.db"))
            with open(os.path.join(self.shelf.home, "config/home-assistant_v2.db"), "rb") as file:
                self.assertEqual(inner.extractfile(database).read(), file.read())
        changed = bytearray(packed)
        changed[len(packed) // 3] ^= 1
        done = subprocess.run(["zstd", "-dc"], input=bytes(changed), capture_output=True, check=False)
        self.assertNotEqual(done.returncode, 0, "its checksums find damage")

    def test_a_cut_one_gives_what_is_there(self):
        self.shelf.run("backup", check=0)
        with open(self.archive(), "rb") as file:
            whole = file.read()
        # In the members before it all is there; of this one the end is missing.
        with tarfile.open(fileobj=io.BytesIO(whole)) as outer:
            media = outer.getmember("media.tar.zst")
        cut = self.shelf.path("cut.tar")
        with open(cut, "wb") as file:
            file.write(whole[:media.offset_data + media.size - 100])
        done = self.shelf.run("extract", cut, self.shelf.path("out"))
        self.assertEqual(done.returncode, 8, done.stderr)
        for part in ("config/secrets.yaml", "share/note.txt"):
            with open(self.shelf.path("out", part), "rb") as a, open(os.path.join(self.shelf.home, part), "rb") as b:
                self.assertEqual(a.read(), b.read())

    def test_damage_is_found_and_named(self):
        self.shelf.run("backup", check=0)
        with tarfile.open(self.archive()) as outer:
            member = outer.getmember("homeassistant.tar.zst")
        with open(self.archive(), "r+b") as file:
            file.seek(member.offset_data + member.size // 2)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 1]))
        done = self.shelf.run("verify", self.archive())
        self.assertEqual(done.returncode, 5)
        self.assertIn("homeassistant.tar.zst", done.stderr)


if __name__ == "__main__":
    unittest.main()
