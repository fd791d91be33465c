"""Bar charts and curves as SVG, readable on a light and on a dark page."""
import math
from xml.sax.saxutils import escape

from report import show

STYLE = """<style>
text { font: 12px system-ui, sans-serif; fill: #24292f } .t { font-weight: 600 } .v { font-size: 11px }
.ours { fill: #1f6feb } .peer { fill: #8c959f } .limit { fill: #c9d1d9 } .goal { stroke: #cf222e; stroke-width: 2 }
.line { fill: none; stroke: #1f6feb; stroke-width: 2 } .axis { stroke: #8c959f } .dot { fill: #1f6feb } .page { fill: #ffffff }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .page { fill: #0d1117 } .peer { fill: #6e7681 }
.limit { fill: #3d444d } .ours, .dot { fill: #58a6ff } .line { stroke: #58a6ff } .goal { stroke: #ff7b72 } }
</style>"""
WIDTH, LEFT, BARS, LINE, GAP = 860, 290, 430, 20, 26
UNITS = {"wall": "seconds", "rate": "per second", "rss": "MiB", "size": "MB"}


def text(x, y, words, kind="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def bars(row, top):
    """One row of the table: a bar for each contender, a mark where each goal's bound is. Returns (lines, height)."""
    metric = row["metric"]
    shown = [one for one in row["contenders"] if metric in one]
    judged = [goal for goal in row["goals"] if goal["reached"] is not None and "size " not in goal["text"]]
    bounds = [goal["bound"] for goal in judged]
    most = max([one[metric] for one in shown] + bounds, default=0) or 1
    ordered = sorted((one[metric] for one in shown), reverse=True)
    if len(ordered) > 2 and ordered[0] > 6 * ordered[1]:
        most = max(1.3 * ordered[1], *bounds, 0)  # one far outlier must not flatten the rest
    out = [text(8, top + 14, f"{row['key']}  {row['title']}", "t"),
           text(WIDTH - 8, top + 14, UNITS[metric] + (", more is better" if metric == "rate" else ""), "v", "end")]
    y = top + 24
    for one in shown:
        width = max(min(one[metric] / most, 1.0) * BARS, 1)
        cut = " (bar cut)" if one[metric] > most else ""
        out += [text(LEFT - 8, y + 13, one["name"], "", "end"),
                f'<rect x="{LEFT}" y="{y + 2}" width="{width:.1f}" height="{LINE - 5}" rx="2" class="{one["role"]}"/>',
                text(LEFT + width + 6, y + 13, show(metric, one[metric]) + cut, "v")]
        for goal in (goal for goal in judged if goal["text"].startswith(one["name"] + ": ")):
            x = LEFT + min(goal["bound"] / most, 1.0) * BARS
            out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + LINE - 1}" class="goal">'
                       f'<title>{escape(goal["text"])}</title></line>')
        y += LINE
    return out, y - top + GAP


def spots_of(points, base, height):
    """Points (x, y) on a field `height` high above `base`, both axes logarithmic."""
    def place(value, values, length):
        low, high = math.log10(min(values)), math.log10(max(values))
        return (math.log10(value) - low) / (high - low) * length if high > low else length / 2
    xs, ys = [x for x, _ in points], [max(y, 1e-4) for _, y in points]
    if max(ys) < 2 * min(ys):  # a flat line must look flat
        ys = ys + [min(ys) / 2, max(ys) * 2]
    return [(LEFT + place(x, xs, BARS), base - 14 - place(max(y, 1e-4), ys, height)) for x, y in points]


def curve(row, top):
    """A growth row: seconds, and below the daemon's memory, over the points; both axes logarithmic."""
    points = [one for one in row["contenders"] if "wall" in one and "rss" in one]
    out = [text(8, top + 14, f"{row['key']}  {row['title']}", "t")]
    if not points:
        return out, GAP
    for name, kind, start, height in (("wall", "seconds", top + 24, 80), ("rss", "MiB, the daemon's peak", top + 140, 50)):
        base = start + height + 30
        spots = spots_of([(one["extra"]["x"], one[name]) for one in points], base, height)
        out += [text(LEFT - 40, base - height / 2, kind, "v", "end"),
                f'<line x1="{LEFT - 20}" x2="{LEFT + BARS + 20}" y1="{base}" y2="{base}" class="axis"/>',
                '<polyline class="line" points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in spots) + '"/>']
        for (x, y), one in zip(spots, points):
            out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" class="dot"/>',
                    text(x, y - 8, show(name, one[name]), "v", "middle")]
    out += [text(x, base + 15, one["name"], "v", "middle") for (x, _), one in zip(spots, points)]
    return out, base + 20 - top + GAP


def svg(rows):
    """One picture of several rows."""
    parts, top = [], 8
    for row in rows:
        more, height = (curve if row["growth"] else bars)(row, top)
        parts += more
        top += height
    legend = top + 6
    parts += [f'<rect x="{LEFT + i * 110}" y="{legend - 9}" width="10" height="10" class="{kind}"/>'
              + text(LEFT + i * 110 + 15, legend, words, "v")
              for i, (kind, words) in enumerate([("ours", "backshelf"), ("peer", "peer"), ("limit", "limit")])]
    parts.append(f'<line x1="{LEFT + 335}" x2="{LEFT + 335}" y1="{legend - 10}" y2="{legend + 2}" class="goal"/>'
                 + text(LEFT + 342, legend, "goal", "v"))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top + 20}" width="{WIDTH}" height="{top + 20}">'
            f'{STYLE}<rect class="page" width="100%" height="100%"/>{"".join(parts)}</svg>\n')
