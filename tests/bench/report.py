"""The results as text and as Markdown."""
import micro_runs as micro

MB, MIB = 10**6, 1 << 20


def number(value, digits=3):
    """Three significant digits, without an exponent."""
    if value is None:
        return "–"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.{1 if value >= 10 else 2 if value >= 1 else digits}f}"


def show(name, value):
    if value is None:
        return "–"
    if name == "rss":
        return f"{value / MIB:,.0f}"
    return number(value / MB if name == "size" else value)


COLUMNS = [("wall", "wall s"), ("cpu", "CPU s"), ("flush", "sync s"), ("rss", "RSS MiB"), ("size", "out MB"),
           ("rate", "per s")]


def ratio(row, one):
    """One's value over ours: how many times as long (or as much) as the first of ours."""
    ours = next((c for c in row["contenders"] if c["role"] == "ours" and row["metric"] in c), None)
    value = one.get(row["metric"])
    if ours is None or value is None or row["growth"] or not ours[row["metric"]]:
        return ""
    return f"{value / ours[row['metric']]:.2f}"


def spread(one, metric):
    values = [sample[metric] for sample in one.get("samples", []) if metric in sample]
    return f"{show(metric, min(values))}–{show(metric, max(values))}" if len(values) > 1 else ""


def cells(row):
    """Header and one list of texts for each contender."""
    shown = [column for column in COLUMNS if any(column[0] in one for one in row["contenders"])]
    extras = sorted({name for one in row["contenders"] for name in one.get("extra", {})})
    table = [["", *(title for _, title in shown), *extras, "range", "× ours"]]
    for one in row["contenders"]:
        if "left_out" in one:
            continue
        table.append([one["name"], *(show(name, one.get(name)) for name, _ in shown),
                      *(extra_text(one["extra"].get(name)) for name in extras), spread(one, row["metric"]), ratio(row, one)])
    return table


def extra_text(value):
    if value is None:
        return "–"
    return f"{value / MB:,.1f} MB" if value > 100_000 else number(value)


def goal_line(goal):
    if goal["reached"] is None:
        return f"not decided: {goal['text']}"
    mark = "reached" if goal["reached"] else "NOT reached"
    return f"{mark}: {goal['text']}  (at {goal['of_bound']:.2f} of the bound)"


def lines_of(row):
    yield from (goal_line(goal) for goal in row["goals"])
    if row["note"]:
        yield row["note"]
    for one in row["contenders"]:
        if "left_out" in one:
            yield f"left out: {one['name']}: {one['left_out']}"


def head(machine, settings):
    disk = machine["disk"]
    yield (f"{machine['date']}, {machine['cpu']}, {machine['cores']} cores, {machine['memory'] / (1 << 30):.0f} GiB, "
           f"Linux {machine['kernel']}, {disk['file_system']} on {disk['device']}, load at the start {machine['load']:.1f}")
    yield (f"{machine['program']}, commit {(machine['commit'] or 'unknown')[:12]}"
           f"{' with changes' if machine['changed_files'] else ''}; scale {settings['scale']:g}, {settings['runs']} runs, medians")
    if not settings["caches_dropped"]:
        yield "Caches could not be dropped (that needs root): the rows that say cold are warm."
    if settings["scale"] != 1:
        yield "Not the full size: the goals are stated for scale 1, and fixed costs weigh more here."


def as_text(results):
    out = list(head(results["machine"], results["settings"]))
    for row in results["rows"]:
        table = cells(row)
        widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
        out += ["", f"{row['key']}  {row['title']}"]
        for line in table:
            out.append("  " + "  ".join(text.ljust(width) if i == 0 else text.rjust(width)
                                        for i, (text, width) in enumerate(zip(line, widths))).rstrip())
        out += ["  " + line for line in lines_of(row)]
    if results.get("micro"):
        out += ["", "Stages"] + [f"  {one['name']:<60} {micro.speed(one):>14}" for one in results["micro"]]
    return "\n".join(out) + "\n"


def escaped(words):
    return words.replace("|", "\\|")


def as_markdown(results, charts):
    out = ["# Benchmark", ""] + [line + "  " for line in head(results["machine"], results["settings"])]
    out += ["", "| row | goal | |", "|---|---|---|"]
    for row in results["rows"]:
        for goal in row["goals"]:
            mark = {True: "reached", False: "**not reached**", None: "not decided"}[goal["reached"]]
            share = f", at {goal['of_bound']:.2f} of the bound" if goal["reached"] is not None else ""
            out.append(f"| {row['key']} | {escaped(goal['text'])} | {mark}{share} |")
    group = None
    for row in results["rows"]:
        if row["group"] != group:
            group = row["group"]
            out += ["", f"## {group}"] + ([f"![{group}]({charts[group]})"] if group in charts else [])
        table = [[escaped(text) for text in line] for line in cells(row)]
        out += ["", f"**{row['key']}** {row['title']}", "", "| " + " | ".join(table[0]) + " |",
                "|---|" + "--:|" * (len(table[0]) - 1)]
        out += ["| " + " | ".join(line) + " |" for line in table[1:]]
        notes = list(lines_of(row))
        out += [""] + [f"- {line}" for line in notes] if notes else []
    versions = results["machine"]["versions"]
    if results.get("micro"):
        out += ["", "## Stages", "", "| stage | speed |", "|---|--:|"]
        out += [f"| {escaped(one['name'])} | {micro.speed(one)} |" for one in results["micro"]]
    out += ["", "## Versions", ""] + [f"- {name}: {line}" for name, line in sorted(versions.items())]
    return "\n".join(out) + "\n"
