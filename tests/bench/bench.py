#!/usr/bin/python3
"""The end-to-end benchmark: every row of the table in README.md, this program and its peers in turn, in one run.

Usage: scripts/bench [--only P1,P9] [--scale 0.1] [--runs 3] [--long] [--ha MODE] [--cold] [--work DIR] [--list]
"""
import argparse
import json
import os
import sys
import time

import chart
import machine
import measure
import micro_runs
import report
import rows_create
import rows_growth
import rows_mount
import rows_restore
from bench_context import Bench

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
ROWS = rows_create.ROWS | rows_mount.ROWS | rows_restore.ROWS | rows_growth.ROWS


def words():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures backshelf and its peers in one run.")
    parser.add_argument("--only", help="rows, with commas: P1,P9; micro: the stages, if they are built")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the corpora; 1 is what the goals are stated for")
    parser.add_argument("--runs", type=int, default=3, help="runs of everyone; medians are shown")
    parser.add_argument("--long", action="store_true", help="the longest points of P16 too (100 GiB, 1,000,000 files)")
    parser.add_argument("--ha", choices=("no", "once", "all"), default="once",
                        help="HA's library (minutes at scale 1): not, in P2 and P13 (default), or in every row that has it")
    parser.add_argument("--cold", action="store_true", help="empty caches before the rows about computing too")
    parser.add_argument("--timeout", type=float, default=1800, help="seconds after which a command counts as stuck")
    parser.add_argument("--work", default="/var/tmp/backshelf-bench", help="folder for corpora and outputs; is kept")
    parser.add_argument("--program", default=os.path.join(ROOT, "build", "backshelf"))
    parser.add_argument("--output", default=os.path.join(ROOT, "tests", "bench", "results"), help="folder for the results")
    parser.add_argument("--list", action="store_true", help="name the rows and stop")
    return parser.parse_args()


def say(line):
    print(line, file=sys.stderr, flush=True)


def chosen(only):
    """The rows asked for, in the table's order; P16 stands for P16a to P16d."""
    if not only:
        return list(ROWS)
    asked = [key.strip().lower() for key in only.split(",") if key.strip() != "micro"]
    keys = [key for key in ROWS if key.lower() in asked or key.lower().rstrip("abcd") in asked]
    unknown = [key for key in asked if not any(key in (row.lower(), row.lower().rstrip("abcd")) for row in ROWS)]
    if unknown:
        raise SystemExit(f"scripts/bench: no row {', '.join(unknown)} (known: {', '.join(ROWS)})")
    return keys


def write(results, folder):
    """results.json, .md and one chart for each group, under one name made of date and scale."""
    os.makedirs(folder, exist_ok=True)
    stem = f"{results['machine']['date'][:16].replace(':', '')}-scale-{results['settings']['scale']:g}"
    charts = {}
    for group in dict.fromkeys(row["group"] for row in results["rows"]):
        charts[group] = f"{stem}-{group}.svg"
        with open(os.path.join(folder, charts[group]), "w", encoding="utf-8") as file:
            file.write(chart.svg([row for row in results["rows"] if row["group"] == group]))
    for suffix, text in ((".json", json.dumps(results, indent=1) + "\n"), (".md", report.as_markdown(results, charts))):
        with open(os.path.join(folder, stem + suffix), "w", encoding="utf-8") as file:
            file.write(text)
    return os.path.join(folder, stem)


def run_rows(bench, keys, results, folder):
    """After every row what is there is written, so that a long run that is stopped has not been for nothing."""
    for key in keys:
        try:
            row = ROWS[key](bench)
            say(f"{row.key}  {row.title}")
            results["rows"].append(row.execute(bench.runs, say).as_dict())
        except measure.LeftOut as reason:
            say(f"{key}: not measured: {reason}")
            continue
        write(results, folder)


def main():
    options = words()
    if options.list:
        for key, make in ROWS.items():
            print(f"{key:5} {make.__doc__}")
        return 0
    keys = chosen(options.only)
    if not os.access(options.program, os.X_OK):
        raise SystemExit(f"scripts/bench: {options.program} is not there; run scripts/build")
    measure.TIMEOUT = options.timeout
    os.makedirs(options.work, exist_ok=True)
    began = time.monotonic()
    bench = Bench(os.path.realpath(options.program), os.path.realpath(options.work), options.scale, options.runs,
                  options.long, None if options.ha == "no" else options.ha, options.cold, say)
    settings = {"scale": options.scale, "runs": options.runs, "long": options.long, "cold": options.cold,
                "caches_dropped": bench.drops}
    results = {"machine": machine.facts(bench.program, bench.work, ROOT), "settings": settings, "rows": []}
    if not options.only or "micro" in options.only:
        results["micro"] = micro_runs.run(ROOT, say)
    run_rows(bench, keys, results, options.output)
    stem = write(results, options.output)
    measure.remove(bench.out)
    sys.stdout.write(report.as_text(results))
    say(f"{time.monotonic() - began:.0f} s; results: {stem}.md, .json, .svg")
    failed = [one["name"] for row in results["rows"] for one in row["contenders"]
              if one.get("wrong") or (one["role"] == "ours" and "left_out" in one)]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
