"""Who bootstraps: a session in each account, known to be of it before anything is written."""

from pathlib import Path
from typing import Any

import yaml
from boto3 import Session
from botocore.exceptions import BotoCoreError, ClientError

from iam_profiles.model import Account, Profiles
from pipeline.init.calls import Calls, Say
from pipeline.init.errors import InitInvalidError


def callers(
    profiles: Profiles, project: Path, named: str, say: Say, *, dry: bool
) -> dict[str, Calls]:
    """Return `{account: whoever acts there}`, each by its AWS profile.

    `named` is the profiles' name with `{account}` in it; empty for those that the stacks name.

    Raises:
        InitInvalidError: with every account whose credentials are missing, refused or another's.
    """
    found: dict[str, Calls] = {}
    problems: list[str] = []
    for account in profiles.organization.accounts:
        profile = named.format(account=account.name) if named else _of_stack(project, account)
        try:
            session = Session(profile_name=profile, region_name=profiles.organization.region)
            found[str(account.name)] = _caller(account, session, say, dry=dry)
        except (BotoCoreError, ClientError) as error:
            problems.append(
                f"account `{account.name}`: there are no credentials: {error}; "
                f"give it the AWS profile `{profile}`, or name another with `--admin-profile`"
            )
        except InitInvalidError as error:
            problems += error.problems
    if problems:
        raise InitInvalidError(problems)
    return found


def assumed(calls: Calls, role: str, name: str = "iam-profiles-init") -> Calls:
    """Return who acts in the account with a session of one of its roles.

    Raises:
        ClientError: the role does not let the caller in, or not yet.
    """
    sts: Any = calls.session.client("sts")
    given: dict[str, str] = sts.assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
    session = Session(
        given["AccessKeyId"],
        given["SecretAccessKey"],
        given["SessionToken"],
        region_name=calls.session.region_name,
    )
    return Calls(calls.account, calls.id, role, session, calls.say, calls.dry)


def _caller(account: Account, session: Session, say: Say, *, dry: bool) -> Calls:
    sts: Any = session.client("sts")
    told: dict[str, str] = sts.get_caller_identity()
    name, id_ = str(account.name), str(account.id)
    if told["Account"] != id_:
        found = (
            f"account `{name}`: the credentials are of account `{told['Account']}`, not of `{id_}`"
        )
        raise InitInvalidError([f"{found}; mend the profile, or profiles/organization.yaml"])
    bare = Calls(name, id_, told["Arn"], session, say, dry)
    return Calls(name, id_, _principal(bare, told["Arn"]), session, say, dry)


def _principal(calls: Calls, arn: str) -> str:
    """Return the ARN by which policies know a caller: of a session, its role's, path and all."""
    kind, _, rest = arn.rpartition(":")[2].partition("/")
    if kind != "assumed-role":
        return arn
    role = rest.partition("/")[0]
    known = calls.ask("iam", "get_role", RoleName=role)
    if known is None:
        partition = arn.split(":")[1]
        return f"arn:{partition}:iam::{calls.id}:role/{role}"
    return str(known["Role"]["Arn"])


def _of_stack(project: Path, account: Account) -> str | None:
    file = project / f"Pulumi.{account.name}.yaml"
    said: dict[str, Any] = yaml.safe_load(file.read_text("utf-8")) if file.exists() else {}
    config: dict[str, Any] = said.get("config") or {}
    return config.get("aws:profile")
