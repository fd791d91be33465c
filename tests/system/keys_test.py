"""Keys: which opens what, learned from what opens, the kit; and the sidecars of Home Assistant's remote locations."""
import json
import os
import re
import stat
import unittest

from shelf import KEY, VECTOR_PASSWORD, Shelf, make_home

SECOND = "NEWK-EYNE-WKEY-NEWK-EYNE-WKEY-NEWK"
THIRD = "a password, with blanks"


class Keys(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf(old=None)
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)
        self.old = self.shelf.path("old-keys")
        self.ini(f"old = {self.old}\n")

    def ini(self, key_lines="", extra=""):
        self.shelf.write("backshelf.ini", (
            f"[home]\nroot = {self.shelf.home}\n[key]\nfile = {self.shelf.path('key')}\n{key_lines}"
            f"[location local]\npath = {self.shelf.archives}\n[state]\npath = {self.shelf.state}\n"
            f"[cache]\npath = {self.shelf.path('cache')}\n{extra}"))

    def storage(self, key):
        """What Home Assistant keeps in its configuration about its backups."""
        os.makedirs(os.path.join(self.shelf.home, "config/.storage"), exist_ok=True)
        with open(os.path.join(self.shelf.home, "config/.storage/backup"), "w", encoding="utf-8") as file:
            json.dump({"version": 1, "minor_version": 7, "key": "backup", "data": {"config": {
                "create_backup": {"password": key, "agent_ids": ["backup.local"]}, "retention": {"copies": 3}}}}, file)

    def backup(self, name, key=None):
        """A backup under `key`, which is then forgotten again."""
        self.shelf.run("backup", f"name={name}", check=0)
        file = next(file for file in os.listdir(self.shelf.archives) if file.startswith(name + "_"))
        path = os.path.join(self.shelf.archives, file)
        if key is not None:
            other = self.shelf.write("other", key + "\n", 0o600)
            self.shelf.run("export", path, self.shelf.path("re-keyed.tar"), "--new-key-file", other, check=0)
            os.rename(self.shelf.path("re-keyed.tar"), path)
        return file.removesuffix(".tar")

    def assert_no_key(self, done):
        for key in (KEY, SECOND, THIRD, VECTOR_PASSWORD):
            self.assertNotIn(key, done.stdout + done.stderr)

    def test_which_key_opens_which_backup(self):
        own, foreign = self.backup("own"), self.backup("foreign", SECOND)
        self.shelf.configure("[archive]\nencrypt = no\n")
        plain = self.backup("plain")
        self.ini(f"old = {self.old}\n")
        done = self.shelf.run("keys", check=8)
        self.assert_no_key(done)
        lines = done.stdout.splitlines()
        key = f"key 1 ({self.shelf.path('key')})"
        self.assertIn(f"{own}: {key}", lines)
        self.assertIn(f"{foreign}: no known key opens it", lines)
        self.assertIn(f"{plain}: not encrypted", lines)
        self.assertIn(f"{key} opens 1 backup", lines)
        self.assertIn("1 backups are not opened by any known key", done.stderr)
        self.shelf.write("old-keys", SECOND + "\n", 0o600)
        done = self.shelf.run("keys", check=0)
        self.assert_no_key(done)
        self.assertIn(f"{foreign}: key 2 ({self.old})", done.stdout.splitlines())

    def test_keys_are_learned_from_what_opens(self):
        """A chain: the home knows none, our own backup holds the second key, what that opens holds the third."""
        self.storage(SECOND)
        self.backup("a")
        self.storage(THIRD)
        second = self.backup("b", SECOND)
        third = self.backup("c", THIRD)
        os.remove(os.path.join(self.shelf.home, "config/.storage/backup"))
        self.shelf.run("keys", check=8)
        self.assertFalse(os.path.exists(self.old), "without --harvest nothing is written")
        done = self.shelf.run("keys", "--harvest", check=0)
        self.assert_no_key(done)
        self.assertIn("harvest: 2 new keys", done.stdout)
        self.assertIn(f"{second}: key ", done.stdout)
        self.assertIn(f"{third}: key ", done.stdout)
        self.assertEqual(stat.S_IMODE(os.stat(self.old).st_mode), 0o600)
        with open(self.old, encoding="utf-8") as file:
            self.assertEqual(file.read(), f"{SECOND}\n{THIRD}\n")
        self.shelf.run("keys", check=0)
        self.assertIn("no new key", self.shelf.run("keys", "--harvest", check=0).stdout)
        self.shelf.run("cat", f"{third}:config/configuration.yaml", check=0)

    def test_what_stands_in_the_file_of_old_keys_stays(self):
        self.storage(SECOND)
        self.shelf.write("old-keys", VECTOR_PASSWORD, 0o600)  # without a line end
        done = self.shelf.run("keys", "--harvest", check=0)
        self.assert_no_key(done)
        with open(self.old, encoding="utf-8") as file:
            self.assertEqual(file.read(), f"{VECTOR_PASSWORD}\n{SECOND}\n")
        os.chmod(self.old, 0o644)
        self.assertIn("chmod 600", self.shelf.run("keys", "--harvest", check=2).stderr)

    def test_the_kit_names_its_home_and_its_backups(self):
        with open(os.path.join(self.shelf.home, "config/.storage/core.config"), "w", encoding="utf-8") as file:
            json.dump({"data": {"location_name": "Haus am See", "external_url": None,
                                "internal_url": "http://homeassistant.local:8123"}}, file)
        own = [self.backup(f"own{number}") for number in range(6)]
        foreign = self.backup("foreign", SECOND)
        kit = self.shelf.path("kit.txt")
        self.assertEqual(self.shelf.run("kit", "--output", kit, check=0).stdout, "")
        self.assertEqual(stat.S_IMODE(os.stat(kit).st_mode), 0o600)
        with open(kit, encoding="utf-8") as file:
            text = file.read()
        self.assertRegex(text, r"Instance:\nHaus am See\n\nURL:\nhttp://homeassistant.local:8123\n")
        self.assertIn(f"Encryption key:\n{KEY}\n", text)
        self.assertIn("It opens:\n", text)
        self.assertIn("and 1 more", text)
        self.assertEqual(len([name for name in own if name in text]), 5)
        self.assertNotIn(foreign, text)
        done = self.shelf.run("cat", "-k", kit, os.path.join(self.shelf.archives, own[0] + ".tar") +
                              ":config/configuration.yaml", config=False, check=0)
        self.assertEqual(done.stdout, "default_config:\n")

    def test_kits_in_every_language(self):
        """Labels as Home Assistant translates them; a key of its own form, and a password of one's own."""
        for title, date, instance, key_label in (
                ("Home Assistant Backup-Notfallkit", "Datum:", "Instanz:", "Verschlüsselungsschlüssel:"),
                ("Kit d'urgence de sauvegarde", "Date :", "Instance :", "Clé de chiffrement :"),
                ("Home Assistant バックアップ緊急キット", "日付:", "インスタンス:", "暗号化キー：")):
            for key in (KEY, THIRD):
                with self.subTest(title=title, key=key):
                    archive = self.shelf.path("one.tar")
                    if os.path.exists(archive):
                        os.remove(archive)
                    file = self.backup(re.sub(r"\W", "", title)[:20] + str(len(key)), key)
                    os.rename(os.path.join(self.shelf.archives, file + ".tar"), archive)
                    kit = self.shelf.write("kit.txt", f"{title}\n\nText.\n\n{date} 4. 3. 2025\n\n{instance}\nHaus\n\n"
                                           f"URL:\nhttp://ha.local:8123\n\n{key_label}\n{key}\n\n"
                                           "Mehr: https://www.home-assistant.io/more-info/x\n", 0o600)
                    self.shelf.run("verify", "-k", kit, archive, config=False, check=0)


class Sidecars(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf(archives=["v3_gz_basic.tar"])
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)

    def test_missing_ones_are_written_and_orphans_named(self):
        shelf = self.shelf
        os.remove(os.path.join(shelf.archives, "v3_gz_basic.tar"))
        shelf.run("backup", "name=before update", check=0)
        tar, = os.listdir(shelf.archives)
        name = tar.removesuffix(".tar") + ".metadata.json"
        orphan = shelf.write("archives/gone.metadata.json", "{}")
        done = shelf.run("repair-sidecars", "local", "--dry-run", check=0)
        self.assertIn(f"missing: {name}", done.stdout)
        self.assertIn("orphan: gone.metadata.json", done.stdout)
        self.assertEqual(sorted(os.listdir(shelf.archives)), sorted([tar, "gone.metadata.json"]))
        shelf.run("repair-sidecars", "local", check=0)
        with open(os.path.join(shelf.archives, name), encoding="utf-8") as file:
            record = json.load(file)
        shown = json.loads(shelf.run("show", os.path.join(shelf.archives, tar), "--json", check=0).stdout)
        self.assertEqual(record["size"], os.path.getsize(os.path.join(shelf.archives, tar)))
        self.assertEqual((record["backup_id"], record["name"], record["date"]),
                         (shown["slug"], "before update", shown["date"]))
        self.assertIs(record["protected"], True)
        self.assertIs(record["database_included"], True)
        self.assertIs(record["homeassistant_included"], True)
        self.assertEqual(record["homeassistant_version"], "2026.11.2")
        self.assertEqual(sorted(record["folders"]), ["addons/local", "media", "share", "ssl"])
        self.assertEqual(record["addons"], [{"name": "Terminal & SSH", "slug": "core_ssh", "version": "9.9.9"}])
        self.assertEqual(set(record), {"addons", "backup_id", "date", "database_included", "extra_metadata", "folders",
                                       "homeassistant_included", "homeassistant_version", "name", "protected", "size"})
        self.assertTrue(os.path.exists(orphan), "orphans are named, not removed")
        self.assertIn("there already 1", shelf.run("repair-sidecars", "local", check=0).stdout)

    def test_what_home_assistant_would_not_find(self):
        shelf = self.shelf
        done = shelf.run("repair-sidecars", "local", check=8)
        self.assertIn("rename it to v3_gz_basic_2025-03-04_05.06_07891011.tar", done.stderr)
        side = os.path.join(shelf.archives, "v3_gz_basic.metadata.json")
        with open(side, encoding="utf-8") as file:
            record = json.load(file)
        record["size"] += 1
        with open(side, "w", encoding="utf-8") as file:
            json.dump(record, file)
        done = shelf.run("repair-sidecars", "local", check=8)
        self.assertIn('"size"', done.stderr)
        with open(side, encoding="utf-8") as file:
            self.assertEqual(json.load(file), record, "what is there is never overwritten")
        self.assertIn("the configuration has: local", shelf.run("repair-sidecars", "nas", check=2).stderr)


if __name__ == "__main__":
    unittest.main()
