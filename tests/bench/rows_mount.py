"""P6 to P12: looking into backups through a mount. Everything here is read with empty caches."""
import json
import os
import sys
import time

import measure
import mountables
from measure import Sample, WrongOutput
from row import Contender, Goal, Row

HERE = mountables.HERE
OURS, FOREIGN, FIRST = "backshelf", "backshelf, foreign", "backshelf, foreign, first open"


class Reader:
    """A contender that mounts and then does one thing: `act(tree, run)` gives a Sample and checks what it read."""

    def __init__(self, bench, corpus, fs, act, check_first=None):
        self.bench, self.corpus, self.fs, self.act, self.check = bench, corpus, fs, act, check_first
        self.ready = False

    def prepare(self):
        if not self.ready:
            self.fs.prepare(self.bench, self.corpus)
            self.ready = True

    def take(self, number):
        """The mount stands and its archive is open before the clock starts."""
        self.prepare()
        with self.fs.mount(self.bench, self.corpus) as mounted:
            tree = mounted.tree()
            os.stat(os.path.join(tree, "config/configuration.yaml"))
            measure.drop_caches()
            before = mounted.cpu()
            sample = self.act(tree, number)
            sample.cpu = (sample.cpu or 0) + mounted.cpu() - before
            sample.rss = mounted.memory()
            if number == 0 and self.check:
                self.check(tree)
        return sample

    def take_opening(self, _number):
        """The clock covers mounting, opening, and one walk."""
        self.prepare()
        listing = os.path.join(self.bench.out, "listing")
        mounted = self.fs.mount(self.bench, self.corpus)
        measure.drop_caches()
        with mounted, open(listing, "wb") as out:
            began = time.perf_counter()
            tree = mounted.tree()
            wall = mounted.wall + time.perf_counter() - began
            found = measure.run(["find", "."], cwd=tree, out=out)
            sample = Sample(wall + found.wall, found.cpu + mounted.cpu(), mounted.memory())
        self.check_listing(listing)
        return sample

    def check_listing(self, listing):
        missing = measure.output_of(f"LC_ALL=C sort {listing} | LC_ALL=C comm -13 - {self.corpus.listing} | head -3").split("\n")
        if missing[0]:
            raise WrongOutput(f"the walk does not show {missing[0]}")

    def contender(self, opening=False):
        return Contender(self.fs.name, self.fs.role, self.take_opening if opening else self.take)


def openers(bench, corpus, file_systems):
    return [Reader(bench, corpus, fs, None).contender(opening=True) for fs in file_systems]


def p6(bench):
    """mount, open, find H: disk, squashfuse_ll, restic, borg"""
    home, key = bench.corpus("H"), bench.key_derivation()
    contenders = openers(bench, home, [mountables.Ours(), mountables.Foreign(), mountables.Disk(), mountables.Squashfs(),
                                       mountables.Restic(), mountables.Borg()])
    return Row("P6", "open", "mount, open, `find` H", contenders, [
        Goal(who, 1.3, "squashfuse_ll", plus=key, plus_text=f"one key derivation ({key * 1000:.0f} ms)")
        for who in (OURS, FOREIGN)], note="foreign: the second open")


def p7(bench):
    """mount, open, find M: disk, squashfuse_ll, restic, borg"""
    many, key = bench.corpus("M"), bench.key_derivation()
    contenders = openers(bench, many, [mountables.Ours(), mountables.Disk(), mountables.Squashfs(), mountables.Restic(),
                                       mountables.Borg()])
    return Row("P7", "open", "mount, open, `find` M", contenders, [
        Goal(OURS, 1.3, "squashfuse_ll", plus=key, plus_text=f"one key derivation ({key * 1000:.0f} ms)")])


def p8(bench):
    """first open of a foreign encrypted H: igzip -dc, archivemount (not encrypted)"""
    home, foreign = bench.corpus("H"), mountables.Foreign(first=True)
    reader = Reader(bench, home, foreign, None)

    def inflate(_number):
        measure.need("igzip")
        reader.prepare()
        measure.drop_caches()
        total = sum(os.path.getsize(path) for path in foreign.inner)
        sample = measure.run(f"for tar in {' '.join(foreign.inner)}; do igzip -dc $tar || exit 1; done | cat > /dev/null")
        sample.extra["input"] = total
        return sample
    return Row("P8", "open", "first open of a foreign encrypted H (level 9, one stream)", [
        reader.contender(opening=True), Contender("igzip -dc of the decrypted inner tars", "limit", inflate),
        *openers(bench, home, [mountables.Archivemount()])],
        [Goal(FIRST, 1.1, "igzip -dc of the decrypted inner tars")])


def p9(bench):
    """read the database through the mount: disk, squashfuse_ll, gocryptfs, restic"""
    home = bench.corpus("H")

    def act(tree, _number):
        return measure.run(["cat", os.path.join(tree, home.database)])

    def check(tree):
        measure.same_file(os.path.join(home.root, home.database), os.path.join(tree, home.database))
    contenders = [Reader(bench, home, fs, act, check).contender() for fs in (
        mountables.Ours(), mountables.Foreign(), mountables.Disk(), mountables.Squashfs(), mountables.Gocryptfs(),
        mountables.Restic())]
    return Row("P9", "read", "read the database (541 MiB at scale 1) through the mount, cold", contenders, [
        Goal(OURS, 0.9, "squashfuse_ll")])


def p10(bench):
    """random 64 KiB reads: disk, squashfuse_ll, restic, borg"""
    home = bench.corpus("H")

    def act(tree, number):
        said = measure.output_of([sys.executable, "-B", f"{HERE}/random_reads.py", os.path.join(tree, home.database),
                                  os.path.join(home.root, home.database), str(number), "2000", "4"])
        facts = json.loads(said)
        if not facts["right"]:
            raise WrongOutput("a random read gave other bytes")
        return Sample(facts["seconds"], rate=facts["reads"] / facts["seconds"], extra={"worst": facts["worst"]})
    contenders = [Reader(bench, home, fs, act).contender() for fs in (
        mountables.Ours(), mountables.Foreign(), mountables.Disk(), mountables.Squashfs(), mountables.Restic(),
        mountables.Borg())]
    return Row("P10", "read", "random 64 KiB reads in the database, cold", contenders, [
        Goal(OURS, 1, 600, metric="rate"), Goal(FOREIGN, 1, 250, metric="rate")], metric="rate")


def p11(bench):
    """cat the small files: disk, squashfuse_ll, gocryptfs, restic"""
    home = bench.corpus("H")
    names, total = home.small_files()

    def act(tree, _number):
        counted = os.path.join(bench.out, "count")
        sample = measure.run(f"xargs -0 cat < {names} | wc -c > {counted}", cwd=tree)
        with open(counted, encoding="ascii") as file:
            if int(file.read()) != total:
                raise WrongOutput("the small files have another size together")
        return sample

    def content_of(tree):
        return measure.output_of(f"xargs -0 cat < {names} | sha256sum", cwd=tree)

    def check(tree):
        if content_of(tree) != content_of(home.root):
            raise WrongOutput("the small files are not the ones that went in")
    contenders = [Reader(bench, home, fs, act, check).contender() for fs in (
        mountables.Ours(), mountables.Disk(), mountables.Squashfs(), mountables.Gocryptfs(), mountables.Restic())]
    return Row("P11", "read", "cat the small files (3,000 at scale 1)", contenders, [Goal(OURS, 0.9, "squashfuse_ll")])


def p12(bench):
    """cp -a of H out of the mount: disk, squashfuse_ll, gocryptfs, restic"""
    home = bench.corpus("H")
    target = os.path.join(bench.out, "copy")

    def act(tree, number):
        measure.remove(target)
        measure.drop_caches()
        sample = measure.run(["cp", "-a", tree, target])
        sample.flush = measure.flush()
        if number == 0:
            measure.same_tree(home.digest, target, "cp -a")
        measure.remove(target)
        return sample
    contenders = [Reader(bench, home, fs, act).contender() for fs in (
        mountables.Ours(), mountables.Disk(), mountables.Squashfs(), mountables.Gocryptfs(), mountables.Restic())]
    return Row("P12", "read", "cp -a of H out of the mount", contenders, [Goal(OURS, 0.9, "squashfuse_ll")])


ROWS = {"P6": p6, "P7": p7, "P8": p8, "P9": p9, "P10": p10, "P11": p11, "P12": p12}
