"""The desktop's own client library (gio stands in for Nautilus) on the share and on the mount."""
import os
import subprocess
import unittest

from shelf import VECTORS, make_home, wait_for
from smbd import PASSWORD, USER, shared_shelf

BASIC = os.path.join(VECTORS, "archives", "v3_gz_basic.tar")


class Desktop(unittest.TestCase):
    def setUp(self):
        self.shelf, self.smbd = shared_shelf(self)
        make_home(self.shelf.home)
        self.folder = self.shelf.backup("first", "full")
        self.kept = self.shelf.backup("second", "full")
        self.share = f"smb://{USER}@127.0.0.1:{self.smbd.port}/backup"

    def session(self, script):
        """Runs a script in a desktop session of its own, in which $share is mounted; returns what it printed."""
        for name in ("desk", "desk/run"):
            os.makedirs(self.shelf.path(name), mode=0o700, exist_ok=True)
        environment = {"PATH": os.environ["PATH"], "HOME": self.shelf.path("desk"), "share": self.share,
                       "XDG_RUNTIME_DIR": self.shelf.path("desk/run"), "GIO_USE_VOLUME_MONITOR": "unix", "LC_ALL": "C.UTF-8",
                       "folder": self.folder, "mnt": self.shelf.mount_point}
        mount = f"printf 'WG\\n{PASSWORD}\\n' | gio mount \"$share\" >/dev/null\n"
        done = subprocess.run(["dbus-run-session", "--", "sh", "-ec", mount + script], env=environment, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_browse_copy_out_copy_in_and_rename_on_the_share(self):
        out = self.shelf.path("out.yaml")
        said = self.session(f"""
            gio list "$share"
            gio cat "$share/$folder/config/automations.yaml"
            gio copy "$share/$folder/config/configuration.yaml" "{out}"
            gio copy "{BASIC}" "$share/by gio.tar"
            gio rename "$share/$folder" "renamed by gio"
            """)
        self.assertIn(self.kept, said)
        self.assertIn("Lights", said)
        with open(out, encoding="utf-8") as file:
            self.assertEqual(file.read(), "default_config:\n")
        wait_for(lambda: "by gio" in self.smbd.names(), 5, "the upload")
        self.assertTrue(os.path.exists(self.shelf.on_mount("renamed by gio/config/automations.yaml")))

    def test_a_new_folder_on_the_share_is_a_backup(self):
        self.session('gio mkdir "$share/by gio"; gio rename "$share/by gio" "named later"')
        wait_for(lambda: os.path.exists(self.shelf.on_mount("named later/backup.json")), 30, "the backup")

    def test_files_then_folders_are_removed_on_the_share(self):
        self.session("""
            remove() {
              gio list -d -h -u "$1" | while read -r child; do
                case "$(gio info -a standard::type "$child")" in
                  *"type: 2"*) remove "$child" ;;
                  *) gio remove "$child" ;;
                esac
              done
              gio remove "$1"
            }
            remove "$share/$folder"
            """)
        self.assertFalse(os.path.exists(self.shelf.on_mount(self.folder)))
        self.assertFalse(os.path.exists(os.path.join(self.shelf.archives, self.folder + ".tar")))
        self.assertIn(self.kept, self.smbd.names())

    def test_on_the_mount_itself(self):
        out = self.shelf.path("out")
        os.mkdir(out)
        self.session(f'gio copy "$mnt/$folder/share/note.txt" "{out}"; gio copy "{BASIC}" "$mnt/by gio.tar"; '
                     'gio mkdir "$mnt/no"; gio remove "$mnt/no"; gio remove "$mnt/$folder"')
        self.assertEqual(os.listdir(out), ["note.txt"])
        self.assertFalse(os.path.exists(self.shelf.on_mount(self.folder)))
        self.assertFalse(os.path.exists(self.shelf.on_mount("no")))
        wait_for(lambda: "by gio" in self.shelf.folders(), 5, "the upload")


if __name__ == "__main__":
    unittest.main()
