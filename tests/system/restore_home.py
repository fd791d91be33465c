"""A home that is restored, and how to tell two homes apart."""
import hashlib
import os
import shutil
import stat
import subprocess
import unittest

from shelf import KEY, PROGRAM, Shelf, make_home

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

    def begin_restore(self, *words):
        """In a process of its own, which the test stops or waits for."""
        return subprocess.Popen([PROGRAM, "restore", "-c", self.shelf.ini, "latest", *words],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

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
