"""Restoring: what is refused, and the commands around it."""
import json
import os
import shutil
import signal
import time
import unittest

from restore_home import RestoreTest, beside, digest
from shelf import wait_for


class Refused(RestoreTest):
    def refuse(self, exit_code, text, *words):
        before = digest(self.shelf.home)
        done = self.shelf.run("restore", *words, check=exit_code)
        self.assertIn(text, done.stderr)
        self.assertEqual(digest(self.shelf.home), before)
        self.assert_nothing_beside()

    def test_a_key_that_does_not_open_it(self):
        archive = self.backup()
        self.shelf.write("key", "WRNG-WRNG-WRNG-WRNG-WRNG-WRNG-WRNG\n", 0o600)
        self.refuse(4, "key", os.path.basename(archive)[:-4])

    def test_a_damaged_archive(self):
        archive = self.backup()
        size = os.path.getsize(archive)
        with open(archive, "r+b") as file:
            file.seek(size // 2)
            byte = file.read(1)
            file.seek(size // 2)
            file.write(bytes([byte[0] ^ 1]))
        self.refuse(5, "damaged", os.path.basename(archive)[:-4])

    def test_a_cut_archive(self):
        archive = self.backup()
        os.truncate(archive, os.path.getsize(archive) // 2)
        os.utime(archive, (time.time() - 3600,) * 2)  # else it counts as still being written
        self.refuse(5, "", os.path.basename(archive)[:-4])

    def test_a_newer_home_assistant(self):
        self.backup()
        self.put("config/.HA_VERSION", "2026.10.3")
        self.refuse(1, "You need at least Home Assistant version 2026.11.2", "latest")
        self.shelf.run("restore", "latest", "force", check=0)
        self.assertEqual(self.get("config/.HA_VERSION"), "2026.11.2")

    def test_another_installation(self):
        self.backup()
        uuid = "config/.storage/core.uuid"
        mine = self.get(uuid)
        self.put(uuid, json.dumps({"data": {"uuid": "f" * 32}}))
        self.refuse(1, "another installation", "latest")
        os.remove(os.path.join(self.shelf.home, uuid))
        self.shelf.run("restore", "latest", check=0)
        self.assertEqual(self.get(uuid), mine)
        self.put(uuid, json.dumps({"data": {"uuid": "f" * 32}}))
        self.shelf.run("restore", "latest", "force", check=0)
        self.assertEqual(self.get(uuid), mine)

    def test_paths_of_ours_inside_a_part(self):
        archive = self.backup()
        name = os.path.basename(archive)[:-4]
        os.makedirs(os.path.join(self.shelf.home, "share/archives"))
        self.shelf.configure(f"[location inside]\npath = {self.shelf.home}/share/archives\n")
        self.refuse(2, "location inside", name)
        self.shelf.run("restore", name, "parts=config", check=0)
        self.shelf.configure()
        inside = os.path.join(self.shelf.home, "ssl/backup.tar")
        shutil.copyfile(archive, inside)
        self.refuse(2, "the archive", inside, "parts=ssl")
        shutil.copyfile(self.shelf.path("key"), os.path.join(self.shelf.home, "ssl/key"))
        os.chmod(os.path.join(self.shelf.home, "ssl/key"), 0o600)
        with open(self.shelf.ini, encoding="utf-8") as file:
            text = file.read()
        self.shelf.write("backshelf.ini", text.replace(f"file = {self.shelf.path('key')}",
                                                       f"file = {self.shelf.home}/ssl/key"))
        self.refuse(2, "the key file", name)

    def test_a_part_the_backup_does_not_hold(self):
        self.backup("parts=config")
        self.refuse(2, "it holds config", "latest", "parts=ssl")

    def test_while_another_one_works(self):
        self.backup()
        self.shelf.configure("[restore]\nbefore = sleep 3\n")
        first = self.begin_restore("parts=ssl")
        wait_for(lambda: beside(self.shelf.state), what="the journal")
        self.assertEqual(self.shelf.run("restore", "latest").returncode, 7)
        self.assertEqual(self.shelf.run("backup").returncode, 7)
        self.assertEqual(first.wait(60), 0)


class Hooks(RestoreTest):
    def test_around_the_exchange_alone(self):
        self.backup()
        self.put("config/configuration.yaml", "broken")
        log = self.shelf.path("hooks")
        show = f"cat {self.shelf.home}/config/configuration.yaml >> {log}"
        self.shelf.configure(f"[restore]\nbefore = echo before >> {log}, {show}\nafter = echo after >> {log}\n"
                             .replace(", ", " && "))
        self.shelf.run("restore", "latest", check=0)
        with open(log, encoding="utf-8") as file:
            self.assertEqual(file.read(), "before\nbrokenafter\n")
        self.assertEqual(self.get("config/configuration.yaml"), "default_config:\n")

    def test_one_that_fails_before_changes_nothing(self):
        self.backup()
        self.change_everything()
        log = self.shelf.path("hooks")
        self.shelf.configure(f"[restore]\nbefore = false\nafter = echo after >> {log}\n")
        before = digest(self.shelf.home)
        done = self.shelf.run("restore", "latest", check=1)
        self.assertIn("'before' of [restore]", done.stderr)
        self.assertEqual(digest(self.shelf.home), before)
        self.assertTrue(os.path.exists(log))
        self.assert_nothing_beside()

    def test_a_stop_before_the_exchange_changes_nothing(self):
        self.backup()
        self.change_everything()
        log = self.shelf.path("hooks")
        self.shelf.configure(f"[restore]\nbefore = touch {log}.before; sleep 2\nafter = touch {log}.after\n")
        before = digest(self.shelf.home)
        process = self.begin_restore()
        wait_for(lambda: os.path.exists(log + ".before"), what="the hook")
        process.send_signal(signal.SIGINT)
        self.assertNotEqual(process.wait(60), 0)
        self.assertEqual(digest(self.shelf.home), before)
        self.assertTrue(os.path.exists(log + ".after"))
        self.assert_nothing_beside()


if __name__ == "__main__":
    unittest.main()
