"""What every archive must be for Home Assistant to restore it."""
import hashlib
import json
import os
import tarfile
import unittest
from datetime import datetime

# What the Supervisor calls a folder, and its member.
FOLDERS = {"share": "share", "addons/local": "addons_local", "ssl": "ssl", "media": "media"}
HINT = "./.seek.v1"  # where our indexes are; Home Assistant passes over it


class WriterRules(unittest.TestCase):
    def check_writer_rules(self, archive):
        """Every rule of an archive that Home Assistant restores, with Python's own readers. Returns backup.json."""
        with tarfile.open(archive, "r:") as outer:
            members = outer.getmembers()
            self.assertTrue(all(member.isreg() for member in members))
            self.assertEqual(members[-1].name, "./backup.json")
            metadata = json.loads(outer.extractfile(members[-1]).read())
            others = [member for member in members[:-1] if member.name != HINT]
            self.assertLessEqual(len(members) - 1 - len(others), 1)
            inner = [member.name for member in others]
            starts = [outer.extractfile(member).read(10) for member in others]
        with open(archive, "rb") as file:
            self.assertEqual(file.read()[257:263], b"ustar\0", "no GNU header")
        self.assertEqual(len(set(inner)), len(inner))
        suffix = ".tar.gz" if metadata["compressed"] else ".tar"
        self.assertTrue(all(name.endswith(suffix) and "/" not in name for name in inner), inner)
        stems = [name[:-len(suffix)] for name in inner]
        sealed = {start[:9] == b"SecureTar" for start in starts}
        self.assertEqual(sealed, {metadata["protected"]})
        self.assertEqual({start[9] for start in starts}, {3})

        words = f"{metadata['date']} - {metadata['name']}".lower()
        self.assertEqual(metadata["slug"], hashlib.sha1(words.encode()).hexdigest()[:8])
        self.assertEqual(metadata["version"], 2)
        self.assertIsNotNone(datetime.fromisoformat(metadata["date"]).tzinfo)
        self.assertIn(metadata["type"], ("full", "partial"))
        self.assertEqual(metadata["homeassistant"] is not None, "homeassistant" in stems)
        listed = [FOLDERS[folder] for folder in metadata["folders"]] + [app["slug"] for app in metadata["addons"]]
        self.assertEqual(len(set(listed)), len(listed))
        self.assertLessEqual(set(listed), set(stems))
        for app in metadata["addons"]:
            self.assertEqual(set(app), {"slug", "name", "version", "size"})
        self.assertEqual(len(set(metadata["repositories"])), len(metadata["repositories"]))
        if metadata["homeassistant"]:
            self.assertLessEqual({"version", "exclude_database"}, set(metadata["homeassistant"]))
        name = f"{metadata['name']} " + datetime.fromisoformat(metadata["date"]).strftime("%Y-%m-%d %H.%M %S%f")
        self.assertEqual(os.path.basename(archive), "_".join(name.split()) + ".tar")
        return metadata
