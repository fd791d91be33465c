"""P16: how cost grows. Each contender is a point of a curve, not a rival; `wall` is what a user waits for at an open."""
import os
import random
import time

import measure
from measure import MIB, Sample, WrongOutput
from mountables import NOT_A_BACKUP, backup_folder
from mounted import Mounted
from row import Contender, Goal, Row

GIB = 1 << 30


class Shelf:
    """A folder with a configuration of ours, a home that is made for one point, and what is measured on the mount."""

    def __init__(self, bench, name, compression="fast"):
        self.bench = bench
        self.folder = os.path.join(bench.out, f"growth-{name}")
        self.made_home = self.home = os.path.join(bench.out, f"growth-{name}-home")
        self.archiver = bench.ours(compression)

    def fresh(self):
        self.archiver.init(self.folder)
        measure.fresh(self.home)
        for part in ("config", "share", "addons", "ssl", "media"):
            os.makedirs(f"{self.home}/{part}")
        with open(f"{self.home}/config/configuration.yaml", "wb") as file:
            file.write(b"default_config:\n")

    def use_home(self, home):
        """Backs up a home that is there already, and is not removed."""
        self.home = home

    def mount(self):
        point = self.bench.point(os.path.basename(self.folder))
        return Mounted(self.archiver.command(self.folder, "mount", point), point, tree=backup_folder)

    def open_cold(self, use):
        """Seconds and memory until `use(mounted)` returned on a mount that was not there, with empty caches. It may return
        its own seconds."""
        measure.drop_caches()
        with self.mount() as mounted:
            began = time.perf_counter()
            used = use(mounted)
            wall = mounted.wall + (time.perf_counter() - began if used is None else used)
            return Sample(wall, mounted.cpu(), mounted.memory())

    def remove(self):
        measure.remove(self.folder)
        measure.remove(self.made_home)


def write_large(path, size, sparse):
    """A file of `size` bytes that compresses and is different in every MiB; or one hole."""
    with open(path, "wb") as file:
        if sparse:
            file.truncate(size)
            return
        chance = random.Random(16)
        words = [b"%012x sensor.value " % chance.getrandbits(48) for _ in range(4096)]
        stock = b"".join(chance.choice(words) for _ in range(17 * MIB // 26 + 1))
        for number in range(size // MIB):
            file.write(b"%020d" % number + stock[number % 15 * MIB + number % 65536:][:MIB - 20])


class SizePoint:
    """One archive of one large file (or of corpus L): made, verified, opened cold, read in the middle."""

    def __init__(self, bench, name, gib, corpus=None):
        self.bench, self.name, self.gib, self.corpus = bench, name, gib, corpus
        self.files = ["media/large.bin"] + (["share/large.log"] if corpus else [])

    def source(self, shelf):
        """Makes the home. Returns whether the large file had to be a hole, for want of disk."""
        shelf.fresh()
        if self.corpus:
            shelf.use_home(self.corpus.root)
            return False
        size = max(round(self.gib * GIB / MIB), 1) * MIB
        room = os.statvfs(self.bench.work)
        sparse = room.f_bavail * room.f_frsize < 2.2 * size
        write_large(f"{shelf.home}/media/large.bin", size, sparse)
        return sparse

    def read_middles(self, shelf, tree):
        for name in self.files:
            with open(f"{tree}/{name}", "rb", buffering=0) as file, open(f"{shelf.home}/{name}", "rb", buffering=0) as original:
                size = os.fstat(original.fileno()).st_size
                if os.fstat(file.fileno()).st_size != size:
                    raise WrongOutput(f"{name} has another size")
                middle = size // 2 // 4096 * 4096
                if os.pread(file.fileno(), 4096, middle) != os.pread(original.fileno(), 4096, middle):
                    raise WrongOutput(f"the middle of {name} reads wrong")

    def take(self, _number):
        shelf = Shelf(self.bench, "size")
        try:
            sparse = self.source(shelf)
            made = shelf.archiver.create(shelf.folder, shelf.home)
            sample = shelf.open_cold(lambda mounted: self.read_middles(shelf, mounted.tree()))
            checked = shelf.archiver.verify(shelf.folder)
            sample.size = made.size
            sample.extra = {"x": self.gib, "backup s": made.wall, "backup MiB": made.rss / MIB, "verify s": checked.wall,
                            "verify MiB": checked.rss / MIB, "sparse": float(sparse)}
            return sample
        finally:
            shelf.remove()

    def contender(self):
        return Contender(self.name, "ours", self.take, once=True)


def p16a(bench):
    """growth with the size of an archive"""
    points = [SizePoint(bench, f"{bench.scale * gib:g} GiB", bench.scale * gib) for gib in (1, 10)]
    points.insert(1, SizePoint(bench, f"L, {bench.scale * 8:g} GiB", bench.scale * 8, bench.corpus("L")))
    if bench.long:
        points.append(SizePoint(bench, f"{bench.scale * 100:g} GiB", bench.scale * 100))
    return Row("P16a", "growth", "open an archive and read 4 KiB in the middle of it, cold, by its size",
               [point.contender() for point in points],
               [Goal(point.name, 1, 150 * MIB, metric="rss") for point in points], growth=True,
               note="sparse 1: the source was one hole, for want of disk")


class FullShelf:
    """A shelf of many small archives. It grows from point to point, and serves P16b and P16d."""

    def __init__(self, bench):
        self.bench, self.shelf = bench, Shelf(bench, "shelf")
        self.counts = sorted({max(int(count * min(bench.scale, 1)), 1) for count in (1, 10, 100, 1000)})

    @staticmethod
    def names(mounted):
        return [name for name in os.listdir(mounted.point) if name not in NOT_A_BACKUP]

    def fill(self, count):
        if not os.path.isdir(self.shelf.folder):
            self.shelf.fresh()
        for number in range(len(os.listdir(f"{self.shelf.folder}/archives")), count):
            self.shelf.archiver.create(self.shelf.folder, self.shelf.home, f"n{number}")

    def wait_for(self, mounted, count):
        end = time.monotonic() + 120
        while len(self.names(mounted)) < count:
            if time.monotonic() > end:
                raise WrongOutput(f"the shelf shows {len(self.names(mounted))} of {count} archives after 120 s")
            time.sleep(0.005)
        for entry in os.scandir(mounted.point):
            entry.stat()

    def point(self, count):
        def take(_number):
            self.fill(count)
            first = self.shelf.open_cold(lambda mounted: self.wait_for(mounted, count))
            sample = self.shelf.open_cold(lambda mounted: self.wait_for(mounted, count))
            sample.extra = {"x": count, "first start s": first.wall}
            return sample
        return Contender(f"{count:,} archives", "ours", take, once=True)

    def walk_ten(self, files):
        """Ten more archives of `files` files each, all walked: what the daemon holds then."""
        def use(mounted):
            self.wait_for(mounted, self.counts[-1] + 10)
            walked = [name for name in self.names(mounted) if name.startswith("w")]
            found = measure.output_of(["find", *walked, "-name", "note_*", "-size", "-2"], cwd=mounted.point).count("\n")
            if len(walked) != 10 or found != 10 * files:
                raise WrongOutput(f"{found} files in {len(walked)} archives are shown, not {10 * files} in 10")

        def take(_number):
            self.fill(self.counts[-1])
            write_notes(self.shelf.home, files)
            for number in range(10):
                self.shelf.archiver.create(self.shelf.folder, self.shelf.home, f"w{number}")
            self.shelf.open_cold(use)
            return self.shelf.open_cold(use)
        return Contender(f"10 of {files:,} files walked", "ours", take, once=True)


def p16b(bench):
    """growth with the number of archives on the shelf"""
    full = FullShelf(bench)
    full.shelf.remove()
    return Row("P16b", "growth", "second start: mounted, and all archives of the shelf listed",
               [full.point(count) for count in full.counts],
               [Goal("1,000 archives", 1, 1.0)] if 1000 in full.counts else [], growth=True)


def p16d(bench):
    """memory of a daemon with a full shelf and ten open archives"""
    full = FullShelf(bench)
    one = full.walk_ten(max(int(20_000 * bench.scale), 10))
    return Row("P16d", "growth", f"peak RSS of a daemon with {full.counts[-1]:,} archives on the shelf", [one],
               [Goal(one.name, 1, 150 * MIB, metric="rss"), Goal(one.name, 1, 100 * MIB, metric="rss")], metric="rss",
               after=full.shelf.remove)


def write_notes(home, count):
    """`count` tiny files, a hundred in a folder."""
    for number in range(count):
        if number % 100 == 0:
            folder = f"{home}/share/d{number // 10000:03d}/d{number // 100 % 100:02d}"
            os.makedirs(folder)
        with open(f"{folder}/note_{number}.txt", "wb") as file:
            file.write(b"note %d\n" % number)


def file_count(bench, count):
    def take(_number):
        shelf = Shelf(bench, "files")
        try:
            shelf.fresh()
            write_notes(shelf.home, count)
            made = shelf.archiver.create(shelf.folder, shelf.home)
            listing = f"{bench.out}/listing"

            def use(mounted):
                began = time.perf_counter()
                tree = mounted.tree()
                seen = time.perf_counter() - began
                with open(listing, "wb") as out:
                    return seen + measure.run(["find", tree, "-name", "note_*"], out=out).wall
            sample = shelf.open_cold(use)
            found = int(measure.output_of(["wc", "-l", listing]).split()[0])
            if found != count:
                raise WrongOutput(f"{found} of {count} files are shown")
            sample.size = made.size
            sample.extra = {"x": count, "backup s": made.wall, "backup MiB": made.rss / MIB}
            return sample
        finally:
            shelf.remove()
    return Contender(f"{count:,} files", "ours", take, once=True)


def p16c(bench):
    """growth with the number of files"""
    full = (1_000, 10_000, 100_000, 1_000_000) if bench.long else (1_000, 10_000, 100_000)
    counts = [max(int(count * bench.scale), 10) for count in full]
    return Row("P16c", "growth", "mount, open and `find`, cold, by the number of files in the archive",
               [file_count(bench, count) for count in counts], [], growth=True)


ROWS = {"P16a": p16a, "P16b": p16b, "P16c": p16c, "P16d": p16d}
