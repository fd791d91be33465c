"""The golden table: what a user reads, and the exit code a script sees, for the mistakes users make.
BACKSHELF_ACCEPT=1 writes the table anew; the diff is then for a person to judge."""
import os
import re
import subprocess
import unittest

from shelf import PROGRAM, VECTORS, Shelf, make_home

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "messages.golden")
ARCHIVES = os.path.join(VECTORS, "archives")


class Messages(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.shelf = Shelf(archives=["v3_gz_basic.tar", "same_slug_0.tar", "same_slug_1.tar"])
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)

    def normal(self, text):
        text = text.replace(self.shelf.root, "{root}").replace(ARCHIVES, "{vectors}").replace(PROGRAM, "backshelf")
        return re.sub(r"[0-9a-f]{32}", "{installation}", text)

    def case(self, title, *words, config=True, stdin=None):
        """One row: the command, its exit code, and everything it said."""
        command = [PROGRAM, *words]
        if config and words:
            command[2:2] = ["-c", self.shelf.ini]
        done = subprocess.run(command, input=stdin, stdin=None if stdin else subprocess.DEVNULL, capture_output=True,
                              text=True, check=False, timeout=60)
        said = done.stderr + (f"[stdout] {done.stdout}" if done.stdout else "")
        return f"# {title}\n$ {self.normal(' '.join(command))}\n{self.normal(said).strip()}\nexit {done.returncode}\n"

    def vector(self, name):
        return os.path.join(ARCHIVES, name)

    def rows(self):
        shelf = self.shelf
        wrong = shelf.write("wrong-key", "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGG\n", 0o600)
        kit = shelf.write("other-kit.txt", "Emergency kit\n\nEncryption key:\nZZZZ-YYYY-XXXX-WWWW-VVVV-UUUU-TTTT\n", 0o600)
        good = shelf.path("old-keys")
        empty = shelf.write("empty-key", "\n", 0o600)
        public = shelf.write("public-key", "AAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGG\n", 0o644)
        used = shelf.write("public-key.ini", f"[key]\nfile = {public}\n")
        cut = shelf.path("cut.tar")
        with open(self.vector("v3_gz_basic.tar"), "rb") as file, open(cut, "wb") as out:
            out.write(file.read(200_000))
        picture = shelf.write("picture.tar", "\x89PNG no tar\n" * 100)
        nothing = shelf.write("nothing.tar", "")
        gz = shelf.path("outer.tar.gz")
        subprocess.run(["bash", "-c", f"gzip -n < {self.vector('plain_gz_basic.tar')} > {gz}"], check=True)
        basic = self.vector("v3_gz_basic.tar")
        ini = {name: shelf.write(f"{name}.ini", text) for name, text in {
            "unknown-key": "[archive]\ncompresion = fast\n", "unknown-section": "[arcive]\ncompression = fast\n",
            "bad-value": "[archive]\ncompression = best\n[mount]\ndelete_window = soon\n",
            "no-section": "compression = fast\n",
            "no-home": f"[state]\npath = {shelf.path('s2')}\n[key]\nfile = {shelf.path('key')}\n[location local]\n"
                       f"path = {shelf.archives}\n",
            "away": f"[home]\nroot = {shelf.path('not-there')}\n[state]\npath = {shelf.path('s3')}\n[key]\n"
                    f"file = {shelf.path('key')}\n[location local]\npath = {shelf.path('unmounted')}\n"}.items()}

        yield self.case("nothing typed", config=False)
        yield self.case("a wrong word", "lst")
        yield self.case("no key", "cat", basic + ":config/configuration.yaml", config=False)
        yield self.case("wrong key", "cat", "-k", wrong, basic + ":config/configuration.yaml", config=False)
        yield self.case("the kit of another house", "extract", "-k", kit, basic, shelf.path("out"), config=False)
        yield self.case("a key file that is not there", "ls", "-k", shelf.path("no-such-kit.txt"), basic, config=False)
        yield self.case("a key file without a key", "ls", "-k", empty, basic, config=False)
        yield self.case("a key file that everybody can read", "ls", "-c", used, basic, config=False)
        yield self.case("a cut file", "verify", "-k", good, cut, config=False)
        yield self.case("a damaged member", "verify", "-k", good, self.vector("dmg_v3_gz_23_mid.tar"), config=False)
        yield self.case("a file of a damaged member", "cat", "-k", good,
                        self.vector("dmg_v3_gz_23_mid.tar") + ":ssl/fullchain.pem", config=False)
        yield self.case("no backup at all", "ls", picture, config=False)
        yield self.case("an empty file", "show", nothing, config=False)
        yield self.case("a backup that was gzipped as a whole", "ls", gz, config=False)
        yield self.case("a file that is not there", "ls", shelf.path("gone.tar"), config=False)
        yield self.case("a path that is not in the backup", "cat", "-k", good, basic + ":config/automation.yaml",
                        config=False)
        yield self.case("cat of a folder", "cat", "-k", good, basic + ":config", config=False)
        yield self.case("a path that climbs out", "cat", "-k", good, basic + ":../../etc/passwd", config=False)
        yield self.case("a folder name that does not exist", "show", "Before_update")
        yield self.case("an ambiguous slug", "show", self.ambiguous_slug())
        os.mkdir(shelf.path("full"))
        shelf.run("extract", basic, shelf.path("full"), check=0)
        yield self.case("extract over files that are there", "extract", basic, shelf.path("full"))
        yield self.case("export over a file that is there", "export", "-k", good, basic, cut, config=False)
        yield self.case("export of a damaged backup", "export", "-k", good, self.vector("dmg_v3_gz_23_mid.tar"),
                        shelf.path("new.tar"), config=False)
        yield self.case("export with the wrong key", "export", "-k", wrong, basic, shelf.path("new.tar"), config=False)
        yield self.case("export decrypted and encrypted", "export", basic, shelf.path("new.tar"), "--decrypt",
                        "--new-key-file", good, config=False)
        yield self.case("export into no archive", "export", "-k", good, basic, shelf.path("new.zip"), config=False)
        yield self.case("no configuration", "list", "-c", shelf.path("none.ini"), config=False)
        yield self.case("an unknown key in the INI", "check-config", "-c", ini["unknown-key"], config=False)
        yield self.case("an unknown section in the INI", "list", "-c", ini["unknown-section"], config=False)
        yield self.case("bad values in the INI", "check-config", "-c", ini["bad-value"], config=False)
        yield self.case("a schedule that contradicts itself", "check-config", "-c",
                        shelf.write("stale.ini", "[automatic]\ndays = mon\nstale_after = 3d\n"), config=False)
        yield self.case("a line before any section", "check-config", "-c", ini["no-section"], config=False)
        yield self.case("backup without a home", "backup", "-c", ini["no-home"], config=False)
        yield self.case("a location that is not there", "list", "-c", ini["away"], config=False)
        yield self.case("an unknown part", "backup", "parts=confg")
        yield self.case("an unknown location", "backup", "to=nas")
        yield self.case("restore of a part the backup lacks", "restore", "v3_gz_basic", "parts=media")
        shelf.write("home/config/.HA_VERSION", "2020.1.0")
        yield self.case("restore into an older Home Assistant", "restore", "v3_gz_basic")
        yield self.case("restore with the wrong key", "restore", "-k", wrong, basic, "--to", shelf.path("new"), config=False)
        yield self.case("restore of a damaged backup", "restore", "-k", good, self.vector("dmg_v3_gz_23_mid.tar"), "--to",
                        shelf.path("new"), config=False)
        yield self.case("restore over a home that is there", "restore", "-k", good, basic, "--to", shelf.home, config=False)
        yield self.case("delete of the last backups", "delete", "v3_gz_basic", "same_slug_0", "same_slug_1")
        yield self.case("undelete of what was never deleted", "undelete", "Before_update")
        yield self.case("mount on what is no folder", "mount", shelf.path("key"))
        yield self.case("mount on what is not there", "mount", shelf.path("nowhere"))
        yield self.case("mount of what is not there", "mount", shelf.path("no-archives"), shelf.mount_point, config=False)
        yield self.case("mount over the archives", "mount", shelf.archives)
        yield self.case("the state of a daemon that never ran", "status")
        yield self.case("sidecars of a place that is not configured", "repair-sidecars", "nas")
        yield self.case("repair without the key", "repair", cut, shelf.path("new.tar"), config=False)
        yield self.case("repair of a cut file", "repair", "-k", good, cut, shelf.path("new.tar"), config=False)
        yield self.case("repair of a sound file", "repair", "-k", good, basic, shelf.path("more.tar"), config=False)
        yield self.case("a comparison with the wrong key", "diff", "-k", wrong, basic, basic, config=False)

    def ambiguous_slug(self):
        done = self.shelf.run("list", "--json", check=0)
        return re.search(r'"folder": *"same_slug_0".*?"slug": *"([^"]*)"', done.stdout, re.S).group(1)

    def test_every_mistake_gets_its_message(self):
        table = "\n".join(self.rows())
        self.assertGreaterEqual(table.count("\nexit "), 25)
        if os.environ.get("BACKSHELF_ACCEPT"):
            with open(TABLE, "w", encoding="utf-8") as file:
                file.write(table)
        with open(TABLE, encoding="utf-8") as file:
            self.assertEqual(file.read(), table)


if __name__ == "__main__":
    unittest.main()
