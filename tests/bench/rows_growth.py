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
        self.home = os.path.join(bench.out, f"growth-{name}-home")
        self.archiver = bench.ours(compression)

    def fresh(self):
        self.archiver.init(self.folder)
        measure.fresh(self.home)
        for part in ("config", "share", "addons", "ssl", "media"):
            os.makedirs(f"{self.home}/{part}")
        with open(f"{self.home}/config/configuration.yaml", "wb") as file:
            file.write(b"default_config:\n")

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
        measure.remove(self.home)


def write_large(path, size, sparse):
    """A file of `size` bytes that compresses about 3:1 and is different in every MiB; or one hole."""
    with open(path, "wb") as file:
        if sparse:
            file.truncate(size)
            return
        chance = random.Random(16)
        words = [b"%012x sensor.value " % chance.getrandbits(48) for _ in range(4096)]
        stock = b"".join(chance.choice(words) for _ in range(17 * MIB // 26 + 1))
        for number in range(size // MIB):
            file.write(b"%020d" % number + stock[number % 15 * MIB + number % 65536:][:MIB - 20])


def archive_size(bench, gib):
    name = f"{gib:g} GiB"

    def take(_number):
        shelf = Shelf(bench, "size")
        size = max(round(gib * GIB / MIB), 1) * MIB
        free = os.statvfs(bench.work).f_bavail * os.statvfs(bench.work).f_frsize
        sparse = free < 2.2 * size
        try:
            shelf.fresh()
            path = f"{shelf.home}/media/large.bin"
            write_large(path, size, sparse)
            made = shelf.archiver.create(shelf.folder, shelf.home)
            middle = size // 2 // 4096 * 4096

            def use(mounted):
                copy = f"{mounted.tree()}/media/large.bin"
                with open(copy, "rb", buffering=0) as file, open(path, "rb", buffering=0) as original:
                    if os.fstat(file.fileno()).st_size != size:
                        raise WrongOutput("the large file has another size")
                    if os.pread(file.fileno(), 4096, middle) != os.pread(original.fileno(), 4096, middle):
                        raise WrongOutput("the middle of the large file reads wrong")
            sample = shelf.open_cold(use)
            checked = shelf.archiver.verify(shelf.folder)
            sample.size = made.size
            sample.extra = {"x": gib, "backup s": made.wall, "backup MiB": made.rss / MIB, "verify s": checked.wall,
                            "verify MiB": checked.rss / MIB, "sparse": float(sparse)}
            return sample
        finally:
            shelf.remove()
    return Contender(name, "ours", take, once=True)


def p16a(bench):
    """growth with the size of an archive"""
    sizes = [bench.scale * gib for gib in ((1, 10, 100) if bench.long else (1, 10))]
    return Row("P16a", "growth", "open an archive and read 4 KiB in the middle of it, cold, by its size",
               [archive_size(bench, gib) for gib in sizes],
               [Goal(f"{gib:g} GiB", 1, 150 * MIB, metric="rss") for gib in sizes], growth=True,
               note="sparse 1: the source was one hole, for want of disk")


def shelf_point(bench, shelf, count):
    """Fills the shelf up to `count` archives, lets it be seen once, and measures the next start."""
    def names(mounted):
        return [name for name in os.listdir(mounted.point) if name not in NOT_A_BACKUP]

    def use(mounted):
        end = time.monotonic() + 120
        while len(names(mounted)) < count:
            if time.monotonic() > end:
                raise WrongOutput(f"the shelf shows {len(names(mounted))} of {count} archives after 120 s")
            time.sleep(0.005)
        for entry in os.scandir(mounted.point):
            entry.stat()

    def take(_number):
        if not os.path.isdir(shelf.folder):
            shelf.fresh()
        have = len(os.listdir(f"{shelf.folder}/archives"))
        for number in range(have, count):
            shelf.archiver.create(shelf.folder, shelf.home, f"n{number}")
        first = shelf.open_cold(use)
        sample = shelf.open_cold(use)
        sample.extra = {"x": count, "first start s": first.wall}
        return sample
    return Contender(f"{count:,} archives", "ours", take, once=True)


def p16b(bench):
    """growth with the number of archives on the shelf"""
    counts = sorted({max(int(count * min(bench.scale, 1)), 1) for count in (1, 10, 100, 1000)})
    shelf = Shelf(bench, "shelf")
    return Row("P16b", "growth", "second start: mounted, and all archives of the shelf listed",
               [shelf_point(bench, shelf, count) for count in counts],
               [Goal("1,000 archives", 1, 1.0)] if 1000 in counts else [], growth=True, after=shelf.remove,
               before_run=lambda number: shelf.remove() if number == 0 else None)


def file_count(bench, count):
    def take(_number):
        shelf = Shelf(bench, "files")
        try:
            shelf.fresh()
            for number in range(count):
                if number % 100 == 0:
                    folder = f"{shelf.home}/share/d{number // 10000:03d}/d{number // 100 % 100:02d}"
                    os.makedirs(folder)
                with open(f"{folder}/note_{number}.txt", "wb") as file:
                    file.write(b"note %d\n" % number)
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


ROWS = {"P16a": p16a, "P16b": p16b, "P16c": p16c}
