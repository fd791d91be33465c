"""What people and their tools do without thinking, on a mount."""
import json
import os
import shutil
import subprocess
import unittest

from shelf import VECTORS, Shelf, make_home, wait_for

BASIC = os.path.join(VECTORS, "archives", "v3_gz_basic.tar")


class Habits(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf(archives=["v3_gz_basic.tar", "plain_gz_basic.tar"])
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)

    def row(self, word):
        return json.loads(self.shelf.run("show", word, "--json", check=0).stdout)

    def test_sed_i_on_control_adds_a_command(self):
        self.shelf.mount()
        control = self.shelf.on_mount("control")
        subprocess.run(["sed", "-i", "$a pin v3_gz_basic", control], check=True, capture_output=True)
        self.shelf.wait_idle()
        self.assertTrue(self.row("v3_gz_basic")["pinned"])
        refused = subprocess.run(["sed", "-i", "$a pinn v3_gz_basic", control], check=False, capture_output=True)
        self.assertNotEqual(refused.returncode, 0)
        self.assertNotIn("control.", "".join(os.listdir(self.shelf.mount_point)))

    def test_an_upload_is_verified_afterwards(self):
        self.shelf.mount()
        shutil.copyfile(BASIC, self.shelf.on_mount("locations/local/copied.tar"))
        wait_for(lambda: self.row("copied")["verified"], 30, "its verification")
        self.assertEqual(self.row("copied")["state"], "ok")

    def test_mv_between_locations_copies_and_removes(self):
        other = self.shelf.path("other")
        os.makedirs(other)
        self.shelf.configure(f"[location other]\npath = {other}\n")
        self.shelf.mount()
        subprocess.run(["mv", self.shelf.on_mount("locations/local/v3_gz_basic.tar"),
                        self.shelf.on_mount("locations/other/")], check=True, capture_output=True)
        with open(BASIC, "rb") as before, open(os.path.join(other, "v3_gz_basic.tar"), "rb") as after:
            self.assertEqual(before.read(), after.read())
        self.assertNotIn("v3_gz_basic.tar", os.listdir(self.shelf.on_mount("locations/local")))

    def test_a_folder_that_came_back_is_whole_for_who_stands_in_it(self):
        self.shelf.mount()
        folder = self.shelf.on_mount("v3_gz_basic")
        standing = os.open(folder, os.O_RDONLY)
        self.addCleanup(os.close, standing)
        self.shelf.run("pin", "plain_gz_basic", check=0)
        shutil.rmtree(folder)
        self.shelf.run("undelete", "v3_gz_basic", check=0)
        wait_for(lambda: os.path.exists(folder), 5, "the folder")
        self.assertIn("config", os.listdir(folder))
        with open(os.path.join(folder, "config/configuration.yaml"), "rb") as file:
            self.assertTrue(file.read())


if __name__ == "__main__":
    unittest.main()
