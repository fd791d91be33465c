"""Restoring: killed at any moment, and on disks of many kinds."""
import os
import random
import shutil
import subprocess
import time
import unittest

from restore_home import RestoreTest, content, digest
from shelf import LONG, make_home, wait_for


class Killed(RestoreTest):
    def test_at_random_moments(self):
        """The home is wholly old or wholly new after the next start."""
        make_home(self.shelf.home, files=200)
        self.backup()
        new = content(self.shelf.home)
        self.change_everything()
        self.put("config/backups/mine.tar", "an archive")
        for number in range(40):
            self.put(f"config/tts/{number}.mp3", "said")
            self.put(f"config/packages/p{number % 7}/__pycache__/{number}.pyc", "compiled")
        old = content(self.shelf.home)
        kept = {path: what for path, what in old.items()
                if path.startswith((b"config/backups", b"config/tts")) or b"__pycache__" in path}
        shutil.copytree(self.shelf.home, self.shelf.path("master"), symlinks=True)
        start = time.monotonic()
        self.shelf.run("restore", "latest", check=0)
        seconds = time.monotonic() - start
        wanted_new = content(self.shelf.home)
        for path, what in new.items():
            self.assertEqual(wanted_new[path][-1], what[-1], path)
        for path, what in kept.items():
            if b"/p3/" not in path or path in wanted_new:
                self.assertEqual(wanted_new[path], what, path)
        outcomes = {"old": 0, "new": 0}
        chance = random.Random(7)
        for round_number in range(50 if LONG else 8):
            shutil.rmtree(self.shelf.home)
            subprocess.run(["cp", "-a", self.shelf.path("master"), self.shelf.home], check=True)
            process = self.begin_restore()
            if round_number % 2 == 0:
                time.sleep(chance.uniform(0.0, seconds * 1.1))
            else:  # around the exchange, which is short
                self.wait_for_exchange(process, seconds)
                time.sleep(chance.uniform(0.0, 0.01))
            process.kill()
            process.wait()
            self.recover(round_number)
            now = content(self.shelf.home)
            which = "new" if now == wanted_new else "old" if now == old else None
            self.assertIsNotNone(which, self.difference(now, old, wanted_new))
            outcomes[which] += 1
            self.assert_nothing_beside()
        print(f"\n    {outcomes} of {sum(outcomes.values())} kills; a restore takes {seconds:.2f} s")
        self.shelf.run("restore", "latest", check=0)
        self.assertEqual(content(self.shelf.home), wanted_new)

    def wait_for_exchange(self, process, seconds):
        journal = os.path.join(self.shelf.state, "restore.journal")
        end = time.monotonic() + seconds * 2
        while time.monotonic() < end and process.poll() is None:
            try:
                with open(journal, "rb") as file:
                    if b"\nstep\t" in file.read():
                        return
            except OSError:
                pass

    def recover(self, round_number):
        if round_number % 3 == 2:
            self.shelf.mount()
            journal = os.path.join(self.shelf.state, "restore.journal")
            wait_for(lambda: not os.path.exists(journal), what="the daemon's recovery")
            pid = self.shelf.daemon_pid()
            subprocess.run(["umount", self.shelf.mount_point], check=True, capture_output=True, timeout=60)
            # Its last words are synced, which takes its time on a busy disk.
            wait_for(lambda: not os.path.exists(f"/proc/{pid}") or self.shelf.is_zombie(pid), 200, "the daemon's end")
            return
        self.shelf.run("backup", "parts=ssl", "name=after", check=0)
        for name in os.listdir(self.shelf.archives):
            if name.startswith("after"):
                os.remove(os.path.join(self.shelf.archives, name))

    @staticmethod
    def difference(now, old, new):
        def of(wanted):
            return sorted(path for path in set(now) | set(wanted) if now.get(path) != wanted.get(path))[:8]
        return f"neither old ({of(old)}) nor new ({of(new)})"

    def test_home_assistant_is_started_again(self):
        self.backup()
        log = self.shelf.path("hooks")
        self.shelf.configure(f"[restore]\nbefore = touch {log}.stopped; sleep 30\nafter = touch {log}.started\n")
        before = digest(self.shelf.home)
        process = self.begin_restore()
        wait_for(lambda: os.path.exists(log + ".stopped"), what="the hook")
        process.kill()
        process.wait()
        told = self.shelf.run("backup", "parts=ssl", check=0).stdout
        self.assertIn("an interrupted restore was taken back", told)
        self.assertTrue(os.path.exists(log + ".started"))
        self.assertEqual(digest(self.shelf.home), before)
        self.assert_nothing_beside()


class Disks(RestoreTest):
    def mount(self, path, *options):
        os.makedirs(path, exist_ok=True)
        done = subprocess.run(["mount", *options, path], capture_output=True, check=False)
        if done.returncode != 0:
            self.skipTest("mounting is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", path], check=False, capture_output=True)

    def test_one_too_small_is_refused_before_anything_is_touched(self):
        self.backup()
        small = self.shelf.path("small")
        self.mount(small, "-t", "tmpfs", "-o", "size=5m", "none")
        shutil.rmtree(self.shelf.home)
        self.shelf.home = os.path.join(small, "home")
        make_home(self.shelf.home, big_bytes=2 * 1024 * 1024)
        self.shelf.configure()
        before = digest(self.shelf.home)
        done = self.shelf.run("restore", "latest", check=6)
        self.assertIn("are missing", done.stderr)
        self.assertEqual(digest(self.shelf.home), before)
        self.assert_nothing_beside()
        self.shelf.run("restore", "latest", "parts=share", check=0)

    def test_a_part_that_is_a_mount_point(self):
        wanted = digest(self.shelf.home, ["media", "config"], ("config/home-assistant.log",))
        self.backup()
        media = os.path.join(self.shelf.home, "media")
        shutil.rmtree(media)
        self.mount(media, "-t", "tmpfs", "-o", "size=8m", "none")
        self.put("media/new since.txt", "x")
        self.put("config/configuration.yaml", "broken")
        self.shelf.run("restore", "latest", check=0)
        self.assertTrue(os.path.ismount(media))
        self.assertEqual(digest(self.shelf.home, ["media", "config"], ("config/home-assistant.log",)), wanted)
        self.assert_nothing_beside()

    def test_a_part_that_holds_a_mount_point(self):
        self.put("config/www/page.html", "before")
        self.backup()
        nas = os.path.join(self.shelf.home, "config/www/nas")
        source = self.shelf.path("nas")
        os.makedirs(source)
        with open(os.path.join(source, "precious"), "w", encoding="utf-8") as file:
            file.write("x")
        self.mount(nas, "--bind", source)
        self.put("config/www/page.html", "after")
        self.put("config/www/new.html", "after")
        self.shelf.run("restore", "latest", "parts=config", check=0)
        self.assertTrue(os.path.exists(os.path.join(nas, "precious")))
        self.assertEqual(os.listdir(source), ["precious"])
        self.assertEqual(self.get("config/www/page.html"), "before")
        self.assertFalse(self.has("config/www/new.html"))
        self.assert_nothing_beside()


if __name__ == "__main__":
    unittest.main()
