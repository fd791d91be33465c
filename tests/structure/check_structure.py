#!/usr/bin/python3
"""The structure of the sources: ranks of folders, owners of C libraries, sizes, and banned habits.

Usage: check_structure.py PROJECT_ROOT. Prints each breach as FILE:LINE: WHAT and exits 1 when there is one.
"""
import os
import re
import sys

RANKS = {
    "engine/base": 0,
    "engine/stream": 1, "engine/crypto": 1, "engine/json": 1,
    "engine/disk": 2, "engine/process": 2,
    "engine/tar": 3, "engine/deflate": 3, "engine/zstd": 3, "engine/securetar": 3, "engine/config": 3,
    "engine/tree": 3, "engine/location": 3,
    "engine/home": 4, "engine/keys": 4, "engine/archive": 4,
    "engine/catalog": 5,
    "engine/job": 6,
    "engine/control": 7,
    "fs": 8,
    "tools": 9,
}
# header prefix of a C library -> the only folder that may include it
LIBRARY_OWNERS = {
    "spdlog/": "engine/base", "sodium": "engine/crypto", "openssl/": "engine/crypto",
    "nlohmann/": "engine/json", "archive.h": "engine/tar", "archive_entry.h": "engine/tar",
    "zlib.h": "engine/deflate", "libdeflate.h": "engine/deflate", "isa-l": "engine/deflate",
    "ini.h": "engine/config", "fuse": "fs", "CLI/": "tools", "sqlite3.h": "engine/home",
    "zstd.h": "engine/zstd", "curl/": "engine/location",
}
MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_COLUMNS = 300, 60, 100
# A folder listing outgrows what one look takes in before a file does.
SOURCE_ROOTS = ("engine", "fs", "tools", "tests")

# Where an exception may end (architecture: the reply guard, the job runner, isolation points, C-callback guards, main).
CATCH_ALLOWED = re.compile(r"//\s*(isolation|guard|boundary|cleanup)\b")
BANNED = [
    (re.compile(r"(?<![\w:])std::(mutex|recursive_mutex|shared_mutex)\b"), "a bare mutex: use Guarded<T>",
     {"engine/base/guarded.h"}),
    (re.compile(r"(?<![\w>.])::close\("), "a raw close(): use UniqueFd", {"engine/base/unique_fd.cc"}),
    (re.compile(r"\b(source_location|std::views::|std::format\(|using namespace std\b)"),
     "a feature this toolchain or style does not have", set()),
    (re.compile(r"\b(TODO|FIXME|XXX)\b"), "an unfinished mark", set()),
]


class Checker:
    def __init__(self, root):
        self.root = root
        self.breaches = []

    def report(self, path, line, what):
        self.breaches.append(f"{path}:{line}: {what}")

    def run(self):
        count = 0
        for top in SOURCE_ROOTS:
            for folder, _, names in os.walk(os.path.join(self.root, top)):
                for name in sorted(names):
                    if name.endswith((".cc", ".h")):
                        count += 1
                        self.check_file(os.path.relpath(os.path.join(folder, name), self.root))
        return count

    def check_file(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            lines = file.read().split("\n")
        if len(lines) - 1 > MAX_FILE_LINES:
            self.report(path, len(lines) - 1, f"more than {MAX_FILE_LINES} lines")
        folder = os.path.dirname(path)
        for number, line in enumerate(lines, 1):
            if len(line) > MAX_COLUMNS:
                self.report(path, number, f"more than {MAX_COLUMNS} columns")
            self.check_include(path, folder, number, line)
            if not path.startswith("tests/"):
                self.check_habits(path, number, line)
        self.check_own_header_first(path, lines)
        self.check_functions(path, lines)

    def check_include(self, path, folder, number, line):
        match = re.match(r'\s*#include [<"]([^>"]+)[>"]', line)
        if not match or path.startswith("tests/"):
            return
        target = match.group(1)
        for prefix, owner in LIBRARY_OWNERS.items():
            if target.startswith(prefix) and folder != owner:
                self.report(path, number, f"<{target}> belongs to {owner} alone")
        target_folder = os.path.dirname(target)
        if target_folder in RANKS and folder in RANKS and target_folder != folder:
            if RANKS[target_folder] >= RANKS[folder]:
                self.report(path, number, f"includes {target_folder}, which is not of a lower rank")
        elif folder not in RANKS:
            self.report(path, number, f"folder {folder} has no rank")

    def check_habits(self, path, number, line):
        for pattern, what, exempt in BANNED:
            if pattern.search(line) and path not in exempt:
                self.report(path, number, what)
        if re.search(r"\bcatch \(", line) and not CATCH_ALLOWED.search(line):
            self.report(path, number, "a catch without its reason: // isolation|guard|boundary|cleanup: …")

    def check_own_header_first(self, path, lines):
        header = path[:-3] + ".h"
        if not path.endswith(".cc") or not os.path.exists(os.path.join(self.root, header)):
            return
        first = next((line for line in lines if line.startswith("#include")), "")
        if f'"{header}"' not in first:
            self.report(path, 1, f"does not include {header} first")

    def check_functions(self, path, lines):
        opening = re.compile(r"^(\s*)(?!.*\b(namespace|class|struct|enum|union)\b)\S.*\{$")
        for start, line in enumerate(lines):
            match = opening.match(line)
            if not match or not self.is_function(lines, start, match.group(1)):
                continue
            # The last line of a constructor's list of members is deeper than the constructor.
            indent = match.group(1)[4:] if line.strip().startswith(":") else match.group(1)
            end = next((i for i in range(start + 1, len(lines)) if lines[i].startswith(indent + "}")), start)
            if end - start + 1 > MAX_FUNCTION_LINES:
                self.report(path, start + 1, f"a function of {end - start + 1} lines")

    @staticmethod
    def is_function(lines, start, indent):
        """Top-level or one class deep, not a control statement, not an initialiser."""
        text = lines[start].strip()
        if len(indent) > 4 or re.match(r"(if|for|while|switch|else|do|try|return)\b|}", text):
            return False
        return ")" in text or (start > 0 and ")" in lines[start - 1])


def check_tests_exist(root, checker):
    """Top level stays as agreed; every fuzz target has a corpus."""
    allowed = {"CMakeLists.txt", "README.md", "LICENSE", "fs", "engine", "tools", "tests", "scripts"}
    for name in os.listdir(root):
        if name not in allowed and not name.startswith((".", "build")):
            checker.report(name, 0, "does not belong at the top level")
    fuzz = os.path.join(root, "tests/fuzz")
    for name in os.listdir(fuzz):
        if name.endswith("_fuzz.cc"):
            corpus = os.path.join(fuzz, "corpus", name[:-len("_fuzz.cc")])
            if not os.path.isdir(corpus) or not os.listdir(corpus):
                checker.report(f"tests/fuzz/{name}", 1, "has no corpus")


def check_named_tests(root, checker):
    """The table of features names tests that exist."""
    folder = os.path.join(root, "tests/system")
    with open(os.path.join(folder, "README.md"), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            for module, test in re.findall(r"`(\w+_test)\.(test_\w+)`", line):
                path = os.path.join(folder, module + ".py")
                text = open(path, encoding="utf-8").read() if os.path.exists(path) else ""
                if f"def {test}(" not in text:
                    checker.report("tests/system/README.md", number, f"there is no {module}.{test}")


def main():
    root = sys.argv[1]
    checker = Checker(root)
    count = checker.run()
    check_tests_exist(root, checker)
    check_named_tests(root, checker)
    for breach in checker.breaches:
        print(breach)
    print(f"{count} files, {len(checker.breaches)} breaches")
    return 1 if checker.breaches or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
