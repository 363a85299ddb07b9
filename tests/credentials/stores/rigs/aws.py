"""Rigs of the stores in AWS: over the strict fakes, and over moto."""

from collections.abc import Callable
from typing import Any, cast
from unittest import mock

import boto3
from moto import mock_aws

from credentials.secrets_manager import SecretsManagerStore
from credentials.store import Store
from credentials.stores.document_store import DocumentStore
from credentials.stores.parameter_store import ParameterPlace
from iam_profiles.names import Arn
from local.moto_gaps import fill_gaps
from tests.credentials.example import SECRET
from tests.credentials.fakes import ACCOUNT, FakeAws, Held, SecretsManager
from tests.credentials.stores.fake_ssm import Parameters, Ssm
from tests.credentials.stores.rigs.base import Rig, during

PARAMETERS = f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/{SECRET}"


class SecretsManagerRig(Rig):
    """The strict fake of Secrets Manager."""

    writes = frozenset({"PutSecretValue", "UpdateSecretVersionStage"})
    reads = frozenset({"DescribeSecret", "GetSecretValue", "ListSecretVersionIds"})
    can_close = True

    def __init__(self, aws: FakeAws) -> None:
        super().__init__(aws)
        aws.secrets.setdefault(SECRET, Held())

    def client(self) -> Any:
        return SecretsManager(self.aws)

    def store(self) -> Store:
        return SecretsManagerStore(self.client(), SECRET)

    def text(self) -> str | None:
        held = self.aws.secrets[SECRET]
        return held.values.get(held.labels.get("AWSCURRENT", ""))

    def plant(self, text: str) -> None:
        self.client().put_secret_value(
            SecretId=SECRET,
            ClientRequestToken="by-hand-".ljust(32, "0"),
            SecretString=text,
            VersionStages=["AWSCURRENT"],
        )

    def shut(self) -> None:
        self.client().delete_secret(SecretId=SECRET)


class Counted:
    """A client of moto's, whose calls are counted as the fakes' are."""

    def __init__(self, aws: FakeAws, client: object) -> None:
        self._aws = aws
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)
        called = "".join(part.capitalize() for part in name.split("_"))

        def count(**kwargs: object) -> Any:
            return during(self._aws, called, lambda: method(**kwargs))

        count.__name__ = name
        return count


class Moto:
    """Moto, with credentials that are nobody's."""

    def __init__(self) -> None:
        self._patches: list[Any] = [
            mock.patch.dict(
                "os.environ",
                {
                    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
                    "AWS_SECRET_ACCESS_KEY": "made-up",
                    "AWS_CONFIG_FILE": "/dev/null",
                    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
                },
            ),
            mock_aws(),
        ]
        for patch in self._patches:
            patch.start()

    def client(self, service: str) -> Any:
        return cast("Any", boto3).client(service, region_name="eu-west-1")

    def stop(self) -> None:
        for patch in reversed(self._patches):
            patch.stop()


class SsmRig(Rig):
    """The strict fake of Parameter Store."""

    writes = frozenset({"PutParameter", "DeleteParameters"})
    reads = frozenset({"GetParametersByPath"})

    def __init__(self, aws: FakeAws) -> None:
        super().__init__(aws)
        self.parameters = Parameters()

    def client(self) -> Any:
        return Ssm(self.aws, self.parameters)

    def place(self) -> ParameterPlace:
        return ParameterPlace(
            self.client(), f"/{SECRET}", Arn(PARAMETERS), sleep=self.aws.clock.sleep
        )

    def store(self) -> Store:
        return DocumentStore(self.place())

    def names(self) -> list[str]:
        return sorted(self.parameters.held)

    def text(self) -> str | None:
        names = self.names()
        return self.parameters.held[names[-1]].value if names else None

    def plant(self, text: str) -> None:
        number = int(self.names()[-1][-8:]) + 1 if self.names() else 1
        self.client().put_parameter(
            Name=f"/{SECRET}/{number:08d}", Value=text, Type="SecureString", Overwrite=False
        )


class MotoSsmRig(SsmRig):
    """Parameter Store by moto."""

    def __init__(self, aws: FakeAws) -> None:
        super().__init__(aws)
        self._moto = Moto()
        self._client = self._moto.client("ssm")

    def client(self) -> Any:
        return Counted(self.aws, self._client)

    def names(self) -> list[str]:
        return sorted(one["Name"] for one in self._all())

    def _all(self) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("get_parameters_by_path")
        asked = {"Path": f"/{SECRET}", "WithDecryption": True}
        return [one for page in pages.paginate(**asked) for one in page["Parameters"]]

    def text(self) -> str | None:
        newest = max(self._all(), key=lambda one: one["Name"], default=None)
        return None if newest is None else str(newest["Value"])

    def __exit__(self, *_: object) -> None:
        self._moto.stop()


class MotoSecretsManagerRig(SecretsManagerRig):
    """Secrets Manager as the local cloud has it: moto, with what moto leaves out."""

    def __init__(self, aws: FakeAws) -> None:
        super().__init__(aws)
        fill_gaps()
        self._moto = Moto()
        self._client = self._moto.client("secretsmanager")
        self._client.create_secret(Name=SECRET)

    def client(self) -> Any:
        return Counted(self.aws, self._client)

    def text(self) -> str | None:
        try:
            return str(self._client.get_secret_value(SecretId=SECRET)["SecretString"])
        except self._client.exceptions.ResourceNotFoundException:
            return None

    def __exit__(self, *_: object) -> None:
        self._moto.stop()
