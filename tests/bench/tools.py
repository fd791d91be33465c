"""The programs compared, as archivers: each makes a backup of a home into a folder of its own and restores it.

An archiver keeps everything it needs (keys, caches, repositories) inside that folder, so that deleting it deletes all.
"""
import os
import sys

import measure
from measure import LeftOut, Sample

HERE = os.path.dirname(os.path.abspath(__file__))
PASSWORD = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ01"


class Archiver:
    name = ""
    programs: tuple = ()

    def init(self, folder):
        """Prepares an empty repository in a fresh folder; not timed."""
        measure.need(*self.programs)
        measure.fresh(folder)

    def create(self, folder, home) -> Sample:
        raise NotImplementedError

    def restore(self, folder, target) -> Sample:
        """Into `target`, which is made fresh before."""
        raise NotImplementedError

    def size(self, folder):
        raise NotImplementedError

    def restored_tree(self, target, _home):
        """Where the home's root is below `target`."""
        return target


class Pipeline(Archiver):
    """tar through filters into one file."""

    def __init__(self, name, pack, unpack, programs):
        self.name, self.pack, self.unpack, self.programs = name, pack, unpack, ("tar", *programs)

    def init(self, folder):
        super().init(folder)
        if "age" in self.programs:
            measure.need("age-keygen")
            measure.run(f"umask 077; age-keygen > {folder}/identity; age-keygen -y {folder}/identity > {folder}/recipient")

    def fill(self, text, folder):
        return text.format(file=f"{folder}/archive", age=f"age -R {folder}/recipient",
                           open=f"age -d -i {folder}/identity {folder}/archive")

    def create(self, folder, home):
        sample = measure.run(self.fill(f"tar -C {home} -cf - . {self.pack} > {{file}}", folder))
        sample.size = self.size(folder)
        return sample

    def restore(self, folder, target):
        measure.fresh(target)
        return measure.run(self.fill(f"{self.unpack} | tar -C {target} -xpf -", folder))

    def size(self, folder):
        return os.path.getsize(f"{folder}/archive")


class Restic(Archiver):
    """Debian 12 has restic 0.14: zstd since then, encrypted always."""
    name, programs = "restic", ("restic",)

    def __init__(self, name="restic", more=()):
        self.name, self.more = name, list(more)

    @staticmethod
    def env(folder):
        return {"RESTIC_PASSWORD": PASSWORD, "RESTIC_REPOSITORY": f"{folder}/repository",
                "RESTIC_CACHE_DIR": f"{folder}/cache"}

    def init(self, folder):
        super().init(folder)
        measure.run(["restic", "init", "-q"], env=self.env(folder))

    def create(self, folder, home):
        sample = measure.run(["restic", "backup", "-q", *self.more, "."], cwd=home, env=self.env(folder))
        sample.size = self.size(folder)
        return sample

    def restore(self, folder, target):
        measure.fresh(target)
        return measure.run(["restic", "restore", "-q", "latest", "--target", target], env=self.env(folder))

    def size(self, folder):
        return measure.size_of(f"{folder}/repository")

    def restored_tree(self, target, home):
        inside = target + home
        return inside if os.path.isdir(inside) else target


class Borg(Archiver):
    programs = ("borg",)

    def __init__(self, compression):
        self.name, self.compression, self.count = f"borg {compression}", compression, 0

    @staticmethod
    def env(folder):
        return {"BORG_PASSPHRASE": PASSWORD, "BORG_BASE_DIR": f"{folder}/base", "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes"}

    def init(self, folder):
        super().init(folder)
        measure.run(["borg", "init", "--encryption=repokey-blake2", f"{folder}/repository"], env=self.env(folder))

    def create(self, folder, home):
        self.count += 1
        sample = measure.run(["borg", "create", "--compression", self.compression,
                              f"{folder}/repository::a{self.count}", "."], cwd=home, env=self.env(folder))
        sample.size = self.size(folder)
        return sample

    def last(self, folder):
        names = measure.output_of(["borg", "list", "--short", f"{folder}/repository"], env=self.env(folder)).split()
        if not names:
            raise LeftOut("the borg repository is empty")
        return f"{folder}/repository::{names[-1]}"

    def restore(self, folder, target):
        archive = self.last(folder)
        measure.fresh(target)
        return measure.run(["borg", "extract", archive], cwd=target, env=self.env(folder))

    def size(self, folder):
        return measure.size_of(f"{folder}/repository")


class HaLibrary(Archiver):
    """What stands in for Home Assistant's library: see ha_library.py."""
    name = "HA's library (stand-in)"

    def init(self, folder):
        super().init(folder)
        try:
            import nacl.bindings  # noqa: F401  pylint: disable=import-outside-toplevel,unused-import
        except ImportError as error:
            raise LeftOut("PyNaCl is not installed") from error

    def create(self, folder, home):
        sample = measure.run([sys.executable, "-B", f"{HERE}/ha_library.py", "create", home, f"{folder}/archive"])
        sample.size = self.size(folder)
        return sample

    def restore(self, folder, target):
        measure.fresh(target)
        return measure.run([sys.executable, "-B", f"{HERE}/ha_library.py", "extract", f"{folder}/archive", target])

    def size(self, folder):
        return os.path.getsize(f"{folder}/archive")


class Ours(Archiver):
    """The program under test, with a configuration of its own in the folder."""

    def __init__(self, program, compression, name=None, more=""):
        self.name, self.program = name or f"backshelf {compression}", program
        self.compression, self.more = compression, more

    def init(self, folder):
        super().init(folder)
        for name in ("archives", "state", "cache"):
            os.makedirs(f"{folder}/{name}")
        with open(os.open(f"{folder}/key", os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
            file.write(PASSWORD + "\n")

    def configure(self, folder, home):
        sections = {"home": f"root = {home}", "key": f"file = {folder}/key", "location local": f"path = {folder}/archives",
                    "state": f"path = {folder}/state", "cache": f"path = {folder}/cache",
                    "archive": f"compression = {self.compression}"}
        with open(f"{folder}/backshelf.ini", "w", encoding="utf-8") as file:
            file.write("".join(f"[{name}]\n{body}\n" for name, body in sections.items()) + self.more)

    def command(self, folder, *words):
        return [self.program, words[0], "-c", f"{folder}/backshelf.ini", *words[1:]]

    def create(self, folder, home, name="bench"):
        self.configure(folder, home)
        sample = measure.run(self.command(folder, "backup", f"name={name}"))
        sample.size = os.path.getsize(self.archive(folder))
        return sample

    @staticmethod
    def archive(folder):
        """The newest archive."""
        names = [f"{folder}/archives/{name}" for name in os.listdir(f"{folder}/archives") if name.endswith(".tar")]
        if not names:
            raise LeftOut("no archive was made")
        return max(names, key=lambda path: os.stat(path).st_mtime_ns)

    def restore(self, folder, target):
        measure.remove(target)
        return measure.run(self.command(folder, "extract", self.archive(folder), target))

    def verify(self, folder):
        return measure.run(self.command(folder, "verify", self.archive(folder)))

    def size(self, folder):
        return os.path.getsize(self.archive(folder))


def pipelines():
    """The pipelines of the rows, by the name they have there."""
    every = [
        Pipeline("tar > file", "", "cat {file}", ()),
        Pipeline("tar | zstd -1 | age", "| zstd -q -1 | {age}", "{open} | zstd -q -d", ("zstd", "age")),
        Pipeline("tar | zstd -3 | age", "| zstd -q -3 | {age}", "{open} | zstd -q -d", ("zstd", "age")),
        Pipeline("tar | igzip | age", "| igzip -c - | {age}", "{open} | igzip -dc -", ("igzip", "age")),
        Pipeline("tar | pigz -6 | age", "| pigz -6 | {age}", "{open} | pigz -d", ("pigz", "age")),
    ]
    return {one.name: one for one in every}
