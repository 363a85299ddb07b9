"""A secret shows itself to nobody who does not ask by name."""

import copy
import json
import pickle
import traceback
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from rich.console import Console
from rich.traceback import Traceback

from credentials.keys import AccessKeyId
from credentials.secret import Secret
from credentials.store import StoredKey
from iam_profiles.names import Arn

CANARY = "canary/wJalrXUtnFEMI+K7MDENG"


def test_only_reveal_returns_it() -> None:
    assert Secret(CANARY).reveal() == CANARY


@pytest.mark.parametrize("show", [str, repr, "{}".format, "{0!r:>40}".format, dir])
def test_nothing_that_prints_objects_shows_it(show: object) -> None:
    assert callable(show)
    assert CANARY not in str(show(Secret(CANARY)))
    assert CANARY not in str(show([Secret(CANARY)]))


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_it_is_neither_copied_nor_pickled(take: object) -> None:
    assert callable(take)
    with pytest.raises(TypeError, match="neither copied nor pickled"):
        take(Secret(CANARY))


def test_it_cannot_be_made_json_or_a_dict_by_accident() -> None:
    key = StoredKey(AccessKeyId("AKIA"), Secret(CANARY), Arn("arn"), datetime.now(UTC))
    with pytest.raises(TypeError):
        json.dumps({"secret": Secret(CANARY)})
    with pytest.raises(TypeError):
        asdict(key)
    assert CANARY not in repr(key)


def test_equal_secrets_are_equal_and_have_no_hash() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret("other")
    assert Secret(CANARY) != CANARY
    with pytest.raises(TypeError):
        hash(Secret(CANARY))


def test_a_traceback_with_locals_does_not_show_it() -> None:
    def fail(secret: Secret) -> None:
        raise ValueError(f"with {secret}")

    try:
        fail(Secret(CANARY))
    except ValueError as error:
        plain = "".join(
            traceback.TracebackException.from_exception(error, capture_locals=True).format()
        )
        console = Console(record=True, width=200, file=None, quiet=True)
        console.print(
            Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True)
        )
        assert "Secret(…)" in plain
        assert CANARY not in plain.replace("CANARY", "")
        assert CANARY not in console.export_text()


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"access_key_id": "AKIA"}', "not json"])
def test_what_is_no_stored_key_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not a stored access key$") as caught:
        StoredKey.from_json(Secret(text))
    assert caught.value.__context__ is None


def test_a_stored_key_is_the_same_after_being_stored() -> None:
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    key = StoredKey(AccessKeyId("AKIA"), Secret(CANARY), Arn("arn:aws:iam::1:user/u"), now)
    assert StoredKey.from_json(key.to_json()) == key
    assert json.loads(key.to_json().reveal()) == {
        "access_key_id": "AKIA",
        "created_at": "2026-01-31T12:00:00+00:00",
        "secret_access_key": CANARY,
        "user_arn": "arn:aws:iam::1:user/u",
    }


def test_the_empty_marker_is_no_key() -> None:
    assert StoredKey.from_json(Secret('{"empty": true}')) is None
