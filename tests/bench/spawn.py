"""Runs one command and reports how it went: spawn.py FD COMMAND… writes "wall cpu max-rss-KiB exit-code" to the descriptor.

Linux counts the size of the process that starts a command into the command's peak RSS. So that is this one, as small as a
Python can be (about 9 MiB; run it with -I -S), and not the benchmark.
"""
import os
import sys
import time

report = int(sys.argv[1])
os.set_inheritable(report, False)
began = time.perf_counter()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - began
os.write(report, f"{wall} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss} {os.waitstatus_to_exitcode(status)}".encode())
