"""Automatic backups: made by the daemon itself, verified, pruned; what they need after a restart, a day off, a failure."""
import json
import os
import signal
import subprocess
import time
import unittest

from shelf import LONG, Shelf, make_home, wait_for

SLOT = 4 * 3600 + 45 * 60  # 04:45, the default


class Schedule(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf()
        self.addCleanup(self.shelf.__exit__)
        self.addCleanup(os.environ.pop, "TZ", None)
        make_home(self.shelf.home, files=5, big_bytes=4096)

    def configure(self, automatic="", more=""):
        self.shelf.configure(f"[automatic]\njitter = 0s\n{automatic}\n{more}")

    @staticmethod
    def set_zone(seconds_to_slot):
        """A time zone in which it is 04:45 in so many seconds: nobody has to wait for the night."""
        ahead = (SLOT - seconds_to_slot - int(time.time())) % 86400
        os.environ["TZ"] = f"TST-{ahead // 3600:02}:{ahead // 60 % 60:02}:{ahead % 60:02}"

    def mount(self):
        self.shelf.mount()
        return self.shelf

    def automatic(self):
        return [f for f in self.shelf.folders() if f.startswith("Automatic_backup")]

    def wait_made(self, count=1, seconds=60):
        wait_for(lambda: len(self.automatic()) == count, seconds, f"{count} automatic backups")
        self.shelf.wait_idle(seconds)
        return self.automatic()

    def status(self):
        return self.shelf.status()

    def listed(self):
        return {row["folder"]: row for row in json.loads(self.shelf.run("list", "--json", check=0).stdout)}

    def edit_state(self, change):
        path = os.path.join(self.shelf.state, "state.json")
        with open(path, encoding="utf-8") as file:
            state = json.load(file)
        change(state)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(state, file)

    def days_off(self, days=2):
        """As if the machine had been off for so long since the last run."""
        def change(state):
            then = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - days * 86400))
            for key in ("known", "since", "attempted", "highest"):
                if key == "since" or state["schedule"][key]:
                    state["schedule"][key] = then
        self.edit_state(change)

    def make_one_now(self, count):
        """One automatic backup: by a catch-up run."""
        self.shelf.unmount()
        self.days_off()
        self.mount()
        return self.wait_made(count)

    def test_a_backup_is_made_when_it_is_due_and_not_again(self):
        self.configure()
        self.set_zone(4)
        self.mount()
        due = self.status()["next_backup"]
        self.assertIsNotNone(due)
        self.assertIn("04:45", self.shelf_text("status"))
        self.assertEqual(self.automatic(), [])
        folder = self.wait_made()[0]
        self.assertTrue(folder.startswith("Automatic_backup_2026.11.2"), folder)
        row = self.listed()[folder]
        self.assertTrue(row["good"], "verified by itself")
        extra = self.metadata(folder)["extra"]
        self.assertTrue(extra["backshelf"]["automatic"])
        self.assertEqual(extra["instance_id"], "0" * 32)
        self.assertIs(extra["with_automatic_settings"], False)
        self.assertEqual(extra["supervisor.backup_request_date"], self.metadata(folder)["date"])
        self.assertGreater(self.status()["next_backup"], due)
        for _ in range(3 if LONG else 1):
            self.shelf.unmount()
            self.mount()
            time.sleep(2)
            self.assertEqual(self.automatic(), [folder])
            self.assertGreater(self.status()["next_backup"], due)

    def shelf_text(self, name):
        with open(self.shelf.on_mount(name), encoding="utf-8") as file:
            return file.read()

    def metadata(self, folder):
        return json.loads(self.shelf_text(os.path.join(folder, "backup.json")))

    def test_days_off_are_made_up_for_by_one_run(self):
        self.configure("days = daily")
        self.set_zone(12 * 3600)
        self.mount()
        time.sleep(1)
        self.assertEqual(self.automatic(), [], "a new schedule makes up for nothing")
        self.shelf.unmount()
        self.days_off(5)
        self.mount()
        folder = self.wait_made()
        time.sleep(2)
        self.assertEqual(self.automatic(), folder)

    def test_a_backup_that_the_end_of_the_daemon_interrupted_is_made_after_it(self):
        self.configure("", "[backup]\nbefore = sleep 3\n")
        self.set_zone(2)
        self.mount()
        wait_for(lambda: self.status()["state"] == "backup", 30, "the backup")
        self.shelf.unmount()
        self.mount()
        self.assertEqual(len(self.wait_made()), 1)

    def test_a_backup_during_which_the_power_failed_is_made_once_more(self):
        self.configure("", "[backup]\nbefore = sleep 3\n")
        self.set_zone(2)
        self.mount()
        wait_for(lambda: self.status()["state"] == "backup", 30, "the backup")
        daemon = self.shelf.daemon_pid()
        os.kill(daemon, signal.SIGKILL)
        subprocess.run(["umount", "-l", self.shelf.mount_point], check=True, capture_output=True)
        wait_for(lambda: not os.path.exists(f"/proc/{daemon}"), 30, "its end")
        self.mount()
        self.wait_made()
        time.sleep(1)
        self.assertEqual(len(self.automatic()), 1)

    def test_a_location_that_fails_is_told_and_the_other_one_goes_on(self):
        nas = self.shelf.path("nas")
        os.mkdir(nas)
        self.configure("keep = 1\nlocations = local,nas", f"[location nas]\npath = {nas}\n"
                       f"[notify]\ncommand = cat >> {self.shelf.path('told')}\n")
        self.set_zone(12 * 3600)
        self.mount()
        self.wait_made(0)
        self.make_one_now(2)
        self.assertEqual(len(os.listdir(nas)), 1)
        self.shelf.unmount()
        os.rename(nas, nas + "-unplugged")
        self.days_off()
        self.mount()
        told = wait_for(self.notified, 60, "the notification")
        self.shelf.wait_idle()
        self.assertIn("nas", told[0]["what"])
        last = self.status()["last_backup"]
        self.assertTrue(last["ok"])
        self.assertEqual([p["ok"] for p in last["locations"]], [True, False])
        self.assertTrue(self.listed()[last["folder"]]["good"])
        self.assertEqual([n for n in os.listdir(self.shelf.archives) if n.endswith(".tar")], [last["folder"] + ".tar"])
        self.assertEqual(len([n for n in os.listdir(nas + "-unplugged") if n.endswith(".tar")]), 1)

    def test_only_configured_parts_and_places(self):
        os.mkdir(self.shelf.path("nas"))
        self.configure("parts = config,ssl\nlocations = nas", f"[location nas]\npath = {self.shelf.path('nas')}\n")
        self.set_zone(2)
        self.mount()
        folder = self.wait_made()[0]
        row = self.listed()[folder]
        self.assertEqual({m["folder"] for m in row["members"]}, {"config", "ssl"})
        self.assertEqual([p["location"] for p in row["locations"]], ["nas"])

    def test_the_daemon_prunes_behind_a_verified_backup_and_only_its_own(self):
        self.configure("keep = 1")
        self.set_zone(12 * 3600)
        self.mount()
        manual = self.shelf.backup("By hand")
        first = self.make_one_now(1)[0]
        self.shelf.command(f"pin {first}")
        second = [f for f in self.make_one_now(2) if f != first][0]
        self.shelf.unmount()
        self.days_off()
        self.mount()
        wait_for(lambda: len(self.automatic()) == 2 and second not in self.automatic(), 60, "the second one to go")
        self.wait_made(2)
        self.assertIn(first, self.automatic(), "pinned")
        self.assertIn(manual, self.shelf.folders())
        deleted = self.shelf.run("list", "--deleted", check=0).stdout
        self.assertIn(second, deleted, "what was pruned can come back")

    def test_prune_through_control_and_the_command_line(self):
        self.configure("keep = 3")
        self.set_zone(12 * 3600)
        self.mount()
        for count in range(1, 4):
            self.make_one_now(count)
        newest = max(self.automatic(), key=lambda f: self.listed()[f]["date"])
        self.shelf.unmount()
        self.configure("keep = 1")
        dry = self.shelf.run("prune", "dry-run", check=0).stdout
        self.assertIn("2 would go, 1 stay", dry)
        self.assertIn(f"stays  {newest}  (it is the last good backup)", dry)
        self.assertEqual(dry.count("goes   Automatic_backup"), 2)
        self.assertEqual(len([n for n in os.listdir(self.shelf.archives) if n.endswith(".tar")]), 3)
        self.mount()
        self.shelf.command("prune dry-run")
        self.shelf.wait_idle()
        wait_for(lambda: "2 would go" in self.shelf_text("control"), 10, "the result of the dry run")
        self.assertEqual(len(self.automatic()), 3)
        self.shelf.command("prune")
        self.shelf.wait_idle()
        wait_for(lambda: self.automatic() == [newest], 20, "only the newest one")
        self.assertIn("0 to go, 1 stay", self.shelf.run("prune", check=0).stdout)

    def test_a_newest_that_was_damaged_costs_no_older_one(self):
        self.configure("keep = 1")
        self.set_zone(12 * 3600)
        self.mount()
        first = self.make_one_now(1)[0]
        self.shelf.unmount()
        self.configure("keep = 2")
        second = [f for f in self.make_one_now(2) if f != first][0]
        self.shelf.unmount()
        self.configure("keep = 1")
        path = os.path.join(self.shelf.archives, second + ".tar")
        with open(path, "r+b") as file:
            file.seek(os.path.getsize(path) // 2)
            file.write(b"damage" * 20)
        answer = self.shelf.run("prune").stdout
        self.assertIn("stay", answer)
        self.assertTrue(os.path.exists(os.path.join(self.shelf.archives, first + ".tar")), "the last good one")

    def notified(self):
        try:
            with open(self.shelf.path("told"), encoding="utf-8") as file:
                return [json.loads(line) for line in file]
        except FileNotFoundError:
            return []

    def test_the_notify_command_reads_of_a_failed_backup_once(self):
        os.mkdir(self.shelf.path("nas"))
        self.configure("locations = nas", f"[location nas]\npath = {self.shelf.path('nas')}\n"
                       f"[notify]\ncommand = cat >> {self.shelf.path('told')}\n")
        self.set_zone(4)
        self.mount()
        os.rmdir(self.shelf.path("nas"))
        told = wait_for(self.notified, 60, "the notification")
        self.assertEqual(told[0]["code"], "backup")
        self.assertIn("nas", told[0]["what"])
        self.assertEqual(set(told[0]), {"code", "what", "todo", "since"})
        self.assertNotIn("ABCD-EFGH", json.dumps(told))
        time.sleep(2)
        self.assertEqual(len(self.notified()), 1)
        self.assertFalse(self.status()["last_backup"]["ok"])
        self.shelf.unmount()
        self.assertIn("the last automatic backup failed", self.shelf.run("prune", check=0).stdout)

    def test_old_backups_are_stale_and_told_once_over_a_restart(self):
        self.configure("", f"[notify]\ncommand = cat >> {self.shelf.path('told')}\n")
        self.set_zone(12 * 3600)
        self.shelf.add("v3_gz_basic.tar")
        self.mount()
        self.assertTrue(wait_for(lambda: self.status()["stale"], 20, "stale"))
        told = wait_for(self.notified, 20, "the notification")
        self.assertEqual(told[0]["code"], "stale")
        self.shelf.unmount()
        self.mount()
        wait_for(lambda: self.status()["stale"], 20, "stale")
        time.sleep(1)
        self.assertEqual(len(self.notified()), 1)
        self.shelf.backup("Fresh")
        self.shelf.unmount()
        self.mount()
        self.assertFalse(self.status()["stale"])

    def test_what_was_not_read_for_long_is_verified_by_itself(self):
        self.configure("days = never\nverify_days = 1")
        self.shelf.add("v3_gz_basic.tar")
        self.mount()
        wait_for(lambda: self.listed()["v3_gz_basic"]["verified"], 60, "verified")
        self.shelf.unmount()
        old = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - 2 * 86400))
        self.edit_state(lambda state: state["archives"][0].update(verified=old))
        self.mount()
        wait_for(lambda: self.listed()["v3_gz_basic"]["verified"] > old[:19], 60, "verified again")


if __name__ == "__main__":
    unittest.main()
