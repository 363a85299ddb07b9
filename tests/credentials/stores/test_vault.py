"""What is Vault's own: which answers leave doubt, and what to do about the others."""

import json
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter, HTTPAdapter

from credentials.errors import ServiceError
from credentials.secret import Secret
from credentials.stores.document_store import DocumentStore, Held
from credentials.stores.vault import VaultPlace
from tests.credentials.fakes import FakeAws
from tests.credentials.stores.rigs import VaultRig
from tests.credentials.stores.steps import key, with_current
from tests.credentials.test_faults import shown

TEXT = Secret(json.dumps({"secret_access_key": key(1).secret_access_key.reveal()}))


class Answering(BaseAdapter):
    """Answers always the same."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__()
        self._answer = (status, body)

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        answer = Response()
        answer.status_code, body = self._answer
        answer.request, answer.url = request, str(request.url)
        vars(answer)["_content"] = body.encode()
        return answer

    def close(self) -> None:
        """Nothing is open."""


def place(status: int, body: str) -> VaultPlace:
    rig = VaultRig(FakeAws())
    rig.transport = Answering(status, body)
    return VaultPlace(rig.client(), "secret", "a")


@pytest.mark.parametrize(
    ("status", "in_doubt", "remedy"),
    [
        (400, False, "see Vault's log"),
        (401, False, "vault login"),
        (403, False, "`create`, `read`, `update` and `delete`"),
        (404, False, "vault secrets list"),
        (429, False, "in a minute"),
        (500, True, "see Vault's log"),
        (502, True, "see Vault's log"),
        (503, False, "unseal Vault"),
        (418, True, "see Vault's log"),
    ],
)
def test_only_an_answer_that_may_follow_a_write_leaves_doubt(
    status: int, *, in_doubt: bool, remedy: str
) -> None:
    quoting = json.dumps({"errors": [f"cannot take {TEXT.reveal()}"]})
    with pytest.raises(ServiceError) as caught:
        place(status, quoting).save(TEXT, Held(None, 0))
    assert caught.value.in_doubt is in_doubt
    assert remedy in caught.value.remedy
    error = caught.value
    below = error.__traceback__ and error.__traceback__.tb_next
    assert not any("ssssssss" in text for text in shown(error.with_traceback(below)))


def test_a_mount_of_version_one_is_found_out_before_a_key_is_stored() -> None:
    with pytest.raises(ServiceError, match=r"NoVersions.*not in a KV version 2 mount; enable"):
        place(204, "").save(Secret('{"empty": true}'), Held(None, 0))


def test_vault_that_is_not_there_leaves_no_doubt() -> None:
    rig = VaultRig(FakeAws())
    rig.transport = HTTPAdapter()
    rig.address = "http://127.0.0.1:9"
    with pytest.raises(ServiceError, match="check VAULT_ADDR") as caught:
        DocumentStore(VaultPlace(rig.client(), "secret", "a")).prepare()
    assert not caught.value.in_doubt


def test_a_mount_that_is_not_there_and_a_wrong_token_are_no_absence() -> None:
    rig = VaultRig(FakeAws())
    with pytest.raises(ServiceError, match=r"InvalidPath.*vault secrets list"):
        DocumentStore(VaultPlace(rig.client(), "nowhere", "a")).read()
    rig.token = "wrong"
    with pytest.raises(ServiceError, match=r"Forbidden.*vault login"):
        rig.store().read()


def test_what_is_discarded_is_gone_with_all_its_versions() -> None:
    rig = VaultRig(FakeAws())
    with_current(rig)
    store = rig.store()
    assert isinstance(store, DocumentStore)
    store.discard()
    store.discard()
    assert rig.text() is None
