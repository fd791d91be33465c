"""Bar charts and curves as SVG, readable on a light and on a dark page."""
import math
from xml.sax.saxutils import escape

from report import number, show

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
    bounds = {goal["bound"] for goal in row["goals"] if goal["reached"] is not None and "size " not in goal["text"]}
    most = max([one[metric] for one in shown] + list(bounds), default=0) or 1
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
        y += LINE
    for bound in bounds:
        x = LEFT + min(bound / most, 1.0) * BARS
        out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top + 24}" y2="{y}" class="goal"><title>goal</title></line>')
    return out, y - top + GAP


def curve(row, top):
    """A growth row: wall seconds over the points, both axes logarithmic."""
    points = [(one["extra"]["x"], one["wall"], one["name"]) for one in row["contenders"] if "wall" in one]
    out = [text(8, top + 14, f"{row['key']}  {row['title']}", "t"), text(WIDTH - 8, top + 14, "seconds", "v", "end")]
    height, base = 130, top + 160
    if not points:
        return out, GAP

    def place(value, values, length):
        low, high = math.log10(min(values)), math.log10(max(values))
        return (math.log10(value) - low) / (high - low) * length if high > low else length / 2
    xs, ys = [p[0] for p in points], [max(p[1], 1e-4) for p in points]
    spots = [(LEFT + place(x, xs, BARS), base - 10 - place(y, ys, height - 30)) for x, y in zip(xs, ys)]
    out.append(f'<line x1="{LEFT - 20}" x2="{LEFT + BARS + 20}" y1="{base}" y2="{base}" class="axis"/>')
    out.append('<polyline class="line" points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in spots) + '"/>')
    for (x, y), (_, wall, name) in zip(spots, points):
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" class="dot"/>', text(x, y - 8, number(wall), "v", "middle"),
                text(x, base + 15, name, "v", "middle")]
    return out, 185 + GAP


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
