"""What tests of several locations share."""
import hashlib
import subprocess

KEYED = "[archive]\ncompression = fast\n"


def run(*words, check=True):
    return subprocess.run(words, check=check, capture_output=True, text=True, timeout=60)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
