#!/usr/bin/python3
"""Random reads of 64 KiB, each place once, for at most a few seconds; then every byte read is compared with the original.

Usage: random_reads.py FILE ORIGINAL SEED COUNT SECONDS; prints {"reads": N, "seconds": S, "worst": S, "right": true}.
"""
import json
import os
import random
import sys
import time
import zlib

SIZE = 64 * 1024


def main():
    path, original = sys.argv[1:3]
    seed, count, limit = int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
    handle = os.open(path, os.O_RDONLY)
    places = list(range(os.fstat(handle).st_size // SIZE - 1))
    random.Random(seed).shuffle(places)
    sums, worst = [], 0.0
    began = time.perf_counter()
    for place in places[:count]:
        before = time.perf_counter()
        data = os.pread(handle, SIZE, place * SIZE + 4096)
        now = time.perf_counter()
        worst = max(worst, now - before)
        sums.append((place, zlib.crc32(data)))
        if now - began > limit:
            break
    seconds = time.perf_counter() - began
    os.close(handle)
    with open(original, "rb", buffering=0) as file:
        right = all(zlib.crc32(os.pread(file.fileno(), SIZE, place * SIZE + 4096)) == crc for place, crc in sums)
    print(json.dumps({"reads": len(sums), "seconds": seconds, "worst": worst, "right": right}))


if __name__ == "__main__":
    main()
