"""FUSE mounts of the benchmark: each is unmounted, and its daemon gone, when its `with` ends."""
import os
import shlex
import signal
import subprocess
import time

import measure
from measure import LeftOut, Sample

TICK = os.sysconf("SC_CLK_TCK")


def is_mounted(path):
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        return any(line.split()[4] == os.path.realpath(path) for line in table)


class Mounted:
    """A FUSE mount as a context manager. `tree()` is what stands for the home's root on it, `wall` the seconds until it
    stood."""

    def __init__(self, command, point, env=None, foreground=False, tree=lambda point: point):
        self.command, self.point, self.env = command, point, env
        self.foreground, self.find_tree = foreground, tree
        self.child, self.starter, self.known, self.wall = None, Sample(0, 0, 0), [], 0.0

    def __enter__(self):
        os.makedirs(self.point, exist_ok=True)
        if is_mounted(self.point):
            raise LeftOut(f"{self.point} is mounted already")
        measure.mounts.append(self)
        try:
            if not self.foreground:
                self.starter = measure.run(self.command, env=self.env, timeout=300)
            began = time.perf_counter()
            if self.foreground:
                self.child = measure.start(self.command, env=self.env)
            self.wait_until_mounted()
            self.wall = self.starter.wall + time.perf_counter() - began
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait_until_mounted(self, seconds=120.0):
        end = time.monotonic() + seconds
        while not is_mounted(self.point):
            if self.child and self.child.poll() is not None:
                raise LeftOut(f"the mount ended with {self.child.returncode}: {shlex.join(self.command)}")
            if time.monotonic() > end:
                raise LeftOut(f"not mounted within {seconds:.0f} s: {shlex.join(self.command)}")
            time.sleep(0.001)

    def tree(self):
        return self.find_tree(self.point)

    def pids(self):
        if not self.known:
            self.known = [self.child.pid] if self.child else self.daemons()
        return self.known

    def daemons(self):
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    if os.fsencode(self.point) in file.read().split(b"\0") and int(name) != os.getpid():
                        found.append(int(name))
            except OSError:
                continue
        return found

    def cpu(self):
        """CPU seconds so far, of the starting command and of the daemon."""
        total = self.starter.cpu
        for pid in self.pids():
            try:
                with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                    words = file.read().rsplit(")", 1)[1].split()
                total += (int(words[11]) + int(words[12])) / TICK
            except OSError:
                pass
        return total

    def memory(self, name="VmHWM"):
        """Bytes: the peak (VmHWM) or present (VmRSS) resident size of the daemon."""
        peak = 0
        for pid in self.pids():
            try:
                with open(f"/proc/{pid}/status", encoding="utf-8") as file:
                    peak += sum(int(line.split()[1]) * 1024 for line in file if line.startswith(name))
            except OSError:
                pass
        return peak

    def __exit__(self, *_):
        pids = self.pids()
        if is_mounted(self.point):
            done = subprocess.run(["umount", self.point], check=False, capture_output=True, timeout=60)
            if done.returncode != 0:
                done = subprocess.run(["fusermount3", "-u", self.point], check=False, capture_output=True, timeout=60)
            if done.returncode != 0:
                subprocess.run(["umount", "-l", self.point], check=False, capture_output=True, timeout=60)
        if self.child:
            try:
                self.child.wait(30)
            except subprocess.TimeoutExpired:
                measure.kill_group(self.child.pid)
                self.child.wait()
            measure.alive.discard(self.child.pid)
        end_all(pids)
        if self in measure.mounts:
            measure.mounts.remove(self)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def end_all(pids, seconds=30.0):
    """Waits for daemons that were unmounted; ends those that stay."""
    end = time.monotonic() + seconds
    for pid in pids:
        while is_running(pid) and time.monotonic() < end:
            time.sleep(0.005)
        if is_running(pid):
            os.kill(pid, signal.SIGKILL)
