"""A store's configuration: all that is wrong with it at once; and what is loaded for which kind."""

import subprocess
import sys

import pytest

from credentials.secrets_manager import SecretsManagerStore
from credentials.stores import open_store
from credentials.stores.config import Config, problems
from credentials.stores.document_store import DocumentStore
from credentials.stores.errors import InsecureAddressError, StoreConfigError

NAME = "iam-profiles/nonprod/payments-nonprod"
ARN = f"arn:aws:ssm:eu-west-1:111111111111:parameter/{NAME}"
EXEC: Config = {
    "kind": "exec",
    "name": NAME,
    "read": ["pass", "show", "{name}"],
    "write": ["pass", "insert", "--multiline", "--force", "{name}"],
    "delete": ["pass", "rm", "--force", "{name}"],
    "absent": "is not in the password store",
}
GOOD: dict[str, Config] = {
    "aws-secrets-manager": {"kind": "aws-secrets-manager", "name": NAME},
    "aws-ssm-parameter-store": {
        "kind": "aws-ssm-parameter-store",
        "name": NAME,
        "arn": ARN,
        "kms_key": "alias/iam-profiles",
    },
    "vault": {
        "kind": "vault",
        "name": NAME,
        "mount": "secret",
        "address": "https://vault.example.org:8200",
        "namespace": "platform",
    },
    "exec": {**EXEC, "create": ["pass", "insert", "{name}"], "timeout_seconds": 5},
}


@pytest.mark.parametrize("kind", GOOD)
def test_each_kind_is_opened(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "made-up")
    asked: list[str] = []
    store = open_store(GOOD[kind], asked.append)
    assert isinstance(store, SecretsManagerStore | DocumentStore)
    assert store.name.endswith(NAME)
    services = {"aws-secrets-manager": ["secretsmanager"], "aws-ssm-parameter-store": ["ssm"]}
    assert asked == services.get(kind, [])


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"kind": "keychain"}, "`kind` is `keychain`; use one of `aws-secrets-manager`, `aws-ssm"),
        ({**GOOD["vault"], "token": "s.x"}, "`token` is not a field of a store of kind `vault`"),
        ({"kind": "vault", "name": NAME}, "`mount` is missing; give where"),
        ({**GOOD["vault"], "address": "http://vault"}, "an address that begins with https://"),
        ({**GOOD["aws-ssm-parameter-store"], "name": "a/li@b"}, "Parameter Store takes no others"),
        ({**GOOD["aws-ssm-parameter-store"], "name": "ssm-x/a"}, "which are AWS's own"),
        ({**GOOD["aws-ssm-parameter-store"], "name": "a/" * 15 + "b"}, "14 levels"),
        ({**EXEC, "read": "pass show {name}"}, "the command as a list of texts"),
        ({**EXEC, "read": ["pass", "show"]}, "`{name}` in one of its arguments"),
        ({**EXEC, "read": ["{name}", "show"]}, "`{name}` in one of its arguments"),
        ({**EXEC, "write": ["pass", "{name}", "{secret}"]}, "`{name}` as the only placeholder"),
        ({**EXEC, "absent": ".*"}, "this one matches anything"),
        ({**EXEC, "absent": "("}, "as a regular expression"),
        ({**EXEC, "timeout_seconds": 0}, "seconds, 60 at most"),
        ({**EXEC, "timeout_seconds": True}, "seconds, 60 at most"),
        ({**EXEC, "name": "/etc/passwd"}, "the name of the text"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_give_instead(config: Config, said: str) -> None:
    with pytest.raises(StoreConfigError) as caught:
        open_store(config, str)
    assert said in str(caught.value)
    assert "mend `secrets_store` and run this again" in str(caught.value)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert len(problems({"kind": "exec", "read": [], "mount": "x"})) == 6


def test_an_address_of_the_environment_is_encrypted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "made-up")
    monkeypatch.setenv("VAULT_ADDR", "http://vault.example.org:8200")
    here = {"kind": "vault", "name": NAME, "mount": "secret"}
    with pytest.raises(InsecureAddressError, match=r"http://vault.example.org:8200.*https://"):
        open_store(here, str)
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:8200")
    open_store(here, str)


def test_no_client_is_loaded_before_a_store_is_opened() -> None:
    code = (
        "import sys, credentials.stores;"
        "print(sorted({'boto3', 'botocore', 'hvac', 'requests'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
