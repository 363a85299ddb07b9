"""Proposals as the files that a person would write."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from iam_profiles.source.yaml_scalar import resolve
from pipeline.adopt.drafts import Drafts
from pipeline.adopt.grants import GrantDraft
from pipeline.adopt.roles import RoleDraft
from pipeline.adopt.statements import Draft

_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./@+=*?-]*(:[A-Za-z0-9_./@+=*?-]+)*")
_SENTENCE: Final = re.compile(r"[A-Za-z][A-Za-z0-9 ,.()/'-]*[A-Za-z0-9.)]")
_NOT_LATIN: Final = re.compile(r"[^ -~\u00a1-\u00ff]+")
_WIDTH: Final = 100
_MOST: Final = 1000
"""Characters of a purpose."""


def role_file(role: RoleDraft, team: str) -> str:
    """Return `roles/<name>.yaml`."""
    lines = [
        "# yaml-language-server: $schema=../../schema/role.schema.json",
        "# Adopted: permissions as the accounts have them.",
        f"owner: {scalar(team)}",
        f"purpose: {_purpose(role)}",
        "enabled: true",
    ]
    if role.session_seconds is not None:
        lines.append(f"session: {_span(role.session_seconds)}")
    if role.managed:
        lines += _listing("managed_policies", role.managed, 0)
    if role.services:
        lines.append("trusted_services:")
        lines += (
            f"  - {{service: {scalar(service)}, actions: {_flow(actions)}}}"
            for service, actions in role.services
        )
    if role.statements:
        lines.append("permissions:")
        for number, statement in enumerate(role.statements):
            lines += ["", *_statement(statement)] if number else _statement(statement)
    return "\n".join(lines) + "\n"


def team_file(drafts: Drafts, owners: Sequence[str]) -> str:
    """Return `teams/<name>.yaml`; where no owner is given, it has one that is to be put right."""
    lines = [
        "# yaml-language-server: $schema=../../schema/team.schema.json",
        "# Adopted: who is there, until each part moves to the file of the team that owns it.",
        *_listing("owners", owners or (f"@{drafts.organization.name}/adopted",), 0),
    ]
    if drafts.people:
        lines += ["", *_listing("people", sorted(drafts.people), 0)]
    if drafts.groups:
        lines += ["", "groups:"]
        for name, (_, people) in drafts.groups.items():
            lines.append(f"  {scalar(name)}: {{people: {_flow(people)}}}")
    if drafts.machines:
        lines += ["", "service_users:"]
        for name, (_, identity_class) in drafts.machines.items():
            lines.append(f"  {scalar(name)}: {{class: {identity_class.value}}}")
    if drafts.grants:
        lines += ["", "grants:", *map(_grant, drafts.grants)]
    return "\n".join(lines) + "\n"


def scalar(text: str) -> str:
    """Return a text as YAML has it: bare where every reader takes it for a text."""
    bare = _PLAIN.fullmatch(text) and resolve(text) == text
    return text if bare else json.dumps(text, ensure_ascii=False)


def _purpose(role: RoleDraft) -> str:
    said = " ".join(_NOT_LATIN.sub(" ", role.purpose or "").split())[:_MOST].strip()
    text = said or f"{role.name}, adopted as it was"
    return text if _SENTENCE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _span(seconds: int) -> str:
    hour = 3600
    return f"{seconds // hour}h" if seconds % hour == 0 else f"{seconds // 60}m"


def _grant(grant: GrantDraft) -> str:
    subject = "service_user" if grant.machine else "group"
    parts = [
        f"{subject}: {scalar(grant.subject)}",
        f"role: {scalar(grant.role)}",
        f"on: {_flow(grant.on)}",
    ]
    if grant.mfa is not None:
        parts.append(f"mfa: {'true' if grant.mfa else 'false'}")
    if grant.expires is not None:
        parts.append(f"expires: {grant.expires.isoformat()}")
    return f"  - {{{', '.join(parts)}}}"


def _statement(statement: Draft) -> Iterator[str]:
    yield f"  - sid: {scalar(statement.sid)}"
    if statement.effect == "Deny":
        yield "    effect: Deny"
    yield from _listing("actions", statement.actions, 4)
    yield from _listing("resources", statement.resources, 4)
    if statement.conditions:
        yield "    conditions:"
        for operator, tests in statement.conditions:
            yield f"      {scalar(operator)}:"
            for key, values in tests:
                yield from _listing(scalar(key), values, 8)


def _listing(key: str, values: Sequence[str], indent: int) -> Iterator[str]:
    """Yield a list on one line where it fits, else a line for each."""
    start = " " * indent
    line = f"{start}{key}: {_flow(values)}"
    if len(line) <= _WIDTH:
        yield line
        return
    yield f"{start}{key}:"
    yield from (f"{start}  - {scalar(value)}" for value in values)


def _flow(values: Iterable[str]) -> str:
    return f"[{', '.join(map(scalar, values))}]"
