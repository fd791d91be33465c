"""What every row needs: the program, the work folder, the corpora, and what is made once and read often."""
import fcntl
import json
import os
import time

import measure
import tools
from corpus import Corpus


class Bench:
    def __init__(self, program, work, scale, runs, long, with_ha, cold, say):
        self.program, self.work, self.scale, self.runs = program, work, scale, runs
        self.long, self.with_ha, self.cold, self.say = long, with_ha, cold, say
        self.corpora, self.made = {}, set()
        self.lock = self.lock_work()
        self.out = measure.fresh(os.path.join(work, "out"))
        self.drops = measure.drop_caches()

    def lock_work(self):
        """Two benchmarks in one folder would delete each other's outputs."""
        lock = open(os.path.join(self.work, "lock"), "w", encoding="ascii")  # pylint: disable=consider-using-with
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SystemExit(f"scripts/bench: another benchmark works in {self.work}; use --work") from None
        return lock

    def corpus(self, name, scale=None):
        scale = scale or self.scale
        if (name, scale) not in self.corpora:
            self.corpora[name, scale] = Corpus(self.work, name, scale, self.say)
        return self.corpora[name, scale]

    def point(self, name):
        return os.path.join(self.work, "mnt", name.translate({ord(c): "_" for c in " /|'()"}))

    def fixture(self, name, corpus, build, ours=False):
        """A folder that `build(folder)` fills. What peers made is reused by later benches, what this program made is not."""
        folder = os.path.join(self.work, "fixtures", f"{name}-{corpus.name}-{self.scale:g}")
        stamp, wanted = folder + ".json", {"corpus": corpus.digest}
        if folder in self.made or (not ours and Corpus.read(stamp) == wanted):
            return folder
        self.say(f"preparing {name} of {corpus.name}")
        measure.remove(stamp)
        measure.fresh(folder)
        build(folder)
        with open(stamp, "w", encoding="utf-8") as file:
            json.dump(wanted, file)
        self.made.add(folder)
        return folder

    def archive_of(self, archiver, corpus):
        """A folder with one backup of the corpus by this archiver."""
        name = "".join(c if c.isalnum() else "-" for c in archiver.name)

        def build(folder):
            archiver.init(folder)
            archiver.create(folder, corpus.root)
        return self.fixture(name, corpus, build, ours=isinstance(archiver, tools.Ours))

    def ours(self, compression, name=None, more=""):
        return tools.Ours(self.program, compression, name, more)

    def settle(self, *inputs):
        """Before a run about computing: nothing left to write, the inputs in memory (with --cold: nothing in memory)."""
        measure.flush()
        if self.cold:
            measure.drop_caches()
        else:
            for path in inputs:
                measure.warm(path)

    @staticmethod
    def key_derivation():
        """CPU seconds of the one Argon2id derivation that opening a SecureTar v3 archive costs."""
        try:
            import nacl.bindings as sodium  # pylint: disable=import-outside-toplevel
        except ImportError:
            return 0.0
        times = []
        for _ in range(7):
            began = time.process_time()
            sodium.crypto_pwhash_alg(32, b"key", bytes(16), 8, 16 << 20, sodium.crypto_pwhash_ALG_ARGON2ID13)
            times.append(time.process_time() - began)
        return min(times)
