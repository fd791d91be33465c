"""What each vector archive must give, from its manifest: states, entries, and where an entry stands in a backup's folder."""
import base64
import hashlib
import json
import os

from shelf import VECTORS

STATES = {"ok": {"ok"}, "auth_required": {"needs-key"}, "bad_password": {"wrong-key"}, "corrupt": {"damaged"},
          "partial": {"damaged"}, "corrupt_or_partial": {"damaged"}, "truncated": {"truncated", "damaged"},
          "unsupported_or_corrupt": {"unsupported", "damaged"}, "ok_or_warn": {"ok"}, "ok_or_corrupt": {"ok", "damaged"},
          "bad_metadata": {"bad-metadata"}, "not_a_backup": {"not-a-backup"}, "hidden": {"not-a-backup"},
          "any": {"ok", "needs-key", "wrong-key", "unsupported", "truncated", "damaged"}}
BADNESS = ["ok", "unchecked", "needs-key", "wrong-key", "unsupported", "truncated", "damaged"]
# Outcomes that let an entry be absent, and those that let reading it fail.
MAY_BE_ABSENT = {"hidden_or_sanitized", "hidden_or_eio", "literal_or_hidden", "eio_or_absent", "ok_or_eio_or_absent",
                 "unrepresentable", "any", "deep"}
MAY_FAIL = {"eio", "eio_or_absent", "ok_or_eio", "ok_or_eio_or_absent", "hidden_or_eio", "any"}


def load():
    with open(os.path.join(VECTORS, "manifest.json"), encoding="utf-8") as file:
        return json.load(file)["archives"]


def states_of(expectation):
    """States that pass for an archive or member of the manifest."""
    states = set(STATES[expectation["expect"]])
    for word in expectation.get("also_acceptable") or []:
        states |= STATES[word]
    # A member whose key check fails though a sibling opens may be called damaged.
    if expectation["expect"] == "bad_password" and "damage" in expectation:
        states.add("damaged")
    return states


def member_name(inner):
    name = inner["member"]
    return name[2:] if name.startswith("./") else name


def folder_path(archive, inner, folder, entry):
    """Where the entry stands below the backup's folder, as bytes; None: not shown as a path of its own."""
    path = base64.b64decode(entry["path_b64"]) if "path_b64" in entry else os.fsencode(entry["path"])
    if inner["stem"] != "homeassistant":
        return os.path.join(os.fsencode(folder), path) if path else os.fsencode(folder)
    if (archive.get("meta") or {}).get("version") != 2:
        return b"config/" + path if path else b"config"
    if path == b"homeassistant.json":
        return path
    if path == b"data":
        return b"config"
    return b"config/" + path[len(b"data/"):] if path.startswith(b"data/") else None


def has_required_child(inner, directory):
    """Whether an entry below this directory must be shown, so that the directory itself must be."""
    below = directory["path"] + "/"
    return any(entry["path"].startswith(below) and entry.get("expect") not in MAY_BE_ABSENT
               and ".." not in entry["path"].split("/") for entry in inner["entries"] if not entry.get("implicit"))


def digest(read_chunks):
    sha = hashlib.sha256()
    for chunk in read_chunks:
        sha.update(chunk)
    return sha.hexdigest()
