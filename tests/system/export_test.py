"""`backshelf export`: whatever the backup was, the new archive is one that Home Assistant restores."""
import json
import os
import signal
import subprocess
import tarfile
import time
import unittest
import zlib

from readers import READER, read_like_ha
from shelf import KEY, PROGRAM, VECTOR_PASSWORD, VECTORS, Shelf, make_home

OTHER_KEY = "NEWK-EYNE-WKEY-NEWK-EYNE-WKEY-NEWK"


def gzip_start(data):
    """What gunzip makes of it; of our archives the first gzip member is the tar."""
    decoder = zlib.decompressobj(31)
    plain = decoder.decompress(data)
    return plain, data[:len(data) - len(decoder.unused_data)]


def facts(members):
    """What an archive holds, without how its members are packed."""
    return {name.removesuffix(".gz"): entries for name, entries in
            ((name, {path: {k: v for k, v in entry.items() if k != "member"} for path, entry in entries.items()})
             for name, entries in members.items())}


class Export(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf()
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)
        self.out = self.shelf.path("exported.tar")

    def backup(self, level, securetar=3):
        self.shelf.configure(f"[archive]\ncompression = {level}\nsecuretar = {securetar}\n")
        self.shelf.run("backup", f"name={level}{securetar}", check=0)
        name = next(name for name in os.listdir(self.shelf.archives) if name.startswith(f"{level}{securetar}_"))
        return os.path.join(self.shelf.archives, name)

    def export(self, archive, *words, check=0):
        if check == 0 and os.path.exists(self.out):
            os.remove(self.out)
        return self.shelf.run("export", archive, self.out, *words, check=check)

    def metadata(self):
        with tarfile.open(self.out) as outer:
            return json.load(outer.extractfile("./backup.json"))

    def nothing_left(self):
        return not [name for name in os.listdir(self.shelf.root) if name.endswith(".part") or name == "exported.tar"]

    def test_a_zstd_backup_becomes_one_for_home_assistant(self):
        wanted = facts(read_like_ha(self.backup("balanced"), KEY))
        for securetar in (3, 2):
            with self.subTest(securetar=securetar):
                self.export(self.backup("zstd", securetar))
                self.assertEqual(facts(read_like_ha(self.out, KEY)), wanted)
                self.shelf.run("verify", self.out, check=0)

    def test_it_can_be_decrypted_and_sealed_with_another_key(self):
        archive = self.backup("balanced")
        wanted = facts(read_like_ha(archive, KEY))
        self.export(archive, "--decrypt")
        self.assertFalse(self.metadata()["protected"])
        self.assertEqual(facts(read_like_ha(self.out, "no key is asked for")), wanted)
        key = self.shelf.write("new-key", OTHER_KEY + "\n", 0o600)
        for securetar in ("2", "3"):
            self.export(archive, "--new-key-file", key, "--securetar", securetar)
            self.assertEqual(facts(read_like_ha(self.out, OTHER_KEY)), wanted)
            listed = json.loads(self.shelf.run("show", "-k", key, self.out, "--json", check=0).stdout)
            self.assertEqual({member["securetar"] for member in listed["members"]}, {int(securetar)})

    def test_decrypted_it_is_what_home_assistants_own_download_gives(self):
        """Its streamer decrypts each member to the bytes that were encrypted, and changes `protected` alone."""
        for vector in ("v3_gz_basic.tar", "v2_gz_basic.tar", "v3_tar_basic.tar", "v2_tar_basic.tar"):
            with self.subTest(vector=vector):
                archive = os.path.join(VECTORS, "archives", vector)
                folder = self.shelf.path("decrypted " + vector)
                os.mkdir(folder)
                subprocess.run(["/usr/bin/python3", READER, "--decrypt-to", folder, archive, VECTOR_PASSWORD], check=True)
                self.export(archive, "--decrypt")
                with tarfile.open(archive) as outer:
                    wanted = json.load(outer.extractfile("./backup.json"))
                    names = [info.name for info in outer]
                with tarfile.open(self.out) as outer:
                    self.assertEqual([info.name for info in outer], names)
                    for name in names[:-1]:
                        with open(os.path.join(folder, name), "rb") as file:
                            self.assertEqual(outer.extractfile(name).read(), file.read(), name)
                wanted["protected"] = False
                if "crypto" in wanted:
                    wanted["crypto"] = None
                self.assertEqual(self.metadata(), wanted)

    def test_of_our_own_only_what_home_assistant_does_not_read_is_different(self):
        """Our index behind each member is written anew; the tar in front of it is the same, byte for byte."""
        archive = self.backup("balanced")
        folder = self.shelf.path("decrypted")
        os.mkdir(folder)
        subprocess.run(["/usr/bin/python3", READER, "--decrypt-to", folder, archive, KEY], check=True)
        self.export(archive, "--decrypt")
        with tarfile.open(self.out) as outer:
            for name in os.listdir(folder):
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertEqual(gzip_start(outer.extractfile(name).read()), gzip_start(file.read()), name)

    def test_from_v2_to_v3_and_back(self):
        """Re-keyed and in the other version: equal content, read by Python and by ourselves."""
        key = self.shelf.write("new-key", OTHER_KEY + "\n", 0o600)
        for vector, version in (("v2_gz_basic.tar", "3"), ("v2_tar_basic.tar", "3"), ("v3_gz_basic.tar", "2"),
                                ("plain_gz_basic.tar", "3")):
            with self.subTest(vector=vector):
                archive = os.path.join(VECTORS, "archives", vector)
                self.export(archive, "--new-key-file", key, "--securetar", version)
                self.assertEqual(read_like_ha(self.out, OTHER_KEY), read_like_ha(archive, VECTOR_PASSWORD))
                self.shelf.run("verify", "-k", key, self.out, check=0)
                self.assertEqual(self.shelf.run("diff", "-q", "-k", key, archive, self.out).stdout.split(",")[:3],
                                 ["0 added", " 0 removed", " 0 changed"])
                shown = json.loads(self.shelf.run("show", "-k", key, self.out, "--json", check=0).stdout)
                self.assertEqual({member["securetar"] for member in shown["members"]}, {int(version)})

    def test_the_key_that_opened_it_is_kept(self):
        for vector in ("v3_gz_basic.tar", "v2_gz_basic.tar", "v3_tar_basic.tar"):
            with self.subTest(vector=vector):
                archive = os.path.join(VECTORS, "archives", vector)
                self.export(archive)
                self.assertEqual(read_like_ha(self.out, VECTOR_PASSWORD), read_like_ha(archive, VECTOR_PASSWORD))
                self.shelf.run("verify", self.out, check=0)

    def test_database_and_globs_are_left_out(self):
        archive = self.backup("balanced")
        self.export(archive, "--without-database", "--exclude", "config/packages/**", "--exclude", "share/*.txt")
        members = read_like_ha(self.out, KEY)
        config = members["homeassistant.tar.gz"]
        self.assertNotIn("data/home-assistant_v2.db", config)
        self.assertFalse([path for path in config if path.startswith("data/packages/p")])
        self.assertIn("data/configuration.yaml", config)
        self.assertFalse([path for path in members["share.tar.gz"] if path.endswith(".txt")])
        self.assertEqual(facts(members)["ssl.tar"], facts(read_like_ha(archive, KEY))["ssl.tar"])
        self.assertTrue(self.metadata()["homeassistant"]["exclude_database"])
        self.shelf.run("verify", self.out, check=0)

    def test_mistakes_are_named_and_leave_nothing(self):
        archive = self.backup("fast")
        key = self.shelf.write("new-key", OTHER_KEY + "\n", 0o600)
        self.export(archive, "--decrypt", "--new-key-file", key, check=2)
        self.export(archive, "--securetar", "1", check=2)
        wrong = self.shelf.write("wrong", OTHER_KEY + "\n", 0o600)
        done = subprocess.run([PROGRAM, "export", "-k", wrong, archive, self.out], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, 4, done.stderr)
        damaged = self.shelf.path("damaged.tar")
        with open(archive, "rb") as file:
            data = bytearray(file.read())
        data[len(data) // 3] ^= 1
        with open(damaged, "wb") as file:
            file.write(data)
        done = self.export(damaged, check=5)
        self.assertIn("nothing was written", done.stderr)
        self.assertTrue(self.nothing_left())
        with open(self.out, "w", encoding="utf-8") as file:
            file.write("mine")
        done = self.shelf.run("export", archive, self.out)
        self.assertEqual(done.returncode, 1)
        self.assertIn("already there", done.stderr)
        with open(self.out, encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine")

    def test_interrupted_it_leaves_nothing(self):
        with open(os.path.join(self.shelf.home, "media/noise.bin"), "wb") as file:
            file.write(os.urandom(60_000_000))
        archive = self.backup("zstd")
        process = subprocess.Popen([PROGRAM, "export", "-c", self.shelf.ini, archive, self.out],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and self.nothing_left():
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        self.assertNotEqual(process.wait(30), 0)
        self.assertTrue(self.nothing_left())


if __name__ == "__main__":
    unittest.main()
