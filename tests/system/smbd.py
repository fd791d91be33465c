"""A private smbd on loopback that shares one folder by scripts/smb.conf.sample, and smbclient to drive it."""
import os
import re
import socket
import subprocess

from shelf import DATA, Shelf, wait_for

SAMPLE = os.path.join(DATA, "../../scripts/smb.conf.sample")
USER, PASSWORD = "nobody", "a password"
# What a machine's own smb.conf has above the share; everything of this server lies in one folder.
GLOBAL = """[global]
  workgroup = WG
  server role = standalone server
  disable netbios = yes
  smb ports = {port}
  interfaces = 127.0.0.1/8
  bind interfaces only = yes
  private dir = {root}/priv
  lock directory = {root}/lock
  state directory = {root}/state
  cache directory = {root}/cache
  pid directory = {root}/pid
  ncalrpc dir = {root}/ncalrpc
  passdb backend = tdbsam:{root}/priv/passdb.tdb
  log file = {root}/log/smbd.log
  log level = 1
  load printers = no
  printing = bsd
  printcap name = /dev/null
  disable spoolss = yes
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Smbd:
    """Serves `path` as the share `backup` until stop(). Keeps its files in `root`, a folder that is made."""

    def __init__(self, root, path):
        self.root, self.port = root, free_port()
        self.config = os.path.join(root, "smb.conf")
        for name in ("", "priv", "lock", "state", "cache", "pid", "ncalrpc", "log"):
            os.makedirs(os.path.join(root, name), mode=0o755, exist_ok=True)
        with open(SAMPLE, encoding="utf-8") as file:
            share = file.read()
        # The two lines that the sample tells its reader to correct.
        share, paths = re.subn(r"(?m)^   path = /backup$", f"   path = {path}", share)
        share, users = re.subn(r"(?m)^   valid users = .*$", f"   valid users = {USER}", share)
        assert (paths, users) == (1, 1), "the sample has other lines"
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(GLOBAL.format(root=root, port=self.port) + share)
        subprocess.run(["smbpasswd", "-c", self.config, "-s", "-a", USER], input=f"{PASSWORD}\n{PASSWORD}\n", text=True,
                       check=True, capture_output=True, timeout=60)
        # In a session of its own: at its end it signals its whole process group.
        self.process = subprocess.Popen(["smbd", "-s", self.config, "-F", "--no-process-group"], start_new_session=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.answers, 20, "smbd's answer")

    def answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"smbd ended with {self.process.returncode}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def words(self, commands, *options):
        return ["smbclient", "-s", self.config, "-p", str(self.port), "-U", f"{USER}%{PASSWORD}", *options,
                "//127.0.0.1/backup", "-c", commands]

    def client(self, commands, *options, timeout=300):
        """Runs smbclient's commands, separated by ';'; returns what it printed."""
        done = subprocess.run(self.words(commands, *options), stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=timeout, check=False, cwd=self.root)
        return done.stdout.decode("utf-8", "replace") + done.stderr.decode("utf-8", "replace")

    def names(self, folder=""):
        """What a client sees in a folder, with sizes; folders have None."""
        rows = {}
        for line in self.client(f'cd "{folder}"; ls' if folder else "ls").splitlines():
            row = re.match(r"^  (.*?) +([A-Z]*) +(\d+)  \w{3} \w{3} [ \d]\d [\d:]{8} \d{4}$", line)
            if row and row[1] not in (".", ".."):
                rows[row[1]] = None if "D" in row[2] else int(row[3])
        return rows

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


def shared_shelf(test, config="[mount]\nsymlinks = file\nnames = windows\n", **more):
    """A mounted Shelf and an Smbd that shares it, for the length of one test."""
    shelf = Shelf(config=config, **more)
    test.addCleanup(shelf.__exit__)
    shelf.mount()
    server = Smbd(shelf.path("smbd"), shelf.mount_point)
    test.addCleanup(server.stop)
    return shelf, server
