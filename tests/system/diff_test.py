"""`backshelf diff`: which files two backups do not have alike."""
import os
import shutil
import unittest

from shelf import KEY, VECTORS, Shelf, make_home


class Diff(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf()
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)
        self.first = self.backup("first")

    def backup(self, name):
        self.shelf.run("backup", f"name={name}", check=0)
        return next(os.path.join(self.shelf.archives, file) for file in os.listdir(self.shelf.archives)
                    if file.startswith(name + "_"))

    def home(self, *names):
        return os.path.join(self.shelf.home, *names)

    def diff(self, first, second, *words, check=0, **more):
        return self.shelf.run("diff", first, second, *words, check=check, **more)

    def change_home(self):
        """One of each kind; automations.yaml keeps its size and its time."""
        path = self.home("config/automations.yaml")
        status = os.stat(path)
        with open(path, "r+b") as file:
            file.write(b"+")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        os.remove(self.home("config/packages/p1/file 1.yaml"))
        os.makedirs(self.home("config/new folder"))
        with open(self.home("config/new folder/a.yaml"), "wb") as file:
            file.write(b"a")
        os.remove(self.home("share/link"))
        os.symlink("empty folder", self.home("share/link"))
        os.remove(self.home("config/empty"))
        os.makedirs(self.home("config/empty"))
        shutil.copystat(self.home("config"), self.home("config/empty"))

    def test_what_is_the_same_is_not_named(self):
        second = self.backup("second")
        done = self.diff(self.first, second)
        self.assertRegex(done.stdout, r"^0 added, 0 removed, 0 changed, \d+ the same\n$")
        for name in ("v3_gz_basic.tar", "v2_tar_basic.tar", "plain_gz_basic.tar"):
            archive = os.path.join(VECTORS, "archives", name)
            plain = self.shelf.path(name)
            self.shelf.run("export", archive, plain, "--decrypt", check=0)
            self.assertRegex(self.diff(archive, plain).stdout, "^0 added, 0 removed, 0 changed")

    def test_each_kind_of_change(self):
        self.change_home()
        second = self.backup("second")
        done = self.diff(self.first, second)
        *lines, summary = done.stdout.splitlines()
        self.assertEqual(lines, [
            "~ config/automations.yaml", "- config/empty", "+ config/empty/", "+ config/new folder/",
            "+ config/new folder/a.yaml", "- config/packages/p1/file 1.yaml", "~ share/link"])
        self.assertRegex(summary, r"^1 added, 2 removed, 2 changed, \d+ the same$")
        done = self.diff(second, self.first)
        self.assertIn("+ config/packages/p1/file 1.yaml\n", done.stdout)
        self.assertIn("- config/new folder/a.yaml\n", done.stdout)
        self.assertEqual(len(self.diff(self.first, second, "-q").stdout.splitlines()), 1)

    def test_a_folder_or_a_file_alone(self):
        self.change_home()
        second = self.backup("second")
        done = self.diff(self.first + ":config/packages", second + ":config/packages")
        self.assertEqual(done.stdout.splitlines()[0], "- p1/file 1.yaml")
        done = self.diff(self.first + ":config/automations.yaml", second + ":config/automations.yaml")
        self.assertEqual(done.stdout.splitlines(), [
            "~ config/automations.yaml", "0 added, 0 removed, 1 changed, 0 the same"])
        self.assertIn("no such file", self.diff(self.first + ":config/x", second, check=3).stderr)

    def test_what_cannot_be_opened_is_no_difference(self):
        with open(self.first, "rb") as file:
            data = file.read()
        cut = self.shelf.path("cut.tar")
        with open(cut, "wb") as file:
            file.write(data[:len(data) // 2])
        done = self.diff(self.first, cut, check=8)
        self.assertRegex(done.stderr, r"cut.tar: \w+.tar.gz: ")
        wrong = self.shelf.write("wrong", "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGG\n", 0o600)
        done = self.diff(self.first, self.first, "-k", wrong, check=4, config=False)
        self.assertNotIn("removed", done.stdout)
        self.assertNotIn(KEY, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
