"""The Debian package: made from the build folder of the program under test, looked into, and its parts used."""
import os
import shutil
import stat
import subprocess
import tempfile
import unittest

from shelf import DATA, PROGRAM, Shelf

BUILD = os.path.dirname(os.path.realpath(PROGRAM))
SOURCE = os.path.realpath(os.path.join(DATA, "..", ".."))
# Each of these gives a service a mount namespace of its own (systemd.exec(5)), in which the shelf would stay unseen.
OWN_NAMESPACE = {
    "PrivateTmp", "PrivateDevices", "PrivateMounts", "ProtectSystem", "ProtectHome", "ProtectProc", "ProcSubset",
    "ProtectKernelTunables", "ProtectKernelModules", "ProtectKernelLogs", "ProtectControlGroups", "ReadOnlyPaths",
    "ReadWritePaths", "InaccessiblePaths", "ExecPaths", "NoExecPaths", "TemporaryFileSystem", "BindPaths",
    "BindReadOnlyPaths", "RootDirectory", "RootImage", "MountImages", "DynamicUser", "PrivateIPC", "MountFlags"}


def make_package(folder):
    """Builds the .deb in a temporary folder of cpack; returns its path."""
    subprocess.run(["cpack", "-G", "DEB", "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", folder],
                   check=True, capture_output=True, cwd=folder, timeout=300)
    found = [name for name in os.listdir(folder) if name.endswith(".deb")]
    assert len(found) == 1, found
    return os.path.join(folder, found[0])


def output(*words, **more):
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60, **more).stdout


@unittest.skipIf(os.environ.get("BACKSHELF_SANITIZED"), "a package is made of a release build")
@unittest.skipUnless(shutil.which("dpkg-shlibdeps"), "needs dpkg-dev")
class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="backshelf-test-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.package = make_package(cls.folder)
        cls.root = os.path.join(cls.folder, "root")
        cls.scripts = os.path.join(cls.folder, "scripts")
        output("dpkg-deb", "-x", cls.package, cls.root)
        output("dpkg-deb", "-e", cls.package, cls.scripts)

    def inside(self, *names):
        return os.path.join(self.root, *names)

    def test_everything_is_where_it_is_looked_for(self):
        self.assertIn("backshelf", output(self.inside("usr/bin/backshelf"), "--version"))
        for name in ("mount.backshelf", "mount.fuse.backshelf"):
            self.assertEqual(os.path.realpath(self.inside("usr/sbin", name)), self.inside("usr/bin/backshelf"))
        for name in ("usr/share/man/man1/backshelf.1.gz", "usr/share/man/man5/backshelf.ini.5.gz",
                     "usr/lib/systemd/system/backshelf.service", "usr/share/bash-completion/completions/backshelf",
                     "usr/share/doc/backshelf/examples/backshelf.ini", "usr/share/doc/backshelf/copyright",
                     "usr/share/doc/backshelf/examples/credential.conf"):
            self.assertTrue(os.path.isfile(self.inside(name)), name)

    def test_it_writes_no_configuration_and_enables_nothing(self):
        self.assertEqual(os.listdir(self.root), ["usr"])
        self.assertFalse(os.path.exists(os.path.join(self.scripts, "conffiles")))
        for folder, names, _ in os.walk(self.root):
            self.assertFalse([name for name in names if name.endswith((".wants", ".requires", ".d"))], folder)
        with open(os.path.join(self.scripts, "postinst"), encoding="utf-8") as file:
            self.assertNotIn("enable", file.read())

    def test_owners_and_modes_are_plain(self):
        rows = output("dpkg-deb", "-c", self.package).splitlines()
        for row in rows:
            mode, owner = row.split()[:2]
            self.assertEqual(owner, "root/root", row)
            program = row.endswith("usr/bin/backshelf")
            wanted = {"d": "drwxr-xr-x", "l": "lrwxrwxrwx"}.get(mode[0], "-rwxr-xr-x" if program else "-rw-r--r--")
            self.assertEqual(mode, wanted, row)

    def test_its_dependencies_are_the_libraries_it_links(self):
        depends = output("dpkg-deb", "-f", self.package, "Depends")
        for word in ("fuse3", "libc6 (>=", "libfuse3-", "libsodium", "libssl", "libarchive"):
            self.assertIn(word, depends)
        self.assertNotIn("-dev", depends)

    def test_the_scripts_are_sound_shell(self):
        for name in ("postinst", "prerm", "postrm"):
            path = os.path.join(self.scripts, name)
            output("sh", "-n", path)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o755)

    @unittest.skipUnless(os.geteuid() == 0, "needs a mount namespace")
    def test_purge_takes_state_and_cache_but_no_archive_and_no_key(self):
        kept = ["/var/lib/backshelf/archives/a.tar", "/var/lib/backshelf/archives/.b.deleted", "/var/lib/backshelf/key",
                "/var/lib/backshelf/old.tar", "/var/cache/backshelf/odd.tar", "/etc/backshelf/key",
                "/etc/backshelf/backshelf.ini"]
        gone = ["/var/lib/backshelf/state.json", "/var/lib/backshelf/daemon.lock", "/var/cache/backshelf/sidecars/a.sidecar"]
        script = "set -e; " + "".join(f"mount -t tmpfs t {place}; " for place in ("/var/lib", "/var/cache", "/etc"))
        script += "".join(f"mkdir -p $(dirname {name}); touch {name}; " for name in kept + gone)
        script += f"sh {self.scripts}/postrm purge; find /var/lib/backshelf /var/cache/backshelf /etc/backshelf -type f"
        left = output("unshare", "-m", "--propagation", "private", "sh", "-c", script).split()
        self.assertEqual(sorted(left), sorted(kept))

    @unittest.skipUnless(shutil.which("man"), "needs man-db")
    def test_man_pages_render_without_a_warning(self):
        for name in ("man1/backshelf.1.gz", "man5/backshelf.ini.5.gz"):
            done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", self.inside("usr/share/man", name)],
                                  env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MAN_KEEP_STDERR": "1"},
                                  check=True, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.stderr, "", name)
            self.assertIn("SEE ALSO", done.stdout)

    def test_the_example_configuration_is_accepted(self):
        done = output(PROGRAM, "check-config", "-c", self.inside("usr/share/doc/backshelf/examples/backshelf.ini"))
        self.assertNotIn("no effect", done)

    def test_install_works_below_any_prefix(self):
        place = os.path.join(self.folder, "elsewhere")
        output("cmake", "--install", BUILD, "--prefix", place)
        self.assertIn("backshelf", output(os.path.realpath(os.path.join(place, "sbin/mount.backshelf")), "--version"))


class Unit(unittest.TestCase):
    path = os.path.join(SOURCE, "tools/package/backshelf.service")

    def settings(self):
        with open(self.path, encoding="utf-8") as file:
            return [tuple(line.strip().split("=", 1)) for line in file if "=" in line and line[0] not in "#[;"]

    def test_nothing_in_it_hides_the_mount_from_others(self):
        self.assertEqual(OWN_NAMESPACE & {name for name, _ in self.settings()}, set())

    def test_the_credential_that_may_be_missing_is_not_in_it(self):
        self.assertFalse([name for name, _ in self.settings() if name.startswith("LoadCredential")])

    @unittest.skipUnless(shutil.which("systemd-analyze"), "needs systemd")
    def test_systemd_finds_no_mistake_in_it(self):
        with tempfile.TemporaryDirectory(prefix="backshelf-test-") as folder:
            copy = os.path.join(folder, "backshelf.service")
            with open(self.path, encoding="utf-8") as file, open(copy, "w", encoding="utf-8") as out:
                out.write(file.read().replace("ExecStart=backshelf", "ExecStart=" + PROGRAM))
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], check=False, capture_output=True,
                                  text=True, timeout=60)
            ours = [line for line in done.stderr.splitlines() if "backshelf" in line]
            self.assertEqual((done.returncode, ours), (0, []))


class Completion(unittest.TestCase):
    """Each line ends in Tab."""

    def setUp(self):
        self.shelf = Shelf(archives=["v3_gz_basic.tar"])
        self.addCleanup(self.shelf.__exit__)
        self.shelf.add("plain_gz_basic.tar", "before update.tar")
        os.makedirs(self.shelf.path("bin"))
        os.symlink(PROGRAM, self.shelf.path("bin/backshelf"))

    def complete(self, *words):
        script = os.path.join(SOURCE, "tools/package/completion.bash")
        code = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _backshelf; '
                "printf '%s\\n' \"${COMPREPLY[@]}\"")
        path = self.shelf.path("bin") + ":" + os.environ["PATH"]
        return output("bash", "-c", code, "bash", script, "backshelf", *words, env={"PATH": path}).splitlines()

    def test_commands(self):
        self.assertEqual(self.complete("unde"), ["undelete"])
        self.assertIn("mount", self.complete(""))

    def test_options(self):
        self.assertEqual(self.complete("export", "--dec"), ["--decrypt"])

    def test_folders_of_backups(self):
        offered = self.complete("-c", self.shelf.ini, "show", "")
        self.assertEqual(sorted(offered), ["before update", "latest", "v3_gz_basic"])
        self.assertEqual(self.complete("-c", self.shelf.ini, "ls", "before\\ "), ["before update"])
        self.assertEqual(self.complete("-c", self.shelf.ini, "ls", '"bef'), ["before update"])

    def test_words_of_commands(self):
        self.assertEqual(self.complete("backup", "pa"), ["parts="])


if __name__ == "__main__":
    unittest.main()
