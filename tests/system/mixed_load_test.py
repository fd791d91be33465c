"""Everybody at once: clients of the share, rsync and find, while backups are made, renamed and deleted."""
import os
import subprocess
import threading
import time
import unittest

from shelf import LONG, make_home
from smbd import shared_shelf

SECONDS = 600 if LONG else 15
CLIENTS = 4
MOST_GROWTH_KIB = 64 * 1024  # of the daemon's memory, once it has seen everything


class MixedLoad(unittest.TestCase):
    def memory_kib(self):
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as file:
            return int(next(line for line in file if line.startswith("VmRSS")).split()[1])

    def run_until(self, end, work):
        rounds = 0
        while time.monotonic() < end and not self.failures:
            try:
                work(rounds)
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                self.failures.append(repr(error))
            rounds += 1
        self.rounds[work.__name__] = self.rounds.get(work.__name__, 0) + rounds

    def same(self, path):
        done = subprocess.run(["diff", "-r", self.shelf.on_mount(self.kept), path], capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, b""))

    def share_reader(self, number):
        def reads_the_share(_):
            out = self.shelf.path(f"share{number}")
            os.makedirs(out, exist_ok=True)
            said = self.smbd.client(f'lcd "{out}"; recurse on; prompt off; cd "{self.kept}"; mget *')
            self.assertNotIn("NT_STATUS", said)
            self.same(out)
        return reads_the_share

    def copies_by_rsync(self, _):
        out = self.shelf.path("rsynced")
        subprocess.run(["rsync", "-a", "--checksum", "--delete", self.shelf.on_mount(self.kept) + "/", out + "/"], check=True,
                       capture_output=True)
        self.same(out)

    def walks_by_find(self, _):
        subprocess.run(["find", self.shelf.on_mount(self.kept), "-printf", "%s"], check=True, capture_output=True)
        self.assertIn(self.kept, os.listdir(self.shelf.mount_point))

    def makes_and_deletes(self, number):
        """Each round: a backup by mkdir, another name, and the one of the round before goes."""
        name = f"round {number}"
        os.mkdir(self.shelf.on_mount("new folder"))
        os.rename(self.shelf.on_mount("new folder"), self.shelf.on_mount(name))
        while not os.path.exists(self.shelf.on_mount(name, "backup.json")):
            time.sleep(0.1)
        self.shelf.wait_idle()
        os.rename(self.shelf.on_mount(name), self.shelf.on_mount(f"made {number}"))
        if number:
            subprocess.run(["rm", "-r", self.shelf.on_mount(f"made {number - 1}")], check=True, capture_output=True)
        self.made = f"made {number}"

    def test_no_error_no_leak_nothing_lost(self):
        self.shelf, self.smbd = shared_shelf(self)
        make_home(self.shelf.home)
        self.kept, self.made = self.shelf.backup("kept", "full"), None
        self.shelf.command(f"pin {self.kept}")
        self.pid, self.failures, self.rounds = self.shelf.daemon_pid(), [], {}
        works = [self.share_reader(number) for number in range(CLIENTS)]
        works += [self.copies_by_rsync, self.walks_by_find, self.makes_and_deletes]
        end = time.monotonic() + SECONDS
        threads = [threading.Thread(target=self.run_until, args=(end, work)) for work in works]
        for thread in threads:
            thread.start()
        time.sleep(SECONDS / 4)
        warm = self.memory_kib()
        for thread in threads:
            thread.join()
        after = self.memory_kib()
        print(f"{SECONDS} s: {self.rounds}, memory {warm} -> {after} KiB", end=" ", flush=True)
        self.assertEqual(self.failures, [])
        self.assertLess(after - warm, MOST_GROWTH_KIB)
        self.assertEqual(self.shelf.folders(), sorted([self.kept, self.made]))
        self.shelf.run("verify", "all", check=0)


if __name__ == "__main__":
    unittest.main()
