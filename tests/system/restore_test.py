"""Restoring: whole, in part, what stays, onto a new machine."""
import errno
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from restore_home import KIT, RestoreTest, beside, content, digest
from shelf import PROGRAM, Shelf, make_home, wait_for


class Whole(RestoreTest):
    def test_everything_is_as_it_was(self):
        # What no backup holds stays, and is not compared.
        skip = ("config/home-assistant.log",)
        wanted = digest(self.shelf.home, skip=skip)
        self.backup()
        self.change_everything()
        self.assertNotEqual(digest(self.shelf.home, skip=skip), wanted)
        done = self.shelf.run("restore", "latest", check=0)
        self.assertIn("restored config", done.stdout)
        found = digest(self.shelf.home, skip=skip)
        # No entry of the archive says what the folder around an app's data was.
        for tree in (found, wanted):
            tree.pop(b"apps/core_ssh")
        self.assertEqual(found, wanted)
        self.assert_nothing_beside()

    def test_one_part_leaves_the_others_alone(self):
        self.backup()
        self.change_everything()
        before = content(self.shelf.home)
        self.shelf.run("restore", "latest", "parts=ssl", check=0)
        after = content(self.shelf.home)
        self.assertFalse(self.has("ssl/new.pem"))
        self.assertEqual({k: v for k, v in before.items() if not k.startswith(b"ssl")},
                         {k: v for k, v in after.items() if not k.startswith(b"ssl")})

    def test_an_app_by_itself(self):
        self.backup()
        self.change_everything()
        self.shelf.run("restore", "latest", "parts=app:core_ssh", check=0)
        self.assertEqual(self.get("apps/core_ssh/data/options.json"), "{}")
        self.assertEqual(self.get("config/configuration.yaml"), "broken: true\n")

    def test_a_part_that_is_gone_comes_back(self):
        self.backup()
        shutil.rmtree(os.path.join(self.shelf.home, "apps"))
        shutil.rmtree(os.path.join(self.shelf.home, "ssl"))
        self.shelf.run("restore", "latest", check=0)
        self.assertEqual(self.get("apps/core_ssh/data/options.json"), "{}")
        self.assertEqual(self.get("ssl/privkey.pem"), "key\n")
        self.assert_nothing_beside()

    def test_an_archive_by_its_path(self):
        archive = self.backup()
        elsewhere = self.shelf.path("elsewhere.tar")
        os.rename(archive, elsewhere)
        self.change_everything()
        self.shelf.run("restore", elsewhere, "parts=config", check=0)
        self.assertEqual(self.get("config/configuration.yaml"), "default_config:\n")

    def test_through_the_control_file_when_it_is_allowed(self):
        self.backup()
        self.change_everything()
        self.shelf.mount()
        folder = self.shelf.folders()[0]
        with self.assertRaises(PermissionError):
            self.shelf.command(f"restore '{folder}'")
        self.shelf.unmount()
        self.shelf.configure("[mount]\ncontrol_allows = backup,restore,cancel\n")
        self.shelf.mount()
        self.shelf.command(f"restore '{folder}' parts=config,ssl")
        self.shelf.wait_idle()
        self.assertEqual(self.get("config/configuration.yaml"), "default_config:\n")
        self.assertFalse(self.has("ssl/new.pem"))
        self.assertEqual(self.get("share/note.txt"), "other")

    def test_one_that_fails_is_in_the_status_until_one_succeeds(self):
        self.backup()
        self.put("config/.HA_VERSION", "2020.1.0")
        self.shelf.configure("[mount]\ncontrol_allows = restore\n")
        self.shelf.mount()
        folder = self.shelf.folders()[0]
        self.shelf.command(f"restore '{folder}'")
        self.shelf.wait_idle()
        problems = self.shelf.status()["problems"]
        self.assertEqual([one["code"] for one in problems], ["restore"])
        self.assertIn("2026.11.2", problems[0]["what"])
        self.shelf.command(f"restore '{folder}' parts=ssl")
        self.shelf.wait_idle()
        self.assertEqual(self.shelf.status()["problems"], [])

    def test_the_backup_cannot_be_deleted_meanwhile(self):
        self.backup()
        self.backup()
        go = self.shelf.path("go")
        self.shelf.configure("[mount]\ncontrol_allows = restore,delete\n[restore]\n"
                             f"before = until [ -e {go} ]; do sleep 0.05; done\n")
        self.shelf.mount()
        folder = self.shelf.folders()[0]
        self.shelf.command(f"restore '{folder}' parts=ssl")
        wait_for(lambda: (self.shelf.status()["job"] or {}).get("folder") == folder, what="the restore")
        self.assertEqual(self.shelf.status()["state"], "restore")
        for act in (lambda: os.rmdir(self.shelf.on_mount(folder)),
                    lambda: self.shelf.command(f"delete '{folder}'")):
            with self.assertRaises(OSError) as failed:
                act()
            self.assertEqual(failed.exception.errno, errno.EBUSY)
        with open(go, "w", encoding="utf-8"):
            pass
        self.shelf.wait_idle()
        os.rmdir(self.shelf.on_mount(folder))


class WhatStays(RestoreTest):
    def test_archives_in_the_configuration_are_not_touched(self):
        self.backup()
        self.put("config/backups/of HA.tar", "an archive")
        self.put("config/tmp_backups/part.tar", "a piece")
        inode = os.stat(os.path.join(self.shelf.home, "config/backups/of HA.tar")).st_ino
        self.shelf.run("restore", "latest", check=0)
        self.assertEqual(self.get("config/backups/of HA.tar"), "an archive")
        self.assertEqual(self.get("config/tmp_backups/part.tar"), "a piece")
        self.assertEqual(os.stat(os.path.join(self.shelf.home, "config/backups/of HA.tar")).st_ino, inode)

    def test_a_location_inside_the_configuration(self):
        with Shelf(archives_path=os.path.join(tempfile.mkdtemp(prefix="backshelf-test-"), "home/config/backups")) as shelf:
            home = os.path.dirname(os.path.dirname(shelf.archives))
            self.addCleanup(shutil.rmtree, os.path.dirname(home))
            make_home(home)
            shelf.home = home
            shelf.configure()
            shelf.run("backup", check=0)
            archives = sorted(os.listdir(shelf.archives))
            shelf.mount()
            with open(os.path.join(home, "config/configuration.yaml"), "w", encoding="utf-8") as file:
                file.write("broken")
            shelf.run("restore", "latest", check=0)
            self.assertEqual(sorted(os.listdir(shelf.archives)), archives)
            with open(os.path.join(home, "config/configuration.yaml"), encoding="utf-8") as file:
                self.assertEqual(file.read(), "default_config:\n")
            # The shelf still shows it, and reads it.
            folder = shelf.folders()[0]
            with open(shelf.on_mount(folder, "config/automations.yaml"), encoding="utf-8") as file:
                self.assertIn("Lights", file.read())

    def test_what_the_backup_was_told_to_leave_out(self):
        with open(self.shelf.ini, "r+", encoding="utf-8") as file:
            text = file.read().replace("[home]\n", "[home]\nexclude = config/www/cache/**\nexclude = media/recordings/*\n")
            file.seek(0)
            file.write(text)
        for path in ("config/www/cache/a/b.png", "media/recordings/today.mp4", "config/www/page.html"):
            self.put(path, "before")
        self.backup()
        for path in ("config/www/cache/a/b.png", "config/www/cache/c.png", "media/recordings/today.mp4",
                     "config/www/page.html", "config/tts/hello.mp3", "config/home-assistant.log",
                     "config/home-assistant.log.1", "config/packages/p1/__pycache__/x.pyc", "config/zigbee.db-shm",
                     "config/gone/__pycache__/y.pyc"):
            self.put(path, "after")
        self.shelf.run("restore", "latest", check=0)
        for path in ("config/www/cache/a/b.png", "config/www/cache/c.png", "media/recordings/today.mp4",
                     "config/tts/hello.mp3", "config/home-assistant.log", "config/home-assistant.log.1",
                     "config/packages/p1/__pycache__/x.pyc"):
            self.assertEqual(self.get(path), "after", path)
        self.assertEqual(self.get("config/www/page.html"), "before")
        self.assertFalse(self.has("config/zigbee.db-shm"))
        self.assertFalse(self.has("config/gone"))
        self.assert_nothing_beside()

    def test_the_database_as_asked(self):
        self.backup()
        stored = digest(self.shelf.home, ["config"])[b"config/home-assistant_v2.db"]
        self.put("config/home-assistant_v2.db", "newer history")
        self.put("config/home-assistant_v2.db-wal", "its log")
        self.shelf.run("restore", "latest", "database=keep", check=0)
        self.assertEqual(self.get("config/home-assistant_v2.db"), "newer history")
        self.assertEqual(self.get("config/home-assistant_v2.db-wal"), "its log")
        self.shelf.run("restore", "latest", check=0)
        self.assertEqual(digest(self.shelf.home, ["config"])[b"config/home-assistant_v2.db"], stored)
        # The log of the other database would damage this one.
        self.assertFalse(self.has("config/home-assistant_v2.db-wal"))

    def test_the_database_stays_when_the_backup_has_none(self):
        self.backup("database=exclude")
        self.put("config/home-assistant_v2.db", "newer history")
        self.put("config/configuration.yaml", "broken")
        self.shelf.run("restore", "latest", check=0)
        self.assertEqual(self.get("config/home-assistant_v2.db"), "newer history")
        self.assertEqual(self.get("config/configuration.yaml"), "default_config:\n")


class NewMachine(RestoreTest):
    def setUp(self):
        super().setUp()
        self.archive = self.shelf.path("downloaded.tar")
        os.rename(self.backup(), self.archive)
        self.kit = self.shelf.write("kit.txt", KIT, 0o600)
        self.root = self.shelf.path("machine")

    def run_bare(self, *words, **more):
        """No configuration anywhere."""
        environment = {**os.environ, "HOME": self.shelf.path("nobody"), "XDG_CONFIG_HOME": self.shelf.path("nobody")}
        return self.shelf.run(*words, config=False, env=environment, **more)

    def test_archive_and_kit_are_enough(self):
        if os.path.exists("/etc/backshelf/backshelf.ini"):
            self.skipTest("this machine has a configuration")
        self.run_bare("restore", "-k", self.kit, self.archive, "--to", self.root, check=0)
        copied = self.shelf.path("copied")
        self.run_bare("extract", "-k", self.kit, self.archive, copied, check=0)
        self.assertEqual(digest(self.root), digest(copied))
        self.assertEqual(sorted(os.listdir(self.root)), ["addons", "apps", "config", "media", "share", "ssl"])

    def test_into_an_empty_folder_and_one_part(self):
        os.makedirs(os.path.join(self.root, "config"))
        self.run_bare("restore", "-k", self.kit, self.archive, "parts=config", "--to", self.root, check=0)
        self.assertEqual(sorted(os.listdir(self.root)), ["config"])
        with open(os.path.join(self.root, "config/secrets.yaml"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "wifi: hunter2\n")

    def test_a_home_that_is_there_is_not_replaced(self):
        os.makedirs(os.path.join(self.root, "ssl"))
        with open(os.path.join(self.root, "ssl/mine"), "w", encoding="utf-8") as file:
            file.write("x")
        done = self.run_bare("restore", "-k", self.kit, self.archive, "--to", self.root, check=2)
        self.assertIn("is there already", done.stderr)
        self.assertEqual(os.listdir(self.root), ["ssl"])

    def test_without_a_key(self):
        done = self.run_bare("restore", self.archive, "--to", self.root, check=4)
        self.assertIn("key", done.stderr)
        self.assertEqual(beside(self.root), [])

    def test_a_file_needs_a_place(self):
        if os.path.exists("/etc/backshelf/backshelf.ini"):
            self.skipTest("this machine has a configuration")
        done = self.run_bare("restore", "-k", self.kit, self.archive, check=2)
        self.assertIn("--to", done.stderr)

    def test_killed_and_begun_again(self):
        for pause in (0.02, 0.05, 0.1, 0.2):
            process = subprocess.Popen([PROGRAM, "restore", "-k", self.kit, self.archive, "--to", self.root],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(pause)
            process.kill()
            process.wait()
        again = self.run_bare("restore", "-k", self.kit, self.archive, "--to", self.root)
        self.assertIn(again.returncode, (0, 2), again.stderr)  # 2: it was finished before
        self.assertEqual(beside(self.root), [])
        copied = self.shelf.path("copied")
        self.run_bare("extract", "-k", self.kit, self.archive, copied, check=0)
        self.assertEqual(digest(self.root), digest(copied))


if __name__ == "__main__":
    unittest.main()
