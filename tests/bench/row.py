"""A row of the table: who competes, what is measured, which goals hold; and how it is run."""
import statistics
import traceback
from dataclasses import dataclass, field
from typing import Callable

from measure import LeftOut, Sample, WrongOutput

LABELS = {"wall": "s", "durable": "s", "size": "MB", "rss": "MiB", "rate": "/s", "cpu": "s"}


@dataclass
class Contender:
    """`measure(run)` prepares, times one run, and checks what came out (WrongOutput), or says why it cannot (LeftOut)."""
    name: str
    role: str  # ours | peer | limit
    measure: Callable[[int], Sample]
    once: bool = False  # too slow for several runs
    samples: list = field(default_factory=list)
    left_out: str = ""
    wrong: bool = False

    def median(self, metric):
        values = [getattr(sample, metric) for sample in self.samples if getattr(sample, metric) is not None]
        return statistics.median(values) if values else None


@dataclass
class Goal:
    """`of` keeps `factor` times the value of `against` (another contender, or a number) plus `plus`. A rate must be at least
    that, everything else at most."""
    of: str
    factor: float
    against: str | float
    metric: str = "wall"
    plus: float = 0.0
    plus_text: str = ""

    def text(self):
        relation = "≥" if self.metric == "rate" else "≤"
        unit = LABELS[self.metric]
        bound = f"{self.factor:g} × {self.against}" if isinstance(self.against, str) else f"{self.shown(self.against)} {unit}"
        what = {"wall": "", "size": "size ", "durable": "wall + sync "}.get(self.metric, "")
        return f"{self.of}: {what}{relation} {bound}" + (f" + {self.plus_text}" if self.plus_text else "")

    def shown(self, value):
        return f"{value / (1 << 20):.0f}" if self.metric == "rss" else f"{value:g}"

    def judge(self, contenders):
        """{text, reached (None: not decided), value, bound}"""
        ours = contenders[self.of].median(self.metric) if self.of in contenders else None
        other = self.against
        if isinstance(other, str):
            other = contenders[other].median(self.metric) if other in contenders else None
        verdict = {"text": self.text(), "reached": None}
        if ours is None or other is None:
            return verdict
        bound = self.factor * other + self.plus
        verdict |= {"value": ours, "bound": bound, "of_bound": ours / bound if bound else None,
                    "reached": ours >= bound if self.metric == "rate" else ours <= bound}
        return verdict


@dataclass
class Row:
    key: str
    group: str
    title: str
    contenders: list
    goals: list
    metric: str = "wall"
    note: str = ""
    before_run: Callable[[int], None] = lambda run: None
    after: Callable[[], None] = lambda: None
    growth: bool = False  # the contenders are points of a curve

    def execute(self, runs, say):
        """Everyone in turn, `runs` times; every second time in the other order."""
        try:
            for number in range(runs):
                self.before_run(number)
                for one in self.contenders[::-1] if number % 2 else self.contenders:
                    if not one.left_out and not (one.once and number):
                        self.take(one, number, say)
        finally:
            self.after()
        return self

    def take(self, one, number, say):
        try:
            sample = one.measure(number)
        except WrongOutput as reason:
            one.left_out, one.wrong, one.samples = f"WRONG OUTPUT: {reason}", True, []
        except LeftOut as reason:
            one.left_out, one.samples = str(reason), []
        except OSError as error:  # a peer's mount may fail in its own ways
            one.left_out, one.samples = f"{type(error).__name__}: {error}", []
            traceback.print_exc()
        else:
            one.samples.append(sample)
            value = getattr(sample, self.metric)
            shown = value / (1 << 20) if self.metric == "rss" else value
            say(f"  {self.key} run {number + 1}: {one.name}: {shown:.3f} {LABELS[self.metric]}")
        if one.left_out:
            say(f"  {self.key}: {one.name} left out: {one.left_out}")

    def as_dict(self):
        by_name = {one.name: one for one in self.contenders}
        return {
            "key": self.key, "group": self.group, "title": self.title, "metric": self.metric, "note": self.note,
            "growth": self.growth, "contenders": [self.facts(one) for one in self.contenders],
            "goals": [goal.judge(by_name) for goal in self.goals],
        }

    @staticmethod
    def facts(one):
        facts = {"name": one.name, "role": one.role}
        if one.left_out:
            return facts | {"left_out": one.left_out, "wrong": one.wrong}
        medians = {metric: one.median(metric) for metric in ("wall", "cpu", "rss", "size", "rate", "flush")}
        facts |= {name: value for name, value in medians.items() if value is not None}
        extra = {}
        for sample in one.samples:
            for name, value in sample.extra.items():
                extra.setdefault(name, []).append(value)
        facts["extra"] = {name: statistics.median(values) for name, values in extra.items()}
        return facts | {"samples": [sample.as_dict() for sample in one.samples]}
