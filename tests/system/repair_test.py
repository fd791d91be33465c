"""`backshelf repair`: of each damage that Home Assistant, a crash or a disk does, an archive that Home Assistant takes,
with everything that is whole, and every entry that is not named."""
import io
import json
import os
import tarfile
import unittest

from readers import read_like_ha
from damage import GIB, STALE, header, outer_members, padded, paths, v3_size
from shelf import KEY, VECTOR_PASSWORD, VECTORS, make_home, Shelf


class Repair(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.shelf = Shelf()
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home, big_bytes=65536)
        os.makedirs(os.path.join(self.shelf.home, "config/zz"))
        for number in range(3):  # more than one piece of the encryption, which is what is lost at once
            with open(os.path.join(self.shelf.home, f"config/zz/noise{number}.bin"), "wb") as file:
                file.write(os.urandom(900_000))
        self.damaged, self.out = self.shelf.path("damaged.tar"), self.shelf.path("repaired.tar")

    def vector(self, name):
        return os.path.join(VECTORS, "archives", name)

    def own(self, securetar=3, level="balanced", encrypt="yes"):
        self.shelf.configure(f"[archive]\nsecuretar = {securetar}\ncompression = {level}\nencrypt = {encrypt}\n")
        name = f"own{securetar}{level}{encrypt}"
        self.shelf.run("backup", f"name={name}", check=0)
        found = [file for file in os.listdir(self.shelf.archives) if file.startswith(name)]
        return os.path.join(self.shelf.archives, found[0])

    def write(self, *pieces):
        with open(self.damaged, "wb") as file:
            for piece in pieces:
                file.write(piece)

    def repair(self, check, *words):
        if os.path.exists(self.out):
            os.remove(self.out)
        return self.shelf.run("repair", *words, self.damaged, self.out, check=check)

    def lost(self, done):
        return dict(line.removeprefix("lost: ").split(": ", 1) for line in done.stdout.splitlines()
                    if line.startswith("lost: "))

    def assert_rest_is_whole(self, done, original, key=KEY):
        """Everything saved equals the original; everything not saved is named, or stands in a part that is."""
        before, after = paths(read_like_ha(original, key)), paths(read_like_ha(self.out, key))
        for path, facts in after.items():
            self.assertEqual(facts, before[path], path)
        lost = self.lost(done)
        for path in before.keys() - after.keys():
            named = path in lost or any(path == whole or path.startswith(whole + "/") for whole in lost)
            self.assertTrue(named, f"{path} is lost, and nobody says so")
        self.assertFalse({path for path, why in lost.items() if "not known" not in why} & set(after))
        self.shelf.run("verify", self.out, check=0)
        return before, after

    def nothing_left(self):
        return not [name for name in os.listdir(self.shelf.root) if name.endswith(".part") or name == "repaired.tar"]

    def test_a_sound_archive_is_left_alone(self):
        with open(self.own(), "rb") as file:
            self.write(file.read())
        self.assertIn("it is sound", self.repair(0).stdout)
        self.assertTrue(self.nothing_left())

    def test_stale_sizes_of_a_re_encryption(self):
        for vector in ("v3_gz_basic", "v3_tar_basic", "v2_gz_basic", "plain_gz_basic", "plain_gz_basic as v2"):
            with self.subTest(vector=vector):
                original = self.vector(vector.split()[0] + ".tar")
                pieces = []
                for name, mtime, data in outer_members(original):
                    stale = None
                    if name != "./backup.json" and data.startswith(b"SecureTar"):
                        stale = int.from_bytes(data[16:24], "big")  # the plaintext's
                    elif name != "./backup.json":
                        count = len(data)
                        stale = 48 + count + 16 - count % 16 if "as v2" in vector else v3_size(count)
                    pieces += [header(name, len(data), mtime, stale), padded(data)]
                self.write(*pieces, bytes(1024))
                done = self.repair(0)
                self.assertIn(STALE, done.stdout)
                self.assertIn("nothing was lost", done.stdout)
                self.assertEqual(read_like_ha(self.out, VECTOR_PASSWORD), read_like_ha(original, VECTOR_PASSWORD))
                # Byte for byte, but for the headers.
                self.assertEqual([(n, d) for n, _, d in outer_members(self.out)],
                                 [(n, d) for n, _, d in outer_members(original)])

    def test_a_head_that_supervisor_2024_02_0_overwrote(self):
        original = self.vector("plain_gz_basic.tar")
        members = outer_members(original)
        size = 8 * GIB + 12345
        head = header("media.tar.gz", size)
        self.assertEqual(len(head), 1536, "its PAX header overwrote 1024 bytes of content")
        with open(self.damaged, "wb") as file:
            file.write(head + os.urandom(4096))
            file.truncate(512 + -(-size // 512) * 512)  # the content began behind 512 bytes
            file.seek(0, os.SEEK_END)
            for name, mtime, data in members:  # that version's headers had no PAX record
                file.write(header(name, len(data), int(mtime)) + padded(data))
            file.write(bytes(1024))
        done = self.repair(8)
        self.assertEqual(list(self.lost(done)), ["media"])
        self.assertIn("overwrote", self.lost(done)["media"])
        self.assertEqual(read_like_ha(self.out, "-"), read_like_ha(original, "-"))

    def test_a_backup_that_was_broken_off(self):
        """A header without a size, half of the content behind it, no backup.json."""
        cases = {"v3": (3, "balanced", "yes"), "v2": (2, "balanced", "yes"), "plain gzip": (3, "balanced", "no"),
                 "plain tar": (3, "none", "no"), "v3 tar": (3, "none", "yes")}
        for name, (securetar, level, encrypt) in cases.items():
            with self.subTest(name=name):
                original = self.own(securetar, level, encrypt)
                members = outer_members(original)
                first = next(i for i, (n, _, _) in enumerate(members) if n.startswith("homeassistant"))
                self.assertEqual(first, 0)
                name_0, mtime, data = members[0]
                whole = [piece for n, m, d in members[1:-1] if not n.startswith(".seek")
                         for piece in (header(n, len(d), m), padded(d))]
                sealed = data.startswith(b"SecureTar")
                if sealed:  # its size is patched in last of all
                    data = data[:16] + bytes(8) + data[24:]
                self.write(*whole, header(name_0, 0, mtime), data[:len(data) * 2 // 3])
                done = self.repair(8)
                before, after = self.assert_rest_is_whole(done, original)
                self.assertIn("config/configuration.yaml", after, done.stdout)
                self.assertEqual({p for p in before if not p.startswith("config")} - {"homeassistant.json"},
                                 {p for p in after if not p.startswith("config")} - {"homeassistant.json"})
                with tarfile.open(self.out) as outer:
                    metadata = json.load(outer.extractfile("./backup.json"))
                self.assertEqual(metadata["name"], "Repaired damaged")
                self.assertEqual(metadata["homeassistant"]["version"], "2026.11.2")
                self.assertEqual(metadata["addons"][0]["name"], "Terminal & SSH")
                self.assertEqual(metadata["type"], "partial")
                self.assertIn("made anew", done.stdout)

    def test_plain_truncation(self):
        for kind in ("v3_gz_basic.tar", "v2_tar_basic.tar", "plain_gz_basic.tar"):
            original = self.vector(kind)
            with open(original, "rb") as file:
                data = file.read()
            with tarfile.open(original) as outer:
                infos = outer.getmembers()
            biggest = max(infos, key=lambda info: info.size)
            after_second = infos[2].offset
            for where, end in (("in a member", biggest.offset_data + biggest.size * 2 // 3),
                               ("between members", after_second), ("in a header", after_second + 700)):
                with self.subTest(kind=kind, where=where):
                    self.write(data[:end])
                    done = self.repair(8)
                    self.assertEqual(done.returncode, 8, done.stdout + done.stderr)
                    self.assertTrue([path for path in self.lost(done) if path.startswith("all behind ")])
                    with tarfile.open(self.out) as outer:
                        kept = {info.name for info in outer.getmembers()}
                    whole = {info.name for info in infos if info.offset_data + info.size <= end}
                    self.assertLessEqual(whole, kept | {"./backup.json"})
                    saved = paths(read_like_ha(self.out, VECTOR_PASSWORD))
                    before = paths(read_like_ha(original, VECTOR_PASSWORD))
                    self.assertTrue(saved)
                    for path, facts in saved.items():
                        self.assertEqual(facts, before[path])

    def test_a_flipped_byte(self):
        """With our index every name is known, and what lies behind the damage is saved."""
        original = self.own()
        with tarfile.open(original) as outer:
            big = max(outer.getmembers(), key=lambda info: info.size)
        with open(original, "rb") as file:
            data = bytearray(file.read())
        data[big.offset_data + big.size // 2] ^= 1
        self.write(data)
        done = self.repair(8)
        before, after = self.assert_rest_is_whole(done, original)
        self.assertLess(len(before) - len(after), 5, done.stdout)
        self.assertNotIn("not known", done.stdout)
        self.assertEqual(len(self.lost(done)), len(before) - len(after))
        with tarfile.open(self.out) as outer:
            metadata = json.load(outer.extractfile("./backup.json"))
        self.assertTrue(metadata["protected"])

    def test_a_flipped_byte_in_a_foreign_member(self):
        original = self.vector("chunks_v3_00_intact.tar")
        with tarfile.open(original) as outer:
            big = max(outer.getmembers(), key=lambda info: info.size)
        with open(original, "rb") as file:
            data = bytearray(file.read())
        data[big.offset_data + big.size * 3 // 4] ^= 1
        self.write(data)
        done = self.repair(8)
        self.assert_rest_is_whole(done, original, VECTOR_PASSWORD)

    def test_a_lost_database_is_one_that_a_restore_keeps(self):
        """Home Assistant deletes the database that is there unless backup.json says that none is in the backup."""
        with open(os.path.join(self.shelf.home, "config/home-assistant_v2.db"), "wb") as file:
            file.write(os.urandom(3_000_000))
        original = self.own()
        name_0, mtime, data = outer_members(original)[0]
        cut = header(name_0, len(data), mtime) + data[:len(data) // 2]
        with tarfile.open(original) as outer:
            metadata = outer.extractfile("./backup.json").read()
        self.write(header("./backup.json", len(metadata), 1), padded(metadata), cut)  # as Core orders them
        self.repair(8)
        with tarfile.open(self.out) as outer:
            made = json.load(outer.extractfile("./backup.json"))
        kept = paths(read_like_ha(self.out, KEY))
        self.assertEqual(made["homeassistant"]["exclude_database"], "config/home-assistant_v2.db" not in kept)
        self.assertFalse(json.loads(metadata)["homeassistant"]["exclude_database"])
        self.assertEqual((made["folders"], made["addons"], made["type"]), ([], [], "partial"))

    def test_missing_or_unusable_metadata(self):
        original = self.vector("v3_gz_basic.tar")
        members = outer_members(original)
        parts = [piece for name, mtime, data in members if name != "./backup.json"
                 for piece in (header(name, len(data), mtime), padded(data))]
        for what, metadata in (("missing", b""), ("no JSON", header("./backup.json", 4, 1) + padded(b"{nul"))):
            with self.subTest(what=what):
                self.write(*parts, metadata, bytes(1024))
                done = self.repair(0)
                self.assertEqual(read_like_ha(self.out, VECTOR_PASSWORD), read_like_ha(original, VECTOR_PASSWORD))
                self.assertIn("nothing was lost", done.stdout)
                listed = json.loads(self.shelf.run("show", self.out, "--json", check=0).stdout)
                self.assertEqual(listed["name"], "Repaired damaged")
                self.assertRegex(listed["slug"], "^[0-9a-f]{8}$")

    def test_a_part_that_backup_json_lists_and_nobody_has(self):
        original = self.vector("plain_gz_basic.tar")
        members = [member for member in outer_members(original) if not member[0].startswith("ssl")]
        self.write(*[piece for n, m, d in members for piece in (header(n, len(d), m), padded(d))], bytes(1024))
        done = self.repair(8)
        self.assertEqual(list(self.lost(done)), ["ssl"])
        self.assert_rest_is_whole(done, original, "-")

    def test_without_the_key(self):
        original = self.own()
        with open(original, "rb") as file:
            data = file.read()
        self.shelf.configure()
        none = {"config": False}
        self.write(data)
        self.assertEqual(self.shelf.run("repair", self.damaged, self.out, **none).returncode, 4)
        self.write(data[:len(data) // 2])
        done = self.shelf.run("repair", self.damaged, self.out, **none)
        self.assertEqual(done.returncode, 4, done.stdout)
        self.assertIn("-k", done.stderr)
        wrong = self.shelf.write("wrong", "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGG\n", 0o600)
        self.assertEqual(self.shelf.run("repair", "-k", wrong, self.damaged, self.out, **none).returncode, 4)
        self.assertTrue(self.nothing_left())
        # Whole parts need none: only the frame around them is made anew.
        members = outer_members(original)
        self.write(*[piece for n, m, d in members for piece in (
            header(n, len(d), m, None if n.startswith("./") or n.startswith(".seek") else int.from_bytes(d[16:24], "big")),
            padded(d))], bytes(1024))
        done = self.shelf.run("repair", self.damaged, self.out, **none)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(read_like_ha(self.out, KEY), read_like_ha(original, KEY))

    def test_nothing_to_save_and_mistakes(self):
        with open(self.vector("v3_gz_basic.tar"), "rb") as file:
            data = file.read()
        self.write(data[:1600])
        self.repair(5)
        self.write(b"no tar at all" * 100)
        self.repair(5)
        self.assertTrue(self.nothing_left())
        self.write(data[:len(data) // 2])
        with open(self.out, "w", encoding="utf-8") as file:
            file.write("mine")
        self.assertEqual(self.shelf.run("repair", self.damaged, self.out).returncode, 1)
        with open(self.out, encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine")
        with io.open(self.damaged, "rb") as file:
            self.assertEqual(file.read(), data[:len(data) // 2], "the damaged one is never touched")


if __name__ == "__main__":
    unittest.main()
