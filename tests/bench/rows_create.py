"""P1 to P5: making backups."""
import os
import random

import measure
import recorder
import tools
from measure import Sample
from row import Contender, Goal, Row

GROUP = "create"


def check_restore(bench, archiver, folder, home, digest):
    """What was made gives back the tree that went in."""
    target = os.path.join(bench.out, "restored")
    archiver.restore(folder, target)
    measure.same_tree(digest, archiver.restored_tree(target, home), archiver.name)
    measure.remove(target)


def creator(bench, archiver, corpus, role="peer", once=False):
    """A first backup into an empty repository; the first run's result is restored and compared."""
    folder = os.path.join(bench.out, "create")

    def take(number):
        archiver.init(folder)
        bench.settle(corpus.root)
        sample = archiver.create(folder, corpus.root)
        sample.flush = measure.flush()
        if number == 0:
            check_restore(bench, archiver, folder, corpus.root, corpus.digest)
        measure.remove(folder)
        return sample
    return Contender(archiver.name, role, take, once)


def p1(bench):
    """create H, `fast`: tar, tar|zstd -1|age, tar|igzip|age, restic, borg"""
    home, pipes = bench.corpus("H"), tools.pipelines()
    contenders = [creator(bench, bench.ours("fast"), home, "ours"), creator(bench, pipes["tar > file"], home, "limit"),
                  creator(bench, pipes["tar | zstd -1 | age"], home), creator(bench, pipes["tar | igzip | age"], home),
                  creator(bench, tools.Restic(), home), creator(bench, tools.Borg("lz4"), home)]
    if bench.with_ha == "all":
        contenders.append(creator(bench, tools.HaLibrary(), home, once=True))
    return Row("P1", GROUP, "create H, `fast`", contenders, [
        Goal("backshelf fast", 0.65, "tar | zstd -1 | age", metric="durable"),
        Goal("backshelf fast", 1.7, "tar > file", metric="durable")])


def p2(bench):
    """create H, `balanced` (and zstd): tar|pigz -6|age, HA's library"""
    home, pipes = bench.corpus("H"), tools.pipelines()
    contenders = [creator(bench, bench.ours("balanced"), home, "ours"), creator(bench, bench.ours("zstd"), home, "ours"),
                  creator(bench, pipes["tar | pigz -6 | age"], home)]
    if bench.with_ha:
        contenders.append(creator(bench, tools.HaLibrary(), home, once=True))
    return Row("P2", GROUP, "create H, `balanced`", contenders, [
        Goal("backshelf balanced", 0.6, "tar | pigz -6 | age", metric="durable"),
        Goal("backshelf balanced", 1, tools.HaLibrary.name, metric="size")])


def p3(bench):
    """create M, `fast`: find -ls, tar|zstd -3|age, restic"""
    many, pipes = bench.corpus("M"), tools.pipelines()

    def list_all(_number):
        bench.settle(many.root)
        return measure.run(["find", ".", "-ls"], cwd=many.root)
    contenders = [creator(bench, bench.ours("fast"), many, "ours"),
                  Contender("find -ls", "limit", list_all),
                  creator(bench, pipes["tar | zstd -3 | age"], many), creator(bench, tools.Restic(), many)]
    if bench.with_ha == "all":
        contenders.append(creator(bench, tools.HaLibrary(), many, once=True))
    return Row("P3", GROUP, "create M, `fast`", contenders, [
        Goal("backshelf fast", 1, "tar | zstd -3 | age", metric="durable")])


class ChangingHome:
    """A copy of H that changes before every run, and repositories that got its first state before that."""

    def __init__(self, bench, corpus, key, database_share):
        self.bench, self.corpus, self.share = bench, corpus, database_share
        self.folder = os.path.join(bench.out, f"changing-{key}")
        self.home = os.path.join(self.folder, "home")
        self.archivers, self.digest = [], None

    def before_run(self, number):
        if number == 0:
            measure.fresh(self.folder)
            measure.run(["cp", "-a", self.corpus.root, self.home])
            for archiver in list(self.archivers):
                try:
                    archiver.init(self.repository(archiver))
                    archiver.create(self.repository(archiver), self.home)
                except measure.LeftOut as reason:
                    self.bench.say(f"  first backup by {archiver.name}: {reason}")
        self.change(number)
        self.digest = measure.tree_digest(self.home)

    def change(self, number):
        """31 files: a registry and 30 small ones get one more line; and some pages of the database, when asked."""
        chance = random.Random(1000 + number)
        with open(self.corpus.small_files()[0], "rb") as file:
            small = [os.fsdecode(name) for name in file.read().split(b"\0") if b"packages" in name or b"component" in name]
        for name in chance.sample(small, min(30, len(small))) + ["config/.storage/core.registry_0"]:
            with open(os.path.join(self.home, name), "ab") as file:
                file.write(b"# changed %d\n" % number)
        if self.share:
            recorder.change(os.path.join(self.home, self.corpus.database), self.share, number)

    def repository(self, archiver):
        return os.path.join(self.folder, "".join(c if c.isalnum() else "-" for c in archiver.name))

    def contender(self, archiver, role="peer"):
        self.archivers.append(archiver)

        def take(number):
            folder = self.repository(archiver)
            before = measure.size_of(folder)
            self.bench.settle(self.home)
            sample: Sample = archiver.create(folder, self.home)
            sample.flush = measure.flush()
            sample.extra["added"] = measure.size_of(folder) - before
            if number == 0:
                check_restore(self.bench, archiver, folder, self.home, self.digest)
            return sample
        return Contender(archiver.name, role, take)

    def limit(self):
        def take(_number):
            self.bench.settle(self.home)
            return measure.run("find . -type f -exec cat {} + | b2sum", cwd=self.home)
        return Contender("read + hash (cat | b2sum)", "limit", take)

    def after(self):
        measure.remove(self.folder)


TRUST = "[backup]\ntrust_stat = yes\n"


def p4(bench):
    """second backup, 31 files changed: read + hash, restic, borg"""
    home = ChangingHome(bench, bench.corpus("H"), "P4", 0)
    contenders = [home.contender(bench.ours("balanced"), "ours"),
                  home.contender(bench.ours("balanced", "backshelf balanced, trust_stat", TRUST), "ours"), home.limit(),
                  home.contender(tools.Restic("restic --force", ["--force"])), home.contender(tools.Restic("restic (stat)")),
                  home.contender(tools.Borg("lz4"))]
    return Row("P4", GROUP, "second backup, `balanced`, 31 files changed", contenders, [
        Goal("backshelf balanced", 1.5, "restic --force"),
        Goal("backshelf balanced, trust_stat", 1, "restic (stat)")], before_run=home.before_run, after=home.after)


def p5(bench):
    """the same and 1 % of the database's pages changed: restic, borg"""
    home = ChangingHome(bench, bench.corpus("H"), "P5", 0.01)
    contenders = [home.contender(bench.ours("balanced"), "ours"),
                  home.contender(tools.Restic("restic (stat)")), home.contender(tools.Borg("lz4"))]
    return Row("P5", GROUP, "P4 + 1 % of database pages changed", contenders,
               [Goal("backshelf balanced", 0.9, "restic (stat)")], before_run=home.before_run, after=home.after)


ROWS = {"P1": p1, "P2": p2, "P3": p3, "P4": p4, "P5": p5}
