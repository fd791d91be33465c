"""Facts about the machine and the programs: figures mean nothing without them."""
import datetime
import os
import platform
import re
import subprocess

VERSIONS = {"tar": "tar --version", "zstd": "zstd --version", "age": "age --version", "pigz": "pigz --version",
            "igzip": "igzip --version", "restic": "restic version", "borg": "borg --version",
            "gocryptfs": "gocryptfs --version", "squashfuse": "dpkg-query -W -f ${Version} squashfuse",
            "mksquashfs": "mksquashfs -version", "gzip": "gzip --version", "python": "/usr/bin/python3 --version",
            "pynacl": "dpkg-query -W -f ${Version} python3-nacl"}


def first_line(command, cwd=None):
    try:
        done = subprocess.run(command.split(" "), capture_output=True, text=True, timeout=20, check=False, cwd=cwd,
                              stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError):
        return None
    text = (done.stdout or done.stderr).strip()
    return text.splitlines()[0] if done.returncode == 0 and text else None


def find_line(path, pattern):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            match = re.search(pattern, file.read(), re.MULTILINE)
    except OSError:
        return None
    return match.group(1) if match else None


def disk_of(path):
    """Device, file system and free bytes below a path."""
    best = ("", "", "")
    with open("/proc/self/mounts", encoding="utf-8") as table:
        for line in table:
            device, point, kind = line.split()[:3]
            if os.path.realpath(path).startswith(point) and len(point) > len(best[1]):
                best = (device, point, kind)
    room = os.statvfs(path)
    return {"device": best[0], "mounted_at": best[1], "file_system": best[2], "free": room.f_bavail * room.f_frsize}


def facts(program, work, root):
    system = find_line("/etc/os-release", r'^PRETTY_NAME="(.*)"$')
    dirty = subprocess.run(["git", "-C", root, "status", "--porcelain", "-uno"], capture_output=True, check=False).stdout
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "cpu": find_line("/proc/cpuinfo", r"^model name\s*: (.*)$") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": int(find_line("/proc/meminfo", r"^MemTotal:\s*(\d+)") or 0) * 1024,
        "kernel": platform.release(), "system": system, "disk": disk_of(work),
        "load": os.getloadavg()[0],
        "commit": first_line("git rev-parse HEAD", root), "changed_files": bool(dirty.strip()),
        "program": first_line(f"{program} --version"),
        "versions": {name: line for name, line in ((name, first_line(command)) for name, command in VERSIONS.items()) if line},
    }
