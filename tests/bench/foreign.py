#!/usr/bin/python3
"""Makes an archive as Home Assistant writes it out of one of ours: every inner tar decrypted, compressed again by gzip -9 into
one deflate stream without index, and sealed again as SecureTar v3.

Usage: foreign.py ARCHIVE KEY TARGET INNER_FOLDER; the decrypted inner tars stay in INNER_FOLDER.
"""
import hashlib
import os
import subprocess
import sys
import tarfile

import nacl.bindings as sodium

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
from read_like_ha import CHUNK, MAGIC, is_inner, unsealed  # pylint: disable=wrong-import-position


def subkey(root, salt):
    return hashlib.blake2b(b"", digest_size=32, key=root, salt=salt, person=b"SecureTarv3").digest()


class Root:
    """One Argon2id derivation for all members, as Home Assistant does it."""

    def __init__(self, key):
        self.salt, self.validation = os.urandom(16), os.urandom(16)
        self.key = sodium.crypto_pwhash_alg(32, key, self.salt, 8, 16 << 20, sodium.crypto_pwhash_ALG_ARGON2ID13)


def seal(source, target, root):
    """SecureTar v3: header of 136 bytes, then chunks of 1 MiB, the last one marked FINAL."""
    size = os.path.getsize(source)
    derivation, state = os.urandom(16), sodium.crypto_secretstream_xchacha20poly1305_state()
    stream = sodium.crypto_secretstream_xchacha20poly1305_init_push(state, subkey(root.key, derivation))
    with open(source, "rb") as file, open(target, "wb") as out:
        out.write(MAGIC + b"\x03" + bytes(6) + size.to_bytes(8, "big") + bytes(8) + root.salt + root.validation
                  + subkey(root.key, root.validation) + derivation + stream)
        left = size
        while True:
            block = file.read(CHUNK)
            left -= len(block)
            tag = (sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE if left
                   else sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL)
            out.write(sodium.crypto_secretstream_xchacha20poly1305_push(state, block, None, tag))
            if not left:
                return


def compress_again(stream, key, target):
    plain, _ = unsealed(stream, key)
    with open(target, "wb") as out, subprocess.Popen(["gzip", "-9n"], stdin=subprocess.PIPE, stdout=out) as packer:
        with subprocess.Popen(["gzip", "-dc"], stdin=subprocess.PIPE, stdout=packer.stdin) as unpacker:
            packer.stdin.close()
            while block := plain.read(CHUNK):
                unpacker.stdin.write(block)
            unpacker.stdin.close()
    if unpacker.returncode or packer.returncode:
        raise SystemExit(f"{target}: gzip failed")


def main():
    archive, key, target, inner = sys.argv[1], sys.argv[2].encode(), sys.argv[3], sys.argv[4]
    os.makedirs(inner, exist_ok=True)
    root = Root(key)
    with tarfile.open(archive, "r:") as outer, tarfile.open(target + ".part", "w:", format=tarfile.PAX_FORMAT) as made:
        metadata = outer.extractfile("./backup.json")
        for member in filter(lambda member: is_inner(member.name), outer.getmembers()):
            plain = os.path.join(inner, member.name)
            compress_again(outer.extractfile(member), key, plain)
            seal(plain, plain + ".sealed", root)
            made.add(plain + ".sealed", member.name)
            os.unlink(plain + ".sealed")
        made.addfile(outer.getmember("./backup.json"), metadata)
    os.rename(target + ".part", target)


if __name__ == "__main__":
    main()
