#!/usr/bin/python3
"""Reads a Home Assistant backup as Home Assistant reads it: Python's tarfile in stream mode over securetar's decryption,
written from the format's description (SecureTar v2 and v3) and sharing no code with what it checks.

Usage: read_like_ha.py [--decrypt-to DIRECTORY] [--beside NAME]... ARCHIVE [KEY]

Prints one JSON object per entry of every inner tar: member, path, type (file, dir, symlink, hardlink, fifo, chr, blk), mode,
uid, gid, mtime_ns, size, sha256 (files), link. NAME is a member that the metadata does
not list. With --decrypt-to it writes each inner tar, decrypted, into that folder.
Exits 1 with one line on stderr when Home Assistant would refuse the archive.
"""
import argparse
import decimal
import hashlib
import hmac
import io
import json
import os
import subprocess
import sys
import tarfile

MAGIC = b"SecureTar"
CHUNK = 1 << 20
OVERHEAD = 17
TYPES = {tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file", tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "symlink",
         tarfile.LNKTYPE: "hardlink", tarfile.FIFOTYPE: "fifo", tarfile.CHRTYPE: "chr", tarfile.BLKTYPE: "blk"}


class Refused(Exception):
    """Home Assistant would not restore this."""


def need(condition, why):
    if not condition:
        raise Refused(why)


class Pieces(io.RawIOBase):
    """A readable stream over an iterator of bytes."""

    def __init__(self, pieces):
        super().__init__()
        self.pieces, self.left = pieces, b""

    def readable(self):
        return True

    def readinto(self, buffer):
        while not self.left:
            self.left = next(self.pieces, None)
            if self.left is None:
                self.left = b""
                return 0
        count = min(len(buffer), len(self.left))
        buffer[:count] = self.left[:count]
        self.left = self.left[count:]
        return count


def take(stream, count, what):
    data = stream.read(count)
    need(len(data) == count, f"{what} is cut")
    return data


def v3_pieces(stream, header, key):
    import nacl.bindings as sodium  # pylint: disable=import-outside-toplevel
    plain_size = int.from_bytes(header[16:24], "big")
    rest = header[32:] + take(stream, 136 - len(header), "the v3 header")
    root_salt, validation_salt, validation_key = rest[0:16], rest[16:32], rest[32:64]
    derivation_salt, stream_header = rest[64:80], rest[80:104]
    root = sodium.crypto_pwhash_alg(32, key, root_salt, 8, 16 << 20, sodium.crypto_pwhash_ALG_ARGON2ID13)

    def subkey(salt):
        return hashlib.blake2b(b"", digest_size=32, key=root, salt=salt, person=b"SecureTarv3").digest()

    need(hmac.compare_digest(subkey(validation_salt), validation_key), "the key is wrong")
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, stream_header, subkey(derivation_salt))
    final = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
    left = plain_size
    while True:
        count = min(left, CHUNK)
        sealed = take(stream, count + OVERHEAD, "a v3 chunk")
        try:
            plain, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, sealed)
        except Exception as error:  # PyNaCl has its own RuntimeError
            raise Refused("a v3 chunk is damaged") from error
        left -= count
        need((tag == final) == (left == 0), "the FINAL mark is not at the end")
        yield plain
        if left == 0:
            return


def aes_cbc(key, iv):
    """A function that decrypts blocks in order."""
    try:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        return Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor().update
    except ImportError:
        previous = [iv]

        def decrypt(data):
            if not data:
                return b""
            done = subprocess.run(["openssl", "enc", "-d", "-aes-128-cbc", "-nopad", "-K", key.hex(), "-iv",
                                   previous[0].hex()], input=data, capture_output=True, check=True)
            previous[0] = data[-16:]
            return done.stdout
        return decrypt


def rounds(data):
    for _ in range(100):
        data = hashlib.sha256(data).digest()
    return data[:16]


def v2_pieces(stream, header, key):
    plain_size = int.from_bytes(header[16:24], "big")
    salt = header[32:48]
    aes_key = rounds(key)
    decrypt = aes_cbc(aes_key, rounds(aes_key + salt))
    count, held = 0, b""
    while True:
        sealed = stream.read(CHUNK)
        need(len(sealed) % 16 == 0, "the v2 ciphertext is cut")
        if not sealed:
            break
        count += len(held)
        if held:
            yield held
        held = decrypt(sealed)
    need(held and 1 <= held[-1] <= 16 and held.endswith(bytes([held[-1]]) * held[-1]), "the v2 padding is wrong")
    held = held[:-held[-1]]
    need(count + len(held) == plain_size, f"the v2 header says {plain_size} bytes, there are {count + len(held)}")
    if held:
        yield held


def unsealed(stream, key):
    """(plaintext stream, whether it was encrypted)"""
    stream = io.BufferedReader(stream, CHUNK)
    start = stream.peek(48)[:48]
    if not start.startswith(MAGIC):
        return stream, False
    need(key is not None, "it is encrypted, and no key was given")
    need(start[10:16] == bytes(6), "reserved bytes are not zero")
    header = take(stream, 48, "the header")
    need(header[9] in (2, 3), f"SecureTar version {header[9]} is not known")
    pieces = (v3_pieces if header[9] == 3 else v2_pieces)(stream, header, key)
    return io.BufferedReader(Pieces(pieces), CHUNK), True


def mtime_ns(info):
    text = info.pax_headers.get("mtime", str(info.mtime))  # a float of today loses nanoseconds
    return int((decimal.Decimal(text) * 10**9).to_integral_value())


def digest(tar, info):
    total = hashlib.sha256()
    body = tar.extractfile(info)
    for block in iter(lambda: body.read(CHUNK), b""):
        total.update(block)
    return total.hexdigest()


def entry_of(member, tar, info):
    entry = {"member": member, "path": info.name, "type": TYPES.get(info.type, "other"), "mode": info.mode,
             "uid": info.uid, "gid": info.gid, "mtime_ns": mtime_ns(info), "size": info.size, "link": info.linkname}
    if entry["type"] == "file":
        entry["sha256"] = digest(tar, info)
    return entry


def is_inner(name):
    return name.endswith((".tar", ".tar.gz"))


def read_inner(name, stream, metadata, key):
    """Prints the entries of one inner tar; checks what the restore relies on."""
    plain, encrypted = unsealed(stream, key)
    need(encrypted == metadata["protected"], f"{name}: `protected` is {metadata['protected']}, the bytes say otherwise")
    with tarfile.open(fileobj=plain, mode="r|gz" if name.endswith(".gz") else "r|", bufsize=CHUNK) as tar:
        for info in tar:
            print(json.dumps(entry_of(name, tar, info)))
    while plain.read(CHUNK):  # to the FINAL mark
        pass


def decrypt_inner(name, stream, key, folder):
    with open(os.path.join(folder, name), "xb") as out:
        plain, _ = unsealed(stream, key)
        for block in iter(lambda: plain.read(CHUNK), b""):
            out.write(block)


def check_outer(outer, path, beside):
    """The rules of an archive that every Home Assistant takes, with `beside` as members that it passes over; returns its
    metadata."""
    members = outer.getmembers()
    need(os.path.getsize(path) % tarfile.RECORDSIZE == 0, "the outer tar is not padded to 10240")
    need(members and members[-1].name == "./backup.json", "./backup.json is not the last member")
    need(all(member.isreg() for member in members), "a member is no regular file")
    metadata = json.loads(outer.extractfile(members[-1]).read())
    suffix = ".tar.gz" if metadata.get("compressed", True) else ".tar"
    stems = []
    for member in members[:-1]:
        if is_inner(member.name):
            need(member.name.endswith(suffix) and "/" not in member.name, f"{member.name}: not a name of such a backup")
            need(suffix != ".tar" or not member.name.endswith(".tar.gz"), f"{member.name}: `compressed` is wrong")
            stems.append(member.name[:-len(suffix)])
    wanted = [folder.replace("/", "_") for folder in metadata.get("folders", [])]
    wanted += [addon["slug"] for addon in metadata.get("addons", [])]
    wanted += ["homeassistant"] if metadata.get("homeassistant") else []
    wanted += ["supervisor"] if "supervisor" in stems else []  # Home Assistant lists it nowhere
    wanted += beside
    need(sorted(stems) == sorted(wanted), f"metadata lists {sorted(wanted)}, there are {sorted(stems)}")
    need(metadata["version"] == 2 and metadata["type"] in ("full", "partial"), "version or type is wrong")
    return metadata


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--decrypt-to")
    parser.add_argument("--beside", action="append", default=[])
    parser.add_argument("archive")
    parser.add_argument("key", nargs="?")
    words = parser.parse_args()
    key = words.key.encode() if words.key is not None else None
    try:
        with tarfile.open(words.archive, "r:") as outer:
            metadata = check_outer(outer, words.archive, words.beside)
            for member in outer.getmembers():
                if not is_inner(member.name):
                    continue
                stream = outer.extractfile(member)
                if words.decrypt_to:
                    decrypt_inner(member.name, stream, key, words.decrypt_to)
                else:
                    read_inner(member.name, stream, metadata, key)
    except (Refused, tarfile.TarError, EOFError, OSError, ValueError) as error:
        print(f"{words.archive}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
