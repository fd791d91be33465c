"""Archives taken apart, and put together as a damaged one is."""
import tarfile

GIB = 1 << 30
STALE = "left a wrong size"


def outer_members(path):
    """(name, mtime, bytes) of each member of a sound archive."""
    with tarfile.open(path, "r:") as outer:
        return [(info.name, info.mtime, outer.extractfile(info).read()) for info in outer]


def header(name, size, mtime=1741064767.5, pax_size=None):
    """As Home Assistant's tarfile writes it; with `pax_size` as its re-encryption does: the record wins, ustar has 0."""
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, mtime, 0o644
    if pax_size is not None:
        info.pax_headers = {"size": str(pax_size)}
    return info.tobuf(tarfile.PAX_FORMAT)


def padded(data):
    return data + bytes(-len(data) % 512)


def v3_size(plain):
    return 136 + plain + 17 * max(1, -(-plain // (1 << 20)))


def paths(facts):
    """What read_like_ha says, as the folder of the backup names it: path -> facts."""
    found = {}
    for member, entries in facts.items():
        stem = member.split(".tar")[0]
        for path, entry in entries.items():
            path = path.removeprefix("./")
            if stem == "homeassistant":
                path = "config" + path.removeprefix("data") if path.startswith("data") else path
            elif path != ".":
                folder = {"addons_local": "addons"}.get(stem, stem if stem in ("share", "ssl", "media") else "apps/" + stem)
                path = f"{folder}/{path}"
            found[path] = {key: value for key, value in entry.items() if key not in ("member", "path")}
    found.pop(".", None)
    return found
