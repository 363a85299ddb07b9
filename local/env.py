"""The environment in which the engine, boto3 and the AWS CLI see nothing but the local cloud."""

import os
from pathlib import Path
from urllib.parse import quote

from local.cloud import running
from local.home import LocalHome

CLEARED = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_ENDPOINT_URL_IAM",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "PULUMI_STACK",
)
"""What must not be set: it would lead to other credentials, endpoints or stacks."""


def environment(home: LocalHome) -> dict[str, str]:
    """Return the variables that point at the running cloud of `home`.

    Raises:
        CloudNotRunningError: there is none.
    """
    cloud = running(home)
    given = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    no_proxy = ",".join(dict.fromkeys([*filter(None, given.split(",")), "127.0.0.1"]))
    return {
        "PATH": os.pathsep.join([str(home.bin), *_path_without(home)]),
        "PULUMI_HOME": str(home.pulumi_home),
        "PULUMI_BACKEND_URL": file_backend(home.backend),
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "AWS_CONFIG_FILE": str(home.aws_config),
        "AWS_SHARED_CREDENTIALS_FILE": str(home.aws_credentials),
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_REGION": cloud.region,
        "AWS_DEFAULT_REGION": cloud.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
    }


def file_backend(folder: Path) -> str:
    """Return the URL of a backend in a folder.

    Without the engine's `.attrs` files: it does not write them atomically, and a stack whose engine
    was killed in the middle of that cannot be read any more.
    """
    return f"file://{quote(str(folder))}?metadata=skip"


def child_environment(home: LocalHome) -> dict[str, str]:
    """Return the whole environment for a process that works with the running cloud of `home`."""
    inherited = {name: value for name, value in os.environ.items() if name not in CLEARED}
    return {**inherited, **environment(home)}


def _path_without(home: LocalHome) -> list[str]:
    return [folder for folder in os.get_exec_path() if folder != str(home.bin)]
