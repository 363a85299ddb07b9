"""The stores that docs/stores.md shows: each loads, and opens."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from credentials.secrets_manager import SecretsManagerStore
from credentials.stores import open_store, problems
from credentials.stores.document_store import DocumentStore
from iam_profiles.load import load
from iam_profiles.names import IdentityClass, UserName
from iam_profiles.store_config import store_config
from tests.engine import REPOSITORY

DOCS = (REPOSITORY / "docs" / "stores.md").read_text("utf-8")
EXAMPLES = [
    text for text in re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL) if "secrets_store:" in text
]


def test_every_kind_is_shown() -> None:
    shown = {yaml.safe_load(text)["secrets_store"]["kind"] for text in EXAMPLES}
    assert shown == {"aws-secrets-manager", "aws-ssm-parameter-store", "vault", "exec"}


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_a_store_as_it_is_shown_loads_and_opens(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "made-up")
    profiles = shutil.copytree(REPOSITORY / "profiles", tmp_path / "profiles")
    file = profiles / "organization.yaml"
    rest, _, _ = file.read_text("utf-8").partition("secrets_store:")
    file.write_text(rest + example, "utf-8")
    organization = load(profiles).organization
    config = store_config(organization, IdentityClass.NONPROD, UserName("payments-nonprod"))
    assert problems(config) == ()
    opened = open_store(config, lambda service: service)
    assert isinstance(opened, SecretsManagerStore | DocumentStore)
