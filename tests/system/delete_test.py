"""Deleting: a whole backup goes, a part of one never does, the last good one stays, and everything can be brought back."""
import errno
import json
import os
import subprocess
import time
import unittest

from shelf import LONG, Shelf, make_home, wait_for

WINDOW = 2  # seconds; the configuration below


class Delete(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf(config=f"[mount]\ndelete_window = {WINDOW}s\n")
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)

    def make(self, *names):
        """Backups of these names, made one after the other; returns their folders. The last one is protected."""
        for name in names:
            self.shelf.run("backup", f"name={name}", check=0)
        self.shelf.run("verify", "all", check=0)
        self.shelf.mount()
        folders = self.shelf.folders()
        return [next(f for f in folders if f.startswith(name + "_")) for name in names]

    def tree(self, folder):
        return sorted(subprocess.run(["find", self.shelf.on_mount(folder), "-printf", "%P %y %s %m %T@\n"],
                                     capture_output=True, text=True, errors="surrogateescape",
                                     check=True).stdout.splitlines())

    def rm(self, *words, stdin=""):
        return subprocess.run(["rm", *words], input=stdin, capture_output=True, text=True, check=False, timeout=600)

    def gone(self, folder):
        return wait_for(lambda: not os.path.exists(self.shelf.on_mount(folder)), 5, f"{folder} gone")

    def assert_unchanged(self, folder, before):
        """After the window everything is there again."""
        time.sleep(WINDOW + 0.5)
        wait_for(lambda: self.tree(folder) == before, 5, f"{folder} whole again")
        archive = os.path.join(self.shelf.archives, folder + ".tar")
        self.assertTrue(os.path.exists(archive))

    def test_rm_r_of_a_backup_removes_it_and_undelete_brings_it_back(self):
        first, _ = self.make("first", "second")
        before = self.tree(first)
        self.assertEqual(self.rm("-r", self.shelf.on_mount(first)).stderr, "")
        self.gone(first)
        self.assertFalse(os.path.exists(os.path.join(self.shelf.archives, first + ".tar")))
        deleted = json.loads(self.shelf.run("list", "--json", "--deleted", check=0).stdout)
        self.assertEqual([row["folder"] for row in deleted], [first])
        self.shelf.run("undelete", first, check=0)
        wait_for(lambda: os.path.exists(self.shelf.on_mount(first)), 5, "it is back")
        self.assertEqual(self.tree(first), before)

    def test_rm_r_of_a_backup_of_ten_thousand_files(self):
        many = os.path.join(self.shelf.home, "share/many")
        os.makedirs(many)
        for number in range(10_000 if LONG else 2_000):
            with open(os.path.join(many, f"f{number}"), "w", encoding="utf-8") as file:
                file.write(str(number))
        first, _ = self.make("first", "second")
        started = time.monotonic()
        self.assertEqual(self.rm("-r", self.shelf.on_mount(first)).stderr, "")
        print(f"rm -r took {time.monotonic() - started:.2f} s")
        self.gone(first)

    def test_rmdir_of_a_backup_removes_it(self):
        first, _ = self.make("first", "second")
        os.rmdir(self.shelf.on_mount(first))
        self.gone(first)

    def test_rm_r_of_a_part_changes_nothing(self):
        first, _ = self.make("first", "second")
        before = self.tree(first)
        self.assertEqual(self.rm("-r", self.shelf.on_mount(first, "config")).returncode, 0)
        self.assertFalse(os.path.exists(self.shelf.on_mount(first, "config")), "it disappears for a while")
        self.assert_unchanged(first, before)

    def test_rm_of_one_file_changes_nothing(self):
        first, _ = self.make("first", "second")
        before = self.tree(first)
        os.unlink(self.shelf.on_mount(first, "config/automations.yaml"))
        self.assertFalse(os.path.exists(self.shelf.on_mount(first, "config/automations.yaml")))
        self.assert_unchanged(first, before)

    def test_rm_ri_with_one_no_and_a_late_yes_for_the_top_changes_nothing(self):
        first, _ = self.make("first", "second")
        before = self.tree(first)
        questions = len(before) * 3
        answers = "y\n" * 6 + "n\n" + "y\n" * questions
        done = self.rm("-ri", self.shelf.on_mount(first), stdin=answers)
        self.assertNotEqual(done.returncode, 0)
        self.assert_unchanged(first, before)

    def test_rm_ri_with_yes_for_the_top_after_the_window_changes_nothing(self):
        first, _ = self.make("first", "second")
        before = self.tree(first)
        for folder, folders, files in os.walk(self.shelf.on_mount(first), topdown=False):
            for name in files:
                os.unlink(os.path.join(folder, name))
            for name in folders:
                path = os.path.join(folder, name)
                os.unlink(path) if os.path.islink(path) else os.rmdir(path)
        time.sleep(WINDOW + 1)
        with self.assertRaises(OSError) as late:
            os.rmdir(self.shelf.on_mount(first))
        self.assertEqual(late.exception.errno, errno.ENOTEMPTY)
        self.assert_unchanged(first, before)

    def test_find_type_d_delete_changes_nothing(self):
        first, _ = self.make("first", "second")
        before = self.tree(first)
        done = subprocess.run(["find", self.shelf.on_mount(first), "-type", "d", "-delete"], capture_output=True,
                              text=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Directory not empty", done.stderr)
        self.assert_unchanged(first, before)

    def test_a_delete_interrupted_half_way_changes_nothing(self):
        first, _ = self.make("first", "second")
        before = self.tree(first)
        removed = 0
        for folder, _, files in os.walk(self.shelf.on_mount(first)):
            for name in files[:5]:
                os.unlink(os.path.join(folder, name))
                removed += 1
        self.assertGreater(removed, 5)
        self.assert_unchanged(first, before)

    def test_the_daemons_end_drops_an_open_session(self):
        first, _ = self.make("first", "second")
        before = self.tree(first)
        os.unlink(self.shelf.on_mount(first, "config/automations.yaml"))
        self.shelf.unmount()
        self.shelf.mount()
        self.assertEqual(self.tree(first), before)

    def test_the_last_good_backup_resists_every_way_out(self):
        first, last = self.make("first", "last")
        before = self.tree(last)
        archive = os.path.join(self.shelf.archives, last + ".tar")
        refusals = [
            lambda: os.rmdir(self.shelf.on_mount(last)),
            lambda: os.unlink(self.shelf.on_mount(last, "config/automations.yaml")),
            lambda: os.unlink(self.shelf.on_mount("locations/local", last + ".tar")),
            lambda: self.shelf.command(f"delete '{last}'"),
        ]
        for number, refused in enumerate(refusals):
            with self.subTest(way=number), self.assertRaises(OSError) as error:
                refused()
            self.assertEqual(error.exception.errno, errno.EPERM)
        self.assertNotEqual(self.rm("-rf", self.shelf.on_mount(last)).returncode, 0)
        self.assertTrue(os.path.exists(archive))
        self.assertEqual(self.tree(last), before)
        problems = json.dumps(self.shelf.status()["problems"])
        self.assertIn("last good", problems)
        self.assertEqual(self.shelf.run("delete", last).returncode, 1)
        self.shelf.run("delete", first, check=0)
        self.shelf.run("delete", last, "force", check=0)
        self.gone(last)

    def test_force_through_control_is_refused(self):
        _, last = self.make("first", "last")
        with self.assertRaises(OSError) as error:
            self.shelf.command(f"delete '{last}' force")
        self.assertEqual(error.exception.errno, errno.EPERM)

    def test_a_pinned_backup_resists_until_unpinned(self):
        first, _ = self.make("first", "second")
        self.shelf.run("pin", first, check=0)
        wait_for(lambda: self.refused(first), 5, "the pin is known to the daemon")
        self.assertEqual(self.shelf.run("delete", first).returncode, 1)
        self.shelf.run("unpin", first, check=0)
        self.shelf.run("delete", first, check=0)
        self.gone(first)

    def refused(self, folder):
        try:
            os.unlink(self.shelf.on_mount(folder, "backup.json"))
        except PermissionError:
            return True
        return False

    def test_an_open_file_stays_readable_after_the_delete(self):
        first, _ = self.make("first", "second")
        with open(self.shelf.on_mount(first, "config/home-assistant_v2.db"), "rb", buffering=0) as file:
            start = file.read(1000)
            self.assertEqual(self.rm("-r", self.shelf.on_mount(first)).returncode, 0)
            self.gone(first)
            file.seek(0)
            self.assertEqual(file.read(1000), start)
            file.seek(2_000_000)
            self.assertEqual(len(file.read(100_000)), 100_000)

    def test_rm_in_locations_deletes_and_undelete_returns_it(self):
        first, _ = self.make("first", "second")
        os.unlink(self.shelf.on_mount("locations/local", first + ".tar"))
        self.gone(first)
        self.shelf.command(f"undelete '{first}'")
        wait_for(lambda: os.path.exists(self.shelf.on_mount(first)), 5, "it is back")

    def assert_refused(self, number, call):
        with self.assertRaises(OSError) as error:
            call()
        self.assertEqual(error.exception.errno, number, error.exception)

    def set_policy(self, policy):
        self.shelf.configure(f"[mount]\ndelete = {policy}\ndelete_window = {WINDOW}s\n")

    def assert_nothing_deleted(self, folder, before):
        self.assertEqual(self.tree(folder), before)
        self.assertTrue(os.path.exists(os.path.join(self.shelf.archives, folder + ".tar")))
        self.assertEqual(json.loads(self.shelf.run("list", "--json", "--deleted", check=0).stdout), [])

    def test_delete_deny_refuses_every_way_through_the_mount(self):
        self.set_policy("deny")
        first, _ = self.make("first", "second")
        before = self.tree(first)
        folder = self.shelf.on_mount(first)
        archive = self.shelf.on_mount("locations/local", first + ".tar")
        ways = {"rmdir": lambda: os.rmdir(folder), "rm inside": lambda: os.unlink(folder + "/config/automations.yaml"),
                "rmdir inside": lambda: os.rmdir(folder + "/share/empty folder"),
                "rm of the archive": lambda: os.unlink(archive), "mv": lambda: os.rename(folder, folder + " moved"),
                "mv of the archive": lambda: os.rename(archive, archive[:-len(".tar")] + " moved.tar")}
        for way, call in ways.items():
            with self.subTest(way=way):
                self.assert_refused(errno.EPERM, call)
        done = self.rm("-r", folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Operation not permitted", done.stderr)
        self.assert_nothing_deleted(first, before)
        self.shelf.run("delete", first, check=0)  # the command line works on
        self.gone(first)

    def test_delete_deny_refuses_the_control_file_too(self):
        self.set_policy("deny")
        first, _ = self.make("first", "second")
        before = self.tree(first)
        done = subprocess.run(["bash", "-c", 'echo "delete \'$0\'" > control', first], cwd=self.shelf.mount_point,
                              capture_output=True, text=True, check=False)
        self.shelf.wait_idle()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Operation not permitted", done.stderr)
        self.assert_nothing_deleted(first, before)

    def test_delete_rmdir_only_takes_a_bare_rmdir_and_nothing_else(self):
        self.set_policy("rmdir-only")
        first, second, _ = self.make("first", "second", "third")
        before = self.tree(first)
        folder = self.shelf.on_mount(first)
        done = self.rm("-r", folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Read-only file system", done.stderr)
        self.assert_nothing_deleted(first, before)
        self.assert_refused(errno.EROFS, lambda: os.unlink(folder + "/config/automations.yaml"))
        self.assert_refused(errno.EROFS, lambda: os.rmdir(folder + "/share/empty folder"))
        self.assert_refused(errno.ENOTEMPTY, lambda: os.rmdir(folder))
        time.sleep(WINDOW + 1)  # what was begun is remembered for an hour
        self.assert_refused(errno.ENOTEMPTY, lambda: os.rmdir(folder))
        self.assert_nothing_deleted(first, before)
        os.rmdir(self.shelf.on_mount(second))
        self.gone(second)

    def test_nothing_inside_a_backup_can_be_changed(self):
        first, _ = self.make("first", "second")
        inside = self.shelf.on_mount(first, "config/automations.yaml")
        for change in (lambda: open(inside, "w", encoding="utf-8"), lambda: os.rename(inside, inside + "2"),
                       lambda: os.mkdir(self.shelf.on_mount(first, "config/new")),
                       lambda: open(self.shelf.on_mount(first, "new"), "w", encoding="utf-8")):
            with self.assertRaises(OSError) as error:
                change()
            self.assertEqual(error.exception.errno, errno.EROFS)
        with self.assertRaises(PermissionError):
            os.rmdir(self.shelf.on_mount("locations"))


if __name__ == "__main__":
    unittest.main()
