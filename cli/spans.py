"""Spans of time on the command line and in its tables: `30m`, `12h`, `7d`."""

import re
from datetime import datetime, timedelta

import click

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_WORDS = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min"))
_FEW = 2


class Span(click.ParamType[timedelta]):
    """An option that is given as `30m`, `12h` or `7d`; `0` is none."""

    name = "SPAN"

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """The span that a text means; anything else is a wrong usage."""
        if isinstance(value, timedelta):
            return value
        if value == "0":
            return timedelta(0)
        if not (found := re.fullmatch(r"(\d{1,5})([mhd])", value, re.ASCII)):
            self.fail(f"`{value}` is no span; write such as `30m`, `12h` or `7d`", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


def words(span: timedelta) -> str:
    """A span for people, in its largest unit of which there are a few: `47 h`, `3 d`."""
    for unit, word in _WORDS:
        if span >= _FEW * unit:
            return f"{round(span / unit)} {word}"
    return f"{max(0, int(span.total_seconds()))} s"


def moment(at: datetime) -> str:
    """A moment for people."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
