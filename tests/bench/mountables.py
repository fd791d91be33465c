"""The same programs as file systems: what each needs made once, and how it is mounted."""
import os
import sys

import measure
import tools
from measure import LeftOut
from mounted import Mounted

HERE = os.path.dirname(os.path.abspath(__file__))
NOT_A_BACKUP = {"control", "status", "status.json", "log", "locations"}


class Plain:
    """No mount at all: the corpus on the disk's own file system, with the face of a Mounted."""

    def __init__(self, root):
        self.point, self.wall = root, 0.0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def tree(self):
        return self.point

    def cpu(self):
        return 0.0

    def memory(self, _name="VmHWM"):
        return None


class Disk:
    name, role = "the disk's file system", "limit"

    def prepare(self, bench, corpus):
        pass

    def mount(self, _bench, corpus):
        return Plain(corpus.root)


class Squashfs:
    """mksquashfs as it comes: gzip, blocks of 128 KiB."""
    name, role = "squashfuse_ll", "peer"

    def prepare(self, bench, corpus):
        measure.need("mksquashfs", "squashfuse_ll")
        self.image = bench.fixture("squashfs", corpus, lambda folder: measure.run(
            ["mksquashfs", corpus.root, f"{folder}/image", "-noappend", "-quiet", "-no-progress"])) + "/image"

    def mount(self, bench, _corpus):
        point = bench.point(self.name)
        return Mounted(["squashfuse_ll", self.image, point], point)


class Archivemount:
    """A .tar.gz of the home, not encrypted."""
    name, role = "archivemount (not encrypted)", "peer"

    def prepare(self, bench, corpus):
        measure.need("archivemount", "gzip")
        self.archive = bench.fixture("targz", corpus, lambda folder: measure.run(
            f"tar -C {corpus.root} -cf - . | gzip -6 > {folder}/home.tar.gz")) + "/home.tar.gz"

    def mount(self, bench, _corpus):
        point = bench.point(self.name)
        return Mounted(["archivemount", "-o", "readonly", self.archive, point], point)


class Gocryptfs:
    """Encrypted, not compressed."""
    name, role = "gocryptfs", "peer"

    def prepare(self, bench, corpus):
        measure.need("gocryptfs")

        def build(folder):
            os.makedirs(f"{folder}/cipher")
            with open(f"{folder}/password", "w", encoding="ascii") as file:
                file.write(tools.PASSWORD + "\n")
            measure.run(["gocryptfs", "-q", "-init", "-passfile", f"{folder}/password", f"{folder}/cipher"])
            with self.mount_at(bench, folder) as mounted:
                measure.run(["cp", "-a", corpus.root + "/.", mounted.point])
        self.folder = bench.fixture("gocryptfs", corpus, build)

    def mount_at(self, bench, folder):
        point = bench.point(self.name)
        return Mounted(["gocryptfs", "-q", "-passfile", f"{folder}/password", f"{folder}/cipher", point], point)

    def mount(self, bench, _corpus):
        return self.mount_at(bench, self.folder)


class Restic:
    name, role = "restic mount", "peer"

    def prepare(self, bench, corpus):
        self.folder = bench.archive_of(tools.Restic(), corpus)

    def mount(self, bench, corpus):
        point = bench.point(self.name)

        def tree(point):
            latest = os.path.realpath(f"{point}/snapshots/latest")  # it is a link
            return latest + corpus.root if os.path.isdir(latest + corpus.root) else latest
        return Mounted(["restic", "mount", "-q", point], point, tools.Restic.env(self.folder), foreground=True, tree=tree)


class Borg:
    name, role = "borg mount", "peer"

    def prepare(self, bench, corpus):
        self.borg = tools.Borg("lz4")
        self.folder = bench.archive_of(self.borg, corpus)
        self.archive = self.borg.last(self.folder)

    def mount(self, bench, _corpus):
        point = bench.point(self.name)
        return Mounted(["borg", "mount", self.archive, point], point, tools.Borg.env(self.folder))


def backup_folder(point):
    """The folder of the one backup on our mount."""
    names = [name for name in os.listdir(point) if name not in NOT_A_BACKUP]
    if len(names) != 1:
        raise LeftOut(f"the shelf shows {names}, not one backup")
    return os.path.join(point, names[0])


class Ours:
    """`backshelf mount` on an archive it made."""
    role = "ours"

    def __init__(self, compression="balanced", name=None):
        self.compression, self.name = compression, name or "backshelf"

    def prepare(self, bench, corpus):
        self.archiver = bench.ours(self.compression)
        self.folder = bench.archive_of(self.archiver, corpus)

    def mount(self, bench, _corpus):
        point = bench.point(self.name)
        return Mounted(self.archiver.command(self.folder, "mount", point), point, tree=backup_folder)


class Foreign(Ours):
    """`backshelf mount` on an archive as Home Assistant writes it: one gzip -9 stream, no index, encrypted.
    With `first` every mount finds an empty cache; otherwise the archive was opened once before."""

    def __init__(self, first=False):
        super().__init__(name="backshelf, foreign" + (", first open" if first else ""))
        self.first, self.opened = first, False

    def prepare(self, bench, corpus):
        self.archiver = bench.ours("balanced")
        source = bench.archive_of(self.archiver, corpus)

        def build(folder):
            self.archiver.init(folder)
            self.archiver.configure(folder, corpus.root)
            measure.run([sys.executable, "-B", f"{HERE}/foreign.py", self.archiver.archive(source), tools.PASSWORD,
                         f"{folder}/archives/foreign.tar", f"{folder}/inner"])
        self.folder = bench.fixture("foreign", corpus, build)
        self.archiver.configure(self.folder, corpus.root)
        measure.fresh(f"{self.folder}/cache")  # nothing that an earlier program left
        self.inner = sorted(f"{self.folder}/inner/{name}" for name in os.listdir(f"{self.folder}/inner"))

    def mount(self, bench, corpus):
        if self.first:
            measure.fresh(f"{self.folder}/cache")
            self.opened = False
        elif not self.opened:
            with super().mount(bench, corpus) as mounted:
                measure.run(["find", mounted.tree()])
            self.opened = True
        return super().mount(bench, corpus)
