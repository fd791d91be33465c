"""Making backups: through `control` and the command line; what is written is read as Home Assistant reads it; a killed
backup leaves nothing."""
import errno
import json
import os
import random
import signal
import stat
import subprocess
import time
import unittest

from readers import LEFT_OUT, READER, read_like_ha, tree_of
from shelf import KEY, LONG, PROGRAM, is_mounted, make_home, Shelf, wait_for


class Backup(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf()
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)

    def archive_files(self):
        return sorted(name for name in os.listdir(self.shelf.archives) if name.endswith(".tar"))

    def assert_same_tree(self, folder, excluded=frozenset()):
        for part in ("config", "share", "ssl", "media", "addons", "apps/core_ssh"):
            source = tree_of(os.path.join(self.shelf.home, part))
            stored = tree_of(os.path.join(folder, part))
            for path in {os.fsencode(p)[len(part) + 1:] for p in excluded if p.startswith(part)}:
                source.pop(path, None)
            self.assertEqual(source, stored, part)
        same = subprocess.run(["diff", "-r", "--no-dereference", self.shelf.home + "/share", folder + "/share"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(same.stdout, "")

    def test_a_backup_through_control_equals_the_home(self):
        self.shelf.mount()
        folder = self.shelf.backup("Before update")
        self.assert_same_tree(self.shelf.on_mount(folder), LEFT_OUT)
        last = self.shelf.status()["last_backup"]
        self.assertTrue(last["ok"])
        self.assertEqual(last["folder"], folder)
        listed = json.loads(self.shelf.run("list", "--json", check=0).stdout)
        self.assertTrue(listed[0]["good"], "the verify behind a backup makes it good")
        self.assertTrue(listed[0]["authenticated"])

    def test_each_level_and_version_is_read_as_home_assistant_reads(self):
        for securetar in (3, 2):
            for level in ("balanced", "fast", "small", "none"):
                with self.subTest(securetar=securetar, level=level):
                    self.shelf.configure(f"[archive]\nsecuretar = {securetar}\ncompression = {level}\n")
                    self.shelf.run("backup", f"name=L{securetar}{level}", check=0)
                    name = next(n for n in self.archive_files() if n.startswith(f"L{securetar}{level}_"))
                    self.check_as_home_assistant(os.path.join(self.shelf.archives, name), level != "none")

    def test_with_trust_stat_a_change_that_hides_its_time_is_stored(self):
        self.shelf.configure("[backup]\ntrust_stat = yes\n")
        large, then = os.path.join(self.shelf.home, "media", "film.bin"), (1_700_000_000, 1_700_000_000)
        content = random.Random(1).randbytes(3_000_000)
        changed = content[:1_500_000] + b"changed" + content[1_500_007:]
        for name, now in (("one", content), ("two", content), ("three", changed)):
            if name != "two":
                with open(large, "wb") as file:
                    file.write(now)
                os.utime(large, then)
                time.sleep(62 if LONG else 0)  # younger files are not trusted by the next backup
            self.shelf.run("backup", f"name={name}", check=0)
            archive = next(n for n in self.archive_files() if n.startswith(name + "_"))
            target = self.shelf.path("out-" + name)
            self.shelf.run("extract", os.path.join(self.shelf.archives, archive) + ":media", target, check=0)
            with open(os.path.join(target, "media", "film.bin"), "rb") as file:
                self.assertTrue(file.read() == now, name)

    def check_as_home_assistant(self, archive, gzip):
        members = read_like_ha(archive, KEY)
        suffix = ".tar.gz" if gzip else ".tar"
        self.assertEqual(set(members), {stem + suffix for stem in (
            "homeassistant", "share", "ssl", "media", "addons_local", "core_ssh")})
        for member, entries in members.items():
            part = {"homeassistant": "config", "addons_local": "addons", "core_ssh": "apps/core_ssh"}.get(
                member[:-len(suffix)], member[:-len(suffix)])
            prefix = "data/" if part == "config" else ""
            for path, facts in tree_of(os.path.join(self.shelf.home, part)).items():
                if f"{part}/{os.fsdecode(path)}" in LEFT_OUT:
                    continue
                self.check_entry(entries.pop(prefix + os.fsdecode(path)), facts)
            leftover = set(entries) - {".", "", "data", "homeassistant.json", "./homeassistant.json"}
            self.assertEqual(leftover, set(), member)

    def check_entry(self, entry, facts):
        kind, mode, mtime_ns, what = facts
        wanted = {stat.S_IFREG: {"file", "hardlink"}, stat.S_IFDIR: {"dir"}, stat.S_IFLNK: {"symlink"}}[kind]
        self.assertIn(entry["type"], wanted)
        self.assertEqual(entry["mtime_ns"], mtime_ns, entry["path"])
        if kind == stat.S_IFREG:
            self.assertEqual(entry["mode"], mode)
            if entry["type"] == "file":
                self.assertEqual(entry["size"], what)
        elif kind == stat.S_IFLNK:
            self.assertEqual(os.fsencode(entry["link"]), what)

    def test_gnu_tar_and_bsdtar_list_the_inner_tars_without_a_warning(self):
        self.shelf.run("backup", "name=plain", check=0)
        archive = os.path.join(self.shelf.archives, self.archive_files()[0])
        out = self.shelf.path("inner")
        os.mkdir(out)
        done = subprocess.run(["/usr/bin/python3", READER, "--decrypt-to", out, archive, KEY], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        names = os.listdir(out)
        self.assertGreaterEqual(len(names), 6)
        for name in names:
            for tool in (["tar", "-tvf"], ["bsdtar", "-tvf"]):
                listed = subprocess.run(tool + [os.path.join(out, name)], capture_output=True, text=True,
                                        errors="surrogateescape", check=False, env={**os.environ, "LC_ALL": "C.UTF-8"})
                warnings = [line for line in listed.stderr.splitlines() if "hdrcharset" not in line]
                self.assertEqual((listed.returncode, warnings), (0, []), f"{tool[0]} {name}")

    def test_a_kill_at_a_random_moment_leaves_no_half_archive(self):
        make_home(self.shelf.home, files=400, big_bytes=24 << 20)
        with open(os.path.join(self.shelf.home, "media/noise.bin"), "wb") as file:
            file.write(os.urandom(16 << 20))
        self.shelf.run("backup", "name=first", check=0)
        earlier = {name: self.digest(name) for name in self.archive_files()}
        started = time.monotonic()
        self.shelf.run("backup", "name=second", check=0)
        usual = time.monotonic() - started
        earlier.update({name: self.digest(name) for name in self.archive_files()})
        random.seed(50)
        killed = 0
        for round_number in range(50 if LONG else 8):
            process = subprocess.Popen([PROGRAM, "backup", "-c", self.shelf.ini, f"name=round{round_number}"],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(random.uniform(0, usual))
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
            for name in self.archive_files():  # one that was complete before the kill is complete
                self.shelf.run("verify", os.path.join(self.shelf.archives, name), "-k", self.shelf.path("key"),
                               config=False, check=0)
            for name, digest in earlier.items():
                self.assertEqual(self.digest(name), digest)
        self.assertGreaterEqual(killed, 4, "the kill came too late to test anything")
        self.shelf.run("backup", "name=last", check=0)
        leftovers = [n for n in os.listdir(self.shelf.archives) if not n.endswith(".tar")]
        self.assertEqual(leftovers, [], "our own leftovers are removed at the next start")

    def digest(self, name):
        return subprocess.run(["sha256sum", os.path.join(self.shelf.archives, name)], capture_output=True, check=True,
                              text=True).stdout.split()[0]

    def test_files_that_change_while_they_are_read_break_nothing(self):
        fifo_like = os.path.join(self.shelf.home, "config/changing")
        stop = self.shelf.path("stop")
        script = (f"while [ ! -e {stop} ]; do head -c $((RANDOM * 40)) /dev/zero > {fifo_like}; "
                  f"rm -f {fifo_like}; done")
        mutator = subprocess.Popen(["bash", "-c", script])
        try:
            for number in range(4):
                self.shelf.run("backup", f"name=c{number}", check=0)
        finally:
            open(stop, "w", encoding="utf-8").close()
            mutator.wait()
        for name in self.archive_files():
            path = os.path.join(self.shelf.archives, name)
            self.shelf.run("verify", path, "-k", self.shelf.path("key"), config=False, check=0)
            read_like_ha(path, KEY)

    def test_what_changes_while_it_is_read_is_reported(self):
        for word, change in (("shrank", lambda path: os.truncate(path, 1000)), ("grew", self.append)):
            with self.subTest(word):
                folder = os.path.join(self.shelf.home, "config/changing")
                os.makedirs(folder, exist_ok=True)
                large, gone = (os.path.join(folder, name) for name in ("1 large.bin", "2 gone.yaml"))
                with open(large, "wb") as file, open(gone, "w", encoding="utf-8"):
                    for _ in range(48):
                        file.write(os.urandom(1 << 20))
                answer = self.backup_stopped_inside(large, f"name={word}", lambda: (change(large), os.unlink(gone)))
                self.assertIn("2 left out or incomplete:", answer)
                self.assertRegex(answer, f"config/changing/1 large.bin: it {word} while it was read")
                self.assertRegex(answer, "config/changing/2 gone.yaml: No such file or directory")
                self.check_changed(word)

    @staticmethod
    def append(path):
        with open(path, "ab") as file:
            file.write(b"more")

    def backup_stopped_inside(self, path, word, change):
        """The answer of a backup that is held while it reads `path`: `change` certainly falls into that time."""
        process = subprocess.Popen([PROGRAM, "backup", "-c", self.shelf.ini, word], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        wait_for(lambda: self.descriptor_of(process.pid, path), 60, "the file open for reading", pause=0.001)
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)  # until it does stand still
        descriptor = self.descriptor_of(process.pid, path)
        self.assertIsNotNone(descriptor, "it was stopped too late")
        with open(f"/proc/{process.pid}/fdinfo/{descriptor}", encoding="utf-8") as file:
            self.assertLess(int(file.readline().split()[1]), os.path.getsize(path), "it was stopped too late")
        change()
        process.send_signal(signal.SIGCONT)
        answer, _ = process.communicate(timeout=300)
        self.assertEqual(process.returncode, 0)
        return answer

    @staticmethod
    def descriptor_of(pid, path):
        folder = f"/proc/{pid}/fd"
        for name in os.listdir(folder):
            try:
                if os.readlink(os.path.join(folder, name)) == path:
                    return name
            except OSError:  # closed meanwhile
                continue
        return None

    def check_changed(self, word):
        """The archive is sound, the large file has its first size, and status says what is not as it was."""
        name = next(name for name in self.archive_files() if name.startswith(word))
        path = os.path.join(self.shelf.archives, name)
        self.shelf.run("verify", path, "-k", self.shelf.path("key"), config=False, check=0)
        config = read_like_ha(path, KEY)["homeassistant.tar.gz"]
        self.assertEqual(config["data/changing/1 large.bin"]["size"], 48 << 20)
        self.assertNotIn("data/changing/2 gone.yaml", config)
        self.shelf.mount()
        last = self.shelf.status()["last_backup"]
        self.assertTrue(last["ok"])
        self.assertEqual([line.split(":")[0] for line in sorted(last["skipped"])],
                         ["config/changing/1 large.bin", "config/changing/2 gone.yaml"])
        self.shelf.unmount()

    def test_memory_stays_bounded_while_writing(self):
        size = (2 << 30) if LONG else (256 << 20)
        with open(os.path.join(self.shelf.home, "media/big.bin"), "wb") as file:
            block = os.urandom(1 << 20)
            for number in range(size >> 20):
                file.write(number.to_bytes(8, "big") + block[8:])
        writer = subprocess.Popen([PROGRAM, "backup", "-q", "-c", self.shelf.ini, "name=big"])
        _, status, used = os.wait4(writer.pid, 0)
        writer.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(writer.returncode, 0)
        peak = used.ru_maxrss // 1024
        print(f"peak RSS of backup: {peak} MiB for {size >> 20} MiB")
        if not os.environ.get("BACKSHELF_SANITIZED"):
            self.assertLess(peak, 150)

    def test_one_backup_at_a_time(self):
        begun, go = self.shelf.path("begun"), self.shelf.path("go")
        # Holds the backup until the test is done with it, and a minute at most.
        hook = self.shelf.write("hook.sh", f"touch {begun}; n=0\n"
                                           f"while [ ! -e {go} ] && [ $n -lt 600 ]; do sleep 0.1; n=$((n + 1)); done\n")
        self.shelf.configure(f"[backup]\nbefore = sh {hook}\n")
        self.shelf.mount()
        self.shelf.command("backup name=one")
        wait_for(lambda: os.path.exists(begun), 10, "a running backup")
        self.assertEqual(self.shelf.status()["state"], "backup")
        with self.assertRaises(OSError) as refused:
            self.shelf.command("backup name=two")
        self.assertEqual(refused.exception.errno, errno.EBUSY)
        self.assertEqual(self.shelf.run("backup", "name=three").returncode, 7)
        self.shelf.command("cancel")
        self.shelf.write("go", "")
        self.shelf.wait_idle()
        self.assertEqual(self.archive_files(), [])
        self.assertTrue(is_mounted(self.shelf.mount_point))


if __name__ == "__main__":
    unittest.main()
