"""Each layout of a home as it lies on a real machine: what is stored, what Home Assistant is told of it, and that it is read by
Python's tarfile and json as the Supervisor needs it."""
import json
import os
import re
import shutil
import signal
import subprocess
import tarfile
import time
import unittest
import unittest.mock

from readers import READER
from shelf import KEY, make_home, Shelf
from writer_rules import HINT, WriterRules

APPS = {"user": {"core_ssh": {"version": "9.9.9", "boot": "auto", "options": {"password": "hunter2"}},
                 "local_x": {"version": "1.0", "boot": "manual"}},
        "system": {"core_ssh": {"name": "Terminal & SSH", "slug": "core_ssh", "version": "9.9.9"},
                   "local_x": {"name": "X", "slug": "local_x", "version": "1.0"}}}


def put(root, path, data=b"x\n"):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as file:
        file.write(data)


def make_config(root):
    put(root, "configuration.yaml", b"default_config:\n")
    put(root, ".HA_VERSION", b"2026.11.2")
    put(root, ".storage/core.uuid", b'{"data": {"uuid": "' + b"0" * 32 + b'"}}')
    put(root, "home-assistant.log", b"not in a backup\n")
    put(root, "www/logo.svg", b"<svg/>")


def make_supervised(root):
    make_config(os.path.join(root, "homeassistant"))
    for path in ("share/note.txt", "ssl/privkey.pem", "media/clip.bin", "addons/local/x/config.json",
                 "addons/core/ssh/config.json", "addons/git/a/config.json", "addons/data/core_ssh/options.json",
                 "addons/data/local_x/options.json", "addon_configs/core_ssh/keys", "backup/old.tar", "tmp/x", "audio/x"):
        put(root, path)
    put(root, "apparmor/core_ssh", b"profile core_ssh {}\n")
    put(root, "addons.json", json.dumps(APPS).encode())
    put(root, "store.json", b'{"repositories": ["core", "local", "https://github.com/hassio-addons/repository"]}')
    put(root, "homeassistant.json", json.dumps({
        "uuid": "0" * 32, "version": "2026.11.2", "image": "ghcr.io/home-assistant/home-assistant", "access_token": "ab12",
        "boot": True, "port": 8123, "refresh_token": None, "ssl": False, "watchdog": True, "audio_output": None,
        "audio_input": None}).encode())


class HomeLayouts(WriterRules):
    def setUp(self):
        self.shelf = Shelf()
        self.addCleanup(self.shelf.__exit__)

    def back_up(self, *words, check=0):
        """Answer, path of the archive, its metadata."""
        before = set(os.listdir(self.shelf.archives))
        done = self.shelf.run("backup", *words, check=check)
        made = [name for name in set(os.listdir(self.shelf.archives)) - before if name.endswith(".tar")]
        self.assertEqual(len(made), 1)
        archive = os.path.join(self.shelf.archives, made[0])
        return done.stdout, archive, self.check_writer_rules(archive)

    def read(self, archive, *beside):
        """Stem -> path -> content (None: no file), decrypted, by Python's tarfile. `beside`: what the metadata does not list."""
        out = self.shelf.path("inner")
        shutil.rmtree(out, ignore_errors=True)
        os.mkdir(out)
        words = ["/usr/bin/python3", READER, *(f"--beside={stem}" for stem in beside), archive, KEY]
        for more in ([], [f"--decrypt-to={out}"]):
            done = subprocess.run(words + more, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
        found = {}
        for name in os.listdir(out):
            with tarfile.open(os.path.join(out, name), "r:*") as tar:
                found[name.split(".tar")[0]] = {
                    member.name: tar.extractfile(member).read() if member.isreg() else None for member in tar}
        return found

    def test_one_configuration_and_one_app_are_as_the_supervisor_needs_them(self):
        make_home(self.shelf.home)
        _, archive, metadata = self.back_up("name=Two Parts", "parts=app:core_ssh,config")
        found = self.read(archive)
        self.assertEqual(set(found), {"homeassistant", "core_ssh"})
        with tarfile.open(archive) as outer:
            self.assertEqual([name for name in outer.getnames() if name != HINT],
                             ["homeassistant.tar.gz", "core_ssh.tar.gz", "./backup.json"])
        self.assertEqual(metadata["type"], "partial")
        self.assertEqual(metadata["folders"], [])
        self.assertEqual(metadata["addons"],
                         [{"slug": "core_ssh", "name": "Terminal & SSH", "version": "9.9.9", "size": 0.0}])
        self.assertEqual(metadata["homeassistant"], {"version": "2026.11.2", "exclude_database": False, "size": 0.0})
        self.assertEqual(metadata["supervisor_version"], "2025.01.0")
        self.assertTrue(metadata["protected"] and metadata["compressed"])
        config = list(found["homeassistant"])
        self.assertEqual(config[0], "data")
        self.assertTrue(all(path.startswith("data/") for path in config[1:]))
        self.assertEqual(set(json.loads(found["core_ssh"]["addon.json"])), {"user", "system", "version", "state"})

    def test_supervised_stores_every_part_and_makes_what_the_supervisor_makes(self):
        self.shelf.configure("[home]\nlayout = supervised\n")
        make_supervised(self.shelf.home)
        answer, archive, metadata = self.back_up("full", "name=All of it")
        self.assertNotIn("left out", answer)
        self.assertEqual(metadata["type"], "full")
        self.assertEqual(sorted(metadata["folders"]), ["addons/local", "media", "share", "ssl"])
        self.assertEqual([app["slug"] for app in metadata["addons"]], ["core_ssh", "local_x"])
        self.assertEqual(metadata["repositories"], ["core", "local", "https://github.com/hassio-addons/repository"])
        found = self.read(archive)
        self.assertEqual(set(found), {"homeassistant", "core_ssh", "local_x", "share", "addons_local", "ssl", "media"})
        self.assertEqual(json.loads(found["homeassistant"]["homeassistant.json"])["port"], 8123)
        self.assertEqual(found["homeassistant"]["data/configuration.yaml"], b"default_config:\n")
        self.assertNotIn("data/home-assistant.log", found["homeassistant"])
        self.assertEqual(set(found["addons_local"]), {".", "x", "x/config.json"}, "local ones only")
        addon = json.loads(found["core_ssh"]["addon.json"])
        self.assertEqual(addon, {"user": APPS["user"]["core_ssh"], "system": APPS["system"]["core_ssh"],
                                 "version": "9.9.9", "state": "started"})
        self.assertEqual(json.loads(found["local_x"]["addon.json"])["state"], "stopped")
        self.assertEqual(set(found["core_ssh"]), {"addon.json", "apparmor.txt", "data", "data/options.json", "config",
                                                  "config/keys"})
        self.shelf.run("verify", "latest", check=0)
        folder = os.path.basename(archive)[:-len(".tar")]
        listed = self.shelf.run("ls", folder, check=0).stdout
        for part in ("addons", "apps", "config", "media", "share", "ssl"):
            self.assertRegex(listed, rf"(?m)\b{part}/?$")
        self.shelf.mount()
        with open(self.shelf.on_mount(folder, "apps/core_ssh/addon.json"), "rb") as file:
            self.assertEqual(json.load(file), addon)
        with open(self.shelf.on_mount(folder, "apps/core_ssh/config/keys"), "rb") as file:
            self.assertEqual(file.read(), b"x\n")

    def test_supervised_is_full_only_with_every_installed_app(self):
        self.shelf.configure("[home]\nlayout = supervised\n")
        make_supervised(self.shelf.home)
        _, _, metadata = self.back_up("name=some", "parts=config,apps")
        self.assertEqual(metadata["type"], "partial")
        broken = json.loads(json.dumps(APPS))
        del broken["system"]["local_x"]
        put(self.shelf.home, "addons.json", json.dumps(broken).encode())
        answer, _, metadata = self.back_up("full", "name=less")
        self.assertEqual(metadata["type"], "partial", "Home Assistant would remove local_x")
        self.assertIn("apps/local_x", answer)
        os.unlink(os.path.join(self.shelf.home, "addons.json"))
        answer, archive, metadata = self.back_up("full", "name=none")
        self.assertEqual((metadata["type"], metadata["addons"]), ("partial", []))
        self.assertIn("its addon.json cannot be made", answer)
        self.assertIn("share", self.read(archive))

    def test_network_storage_of_the_supervisor_is_passed_over_and_told(self):
        self.shelf.configure("[home]\nlayout = supervised\n")
        make_supervised(self.shelf.home)
        for part in ("media", "share"):
            mounted = os.path.join(self.shelf.home, part, "nas")
            os.mkdir(mounted)
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", mounted], check=True)
            self.addCleanup(subprocess.run, ["umount", "-l", mounted], check=True)
            put(mounted, "film.bin")
        answer, archive, _ = self.back_up("name=nas")
        for part in ("media", "share"):
            self.assertIn(f"{part}/nas: another file system is mounted there", answer)
            self.assertIn("nas", self.read(archive)[part])
            self.assertNotIn("nas/film.bin", self.read(archive)[part])

    def test_container_is_the_configuration_alone(self):
        self.shelf.configure("[home]\nlayout = container\n")
        make_config(self.shelf.home)
        _, archive, metadata = self.back_up("name=core")
        self.assertNotIn("supervisor_version", metadata)
        self.assertEqual((metadata["type"], metadata["folders"], metadata["addons"]), ("partial", [], []))
        found = self.read(archive)
        self.assertEqual(set(found), {"homeassistant"})
        self.assertIn("data/www/logo.svg", found["homeassistant"])
        self.assertTrue(all(path == "data" or path.startswith("data/") for path in found["homeassistant"]))
        done = self.shelf.run("backup", "parts=ssl", check=2)
        self.assertIn("this home does not have it", done.stderr)

    def test_folders_of_any_name_lie_beside(self):
        documents, photos = self.shelf.path("documents"), self.shelf.path("photos")
        put(documents, "letters/a.log", b"kept\n")
        put(photos, "b.jpg", b"jpeg\n")
        extra = f"[home]\nlayout = folders\n[folders]\ndocuments = {documents}\nmedia = {photos}\n"
        self.shelf.configure(extra)
        _, archive, metadata = self.back_up("name=mine")
        self.assertEqual((metadata["homeassistant"], metadata["folders"]), (None, ["media"]))
        found = self.read(archive, "documents")
        self.assertEqual(found["documents"]["letters/a.log"], b"kept\n")
        self.assertEqual(found["media"]["b.jpg"], b"jpeg\n")
        self.shelf.mount()
        folder = os.path.basename(archive)[:-len(".tar")]
        with open(self.shelf.on_mount(folder, "documents/letters/a.log"), "rb") as file:
            self.assertEqual(file.read(), b"kept\n")
        self.assertEqual(sorted(os.listdir(self.shelf.on_mount(folder))), ["backup.json", "documents", "media"])
        whole = self.shelf.backup("daemon")
        part = self.shelf.backup("less", "parts=documents")
        self.assertEqual(os.listdir(self.shelf.on_mount(part, "documents")), ["letters"])
        good = {one["folder"]: one["good"] for one in json.loads(self.shelf.run("list", "--json", check=0).stdout)}
        self.assertTrue(good[whole], "every configured folder is in it")
        self.assertFalse(good[part])
        with self.assertRaises(OSError):
            self.shelf.command("backup parts=documets")
        self.shelf.unmount()
        shutil.rmtree(photos)
        answer, archive, _ = self.back_up("name=half")
        self.assertIn(f"media: {photos} is no directory", answer)
        self.assertEqual(set(self.read(archive, "documents")), {"documents"})
        answer, archive, _ = self.back_up("name=asked", "parts=media,documents")
        self.assertIn(f"media: {photos} is no directory", answer)
        self.shelf.run("backup", "parts=media", check=2)

    def test_folders_that_would_be_one_member_are_refused(self):
        self.shelf.configure("[home]\nlayout = folders\n[folders]\nDocs = /tmp\ndocs = /var\n")
        done = self.shelf.run("backup", check=2)
        self.assertRegex(done.stderr, r"backshelf.ini:\d+: the folders 'Docs' and 'docs' differ in upper and lower case")

    def test_a_wrong_root_is_named(self):
        empty = self.shelf.path("empty")
        os.mkdir(empty)
        with open(self.shelf.ini, encoding="utf-8") as file:
            text = re.sub("root = .*", f"root = {empty}", file.read())
        for layout, code, why in (("supervised", 2, "holds no folder homeassistant"),
                                  ("container", 2, "there is no configuration.yaml in"),
                                  ("homeassistant", 3, "the home holds no part")):
            with self.subTest(layout):
                other = self.shelf.write("other.ini", text + f"[home]\nlayout = {layout}\n")
                done = self.shelf.run("backup", "-c", other, config=False, check=code)
                self.assertIn(why, done.stderr)
        gone = self.shelf.write("other.ini", text.replace(empty, empty + "-gone"))
        self.assertIn("is no directory", self.shelf.run("backup", "-c", gone, config=False, check=3).stderr)
        self.assertEqual(os.listdir(self.shelf.archives), [])

    def test_a_part_that_may_not_be_read_is_left_out(self):
        make_home(self.shelf.home)
        subprocess.run(["chown", "-R", "65534:65534", self.shelf.root], check=True)
        closed = os.path.join(self.shelf.home, "ssl")
        os.chmod(closed, 0)
        os.chown(closed, 0, 0)
        done = self.shelf.run("backup", "name=closed", user=65534, check=0)
        self.assertIn("ssl: Permission denied", done.stdout.replace(f"{closed}: ", ""))
        archive = os.path.join(self.shelf.archives, os.listdir(self.shelf.archives)[0])
        self.assertNotIn("ssl", self.check_writer_rules(archive)["folders"])
        self.assertIn("share", self.read(archive))

    def test_a_part_whose_disk_hangs_is_left_out(self):
        make_home(self.shelf.home)
        media = os.path.join(self.shelf.home, "media")
        shutil.rmtree(media)
        os.mkdir(media)
        other = Shelf(archives=["v3_gz_basic.tar"])
        self.addCleanup(other.__exit__)
        other.mount_point = media
        other.mount()
        daemon = other.daemon_pid()
        time.sleep(3)  # what the kernel knows of it is no longer believed
        os.kill(daemon, signal.SIGSTOP)
        try:
            # A search for leaks waits for all threads, also for the one that the disk holds.
            with unittest.mock.patch.dict(os.environ, ASAN_OPTIONS="detect_leaks=0"):
                answer, archive, _ = self.back_up("name=hangs")
        finally:
            os.kill(daemon, signal.SIGCONT)
        self.assertRegex(answer, r"media: .*does not answer within 30 s")
        self.assertEqual(set(self.read(archive)), {"homeassistant", "core_ssh", "share", "addons_local", "ssl"})


if __name__ == "__main__":
    unittest.main()
