"""`iam-profiles credentials status`: each service user's keys, and what is due or foreign."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import click

from cli import exits
from cli.output import console, print_json
from cli.spans import moment
from cli.stored_keys import StoredKeys, policy_of
from cli.tables import federated_table, keys_table
from credentials.errors import (
    CredentialsError,
    InactiveKeyError,
    StoreNotFoundError,
    UserNotFoundError,
)
from credentials.ledger import Entry, Ledger, Standing
from iam_profiles.documents import ServiceUserDocuments
from iam_profiles.model import ServiceUser

_ABSENT = (UserNotFoundError, StoreNotFoundError)


@dataclass(frozen=True, slots=True)
class Status:
    """What was found of one service user."""

    user: ServiceUserDocuments
    found: Ledger | CredentialsError
    tolerance: timedelta

    @property
    def ledger(self) -> Ledger | None:
        """The ledger, if there is one."""
        return self.found if isinstance(self.found, Ledger) else None

    @property
    def overdue(self) -> bool:
        """Whether what is due was not done in time; readers that get no key are due at once."""
        if self.ledger is None:
            return isinstance(self.found, _ABSENT)
        return self.ledger.overdue(self.tolerance)

    @property
    def foreign(self) -> tuple[Entry, ...]:
        """Keys in use that this project did not make."""
        return self.ledger.foreign if self.ledger else ()

    @property
    def unknown(self) -> bool:
        """Whether it could not be found out."""
        return self.ledger is None and not isinstance(self.found, _ABSENT)


def show(keys: StoredKeys, users: Sequence[str], form: str, tolerance: timedelta) -> int:
    """Print what there is; the exit status."""
    chosen = keys.chosen(users)
    found = [Status(user, ledger, tolerance) for user, ledger in keys.ledgers(chosen.keyed)]
    if form == "json":
        print_json(
            {
                "account": keys.account.id,
                "tolerance_seconds": int(tolerance.total_seconds()),
                "service_users": [_fields(status) for status in found],
                "federated": [_tokens(user) for user in chosen.federated],
            }
        )
    else:
        _print(found, chosen.federated)
    if any(status.overdue or status.foreign for status in found):
        return exits.NO
    return exits.UNDECIDED if any(status.unknown for status in found) else exits.DONE


def _print(found: Sequence[Status], federated: Sequence[ServiceUser]) -> None:
    if ledgers := [status.ledger for status in found if status.ledger]:
        console().print(keys_table(ledgers))
    if federated:
        console().print(federated_table(federated))
    problems = [line for status in found for line in _problems(status)]
    if problems:
        click.echo()
    for line in problems:
        click.secho(line, fg="red")


def _problems(status: Status) -> Iterable[str]:
    """What is wrong with a user's keys, each with what to do."""
    name, found = status.user.name, status.found
    if isinstance(found, CredentialsError):
        yield f"{name}: {found}"
        return
    rotate = f"`iam-profiles credentials rotate {name}`"
    for entry in status.foreign:
        yield (
            f"{name}: `{entry.access_key_id}` is in use, and nobody has recorded it; find who uses"
            f" it, then `aws iam delete-access-key --user-name {name}"
            f" --access-key-id {entry.access_key_id}`"
        )
    if found.closed:
        yield f"{name}: `{found.store}` was deleted, and can be restored; {rotate} says how"
    elif current := next((key for key in found.keys if key.standing is Standing.CURRENT), None):
        if not current.active:
            yield f"{name}: {InactiveKeyError(name, current.access_key_id)}"
        elif status.overdue and found.agenda.next_due:
            yield f"{name}: overdue since {moment(found.agenda.next_due)}; {rotate}"
    elif found.current is None:
        yield f"{name}: the store gives out no key that works; {rotate} mints one"


def _fields(status: Status) -> dict[str, Any]:
    """A user as JSON: `docs/credentials.md` has the fields."""
    user, ledger = status.user, status.ledger
    policy = policy_of(user)
    common: dict[str, Any] = {
        "name": user.name,
        "class": user.identity_class,
        "store": {
            "kind": user.store["kind"],
            "name": user.secret_name,
            "arn": None,
            "scheduled_for_deletion": False,
        },
        "rotate_after_seconds": _seconds(policy.rotate_after),
        "grace_seconds": _seconds(policy.grace),
        "overdue": status.overdue,
        "foreign": [entry.access_key_id for entry in status.foreign],
        "problems": list(_problems(status)),
        "seen_at": None,
        "current": None,
        "keys": [],
        "next_due": None,
        "finishing": None,
        "lease": None,
    }
    return common | (_of_ledger(ledger, common["store"]) if ledger else {})


def _tokens(user: ServiceUser) -> dict[str, Any]:
    """A user without a key as JSON: whose tokens stand for it, and what they must say."""
    tokens = user.federation
    return {
        "name": user.name,
        "class": user.identity_class,
        "issuer": tokens and tokens.issuer,
        "audience": tokens and tokens.audience,
        "claims": dict(tokens.claims) if tokens else {},
    }


def _of_ledger(ledger: Ledger, store: dict[str, Any]) -> dict[str, Any]:
    leaving, lease = ledger.agenda.finishing, ledger.lease
    return {
        "seen_at": _text(ledger.seen_at),
        "store": store | {"arn": ledger.store_arn, "scheduled_for_deletion": ledger.closed},
        "current": ledger.current,
        "keys": [_key(entry, ledger.seen_at) for entry in ledger.keys],
        "next_due": _text(ledger.agenda.next_due),
        "finishing": leaving
        and {
            "id": leaving.access_key_id,
            "active": leaving.active,
            "due": _text(leaving.due),
        },
        "lease": lease
        and {
            "holder": str(lease.owner),
            "released": lease.released,
            "until": _text(lease.until),
        },
    }


def _key(entry: Entry, now: datetime) -> dict[str, Any]:
    return {
        "id": entry.access_key_id,
        "standing": entry.standing,
        "active": entry.active,
        "created_at": _text(entry.created_at),
        "age_seconds": _seconds(now - entry.created_at),
        "last_used_at": _text(entry.last_use.at),
        "last_used_for": entry.last_use.service if entry.last_use.at else None,
    }


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
