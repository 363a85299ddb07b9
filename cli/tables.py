"""Tables for people: the access matrix, the stored keys, the AssumeRole calls that were made."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import zip_longest

from rich.markup import escape
from rich.table import Table

from cli.attempts import Attempt
from cli.spans import words
from credentials.ledger import Entry, Ledger
from iam_profiles.matrix import Granted, Matrix
from iam_profiles.model import ServiceUser


def matrix_table(matrix: Matrix) -> Table:
    """Who may assume which role where: a row an identity and role, a column an account."""
    endings = _endings(matrix)
    table = _table("identity", "role")
    for account in matrix.accounts:
        table.add_column(account.name, justify="center")
    for identity in matrix.identities:
        name = f"{identity.name} [dim]({identity.identity_class})[/dim]"
        for role in matrix.roles:
            ways = [matrix.ways(identity, role, account) for account in matrix.accounts]
            if any(ways):
                table.add_row(name, role, *(_cell(here, endings) for here in ways))
                name = ""
        if name:
            table.add_row(name, "[dim]no role[/dim]", *("·" for _ in matrix.accounts))
        table.add_section()
    legend = ["● may assume", "MFA only with a second factor", "· refused"]
    legend += [f"{mark} until {day}" for day, mark in endings.items()]
    table.caption = "   ".join(legend)
    return table


def keys_table(ledgers: Iterable[Ledger]) -> Table:
    """Each service user's keys, where they are stored and what is due; never a secret."""
    table = _table("service user, store", "key", "standing", "age", "last used", "due")
    for ledger in ledgers:
        rows = [_key_cells(entry, ledger) for entry in ledger.keys] or [("[red]none[/red]",)]
        names = (ledger.user, f"[dim]  {ledger.store}[/dim]")
        for name, cells in zip_longest(names, rows, fillvalue=None):
            table.add_row(name or "", *(cells or ()))
        table.add_section()
    return table


def federated_table(users: Iterable[ServiceUser]) -> Table:
    """The service users without a key: whose tokens stand for each, and what these must say."""
    table = _table("federated service user, issuer")
    table.add_column("what its tokens say, exactly", overflow="fold")
    for user in users:
        if tokens := user.federation:
            said = (
                f"{claim} {value}" for claim, value in (("aud", tokens.audience), *tokens.claims)
            )
            names = (user.name, f"[dim]  {tokens.issuer}[/dim]")
            for name, claim in zip_longest(names, map(escape, said), fillvalue=""):
                table.add_row(name, claim)
            table.add_section()
    table.caption = "no key: nothing is stored, and nothing is to be rotated"
    return table


def _key_cells(entry: Entry, ledger: Ledger) -> tuple[str, ...]:
    """A key's id, what it is, its age, its last use, and what is due about it."""
    colour = {"current": "green", "foreign": "red"}.get(entry.standing, "yellow")
    standing = entry.standing if entry.active else f"{entry.standing}, inactive"
    used = entry.last_use.at
    return (
        entry.access_key_id,
        f"[{colour}]{standing}[/{colour}]",
        words(ledger.seen_at - entry.created_at),
        f"{words(ledger.seen_at - used)} ago" if used else "never",
        _due(entry, ledger),
    )


def _due(entry: Entry, ledger: Ledger) -> str:
    agenda, now = ledger.agenda, ledger.seen_at
    leaving = agenda.finishing
    if leaving and leaving.access_key_id == entry.access_key_id:
        step, at = "deactivate" if leaving.active else "delete", leaving.due
    elif entry.standing == "current" and agenda.successor:
        step, at = "replace", agenda.successor
    elif entry.standing in {"pending", "leftover"}:
        step, at = "finish" if entry.standing == "pending" else "delete", now
    else:
        return "[dim]—[/dim]"
    late = now - at
    if late < timedelta(0):
        return f"{step} in {words(-late)}"
    return f"[yellow]{step}, {words(late)} late[/yellow]"


def attempts_table(attempts: Sequence[Attempt], accounts: Sequence[str]) -> Table:
    """What AssumeRole answered: a row an identity and role, a column an account."""
    table = _table("with the stored key of", "AssumeRole")
    for account in accounts:
        table.add_column(account, justify="center")
    answers = {(one.identity, one.role, one.account): one for one in attempts}
    last = ""
    for identity, role in dict.fromkeys((one.identity, one.role) for one in attempts):
        if last and identity != last:
            table.add_section()
        cells = (_answer(answers[identity, role, account]) for account in accounts)
        table.add_row("" if identity == last else identity, role, *cells)
        last = identity
    table.caption = "✓ let through   ✗ AccessDenied   [red]![/red] not what the model says"
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", caption_justify="left")
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def _cell(ways: tuple[Granted, ...], endings: dict[date, str]) -> str:
    """How an identity may assume a role in one account; a mark stands for the day it ends."""
    if not ways:
        return "[dim]·[/dim]"
    words = (
        ("MFA" if way.mfa else "●") + (endings[way.expires] if way.expires else "") for way in ways
    )
    return f"[green]{' '.join(dict.fromkeys(words))}[/green]"


def _endings(matrix: Matrix) -> dict[date, str]:
    """Marks for the days on which grants end: `¹` for the first, `²` for the next."""
    ways = (way for cell in matrix.cells() for way in cell.ways)
    days = sorted({way.expires for way in ways if way.expires})
    marks = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
    return {day: str(number).translate(marks) for number, day in enumerate(days, 1)}


def _answer(attempt: Attempt) -> str:
    if attempt.surprising:
        return f"[red]! {attempt.answer}[/red]"
    if attempt.let_through:
        return "[green]✓[/green]"
    return "[dim]✗[/dim]" if attempt.answer == "AccessDenied" else f"✗ {attempt.answer}"
