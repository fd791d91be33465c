"""Restoring: whole and in part, what stays, what is refused, killed at any moment, onto a new machine."""
import errno
import hashlib
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest

from shelf import KEY, LONG, PROGRAM, Shelf, make_home, wait_for

PARTS = ("config", "share", "ssl", "media", "addons", "apps/core_ssh")
KIT = f"""Home Assistant Backup Emergency Kit

This emergency kit contains information about your backup settings.

Date: 2026-11-23

Instance: Home
URL: http://homeassistant.local:8123

Encryption key:
{KEY}
"""


def digest(root, parts=PARTS, skip=()):
    """path -> (kind, mode, owner, mtime, content): equal for equal trees. `skip`: paths left out with all below."""
    found = {}
    for part in parts:
        top = os.path.join(root, part)
        if not os.path.lexists(top):
            continue
        for folder, folders, files in os.walk(os.fsencode(top)):
            folders[:] = [name for name in folders if not is_below(root, os.path.join(folder, name), skip)]
            for path in [os.path.join(folder, name) for name in folders + files] + [folder]:
                if not is_below(root, path, skip):
                    found[os.path.relpath(path, os.fsencode(root))] = facts(path)
    return found


def is_below(root, path, skip):
    relative = os.fsdecode(os.path.relpath(path, os.fsencode(root)))
    return any(relative == one or relative.startswith(one + "/") for one in skip)


def facts(path):
    status = os.lstat(path)
    common = (stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
    if stat.S_ISLNK(status.st_mode):
        return (stat.S_IFLNK, os.readlink(path))
    if stat.S_ISREG(status.st_mode):
        with open(path, "rb") as file:
            return common + (status.st_mtime_ns, hashlib.sha256(file.read()).hexdigest())
    return common + (status.st_mtime_ns,)


def content(home):
    """The same without the times of folders, which change whenever something in them does."""
    return {path: what if stat.S_ISREG(what[0] if isinstance(what[0], int) else 0) else what[:2]
            for path, what in digest(home).items()}


def beside(root):
    """What of a restore lies anywhere below root."""
    return [os.path.join(folder, name) for folder, folders, files in os.walk(root)
            for name in folders + files if "backshelf-restore" in name or name == "restore.journal"]


class RestoreTest(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf()
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)

    def put(self, path, text="x", mode=None):
        full = os.path.join(self.shelf.home, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
        if mode is not None:
            os.chmod(full, mode)

    def get(self, path):
        with open(os.path.join(self.shelf.home, path), encoding="utf-8") as file:
            return file.read()

    def has(self, path):
        return os.path.lexists(os.path.join(self.shelf.home, path))

    def backup(self, *words):
        before = set(os.listdir(self.shelf.archives))
        self.shelf.run("backup", *words, check=0)
        made = [name for name in set(os.listdir(self.shelf.archives)) - before if name.endswith(".tar")]
        self.assertEqual(len(made), 1)
        return os.path.join(self.shelf.archives, made[0])

    def change_everything(self):
        """As an update gone wrong would."""
        self.put("config/configuration.yaml", "broken: true\n")
        self.put("config/custom_components/new/__init__.py", "new since the backup")
        os.remove(os.path.join(self.shelf.home, "config/automations.yaml"))
        shutil.rmtree(os.path.join(self.shelf.home, "config/packages/p3"))
        self.put("share/note.txt", "other")
        self.put("ssl/new.pem", "new")
        shutil.rmtree(os.path.join(self.shelf.home, "media"))
        self.put("apps/core_ssh/data/options.json", "[1]")

    def assert_nothing_beside(self):
        self.assertEqual(beside(self.shelf.root), [])


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
        self.shelf.configure("[mount]\ncontrol_allows = restore,delete\n[restore]\nbefore = sleep 2\n")
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
        first = subprocess.Popen([PROGRAM, "restore", "-c", self.shelf.ini, "latest", "parts=ssl"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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
        process = subprocess.Popen([PROGRAM, "restore", "-c", self.shelf.ini, "latest"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(log + ".before"), what="the hook")
        process.send_signal(signal.SIGINT)
        self.assertNotEqual(process.wait(60), 0)
        self.assertEqual(digest(self.shelf.home), before)
        self.assertTrue(os.path.exists(log + ".after"))
        self.assert_nothing_beside()


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
            process = subprocess.Popen([PROGRAM, "restore", "-c", self.shelf.ini, "latest"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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
        process = subprocess.Popen([PROGRAM, "restore", "-c", self.shelf.ini, "latest"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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
