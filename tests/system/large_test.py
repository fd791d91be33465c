"""Large files: random reads that do not depend on the offset, and memory that does not depend on the archive's size."""
import io
import os
import random
import statistics
import tarfile
import time
import unittest

from shelf import LONG, Shelf, make_home

MIB = 1 << 20
SIZE = 1024 * MIB if LONG else 96 * MIB
WORDS = [b"sensor.temperature ", b"light.kitchen ", b"unavailable ", b"2026-11-24T04:45:00 ", b"on ", b"off "]


def block(number):
    """One MiB that compresses like a database and is different for every number."""
    maker = random.Random(number)
    text = b"".join(maker.choice(WORDS) + str(maker.randrange(10**6)).encode() for _ in range(45_000))
    return (text + bytes(maker.randbytes(64 * 1024)) + text)[:MIB].ljust(MIB, b".")


class Large(unittest.TestCase):
    def setUp(self):
        self.shelf = Shelf()
        self.addCleanup(self.shelf.__exit__)
        make_home(self.shelf.home)
        self.blocks = [block(number) for number in range(16)]
        with open(os.path.join(self.shelf.home, "media/big.bin"), "wb") as file:
            for number in range(SIZE // MIB):
                file.write(number.to_bytes(8, "big") + self.blocks[number % 16][8:])

    def expected(self, offset, size):
        number, start = divmod(offset, MIB)
        data = number.to_bytes(8, "big") + self.blocks[number % 16][8:]
        return data[start:start + size]

    def make_foreign(self):
        """The same file in an archive as other tools write it: one deflate stream, plain."""
        inner = io.BytesIO()
        with tarfile.open(fileobj=inner, mode="w:gz", compresslevel=1) as tar:
            tar.add(os.path.join(self.shelf.home, "media/big.bin"), "big.bin")
        meta = (b'{"slug": "0a0a0a0a", "version": 2, "name": "foreign", "date": "2026-01-02T03:04:05+00:00", "type": "partial",'
                b' "folders": ["media"], "addons": [], "homeassistant": null, "compressed": true, "protected": false}')
        with tarfile.open(os.path.join(self.shelf.archives, "foreign.tar"), "w") as outer:
            for name, data in (("media.tar.gz", inner.getvalue()), ("./backup.json", meta)):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                outer.addfile(member, io.BytesIO(data))

    def latencies(self, path):
        """Seconds of one cold 4 KiB read at each tenth of the file, checked for right bytes; median of several."""
        handle = os.open(path, os.O_RDONLY)
        try:
            os.pread(handle, 1, 0)
            result = []
            for tenth in range(10):
                times = []
                for trial in range(5):
                    offset = (SIZE // 10 * tenth + trial * 3 * MIB + 123_456) // 4096 * 4096 % (SIZE - 4096)
                    started = time.perf_counter()
                    data = os.pread(handle, 4096, offset)
                    times.append(time.perf_counter() - started)
                    self.assertEqual(data, self.expected(offset, 4096))
                result.append(statistics.median(times))
            return result
        finally:
            os.close(handle)

    def test_a_read_in_the_middle_does_not_decode_from_the_start(self):
        self.shelf.run("backup", "name=ours", check=0)
        self.make_foreign()
        self.shelf.mount()
        for folder in self.shelf.folders():
            path = self.shelf.on_mount(folder, "media/big.bin")
            started = time.perf_counter()
            self.assertEqual(os.stat(path).st_size, SIZE)
            first = time.perf_counter() - started
            times = self.latencies(path)
            print(f"{folder.split('_')[0]}: pass {first:.2f} s; 4 KiB at each tenth of {SIZE // MIB} MiB, ms: "
                  + " ".join(f"{t * 1000:.1f}" for t in times))
            late, early = statistics.median(times[5:]), statistics.median(times[:5])
            self.assertLess(late, max(10 * early, 0.05), "late reads cost like early ones")

    def test_memory_of_the_daemon_after_walking_and_reading_it_all(self):
        if LONG:  # a second gigabyte
            os.link(os.path.join(self.shelf.home, "media/big.bin"), os.path.join(self.shelf.home, "share/linked.bin"))
        self.shelf.run("backup", "name=ours", check=0)
        self.make_foreign()
        self.shelf.mount()
        total = 0
        for folder, _, files in os.walk(self.shelf.mount_point):
            for name in files:
                path = os.path.join(folder, name)
                if not os.path.islink(path):
                    with open(path, "rb", buffering=0) as file:
                        while chunk := file.read(MIB):
                            total += len(chunk)
        with open(f"/proc/{self.shelf.daemon_pid()}/status", encoding="utf-8") as file:
            facts = dict(line.split(":", 1) for line in file)
        now, peak = (int(facts[name].split()[0]) // 1024 for name in ("VmRSS", "VmHWM"))
        print(f"read {total // MIB} MiB; daemon RSS {now} MiB, peak {peak} MiB")
        if not os.environ.get("BACKSHELF_SANITIZED"):
            self.assertLess(peak, 150)

    def test_sequential_reads_are_right(self):
        self.shelf.run("backup", "name=ours", check=0)
        self.shelf.mount()
        path = self.shelf.on_mount(self.shelf.folders()[0], "media/big.bin")
        started = time.perf_counter()
        with open(path, "rb", buffering=0) as file:
            for number in range(SIZE // MIB):
                data = b""
                while len(data) < MIB:
                    more = file.read(MIB - len(data))
                    self.assertTrue(more)
                    data += more
                self.assertEqual(data, self.expected(number * MIB, MIB))
        print(f"sequential: {SIZE / MIB / (time.perf_counter() - started):.0f} MiB/s with comparison")


if __name__ == "__main__":
    unittest.main()
