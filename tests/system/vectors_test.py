"""Archives written by Home Assistant's own library, by GNU tar, and damaged on purpose: each gives exactly what its
manifest says, through the command line and through the mount."""
import errno
import json
import os
import stat
import unittest

import manifest
from shelf import VECTORS, Shelf

CHUNK = 100_003  # an odd read size on purpose
HUGE = 1 << 30   # larger entries are checked at their ends only
# What a path that is not there ends with; the last two: no file system can hold such a path.
ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}
KINDS = {"file": stat.S_ISREG, "dir": stat.S_ISDIR, "symlink": stat.S_ISLNK, "hardlink": stat.S_ISREG,
         "fifo": stat.S_ISFIFO}


def read_chunks(path):
    with open(path, "rb", buffering=0) as file:
        while True:
            chunk = file.read(CHUNK)
            if not chunk:
                return
            yield chunk


def is_huge(archive):
    return any(entry.get("size", 0) > HUGE for inner in archive["inner"] for entry in inner.get("entries", []))


class Vectors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.archives = manifest.load()
        assert len(cls.archives) >= 70

    def shelf_for(self, password):
        """A folder of all archives of one password, and the words that give this key."""
        shelf = Shelf(key=None, old=None)
        self.addCleanup(shelf.__exit__)
        for archive in self.archives:
            if archive["password"] == password:
                shelf.add(archive["file"])
        return shelf, ["-k", shelf.write("kit", password + "\n", 0o600)] if password else []

    def test_states_through_the_command_line(self):
        for password in {archive["password"] for archive in self.archives}:
            shelf, key = self.shelf_for(password)
            for archive in (a for a in self.archives if a["password"] == password):
                with self.subTest(archive=archive["file"]):
                    self.check_states(shelf, key, archive)

    def check_states(self, shelf, key, archive):
        path = os.path.join(shelf.archives, archive["file"])
        verified = shelf.run("verify", "--json", *key, path, config=False)
        shown = json.loads(verified.stdout.splitlines()[0])
        members = {member["member"]: member for member in shown["members"]}
        worst = "ok"
        for inner in archive["inner"]:
            member = members[manifest.member_name(inner)]
            self.assertIn(member["state"], manifest.states_of(inner), inner["member"])
            if inner["expect"] == "ok":
                self.assertIsNone(member["problem"], inner["member"])
            if member["state"] != "ok":
                self.assertTrue(member["problem"], "a bad state says why")
            worst = max(worst, member["state"], key=manifest.BADNESS.index)
        expected = manifest.states_of(archive)
        self.assertIn(shown["state"], ({worst} | expected - {"ok"}) if "ok" in expected else expected)
        self.assertEqual(verified.returncode != 0, shown["state"] != "ok", verified.stderr)

    def test_entries_through_the_mount(self):
        for password in {archive["password"] for archive in self.archives}:
            shelf, key = self.shelf_for(password)
            shelf.mount(*key, source=shelf.archives)
            given = [archive for archive in self.archives if archive["password"] == password]
            self.check_all(shelf, given, shelf.mount_point, through_mount=True)
            shelf.unmount()

    def test_entries_through_extract(self):
        for password in {archive["password"] for archive in self.archives}:
            shelf, key = self.shelf_for(password)
            out = shelf.path("out")
            os.mkdir(out)
            given = [archive for archive in self.archives if archive["password"] == password and not is_huge(archive)]
            extracted = [archive for archive in given if self.extract(shelf, key, archive, out)]
            self.check_all(shelf, extracted, out, through_mount=False)

    def extract(self, shelf, key, archive, out):
        """Whether there is anything to look at; only an archive of which nothing can be read may give nothing."""
        path = os.path.join(shelf.archives, archive["file"])
        target = os.path.join(out, archive["file"][:-len(".tar")])
        code = shelf.run("extract", *key, path, target, config=False).returncode
        with self.subTest(archive=archive["file"]):
            self.assertIn(code, (0, 4, 5, 8))
            if any("ok" not in manifest.states_of(one) for one in [archive, *archive["inner"]]):
                self.assertNotEqual(code, 0, "what is bad is told")
            if not os.path.isdir(target):
                self.assertIn(code, (4, 5), "0 and 8 mean that something is there")
        return os.path.isdir(target)

    def check_all(self, shelf, archives, top, through_mount):
        for archive in archives:
            backup = os.path.join(top, archive["file"][:-len(".tar")])
            path = os.path.join(shelf.archives, archive["file"])
            key = ["-k", shelf.path("kit")] if archive["password"] else []
            shown = json.loads(shelf.run("show", "--json", *key, path, config=False).stdout)
            folders = {member["member"]: member["folder"] for member in shown["members"]}
            for inner in archive["inner"]:
                folder = folders[manifest.member_name(inner)]
                for entry in inner.get("entries", []):
                    with self.subTest(archive=archive["file"], path=entry["path"]):
                        self.check_entry(archive, inner, os.fsencode(backup), folder, entry, through_mount)
            self.assert_nothing_outside(archive, backup, folders.values())

    def assert_nothing_outside(self, archive, backup, folders):
        """What stands at the top of the folder is only what the contract names."""
        if not os.path.isdir(backup):
            return
        allowed = {folder.split("/")[0] for folder in folders} | {
            "backup.json", "snapshot.json", "PROBLEM.txt", "homeassistant.json"}
        self.assertLessEqual(set(os.listdir(backup)), allowed, archive["file"])

    def check_entry(self, archive, inner, backup, folder, entry, through_mount):
        relative = manifest.folder_path(archive, inner, folder, entry)
        if relative is None:
            return
        outcome = entry.get("expect")
        path = os.path.join(backup, relative)
        try:
            status = os.lstat(path)
        except OSError as error:
            lost = (outcome in manifest.MAY_BE_ABSENT or inner["expect"] not in ("ok", "ok_or_warn")
                    or (entry.get("implicit") and not manifest.has_required_child(inner, entry))
                    or (entry.get("target") == "" and not through_mount))  # no file system holds an empty link
            self.assertTrue(lost, f"{path!r}: {error}")
            self.assertIn(error.errno, ABSENT | ({errno.EIO} if outcome in manifest.MAY_FAIL else set()), f"{path!r}")
            return
        if outcome in ("any", "hidden_or_sanitized", "literal_or_hidden", "unrepresentable"):
            return
        self.assertTrue(KINDS[entry.get("type_seen", entry["type"])](status.st_mode), f"{path!r} is of another kind")
        if outcome in (None, "deep"):
            self.check_attributes(path, entry, status, through_mount)
        if stat.S_ISREG(status.st_mode):
            self.check_content(path, entry, status, outcome, through_mount)

    def check_attributes(self, path, entry, status, through_mount):
        if "target" in entry and stat.S_ISLNK(status.st_mode):
            self.assertEqual(os.readlink(path), os.fsencode(entry["target"]))
        if entry.get("implicit") or "mode" not in entry or stat.S_ISLNK(status.st_mode):
            return
        if entry["type"] == "hardlink" and not through_mount:
            return  # extracted, all names of a file share the attributes of the first
        self.assertEqual(stat.S_IMODE(status.st_mode), entry["mode"] & 0o777, path)
        if entry["type"] != "hardlink":
            self.assertEqual(status.st_mtime_ns, entry["mtime_ns"], path)
        for name, value in (("uid", status.st_uid), ("gid", status.st_gid)):
            if 0 <= entry[name] < 2**32 - 1:
                self.assertEqual(value, entry[name], f"{name} of {path!r}")

    def check_content(self, path, entry, status, outcome, through_mount):
        if "sha256" not in entry:
            return
        self.assertEqual(status.st_size, entry["size"], path)
        if entry["size"] > HUGE:
            return self.check_huge(path, entry)
        try:
            digest = manifest.digest(read_chunks(path))
        except OSError as error:
            self.assertTrue(through_mount and outcome in manifest.MAY_FAIL, f"{path!r}: {error}")
            self.assertEqual(error.errno, errno.EIO, f"{path!r}: {error}")
            return None
        # An entry whose bytes are exactly right is right, also behind damage.
        return self.assertEqual(digest, entry["sha256"], f"wrong bytes in {path!r}")

    def check_huge(self, path, entry):
        with open(path, "rb", buffering=0) as file:
            file.seek(entry["size"] - 4096)
            self.assertEqual(file.read(8192), b"E" * 4096)
            file.seek(entry["size"] // 2)
            self.assertEqual(file.read(65536), bytes(65536))

    def test_vectors_are_the_ones_of_the_manifest(self):
        for archive in self.archives:
            path = os.path.join(VECTORS, "archives", archive["file"])
            self.assertEqual(manifest.digest(read_chunks(path)), archive["sha256"])

    def test_without_a_key_nothing_of_an_encrypted_member_is_shown(self):
        shelf = Shelf(key=None, old=None)
        self.addCleanup(shelf.__exit__)
        shelf.add("v3_gz_basic.tar")
        wrong = shelf.write("wrong", "nope\n", 0o600)
        path = os.path.join(shelf.archives, "v3_gz_basic.tar")
        for words, state, code in (([], "needs-key", 4), (["-k", wrong], "wrong-key", 4)):
            shown = json.loads(shelf.run("show", "--json", *words, path, config=False, check=0).stdout)
            self.assertEqual({member["state"] for member in shown["members"]}, {state})
            self.assertEqual(shown["state"], state)
            shelf.run("cat", *words, path + ":config/configuration.yaml", config=False, check=code)
            shelf.mount(*words, source=shelf.archives)
            self.assertEqual(sorted(os.listdir(shelf.on_mount("v3_gz_basic"))), ["PROBLEM.txt", "backup.json"])
            shelf.unmount()


if __name__ == "__main__":
    unittest.main()
