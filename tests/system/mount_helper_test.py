"""Mounting as a boot does: by mount(8) and a line of fstab, and as systemd's service. In a mount namespace of its own,
where the helpers stand in /usr/sbin; the machine's own folders stay as they are."""
import ctypes
import errno
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from shelf import PROGRAM, Shelf, is_mounted, wait_for

CLONE_NEWNS = 0x20000
OPTIONS = "nofail,_netdev,x-systemd.before=smbd.service,x-systemd.requires-mounts-for=/var/lib"


def setUpModule():
    if os.geteuid() != 0:
        raise unittest.SkipTest("only root can make a mount namespace and mount by fstab")
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        raise unittest.SkipTest("no mount namespace: " + os.strerror(ctypes.get_errno()))
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    folder = tempfile.mkdtemp(prefix="backshelf-test-")
    unittest.addModuleCleanup(shutil.rmtree, folder)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
    unittest.addModuleCleanup(subprocess.run, ["umount", "-l", folder], check=True)
    os.makedirs(folder + "/upper")
    os.makedirs(folder + "/work")
    for name in ("mount.backshelf", "mount.fuse.backshelf"):
        os.symlink(PROGRAM, f"{folder}/upper/{name}")
    options = f"lowerdir=/usr/sbin,upperdir={folder}/upper,workdir={folder}/work"
    done = subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, "/usr/sbin"], check=False,
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise unittest.SkipTest("no overlay over /usr/sbin: " + done.stderr)
    unittest.addModuleCleanup(subprocess.run, ["umount", "-l", "/usr/sbin"], check=True)


def run(*words):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)


def daemon_of(mount_point):
    """The process that serves a mount, however it was started."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = os.fsdecode(file.read()).split("\0")
        except OSError:
            continue
        if mount_point in words and not words[0].endswith("/mount") and not Shelf.is_zombie(name):
            return int(name)
    return None


class Mounting(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf(archives=["v3_gz_basic.tar"])
        self.addCleanup(self.shelf.__exit__)
        self.point = self.shelf.mount_point

    def succeeds(self, *words):
        done = run(*words)
        self.assertEqual((done.returncode, done.stderr), (0, ""), words)

    def fstab(self, kind="backshelf", source="backshelf", more=""):
        return self.shelf.write("fstab", f"{source} {self.point} {kind} config={self.shelf.ini},{OPTIONS}{more} 0 0\n")


class Fstab(Mounting):
    def test_mount_a_shows_the_shelf_and_a_second_one_changes_nothing(self):
        for kind in ("backshelf", "fuse.backshelf"):
            with self.subTest(kind):
                table = self.fstab(kind)
                self.succeeds("mount", "-T", table, "-a")
                self.assertIn("config", os.listdir(self.shelf.on_mount("v3_gz_basic")))
                first = daemon_of(self.point)
                self.succeeds("mount", "-T", table, "-a")
                self.assertEqual(daemon_of(self.point), first)
                self.succeeds("umount", self.point)
                wait_for(lambda: not daemon_of(self.point), 20, "the daemon's end")
                self.assertFalse(is_mounted(self.point))

    def test_mount_with_the_mount_point_alone(self):
        for source in ("backshelf", "none", self.shelf.ini):
            with self.subTest(source):
                self.succeeds("mount", "-T", self.fstab(source=source), self.point)
                self.assertEqual(self.shelf.folders(), ["v3_gz_basic"])
                self.succeeds("umount", self.point)
                wait_for(lambda: not daemon_of(self.point), 20, "the daemon's end")

    def test_the_options_of_the_line_hold(self):
        self.succeeds("mount", "-T", self.fstab(more=",ro,uid=1234,dmask=0"), self.point)
        self.assertEqual(os.stat(self.shelf.on_mount("v3_gz_basic")).st_uid, 1234)
        with self.assertRaises(OSError) as refused:
            os.rmdir(self.shelf.on_mount("v3_gz_basic"))
        self.assertEqual(refused.exception.errno, errno.EROFS)

    def test_an_unknown_option_is_named_and_does_not_keep_a_boot_from_going_on(self):
        done = run("mount", "-T", self.fstab(more=",no_such_thing"), self.point)
        self.assertEqual(done.returncode, 0)
        self.assertIn("no_such_thing", done.stderr)

    def test_noauto_is_left_to_whoever_mounts_it(self):
        self.succeeds("mount", "-T", self.fstab(more=",noauto"), "-a")
        self.assertFalse(is_mounted(self.point))

    def test_a_failure_gives_its_exit_code_and_reason_and_mounts_nothing(self):
        def fails(code, word):
            done = run("mount", "-T", self.fstab(), self.point)
            self.assertEqual(done.returncode, code)
            self.assertIn(word, done.stderr)
            self.assertFalse(is_mounted(self.point))

        os.chmod(self.shelf.path("key"), 0o644)
        fails(2, "key")
        os.chmod(self.shelf.path("key"), 0o600)
        self.shelf.configure("[key]\ncommand = false\n")
        fails(4, "command")
        self.shelf.configure("[no such section]\n")
        fails(2, "no such section")
        os.unlink(self.shelf.ini)
        fails(3, "backshelf.ini")
        self.shelf.configure()
        os.rmdir(self.point)
        fails(3, "mkdir")


class Overlap(Mounting):
    def test_a_mount_point_in_or_around_archives_state_or_cache_is_refused(self):
        inside = self.shelf.path("archives", "inside")
        os.makedirs(inside)
        os.makedirs(self.shelf.state, exist_ok=True)
        link = self.shelf.path("link")
        os.symlink(self.shelf.archives, link)
        for place in (self.shelf.archives, inside, link, self.shelf.root, self.shelf.state, self.shelf.path("cache")):
            for program in (["mount", "-t", "backshelf", self.shelf.ini], [PROGRAM, "mount", "-c", self.shelf.ini]):
                with self.subTest(place):
                    done = run(*program, place)
                    self.assertEqual(done.returncode, 2)
                    self.assertIn("lie in one another", done.stderr)
                    self.assertFalse(is_mounted(place))
        self.assertTrue(os.path.exists(self.shelf.path("archives", "v3_gz_basic.tar")))

    def test_a_mount_point_over_the_home_or_the_key_is_refused_one_in_the_home_is_not(self):
        keys = self.shelf.path("keys")
        os.makedirs(keys)
        os.unlink(self.shelf.path("old-keys"))
        self.shelf.configure(f"[key]\nold = {keys}/old\n")
        inside = os.path.join(self.shelf.home, "backup")
        os.makedirs(inside)
        for place in (self.shelf.home, keys):
            done = run(PROGRAM, "mount", "-c", self.shelf.ini, place)
            self.assertEqual(done.returncode, 2)
            self.assertIn("would cover", done.stderr)
            self.assertFalse(is_mounted(place))
        self.succeeds("mount", "-t", "backshelf", self.shelf.ini, inside)
        self.succeeds("umount", inside)


class Crash(Mounting):
    def kill(self):
        pid = daemon_of(self.point)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not os.path.exists(f"/proc/{pid}") or Shelf.is_zombie(pid), 20, "its end")

    def test_after_a_crash_nothing_can_be_written_below_the_mount_point(self):
        self.succeeds("mount", "-T", self.fstab(), self.point)
        self.kill()
        for what in (lambda: os.listdir(self.point), lambda: os.mkdir(self.shelf.on_mount("Before update")),
                     lambda: shutil.copyfile(self.shelf.ini, self.shelf.on_mount("lost.tar"))):
            with self.assertRaises(OSError) as dead:
                what()
            self.assertIn(dead.exception.errno, (errno.ENOTCONN, errno.ECONNABORTED))

    def test_the_next_mount_that_succeeds_takes_the_dead_one_away(self):
        self.succeeds("mount", "-T", self.fstab(), self.point)
        self.kill()
        self.shelf.write("backshelf.ini", "not yet mended")
        self.assertEqual(run("mount", "-T", self.fstab(), self.point).returncode, 2)
        with self.assertRaises(OSError):
            os.listdir(self.point)
        self.shelf.configure()
        done = run("mount", "-T", self.fstab(), self.point)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("the daemon that served it is gone", done.stderr)
        self.assertEqual(self.shelf.folders(), ["v3_gz_basic"])
        self.succeeds("umount", self.point)
        self.assertEqual(os.listdir(self.point), [])
        self.assertFalse(is_mounted(self.point))


class Service(Mounting):
    def test_systemd_is_told_when_the_shelf_can_be_read_and_sigterm_unmounts(self):
        ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(ready.close)
        ready.bind(self.shelf.path("notify"))
        ready.settimeout(30)
        with subprocess.Popen([PROGRAM, "mount", "-f", "-c", self.shelf.ini, self.point], stderr=subprocess.DEVNULL,
                              stdin=subprocess.DEVNULL, env={"NOTIFY_SOCKET": self.shelf.path("notify")}) as daemon:
            self.assertEqual(ready.recv(100), b"READY=1")
            self.assertEqual(self.shelf.folders(), ["v3_gz_basic"])
            daemon.send_signal(signal.SIGTERM)
            self.assertEqual(daemon.wait(30), 0)
        self.assertFalse(is_mounted(self.point))


if __name__ == "__main__":
    unittest.main()
