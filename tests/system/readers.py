"""A backup as Home Assistant reads it, and a tree as it lies on a disk."""
import json
import os
import stat
import subprocess

READER = os.path.join(os.path.dirname(__file__), "..", "interop", "read_like_ha.py")
# What the config part leaves out, by Home Assistant's rules.
LEFT_OUT = {"config/home-assistant.log"}


def tree_of(root):
    """path -> (kind, mode, mtime_ns, size or link target) of everything below root."""
    found = {}
    for folder, folders, files in os.walk(os.fsencode(root)):
        for name in folders + files:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            kind = stat.S_IFMT(status.st_mode)
            what = os.readlink(path) if stat.S_ISLNK(status.st_mode) else (
                status.st_size if stat.S_ISREG(status.st_mode) else 0)
            mode = 0 if stat.S_ISLNK(status.st_mode) else stat.S_IMODE(status.st_mode)
            found[os.path.relpath(path, os.fsencode(root))] = (kind, mode, status.st_mtime_ns, what)
    return found


def read_like_ha(archive, key):
    """member stem -> path -> facts, as Home Assistant's reader sees them."""
    done = subprocess.run(["/usr/bin/python3", READER, archive, key], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    members = {}
    for line in done.stdout.splitlines():
        entry = json.loads(line)
        members.setdefault(entry["member"], {})[entry["path"]] = entry
    return members
