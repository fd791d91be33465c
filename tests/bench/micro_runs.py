"""The benchmarks of single stages (micro/, Google Benchmark), run when they are built; their figures go beside the rows."""
import glob
import json
import os

import measure


def programs(root):
    """What a build with -DBACKSHELF_BENCH=ON leaves."""
    found = [path for name in ("*_bench", "micro*") for place in ("build", "build/tests/bench", "build/tests/bench/micro")
             for path in glob.glob(os.path.join(root, place, name))]
    return sorted(path for path in set(found) if os.path.isfile(path) and os.access(path, os.X_OK))


def run(root, say):
    """One entry for each benchmark: name, nanoseconds of CPU, bytes or items per second when it counts them."""
    entries = []
    for program in programs(root):
        say(f"stages of {os.path.basename(program)}")
        try:
            said = json.loads(measure.output_of([program, "--benchmark_format=json"]))
        except (measure.LeftOut, ValueError) as reason:
            say(f"  left out: {reason}")
            continue
        wanted = ("name", "cpu_time", "time_unit", "bytes_per_second", "items_per_second")
        entries += [{name: one[name] for name in wanted if name in one} for one in said["benchmarks"]]
    return entries


def speed(entry):
    if "bytes_per_second" in entry:
        return f"{entry['bytes_per_second'] / 1e6:,.0f} MB/s"
    if "items_per_second" in entry:
        return f"{entry['items_per_second']:,.0f} /s"
    return f"{entry['cpu_time']:,.1f} {entry['time_unit']}"
