"""The mount of a living shelf: archives that come and go, uploads and downloads, the files at the top, other users."""
import errno
import json
import os
import shutil
import stat
import subprocess
import tarfile
import time
import unittest

from shelf import PROGRAM, VECTOR_PASSWORD, VECTORS, Shelf, is_mounted, make_home, wait_for

BASIC = os.path.join(VECTORS, "archives", "v3_gz_basic.tar")
NOBODY = 65534


class Live(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf(archives=["v3_gz_basic.tar", "plain_gz_basic.tar"])
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)
        self.shelf.mount()

    def location(self, *names):
        return self.shelf.on_mount("locations/local", *names)

    def test_folders_appear_and_vanish_within_a_second(self):
        self.assertEqual(self.shelf.folders(), ["plain_gz_basic", "v3_gz_basic"])
        added = self.shelf.add("v2_gz_basic.tar")
        wait_for(lambda: "v2_gz_basic" in self.shelf.folders(), 1, "a new archive's folder")
        self.assertTrue(os.path.exists(self.shelf.on_mount("v2_gz_basic/config/configuration.yaml")))
        os.unlink(added)
        gone = self.shelf.on_mount("v2_gz_basic")
        wait_for(lambda: "v2_gz_basic" not in self.shelf.folders() and not os.path.exists(gone), 1,
                 "the removed archive's folder gone")

    def test_a_replaced_archive_shows_its_new_content(self):
        path = self.shelf.on_mount("v3_gz_basic/config/configuration.yaml")
        with open(path, "rb") as file:
            before = file.read()
        self.shelf.add("names_special.tar", name="v3_gz_basic.tar")
        wait_for(lambda: not os.path.exists(path), 2, "the old content gone")
        self.assertTrue(os.listdir(self.shelf.on_mount("v3_gz_basic/share")))
        self.assertTrue(before)

    def test_what_is_no_backup_is_there_and_says_why(self):
        with open(os.path.join(self.shelf.archives, "notes.tar"), "wb") as file:
            file.write(b"this is no tar at all" * 1000)
        old = time.time() - 600
        os.utime(os.path.join(self.shelf.archives, "notes.tar"), (old, old))
        wait_for(lambda: "notes" in self.shelf.folders(), 5, "its folder")
        self.assertEqual(os.listdir(self.shelf.on_mount("notes")), ["PROBLEM.txt"])
        with open(self.shelf.on_mount("notes/PROBLEM.txt"), encoding="utf-8") as file:
            self.assertIn("no tar file", file.read())

    def test_an_archive_still_growing_is_shown_only_in_locations(self):
        with open(BASIC, "rb") as file:
            whole = file.read()
        with open(os.path.join(self.shelf.archives, "growing.tar"), "wb") as file:
            file.write(whole[:200_000])
            file.flush()
            wait_for(lambda: "growing.tar" in os.listdir(self.location()), 2, "it in locations")
            self.assertNotIn("growing", self.shelf.folders())
            file.write(whole[200_000:])
        wait_for(lambda: "growing" in self.shelf.folders(), 5, "its folder once complete")

    def test_download_is_the_archive_itself(self):
        for name in os.listdir(self.shelf.archives):
            with open(self.location(name), "rb") as shown, open(os.path.join(self.shelf.archives, name), "rb") as real:
                self.assertEqual(shown.read(), real.read())

    def test_upload_by_cp_becomes_a_folder(self):
        for target in (self.location("up.tar"), self.shelf.on_mount("root up.tar")):
            shutil.copyfile(BASIC, target)
            folder = os.path.basename(target)[:-len(".tar")]
            wait_for(lambda name=folder: name in self.shelf.folders(), 2, f"the folder {folder}")
            self.assertTrue(os.path.exists(self.shelf.on_mount(folder, "config/configuration.yaml")))
        listed = {row["folder"]: row for row in json.loads(self.shelf.run("list", "--json", check=0).stdout)}
        self.assertEqual(listed["up"]["size"], os.path.getsize(BASIC))

    def test_upload_as_rsync_and_finder_do_it(self):
        done = subprocess.run(["rsync", "-a", "--no-owner", "--no-group", BASIC, self.location("by rsync.tar")],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        wait_for(lambda: "by rsync" in self.shelf.folders(), 2, "rsync's upload")
        open(self.location("finder.tar"), "wb").close()
        with open(BASIC, "rb") as file:
            whole = file.read()
        handle = os.open(self.location("finder.tar"), os.O_RDWR)
        half = len(whole) // 2
        os.pwrite(handle, whole[half:], half)
        os.pwrite(handle, whole[:half], 0)
        os.close(handle)
        wait_for(lambda: "finder" in self.shelf.folders(), 2, "Finder's upload")

    def test_an_upload_that_is_no_backup_is_refused_and_leaves_nothing(self):
        before = sorted(os.listdir(self.shelf.archives))
        with open(BASIC, "rb") as file:
            whole = file.read()
        for name, content in (("cut.tar", whole[:150_000]), ("text.tar", b"hello" * 1000)):
            handle = os.open(self.location(name), os.O_WRONLY | os.O_CREAT)
            os.write(handle, content)
            with self.assertRaises(OSError) as error:
                os.close(handle)
            self.assertEqual(error.exception.errno, errno.EINVAL)
            wait_for(lambda: sorted(os.listdir(self.shelf.archives)) == before, 5, "nothing left")
            self.assertFalse(os.path.exists(self.location(name)))
        with self.assertRaises(OSError) as error:
            open(self.location("picture.jpg"), "wb")
        self.assertEqual(error.exception.errno, errno.EACCES)

    def bytes_of(self, name):
        with open(os.path.join(self.shelf.archives, name), "rb") as file:
            return file.read()

    def test_an_existing_archive_is_never_overwritten(self):
        before = self.bytes_of("plain_gz_basic.tar")
        target = self.location("plain_gz_basic.tar")
        for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_CREAT | os.O_EXCL):
            with self.subTest(flags=flags), self.assertRaises(OSError) as refused:
                os.close(os.open(target, flags))
            self.assertEqual(refused.exception.errno, errno.EEXIST)
        staged = self.location(".plain_gz_basic.tar.a8Xk2q")  # as rsync uploads
        shutil.copyfile(BASIC, staged)
        with self.assertRaises(OSError) as refused:
            os.rename(staged, target)
        self.assertEqual(refused.exception.errno, errno.EEXIST)
        os.unlink(staged)
        done = subprocess.run(["cp", BASIC, target], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("File exists", done.stderr)
        self.assertEqual(self.bytes_of("plain_gz_basic.tar"), before)
        self.assertEqual(sorted(os.listdir(self.shelf.archives)), ["plain_gz_basic.tar", "v3_gz_basic.tar"])

    def test_cp_that_removes_its_destination_deletes_it_as_rm_does(self):
        """The old archive can be brought back; a protected one stays."""
        self.shelf.backup("newest")  # the last good one, so that the others are not protected
        before = self.bytes_of("plain_gz_basic.tar")
        replace = ["cp", "--remove-destination", BASIC, self.location("plain_gz_basic.tar")]
        self.shelf.command("pin plain_gz_basic")
        self.shelf.wait_idle()
        done = subprocess.run(replace, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Operation not permitted", done.stderr)
        self.assertEqual(self.bytes_of("plain_gz_basic.tar"), before)
        self.shelf.run("unpin", "plain_gz_basic", check=0)
        wait_for(lambda: subprocess.run(replace, capture_output=True, check=False).returncode == 0, 5,
                 "the daemon knows of the unpin")
        self.assertEqual(self.bytes_of("plain_gz_basic.tar"), self.bytes_of("v3_gz_basic.tar"))
        self.shelf.run("undelete", "plain_gz_basic", check=0)
        self.assertEqual(self.bytes_of("plain_gz_basic (2).tar"), before)

    def test_the_files_at_the_top(self):
        modes = {"control": 0o660, "status": 0o640, "status.json": 0o640, "log": 0o640}
        for name, mode in modes.items():
            status = os.stat(self.shelf.on_mount(name))
            self.assertEqual(stat.S_IMODE(status.st_mode), mode, name)
            with open(self.shelf.on_mount(name), "rb") as file:
                content = file.read()
            self.assertGreater(len(content), 20 if name != "log" else 0, name)
        self.assertEqual(stat.S_IMODE(os.stat(self.shelf.mount_point).st_mode), 0o750)
        self.shelf.wait_idle()  # the newest archive is looked into after the start
        status = self.shelf.status()
        self.assertEqual(status["schema"], 1)
        self.assertEqual(status["locations"][0]["state"], "ok")
        self.assertEqual(os.stat(self.shelf.on_mount("status")).st_size > 0, True)

    def test_a_bad_line_fails_in_write_and_none_of_them_runs(self):
        handle = os.open(self.shelf.on_mount("control"), os.O_WRONLY)
        with self.assertRaises(OSError) as error:
            os.write(handle, b"backup name=good\nbakup\n")
        self.assertEqual(error.exception.errno, errno.EINVAL)
        os.close(handle)
        self.shelf.wait_idle()
        self.assertEqual(self.shelf.folders(), ["plain_gz_basic", "v3_gz_basic"])
        with open(self.shelf.on_mount("control"), encoding="utf-8") as file:
            self.assertIn("bakup", file.read())

    def test_echo_tee_and_unterminated_text(self):
        for script in ("echo 'pin v3_gz_basic' > control", "echo 'pin v3_gz_basic' | tee control >/dev/null",
                       "printf 'pin v3_gz_basic' > control", "printf 'pin v3_gz_basic\\r\\n' >> control"):
            done = subprocess.run(["bash", "-c", script], cwd=self.shelf.mount_point, capture_output=True, text=True,
                                  check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), script)
            wait_for(lambda: self.pinned("v3_gz_basic"), 5, script)
            self.shelf.run("unpin", "v3_gz_basic", check=0)
        with self.assertRaises(PermissionError):
            self.shelf.command("unpin v3_gz_basic")

    def pinned(self, folder):
        rows = json.loads(self.shelf.run("list", "--json", check=0).stdout)
        return next(row for row in rows if row["folder"] == folder)["pinned"]

    def test_tools_see_a_file_system_like_any_other(self):
        folder = self.shelf.on_mount("v3_gz_basic")
        out = self.shelf.path("out")
        os.mkdir(out)
        for command in (["cp", "-a", folder, out], ["rsync", "-a", folder, out + "/rsync"], ["tar", "cf", "/dev/null", folder],
                        ["grep", "-r", "zzz-not-there", folder], ["du", "-s", folder], ["find", folder], ["ls", "-lR", folder]):
            done = subprocess.run(command, capture_output=True, text=True, errors="surrogateescape", check=False)
            self.assertEqual(done.stderr.replace("tar: Removing leading `/' from member names\n", ""), "", command)
        same = subprocess.run(["diff", "-r", folder, os.path.join(out, "v3_gz_basic")], capture_output=True, text=True,
                              check=False)
        self.assertEqual(same.stdout + same.stderr, "")

    def test_the_mount_is_nosuid_and_nodev(self):
        with open("/proc/self/mountinfo", encoding="utf-8") as table:
            line = next(line for line in table if line.split()[4] == os.path.realpath(self.shelf.mount_point))
        self.assertIn("nosuid", line)
        self.assertIn("nodev", line)


class OtherUsers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Debian's udev gives everybody /dev/fuse; a machine without udev is put right for the test.
        mode = stat.S_IMODE(os.stat("/dev/fuse").st_mode)
        if mode & 0o006 != 0o006:
            os.chmod("/dev/fuse", 0o666)
            cls.addClassCleanup(os.chmod, "/dev/fuse", mode)

    def as_nobody(self, *words):
        done = subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *words],
                              stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
        done.stdout, done.stderr = (stream.decode("latin-1") for stream in (done.stdout, done.stderr))
        return done

    def test_nobody_mounts_a_directory_with_a_kit_and_reads_everything(self):
        shelf = Shelf(archives=["v3_gz_basic.tar", "v2_gz_basic.tar", "v1_gz_snapshot_era.tar", "plain_gz_basic.tar"],
                      key=None, old=None)
        self.addCleanup(shelf.__exit__)
        kit = shelf.write("kit.txt", VECTOR_PASSWORD + "\n", 0o600)
        own = shelf.path("own")
        os.mkdir(own)
        for path in (own, kit, shelf.mount_point):
            os.chown(path, NOBODY, NOBODY)
        # A copy that everybody reaches: the program may lie below somebody's private folder.
        program = shutil.copyfile(PROGRAM, shelf.path("backshelf"))
        os.chmod(program, 0o755)
        done = self.as_nobody(program, "mount", "-k", kit, shelf.archives, shelf.mount_point)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.addCleanup(lambda: subprocess.run(["umount", shelf.mount_point], check=True))
        secret = shelf.on_mount("v3_gz_basic/config/.storage/auth")
        done = self.as_nobody("cat", secret)
        self.assertEqual((done.returncode, done.stderr, len(done.stdout)), (0, "", 900))
        done = self.as_nobody("ls", "-lR", shelf.mount_point)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("configuration.yaml", done.stdout)
        done = self.as_nobody("cp", "-r", shelf.mount_point, own + "/copy")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = self.as_nobody("rm", "-rf", shelf.on_mount("v3_gz_basic"))
        self.assertNotEqual(done.returncode, 0, "a shelf without configuration is read-only")
        self.assertTrue(os.path.exists(os.path.join(shelf.archives, "v3_gz_basic.tar")))

    def test_others_see_nothing_of_roots_mount_until_the_owner_says_so(self):
        shelf = Shelf(archives=["v3_gz_basic.tar"])
        self.addCleanup(shelf.__exit__)
        shelf.mount()
        self.assertNotEqual(self.as_nobody("ls", shelf.mount_point).returncode, 0)
        shelf.unmount()
        shelf.mount("-o", f"uid={NOBODY},gid={NOBODY},fmask=0077,dmask=0077")
        done = self.as_nobody("cat", shelf.on_mount("v3_gz_basic/config/.storage/auth"))
        self.assertEqual((done.returncode, len(done.stdout)), (0, 900))
        self.assertTrue(is_mounted(shelf.mount_point))


if __name__ == "__main__":
    unittest.main()
