"""P13 to P15: getting everything back, and the memory all of it takes."""
import os
import shutil
import tempfile

import measure
import mountables
import tools
from measure import MIB, LeftOut
from row import Contender, Goal, Row


def restorer(bench, archiver, corpus, target, role="peer", once=False):
    """Restores one backup into a fresh folder; the first run's tree is compared with the corpus."""
    def take(number):
        folder = bench.archive_of(archiver, corpus)
        measure.remove(target)
        bench.settle(folder)
        sample = archiver.restore(folder, target)
        sample.flush = measure.flush()
        if number == 0:
            measure.same_tree(corpus.digest, archiver.restored_tree(target, corpus.root), archiver.name)
        measure.remove(target)
        return sample
    return Contender(archiver.name, role, take, once)


def p13(bench):
    """extract H: tar, tar|zstd -3|age, restic, borg, HA's library"""
    home, pipes, target = bench.corpus("H"), tools.pipelines(), os.path.join(bench.out, "extracted")
    contenders = [restorer(bench, bench.ours("balanced"), home, target, "ours"),
                  restorer(bench, pipes["tar > file"], home, target, "limit"),
                  restorer(bench, pipes["tar | zstd -3 | age"], home, target),
                  restorer(bench, tools.Restic(), home, target), restorer(bench, tools.Borg("lz4"), home, target)]
    if bench.with_ha:
        contenders.append(restorer(bench, tools.HaLibrary(), home, target, once=True))
    return Row("P13", "restore", "extract H (`balanced`)", contenders, [
        Goal("backshelf balanced", 0.6, "tar | zstd -3 | age")])


def p14(bench):
    """extract M on tmpfs: tar, tar|zstd -3|age, restic, borg"""
    many, pipes = bench.corpus("M"), tools.pipelines()
    place = tempfile.mkdtemp(prefix="backshelf-bench-", dir="/dev/shm")
    target = os.path.join(place, "extracted")

    def with_room(contender):
        take = contender.measure

        def checked(number):
            wanted = (many.facts["files"] + many.facts["folders"]) * 6 * 1024
            free = shutil.disk_usage(place).free
            if free < wanted:
                raise LeftOut(f"tmpfs has {free // MIB} MiB, {wanted // MIB} are needed")
            return take(number)
        contender.measure = checked
        return contender
    contenders = [restorer(bench, bench.ours("balanced"), many, target, "ours"),
                  restorer(bench, pipes["tar > file"], many, target, "limit"),
                  restorer(bench, pipes["tar | zstd -3 | age"], many, target),
                  restorer(bench, tools.Restic(), many, target), restorer(bench, tools.Borg("lz4"), many, target)]
    if bench.with_ha == "all":
        contenders.append(restorer(bench, tools.HaLibrary(), many, target, once=True))
    return Row("P14", "restore", "extract M on tmpfs", [with_room(one) for one in contenders], [
        Goal("backshelf balanced", 1.05, "tar | zstd -3 | age")], after=lambda: measure.remove(place))


def daemon(bench, fs, corpus, name, role):
    """The daemon's peak after a walk and after every byte was read."""
    def take(_number):
        fs.prepare(bench, corpus)
        with fs.mount(bench, corpus) as mounted:
            tree = mounted.tree()
            sample = measure.run("find . -type f -print0 | xargs -0 cat", cwd=tree)
            sample.rss = mounted.memory()
        return sample
    return Contender(name, role, take)


def p15(bench):
    """peak RSS of backup, extract, verify, daemon: restic, borg"""
    home, ours = bench.corpus("H"), bench.ours("balanced")
    folder, target = os.path.join(bench.out, "memory"), os.path.join(bench.out, "extracted")

    def create(archiver, name, role):
        def take(_number):
            archiver.init(folder)
            sample = archiver.create(folder, home.root)
            measure.remove(folder)
            return sample
        return Contender(name, role, take)

    def restore(archiver, name, role):
        one = restorer(bench, archiver, home, target, role)
        one.name = name
        return one
    contenders = [
        create(ours, "backup", "ours"), restore(ours, "extract", "ours"),
        Contender("verify", "ours", lambda _number: ours.verify(bench.archive_of(ours, home))),
        daemon(bench, mountables.Ours(), home, "daemon, all of H read", "ours"),
        daemon(bench, mountables.Foreign(), home, "daemon, all of a foreign H read", "ours"),
        daemon(bench, mountables.Ours(), bench.corpus("M"), "daemon, all of M read", "ours"),
        create(tools.Restic(), "restic backup", "peer"), restore(tools.Restic(), "restic restore", "peer"),
        create(tools.Borg("lz4"), "borg create", "peer"), restore(tools.Borg("lz4"), "borg extract", "peer")]
    return Row("P15", "memory", "peak RSS", contenders, [
        Goal(one.name, 1, 100 * MIB, metric="rss") for one in contenders if one.role == "ours"], metric="rss")


ROWS = {"P13": p13, "P14": p14, "P15": p15}
