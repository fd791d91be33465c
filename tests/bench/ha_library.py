#!/usr/bin/python3
"""What Home Assistant's library does, for a machine that has none: Python's tarfile in stream mode, gzip level 9, through
PyNaCl's secretstream in chunks of 1 MiB; and back. One inner tar, no outer one.

Usage: ha_library.py create HOME FILE | ha_library.py extract FILE FOLDER
"""
import sys
import tarfile

import nacl.bindings as sodium

CHUNK = 1 << 20
OVERHEAD = sodium.crypto_secretstream_xchacha20poly1305_ABYTES
BUFFER = 4 << 20  # as Home Assistant opens its tars
KEY = bytes(range(32))  # the bench times bytes, not keys


class Sealer:
    def __init__(self, file):
        self.file, self.state, self.held = file, sodium.crypto_secretstream_xchacha20poly1305_state(), bytearray()
        file.write(sodium.crypto_secretstream_xchacha20poly1305_init_push(self.state, KEY))

    def write(self, data):
        self.held += data
        while len(self.held) > CHUNK:
            self.seal(bytes(self.held[:CHUNK]), sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE)
            del self.held[:CHUNK]
        return len(data)

    def seal(self, data, tag):
        self.file.write(sodium.crypto_secretstream_xchacha20poly1305_push(self.state, data, None, tag))

    def close(self):
        self.seal(bytes(self.held), sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL)


class Opener:
    def __init__(self, file):
        self.file, self.state, self.held = file, sodium.crypto_secretstream_xchacha20poly1305_state(), b""
        header = file.read(sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES)
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(self.state, header, KEY)
        self.final = False

    def read(self, size):
        parts, have = [self.held], len(self.held)
        while have < size and not self.final:
            plain, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(self.state, self.file.read(CHUNK + OVERHEAD))
            self.final = tag == sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
            parts.append(plain)
            have += len(plain)
        data = b"".join(parts)
        self.held = data[size:]
        return data[:size]


def main():
    if sys.argv[1] == "create":
        with open(sys.argv[3], "wb") as file:
            sealer = Sealer(file)
            with tarfile.open(fileobj=sealer, mode="w|gz", bufsize=BUFFER) as tar:
                tar.add(sys.argv[2], ".")
            sealer.close()
    else:
        with open(sys.argv[2], "rb") as file, tarfile.open(fileobj=Opener(file), mode="r|gz", bufsize=BUFFER) as tar:
            tar.extractall(sys.argv[3])


if __name__ == "__main__":
    main()
