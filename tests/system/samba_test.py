"""The share of scripts/smb.conf.sample through a real smbd. smbclient stands in for Explorer, Finder and Nautilus."""
import hashlib
import os
import re
import subprocess
import threading
import time
import unittest

from shelf import LONG, VECTORS, make_home, wait_for
from smbd import shared_shelf

BASIC = os.path.join(VECTORS, "archives", "v3_gz_basic.tar")
MANY = 5000 if LONG else 300
WINDOW = 2  # seconds; the configuration below
CONFIG = f"[mount]\nsymlinks = file\nnames = windows\ndelete_window = {WINDOW}s\n"
# In share/: what Windows cannot show, and what it is shown as.
ODD_NAMES = {
    "a:b?.yaml": "a%3Ab%3F.yaml", 'q"<>|*\\.txt': "q%22%3C%3E%7C%2A%5C.txt", "dot at the end.": "dot at the end%2E",
    "space at the end ": "space at the end%20", "con.txt": "%63on.txt", "100%3A": "100%253A", "100%": "100%",
    "tab\there": "tab%09here", "Grüße.txt": "Grüße.txt", os.fsdecode(b"not-utf8-\xff\xfe.txt"): "not-utf8-%FF%FE.txt",
    "Case.txt": "Case.txt", "case.TXT": "case.TXT",
}


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class Samba(unittest.TestCase):
    def share(self, config=CONFIG):
        self.shelf, self.smbd = shared_shelf(self, config)
        return self.shelf

    def make(self, *names, many=0, vetoed=()):
        """Backups of a home with links of every kind, the last of which is protected; returns their folders."""
        make_home(self.shelf.home)
        share = os.path.join(self.shelf.home, "share")
        os.makedirs(os.path.join(share, "many"), exist_ok=True)
        for number in range(many):
            with open(os.path.join(share, "many", f"file {number}"), "w", encoding="utf-8") as file:
                file.write(f"{number}\n" * (number % 50))
        for name in (*ODD_NAMES, *vetoed):
            with open(os.path.join(share, name), "w", encoding="utf-8") as file:
                file.write("odd: " + ODD_NAMES.get(name, ""))
        for name, target in (("dangling", "nowhere"), ("outside", "../../etc/passwd"), ("to folder", "many"),
                             ("other part", "/ssl/privkey.pem"), ("loop", "loop"), ("twice", "link")):
            os.symlink(target, os.path.join(share, name))
        made = []
        for name in names:
            before = set(self.shelf.folders())
            self.shelf.run("backup", f"name={name}", check=0)
            made.append(wait_for(lambda known=before: list(set(self.shelf.folders()) - known), 10, name)[0])
        self.shelf.run("verify", "all", check=0)
        return made

    def get(self, name, *options):
        """The bytes of one file as a client reads them."""
        target = self.shelf.path("got")
        said = self.smbd.client(f'get "{name}" "{target}"', *options)
        self.assertTrue(os.path.exists(target), said)
        with open(target, "rb") as file:
            content = file.read()
        os.unlink(target)
        return content

    def test_the_share_shows_the_shelf_and_a_folder_is_copied_out_whole(self):
        self.share()
        folder, _ = self.make("first", "second")
        top = self.smbd.names()
        self.assertIsNone(top[folder])
        self.assertEqual(set(top), set(os.listdir(self.shelf.mount_point)))
        self.assertEqual(top["status"], os.path.getsize(self.shelf.on_mount("status")))
        self.assertIn(b"idle", self.get("status"))
        out = self.shelf.path("out")
        os.mkdir(out)
        said = self.smbd.client(f'lcd "{out}"; recurse on; prompt off; cd "{folder}"; mget *')
        self.assertNotIn("NT_STATUS", said)
        same = subprocess.run(["diff", "-r", self.shelf.on_mount(folder), out], capture_output=True, check=False)
        self.assertEqual(same.stdout + same.stderr, b"")

    def test_names_that_windows_cannot_show_are_mapped_and_open(self):
        self.share()
        folder, _ = self.make("first", "second")
        shown = self.smbd.names(f"{folder}/share")
        for stored, name in ODD_NAMES.items():
            self.assertIn(name, shown, stored)
            self.assertEqual(self.get(f"{folder}/share/{name}").decode(), "odd: " + name)
        self.assertEqual([name for name in shown if "~" in name], [])
        with self.assertRaises(FileNotFoundError):
            os.stat(self.shelf.on_mount(folder, "share", "a:b?.yaml"))

    def test_links_are_the_files_they_lead_to(self):
        self.share()
        folder, _ = self.make("first", "second")
        for name, content in (("link", b"shared\n"), ("twice", b"shared\n"), ("other part", b"key\n"),
                              ("dangling", b"nowhere"), ("outside", b"../../etc/passwd"), ("to folder", b"many"),
                              ("loop", b"loop"), ("absolute link", b"/config")):
            self.assertEqual(self.get(f"{folder}/share/{name}"), content, name)
            self.assertEqual(os.path.getsize(self.shelf.on_mount(folder, "share", name)), len(content), name)
            self.assertFalse(os.path.islink(self.shelf.on_mount(folder, "share", name)))

    def test_hidden_links_do_not_hinder(self):
        self.share("[mount]\nsymlinks = hide\nnames = windows\n")
        folder, _ = self.make("first", "second")
        shown = self.smbd.names(f"{folder}/share")
        self.assertIn("note.txt", shown)
        for name in ("link", "dangling", "outside", "to folder", "loop"):
            self.assertNotIn(name, shown)
        self.smbd.client(f'deltree "{folder}"')
        self.assertFalse(os.path.exists(self.shelf.on_mount(folder)))

    def test_deltree_of_a_backup_with_links_removes_it(self):
        self.share()
        vetoed = ("many/.DS_Store", "many/._file 1")  # the share shows none of them
        folder, kept = self.make("first", "second", many=MANY, vetoed=vetoed)
        self.assertEqual(len(self.smbd.names(f"{folder}/share/many")), MANY)
        archive = os.path.join(self.shelf.archives, folder + ".tar")
        self.assertTrue(os.path.exists(archive))
        said = self.smbd.client(f'deltree "{folder}"', timeout=1200)
        self.assertNotIn("NT_STATUS", said)
        self.assertFalse(os.path.exists(self.shelf.on_mount(folder)))
        self.assertFalse(os.path.exists(archive))
        self.assertNotIn(folder, self.smbd.names())
        self.assertIn(kept, self.smbd.names())
        self.shelf.run("undelete", folder, check=0)
        wait_for(lambda: folder in self.smbd.names(), 5, "it is back on the share")
        self.assertIn("link", self.smbd.names(f"{folder}/share"))

    def test_a_deltree_broken_off_half_way_restores_the_backup(self):
        self.share()
        folder, _ = self.make("first", "second", many=MANY)
        before = self.smbd.names(f"{folder}/share/many")
        self.assertEqual(len(before), MANY)
        with subprocess.Popen(self.smbd.words(f'deltree "{folder}"'), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
            many = self.shelf.on_mount(folder, "share/many")
            wait_for(lambda: not os.path.exists(many) or len(os.listdir(many)) < MANY * 3 // 4, 60, "half of it gone",
                     pause=0)
            client.kill()
        self.assertTrue(os.path.exists(os.path.join(self.shelf.archives, folder + ".tar")))
        time.sleep(WINDOW + 0.5)
        wait_for(lambda: self.smbd.names(f"{folder}/share/many") == before, 10, "all of it shown again")
        self.assertIn("config", self.smbd.names(folder))

    def test_deleting_one_file_inside_changes_nothing(self):
        self.share()
        folder, _ = self.make("first", "second")
        name = f"{folder}/config/automations.yaml"
        self.smbd.client(f'del "{name}"')
        self.assertFalse(os.path.exists(self.shelf.on_mount(name)))
        self.smbd.client(f'rmdir "{folder}"')
        wait_for(lambda: os.path.exists(self.shelf.on_mount(name)), WINDOW + 10, "the file again")
        self.assertIn(b"Lights", self.get(name))

    def test_the_last_good_backup_cannot_be_deleted(self):
        self.share()
        _, last = self.make("first", "second")
        said = self.smbd.client(f'deltree "{last}"')
        self.assertIn("NT_STATUS_ACCESS_DENIED", said)
        self.assertIn("config", self.smbd.names(last))
        self.assertIn("last", self.get("status").decode())

    def test_an_upload_becomes_a_backup(self):
        self.share()
        for place in ("by share.tar", "locations/local/in its place.tar"):
            folder = os.path.basename(place)[:-len(".tar")]
            said = self.smbd.client(f'put "{BASIC}" "{place}"')
            self.assertNotIn("NT_STATUS", said)
            wait_for(lambda name=folder: name in self.smbd.names(), 5, place)
            self.assertIn("configuration.yaml", self.smbd.names(f"{folder}/config"))
        self.shelf.wait_idle()
        target = self.shelf.path("download.tar")
        self.smbd.client(f'get "locations/local/in its place.tar" "{target}"')
        self.assertEqual(sha256(target), sha256(BASIC))

    def test_what_is_no_backup_is_refused_and_leaves_nothing(self):
        self.share()
        notes = self.shelf.write("notes", "hello\n" * 1000)
        before = self.smbd.names()
        for name in ("notes.txt", "notes.tar"):
            said = self.smbd.client(f'put "{notes}" "{name}"')
            self.assertIn("NT_STATUS", said, name)
        wait_for(lambda: set(self.smbd.names()) == set(before), 5, "nothing left")
        self.assertEqual(os.listdir(self.shelf.archives), [])

    def test_what_finder_leaves_everywhere_stops_no_copy(self):
        self.share()
        folder, _ = self.make("first", "second")
        junk = self.shelf.write("junk", "finder\n")
        out = self.shelf.path("out.yaml")
        for name in ("._config", ".DS_Store", "._configuration.yaml"):
            said = self.smbd.client(f'cd "{folder}/config"; put "{junk}" "{name}"; get configuration.yaml "{out}"')
            self.assertIn("NT_STATUS", said)
            self.assertTrue(os.path.exists(out), said)
            os.unlink(out)
        said = self.smbd.client(f'put "{junk}" ._up.tar; put "{BASIC}" up.tar; put "{junk}" .DS_Store')
        wait_for(lambda: "up" in self.smbd.names(), 5, said)
        self.assertEqual([name for name in self.smbd.names() if name.startswith(".")], [])

    def test_attributes_and_streams_do_not_break_copying(self):
        self.share()
        folder, _ = self.make("first", "second")
        name = f"{folder}/config/configuration.yaml"
        said = self.smbd.client(f'setmode "{name}" +h; put "{BASIC}" "{name}:Zone.Identifier"; allinfo "{name}"')
        self.assertIn("stream: [::$DATA]", said)
        self.assertEqual(self.get(name), b"default_config:\n")
        said = self.smbd.client(f'put "{BASIC}" up.tar; setmode up.tar +a; utimes up.tar -1 -1 -1 -1')
        wait_for(lambda: "up" in self.smbd.names(), 5, said)

    def test_a_new_folder_is_a_backup_and_can_be_renamed(self):
        self.share()
        self.make("first")
        said = self.smbd.client('mkdir "New folder"; rename "New folder" "before update"; ls "before update/*"')
        self.assertNotIn("NT_STATUS", said)
        self.assertIn("status", said)
        wait_for(lambda: "backup.json" in self.smbd.names("before update"), 30, "the backup")
        self.shelf.wait_idle()
        said = self.smbd.client('rename "before update" "after update"')
        self.assertNotIn("NT_STATUS", said)
        self.assertIn(b"Lights", self.get("after update/config/automations.yaml"))
        self.assertIn("after update.tar", self.smbd.names("locations/local"))
        self.assertNotIn("before update", self.smbd.names())
        said = self.smbd.client('mkdir "no"; rmdir "no"')
        self.assertIn("NT_STATUS_DIRECTORY_NOT_EMPTY", said, "Explorer deletes what is inside, then the folder")
        self.smbd.client('deltree "no"')
        self.assertNotIn("no", self.smbd.names())
        self.shelf.wait_idle()
        self.assertNotIn("no.tar", os.listdir(self.shelf.archives))

    def test_a_folder_copied_onto_the_share_makes_no_backup(self):
        self.share()
        said = self.smbd.client(f'recurse on; prompt off; lcd "{VECTORS}"; mput archives')
        self.assertIn("NT_STATUS", said)
        wait_for(lambda: "archives" not in self.smbd.names(), 5, "no folder")

    def test_free_space_is_that_of_the_disk(self):
        self.share()
        said = self.smbd.client("du")
        size, free = (int(number) for number in re.search(r"(\d+) blocks of size \d+\. (\d+) blocks", said).groups())
        disk = os.statvfs(self.shelf.archives)
        self.assertAlmostEqual(free / size, disk.f_bavail / disk.f_blocks, delta=0.05)

    def test_a_client_that_waits_hears_of_changes(self):
        self.share()
        folder, _ = self.make("first", "second")
        words = ["stdbuf", "-oL"] + self.smbd.words('notify ""')
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as client:
            self.addCleanup(client.kill)
            said = []
            reader = threading.Thread(target=lambda: said.extend(iter(client.stdout.readline, "")))
            reader.start()
            time.sleep(1)
            self.smbd.client(f'put "{BASIC}" up.tar; rmdir "{folder}"; deltree "{folder}"')
            wait_for(lambda: any("up.tar" in line for line in said), 10, "the upload in " + repr(said))
            wait_for(lambda: any(folder in line for line in said), 10, "the delete in " + repr(said))
            client.kill()
            reader.join()

    def test_several_clients_at_once(self):
        self.share()
        folder, _ = self.make("first", "second", many=60)
        failures = []

        def use(number):
            out = self.shelf.path(f"out{number}")
            os.mkdir(out)
            said = self.smbd.client(f'lcd "{out}"; recurse on; prompt off; cd "{folder}"; mget *')
            same = subprocess.run(["diff", "-r", self.shelf.on_mount(folder), out], capture_output=True, check=False)
            if "NT_STATUS" in said or same.returncode != 0:
                failures.append((said, same.stdout))

        clients = [threading.Thread(target=use, args=(number,)) for number in range(4)]
        for client in clients:
            client.start()
        self.smbd.client(f'put "{BASIC}" up.tar')
        for client in clients:
            client.join()
        self.assertEqual(failures, [])
        self.assertIn("up", self.smbd.names())


if __name__ == "__main__":
    unittest.main()
