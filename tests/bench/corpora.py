"""The corpora, the same bytes on every machine: H a Home Assistant home, M very many tiny files, L two large files.

Run as a program it makes one: corpora.py NAME FOLDER SCALE. So the benchmark itself stays a small process, whose size Linux
counts into the peak RSS of what it starts.
"""
import json
import os
import random
import sys

import measure
import recorder
from measure import MIB

VERSION = 1
OLD = 1_767_225_600  # 2026-01-01: older than any run
WORDS = ("light switch sensor climate automation trigger condition action service entity_id platform state brightness kitchen "
         "living_room bedroom garage above below for minutes turn_on turn_off data target template delay repeat choose").split()
MEDIA = [("media/camera/front-%02d.mp4", 4, 45), ("media/music/track-%02d.ogg", 12, 8), ("share/frigate/clip-%02d.mp4", 8, 3)]


class Writer:
    def __init__(self, root):
        self.root, self.made = root, set()

    def open(self, path, mode=0o644):
        full = os.path.join(self.root, path)
        folder = os.path.dirname(full)
        if folder not in self.made:
            os.makedirs(folder, exist_ok=True)
            self.made.add(folder)
        return os.fdopen(os.open(full, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb")

    def put(self, path, data, mode=0o644):
        with self.open(path, mode) as file:
            file.write(data)

    def folders(self, *names):
        for name in names:
            os.makedirs(os.path.join(self.root, name), exist_ok=True)

    def random(self, path, size, chance):
        with self.open(path) as file:
            while size > 0:
                size -= file.write(chance.randbytes(min(size, MIB)))

    def set_times(self):
        """Old times, different from file to file: nothing may look as if it had just changed."""
        for folder, folders, names in os.walk(self.root, topdown=False):
            for number, name in enumerate(sorted(names + folders)):
                os.utime(os.path.join(folder, name), (OLD + number * 61, OLD + number * 61), follow_symlinks=False)
        os.utime(self.root, (OLD, OLD))


def grown(start, size, piece):
    """`size` bytes: `start`, then pieces until they suffice."""
    lines, total = [start], len(start)
    while total < size:
        lines.append(piece())
        total += len(lines[-1])
    return "".join(lines).encode()[:size]


def yaml_of(chance, size):
    return grown("", size, lambda: (
        f"- alias: {chance.choice(WORDS)} {chance.choice(WORDS)} {chance.randrange(1000)}\n"
        f"  trigger:\n  - platform: state\n    entity_id: sensor.{chance.choice(WORDS)}_{chance.randrange(90)}\n"
        f"    for: {{minutes: {chance.randrange(60)}}}\n  action:\n  - service: light.turn_{chance.choice(('on', 'off'))}\n"
        f"    target: {{entity_id: light.{chance.choice(WORDS)}}}\n"))


def json_of(chance, size):
    return grown('{"version": 1, "data": {"entities": [\n', size, lambda: json.dumps({
        "id": f"{chance.getrandbits(128):032x}", "platform": chance.choice(WORDS), "disabled_by": None,
        "entity_id": f"sensor.{chance.choice(WORDS)}_{chance.randrange(900)}",
        "capabilities": {"state_class": "measurement"}, "area_id": chance.choice(WORDS),
        "unique_id": f"0x{chance.getrandbits(64):016x}_{chance.choice(WORDS)}"}) + ",\n")


def python_of(chance, size):
    def function():
        a, b = chance.choice(WORDS), chance.choice(WORDS)
        return (f"\n\ndef async_{a}_{b}_{chance.randrange(99)}(hass: HomeAssistant, entry: ConfigEntry) -> bool:\n"
                f'    """Set up {a} of {b}."""\n    value = entry.data.get("{a}", {chance.randrange(1000)})\n'
                f'    hass.data.setdefault(DOMAIN, {{}})["{b}"] = value\n    return value is not None\n')
    return grown('"""A custom component."""\nfrom __future__ import annotations\n', size, function)


def log_of(chance, size):
    now = 0

    def line():
        nonlocal now
        now += chance.randrange(9000)
        return (f"2026-01-{1 + now // 86_400_000 % 28:02d} {now // 3_600_000 % 24:02d}:{now // 60_000 % 60:02d}:"
                f"{now // 1000 % 60:02d}.{now % 1000:03d} {chance.choice(('INFO', 'WARNING', 'DEBUG'))} (MainThread) "
                f"[homeassistant.components.{chance.choice(WORDS)}] Setup of {chance.choice(WORDS)} took "
                f"{chance.random() * 9:.2f} s, id {chance.getrandbits(48):012x}\n")
    return grown("", size, line)


def small_file(writer, chance, number):
    size, kind = int(1024 * 20 ** chance.random()), number % 3
    if kind == 0:
        writer.put(f"config/packages/area_{number // 3 % 40}/part_{number}.yaml", yaml_of(chance, size))
    elif kind == 1:
        writer.put(f"config/custom_components/c_{number // 3 % 60}/translations/{number}.json", json_of(chance, size))
    else:
        writer.put(f"config/custom_components/c_{number // 3 % 60}/module_{number}.py", python_of(chance, size))


def make_home(root, scale):
    """H: at scale 1 a gibibyte, of it 541 MiB recorder, 300 MiB media, 3,000 small files, and logs and JSON."""
    writer, chance = Writer(root), random.Random(1)
    writer.folders("config", "share", "addons", "ssl", "media", "apps/core_ssh/data")
    writer.put("config/configuration.yaml", b"default_config:\nautomation: !include automations.yaml\n")
    writer.put("config/automations.yaml", yaml_of(chance, 30_000))
    writer.put("config/secrets.yaml", b"wifi: hunter2\n", 0o600)
    writer.put("config/.HA_VERSION", b"2026.11.2")
    writer.put("config/.storage/core.uuid", b'{"data": {"uuid": "0123456789abcdef0123456789abcdef"}}', 0o600)
    writer.put("ssl/privkey.pem", b"demo private key\n", 0o600)
    writer.put("apps/core_ssh/addon.json", json.dumps({
        "user": {"version": "9.9.9", "options": {}}, "system": {"name": "SSH", "slug": "core_ssh", "version": "9.9.9"},
        "version": "9.9.9", "state": "stopped"}).encode())
    writer.put("apps/core_ssh/data/options.json", b"{}")
    for name, count, mib in MEDIA:
        for number in range(count):
            writer.random(name % number, int(mib * MIB * scale), chance)
    for number in range(max(int(3000 * scale), 60)):
        small_file(writer, chance, number)
    for number in range(12):  # 152 MiB; logs lie in share, because those in config are not backed up
        size = int(152 * MIB * scale / 24)
        writer.put(f"config/.storage/core.registry_{number}", json_of(chance, size), 0o600)
        writer.put(f"share/logs/zigbee-{number}.log", log_of(chance, size))
    recorder.make(os.path.join(root, "config/home-assistant_v2.db"), int(541 * MIB * scale))
    writer.set_times()


def make_many(root, scale):
    """M: at scale 1, 200,000 files of 16 to 600 bytes in 5,000 folders."""
    writer, chance = Writer(root), random.Random(2)
    writer.folders("config", "share", "addons", "ssl", "media")
    writer.put("config/configuration.yaml", b"default_config:\n")
    stock = yaml_of(chance, 1 << 16)
    for folder in range(max(int(5000 * scale), 10)):
        for number in range(40):
            begin = chance.randrange(60_000)
            writer.put(f"share/g{folder // 100:02d}/d{folder:04d}/note_{number}.txt",
                       b"%d %d\n" % (folder, number) + stock[begin:begin + chance.randrange(10, 590)])
    writer.set_times()


def make_large(root, scale):
    """L: at scale 1, 4 GiB that compress like a log and 4 GiB that do not."""
    writer, chance = Writer(root), random.Random(3)
    writer.folders("config", "share", "addons", "ssl", "media")
    writer.put("config/configuration.yaml", b"default_config:\n")
    stock = log_of(chance, 16 * MIB)
    with writer.open("share/large.log") as file:
        for number in range(int(4096 * scale)):
            file.write(b"%020d\n" % number + stock[number % 15 * MIB + number:][:MIB - 21])
    writer.random("media/large.bin", int(4096 * MIB * scale), chance)
    writer.set_times()


MAKERS = {"H": make_home, "M": make_many, "L": make_large}


def facts_of(root):
    files = folders = total = 0
    for folder, names, files_here in os.walk(root):
        folders += len(names)
        files += len(files_here)
        total += sum(os.lstat(os.path.join(folder, name)).st_size for name in files_here)
    return {"files": files, "folders": folders, "bytes": total}


def main():
    name, root, scale = sys.argv[1], sys.argv[2], float(sys.argv[3])
    measure.remove(root)
    os.makedirs(root)
    MAKERS[name](root, scale)
    manifest = {"version": VERSION, "scale": scale, "digest": measure.tree_digest(root)} | facts_of(root)
    with open(root + ".json", "w", encoding="utf-8") as file:
        json.dump(manifest, file)


if __name__ == "__main__":
    main()
