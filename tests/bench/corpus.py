"""A corpus as the rows see it: made once for a scale, reused while it is what its manifest says."""
import json
import os
import sys

import corpora
import measure


class Corpus:
    """`root` is the home, `digest` what a restored tree must have, `database` its 541 MiB file, `listing` a sorted text file
    with every path in it."""

    def __init__(self, work, name, scale, say=print):
        self.root = os.path.join(work, "corpora", f"{name}-{scale:g}")
        manifest = self.root + ".json"
        facts = self.read(manifest)
        if not self.is_sound(facts, scale):
            say(f"making corpus {name} at scale {scale:g}")
            os.makedirs(os.path.dirname(self.root), exist_ok=True)
            measure.remove(manifest)
            measure.run([sys.executable, "-B", corpora.__file__, name, self.root, str(scale)])
            facts = self.read(manifest)
        self.name, self.facts, self.digest = name, facts, facts["digest"]
        self.database = "config/home-assistant_v2.db"
        self.listing = self.root + ".paths"
        self.write_listing()

    @staticmethod
    def read(manifest):
        try:
            with open(manifest, encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return None

    def is_sound(self, facts, scale):
        """Right version and size, file by file; content is not read again."""
        if not facts or facts.get("version") != corpora.VERSION or facts.get("scale") != scale:
            return False
        now = corpora.facts_of(self.root) if os.path.isdir(self.root) else {}
        return all(facts.get(name) == value for name, value in now.items()) and bool(now)

    def write_listing(self):
        measure.run(f"find . -mindepth 1 | LC_ALL=C sort > {self.listing}", cwd=self.root)

    def small_files(self):
        """A NUL-separated list of the small files, and how many bytes they have together."""
        path = self.root + ".small"
        measure.run(f"find config ssl apps -type f -size -21k -print0 | LC_ALL=C sort -z > {path}", cwd=self.root)
        return path, int(measure.output_of(f"xargs -0 cat < {path} | wc -c", cwd=self.root))
