#!/usr/bin/python3
"""Reads the index at the end of a decrypted inner stream, written from engine/archive/FORMAT.md alone and sharing no code with
what it checks.

Usage: read_index.py [--no-proof] STREAM

Prints one JSON object: tar_bytes, main_bytes, gzip, level, snapshot_ns, chain (header, macs) or null, segments (packed, plain,
crc32, hash, kind), files (path, type, mode, uid, gid, user, group, mtime, size, header, data, stored, complete, link, device,
extents, stat). Byte strings are hexadecimal.
Without --no-proof it proves them: every segment is decoded alone and compared with its CRC32 and hash, and every entry with what
Python's tarfile finds when it reads the stream as Home Assistant does ("r|gz"). Exits 1 with one line on stderr when anything
does not fit.
"""
import ctypes
import ctypes.util
import hashlib
import io
import json
import struct
import sys
import tarfile
import zlib

TYPES = ["file", "dir", "symlink", "hardlink", "fifo", "chr", "blk"]
TAR_TYPES = {tarfile.REGTYPE: 0, tarfile.DIRTYPE: 1, tarfile.SYMTYPE: 2, tarfile.LNKTYPE: 3, tarfile.FIFOTYPE: 4,
             tarfile.CHRTYPE: 5, tarfile.BLKTYPE: 6}
FRAME_PAYLOAD, FRAME_MORE, FOOT = 65531, 26, 106


class NoIndex(Exception):
    """The stream has no index that can be believed."""


def need(condition, why):
    if not condition:
        raise NoIndex(why)


def signed(number):
    return (number + 2**63) % 2**64 - 2**63


class Reader:
    """Numbers one after the other."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        need(self.at + count <= len(self.data), "a section is too short")
        self.at += count
        return self.data[self.at - count:self.at]

    def fixed(self, count):
        return int.from_bytes(self.take(count), "little")

    def varint(self):
        value = shift = 0
        while True:
            byte = self.fixed(1)
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def zigzag(self):
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def text(self):
        return self.take(self.varint())

    def ended(self):
        return self.at == len(self.data)


def payload(frame, letter):
    size = len(frame) - FRAME_MORE
    head = b"\x1f\x8b\x08\x04\0\0\0\0\0\x03" + struct.pack("<H", size + 4) + b"H" + letter + struct.pack("<H", size)
    need(size >= 0 and frame[:16] == head and frame[-10:] == b"\x03" + bytes(9), "a frame is not one")
    return frame[16:-10]


def unzstd(frame, size):
    library = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    library.ZSTD_decompress.restype = ctypes.c_size_t
    out = ctypes.create_string_buffer(size)
    got = library.ZSTD_decompress(out, ctypes.c_size_t(size), frame, ctypes.c_size_t(len(frame)))
    need(got == size, "the zstd frame is not sound")
    return out.raw[:size]


def columns(section):
    reader = Reader(section)
    sizes = [reader.varint() for _ in range(reader.varint())]
    found = [Reader(reader.take(size)) for size in sizes]
    need(reader.ended(), "bytes behind the columns")
    return found


def read_segments(section, hashes):
    reader = Reader(section)
    count = reader.varint()
    kinds = list(reader.take(count))
    sizes = [(reader.varint(), reader.varint()) for _ in range(count)]
    crcs = [reader.fixed(4) for _ in range(count)]
    digests = [reader.take(16) if hashes else b"" for _ in range(count)]
    need(reader.ended(), "bytes behind the segments")
    return [{"packed": packed, "plain": plain, "crc32": crc, "hash": digest.hex(), "kind": kind}
            for kind, (packed, plain), crc, digest in zip(kinds, sizes, crcs, digests)]


def read_extents(sparse, count, data):
    extents, logical, stored = [], 0, data
    for _ in range(count):
        logical += sparse.varint()
        stored += sparse.zigzag()
        length = sparse.varint()
        extents.append([logical, stored, length])
        logical += length
        stored += length
    return extents


def read_files(section, sparse):
    (flags, shared, rest, suffix, row, rows, seconds, nanos, size, gap, head, stored, link, device, extents) = columns(section)[:15]
    attributes = []
    while not rows.ended():
        attributes.append([rows.varint(), rows.varint(), rows.zigzag(), rows.zigzag(), rows.text(), rows.text()])
    files, path, mtime, end = [], b"", 0, 0
    while not flags.ended():
        flag = flags.fixed(1)
        path = path[:shared.varint()] + suffix.take(rest.varint())
        kind, mode, uid, gid, user, group = attributes[row.varint()]
        mtime = signed(mtime + seconds.zigzag())
        length = size.varint()
        header = (end + gap.zigzag()) % 2**64
        data = header + head.varint()
        kept = stored.varint() if flag & 1 else length
        end = (data + kept + 511) // 512 * 512
        files.append({
            "path": path.hex(), "type": TYPES[kind], "mode": mode, "uid": uid, "gid": gid, "user": user.hex(),
            "group": group.hex(), "mtime": [mtime, nanos.fixed(4)], "size": length, "header": header, "data": data, "stored": kept,
            "complete": not flag & 2, "link": link.text().hex() if flag & 4 else "",
            "device": [device.varint(), device.varint()] if flag & 8 else [0, 0],
            "extents": read_extents(sparse, extents.varint(), data) if flag & 16 else [], "stat": None})
    return files


def add_stats(files, section):
    present, devices, inodes, seconds, nanos = columns(section)[:5]
    device = inode = second = 0
    for file in files:
        if present.fixed(1):
            device += devices.zigzag()
            inode += inodes.zigzag()
            second += seconds.zigzag()
            file["stat"] = [device % 2**64, inode % 2**64, second * 10**9 + nanos.fixed(4)]


def read_index(stream):
    need(len(stream) >= FOOT, "too short")
    foot = Reader(payload(stream[-FOOT:], b"F"))
    need(foot.take(8) == b"HASEEK\x01\x00" and foot.fixed(2) == 1, "another magic or version")
    foot.fixed(2)
    flags, main, packed, unpacked, tar = foot.fixed(4), foot.fixed(8), foot.fixed(8), foot.fixed(8), foot.fixed(8)
    frames, index = stream[main:-FOOT], b""
    for at in range(0, len(frames), FRAME_PAYLOAD + FRAME_MORE):
        index += payload(frames[at:at + FRAME_PAYLOAD + FRAME_MORE], b"S")
    need(len(index) == packed, "the length of the index differs")
    digest = hashlib.blake2b(foot.data[:64] + index, digest_size=16).digest()
    need(digest == foot.data[64:], "the hash differs")
    reader = Reader(unzstd(index, unpacked))
    rows = [(reader.fixed(2), reader.fixed(2), reader.fixed(8)) for _ in range(reader.fixed(2))]
    sections = {tag: reader.take(size) for tag, _, size in rows}
    need(reader.ended(), "bytes behind the sections")
    need(all(tag in (1, 2, 3, 5) for tag, critical, _ in rows if critical & 1), "an unknown section")
    meta = sections[1]
    seconds, nanos = struct.unpack_from("<qI", meta, 24)
    files = read_files(sections[3], Reader(sections.get(5, b"")))
    if flags & 4:
        add_stats(files, sections[7])
    chain = None
    if 6 in sections:
        reader = Reader(sections[6])
        chain = {"header": reader.take(16).hex(), "macs": [reader.take(8).hex() for _ in range(reader.fixed(4))]}
    return {"tar_bytes": tar, "main_bytes": main, "gzip": bool(flags & 1), "level": meta[17],
            "snapshot_ns": seconds * 10**9 + nanos, "chain": chain, "segments": read_segments(sections[2], flags & 2),
            "files": files}


def prove_segments(stream, index):
    tar, at = b"", 10 if index["gzip"] else 0
    for segment in index["segments"]:
        plain = stream[at:at + segment["packed"]]
        if index["gzip"]:
            plain = zlib.decompress(plain + b"\x03\0", wbits=-15)
        need(len(plain) == segment["plain"] and zlib.crc32(plain) == segment["crc32"], "a segment differs")
        digest = hashlib.blake2b(plain, digest_size=16).hexdigest()
        need(segment["hash"] in ("", digest), "a segment's hash differs")
        at += segment["packed"]
        tar += plain
    need(len(tar) == index["tar_bytes"], "the segments are not the tar")
    if index["gzip"]:
        need(stream[at:index["main_bytes"]] == b"\x03\0" + struct.pack("<II", zlib.crc32(tar), len(tar) % 2**32), "the trailer differs")


def prove_files(stream, index):
    with tarfile.open(fileobj=io.BytesIO(stream), mode="r|gz" if index["gzip"] else "r|") as tar:
        for file in index["files"]:
            member = tar.next()
            need(member is not None, "an entry that is not in the tar")
            found = [member.name, member.offset, member.offset_data, member.size, TAR_TYPES[member.type], member.linkname]
            name = bytes.fromhex(file["path"]).decode(errors="surrogateescape").rstrip("/")
            link = bytes.fromhex(file["link"]).decode(errors="surrogateescape")
            said = [name, file["header"], file["data"], file["size"], TYPES.index(file["type"]), link]
            need(found == said, f"tarfile finds {found}, the index says {said}")
        need(tar.next() is None, "an entry of the tar is not in the index")


def main():
    with open(sys.argv[-1], "rb") as file:
        stream = file.read()
    try:
        index = read_index(stream)
        if "--no-proof" not in sys.argv:
            prove_segments(stream, index)
            prove_files(stream, index)
    except (NoIndex, tarfile.TarError, zlib.error) as problem:
        sys.exit(f"{sys.argv[-1]}: {problem}")
    print(json.dumps(index))


main()
