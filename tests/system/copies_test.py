"""Archives on their way between locations: copy, import, limits."""
import json
import os
import shutil
import unittest

from places import KEYED, digest
from shelf import VECTORS, make_home, Shelf


class Copies(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf()
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)
        self.nas = self.shelf.path("nas")
        os.mkdir(self.nas)
        self.configure()

    def configure(self, of_nas="", extra=""):
        self.shelf.configure(f"[location nas]\npath = {self.nas}\n{of_nas}\n{KEYED}{extra}")

    def rows(self, *words):
        return json.loads(self.shelf.run("list", "--json", *words, check=0).stdout)

    def back_up(self, name):
        self.shelf.run("backup", f"name={name}", "to=local", check=0)
        return next(row["folder"] for row in self.rows() if row["name"] == name)

    def test_a_copy_is_the_same_bytes_and_a_second_one_says_so(self):
        folder = self.back_up("one")
        done = self.shelf.run("copy", folder, "to=nas", check=0)
        self.assertIn("copied", done.stdout)
        name = folder + ".tar"
        self.assertEqual(digest(os.path.join(self.nas, name)), digest(os.path.join(self.shelf.archives, name)))
        done = self.shelf.run("copy", folder, "to=nas", check=0)
        self.assertIn("already in nas", done.stdout)
        self.shelf.run("verify", "all", check=0)
        self.assertEqual(os.listdir(self.nas), [name])

    def test_a_copy_keeps_where_the_backup_came_from(self):
        folder = self.back_up("one")
        self.shelf.run("pin", folder, check=0)
        self.shelf.run("copy", folder, "to=nas", check=0)
        with open(os.path.join(self.shelf.state, "state.json"), encoding="utf-8") as file:
            records = json.load(file)["archives"]
        self.assertEqual(len(records), 2)
        for record in records:
            self.assertTrue(record.get("made") and record.get("pinned"))
            self.assertFalse(record.get("uploaded"))

    def test_another_archive_of_that_name_is_never_overwritten(self):
        folder = self.back_up("one")
        other = os.path.join(self.nas, folder + ".tar")
        shutil.copyfile(os.path.join(VECTORS, "archives/v3_gz_basic.tar"), other)
        before = digest(other)
        done = self.shelf.run("copy", folder, "to=nas", check=1)
        self.assertIn("another archive", done.stderr)
        self.assertEqual(digest(other), before)

    def test_what_cannot_be_copied_is_refused_before_anything_is_written(self):
        folder = self.back_up("one")
        self.shelf.run("copy", folder, "to=nowhere", check=2)
        self.shelf.run("copy", "nothing", "to=nas", check=3)
        self.assertEqual(os.listdir(self.nas), [])

    def test_an_unencrypted_archive_is_not_put_where_encryption_was_asked_for(self):
        shutil.copyfile(os.path.join(VECTORS, "archives/plain_gz_basic.tar"),
                        os.path.join(self.shelf.archives, "plain.tar"))
        done = self.shelf.run("copy", "plain", "to=nas", check=1)
        self.assertIn("encrypt", done.stderr)
        self.assertEqual(os.listdir(self.nas), [])
        self.configure("encrypt = no")
        self.shelf.run("copy", "plain", "to=nas", check=0)

    def test_max_size_fails_alone_and_deleted_archives_go_first(self):
        size = os.path.getsize(os.path.join(self.shelf.archives, self.back_up("probe") + ".tar"))
        limit = size * 5 // 2
        self.configure(f"max_size = {limit}")
        for name in ("one", "two"):
            self.shelf.run("backup", f"name={name}", check=0)
        done = self.shelf.run("backup", "name=three", check=8)
        self.assertIn("max_size", done.stderr)
        self.assertEqual(len(os.listdir(self.nas)), 2)
        self.shelf.run("verify", "all")
        one = next(row for row in self.rows() if row["name"] == "one" and row["locations"][0]["location"] == "nas")
        self.shelf.run("delete", one["folder"], check=0)
        self.shelf.run("backup", "name=four", check=0)  # takes the place of the deleted one
        used = sum(os.path.getsize(os.path.join(self.nas, n)) for n in os.listdir(self.nas))
        self.assertLessEqual(used, limit)

    def test_import_adds_an_archive_that_retention_does_not_count(self):
        source = os.path.join(VECTORS, "archives/v3_gz_basic.tar")
        done = self.shelf.run("import", source, "to=nas", check=0)
        self.assertIn("imported", done.stdout)
        self.assertEqual(digest(os.path.join(self.nas, "v3_gz_basic.tar")), digest(source))
        self.assertEqual(os.listdir(self.shelf.archives), [])
        with open(os.path.join(self.shelf.state, "state.json"), encoding="utf-8") as file:
            record, = json.load(file)["archives"]
        self.assertTrue(record["uploaded"])
        self.assertIn("already in nas", self.shelf.run("import", source, "to=nas", check=0).stdout)
        self.shelf.run("import", source, check=0)
        self.assertEqual(os.listdir(self.shelf.archives), ["v3_gz_basic.tar"])
        self.shelf.run("import", source, "to=nowhere", check=2)

    def test_import_refuses_what_is_no_whole_backup(self):
        cut = self.shelf.path("cut.tar")
        with open(os.path.join(VECTORS, "archives/v3_gz_basic.tar"), "rb") as file, open(cut, "wb") as out:
            out.write(file.read(200_000))
        picture = self.shelf.write("picture.tar", "no tar at all\n" * 1000)
        for path in (cut, picture):
            self.shelf.run("import", path, check=5)
        self.shelf.run("import", self.shelf.path("missing.tar"), check=3)
        self.assertEqual(os.listdir(self.nas) + os.listdir(self.shelf.archives), [])

    def test_a_slug_that_is_there_with_other_content_makes_two_backups(self):
        for name in ("same_slug_0.tar", "same_slug_1.tar"):
            self.shelf.run("import", os.path.join(VECTORS, "archives", name), "to=local", check=0)
        self.assertEqual(sorted(row["folder"] for row in self.rows()), ["same_slug_0", "same_slug_1"])
        again = self.shelf.path("same_slug_0.tar")
        shutil.copyfile(os.path.join(VECTORS, "archives/same_slug_1.tar"), again)
        done = self.shelf.run("import", again, "to=local", check=1)
        self.assertIn("another archive", done.stderr)

    def test_s3_is_not_in_this_version(self):
        self.shelf.configure("[location cloud]\ntype = s3\nbucket = b\n")
        for words in (["check-config"], ["list"]):
            done = self.shelf.run(*words)
            self.assertIn("s3 is not in this version", done.stdout + done.stderr, words)

    def test_a_copy_between_locations_through_the_mount_never_overwrites(self):
        folder = self.back_up("one")
        self.shelf.mount()
        name = folder + ".tar"
        source = self.shelf.on_mount("locations/local", name)
        target = self.shelf.on_mount("locations/nas", name)
        shutil.copyfile(source, target)
        self.assertEqual(digest(os.path.join(self.nas, name)), digest(source))
        with self.assertRaises(OSError):
            with open(target, "wb") as file:
                file.write(b"x")
        self.assertEqual(digest(os.path.join(self.nas, name)), digest(source))


if __name__ == "__main__":
    unittest.main()
