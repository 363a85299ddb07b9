"""The files of a new organisation, written whole or not at all, and never over others."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from iam_profiles.check import check
from iam_profiles.errors import ProfilesInvalidError
from iam_profiles.load import load
from iam_profiles.model import Profiles
from pipeline.init.answers import LOWER, Answers
from pipeline.init.errors import InitInvalidError
from pipeline.init.policies import statements_of
from pipeline.init.shares import DEPLOYS, READS
from pipeline.init.site import Site
from pipeline.init.temporary import role_arn

_TEMPLATES: Final = Path(__file__).parent / "templates"
_SCHEMA: Final = "# yaml-language-server: $schema={up}schema/{kind}.schema.json\n"


def write(answers: Answers, project: Path, *, dry: bool = False) -> tuple[str, ...]:
    """Write what the project lacks; return the names of what was written, in that order.

    A dry run writes nothing that stays.

    Raises:
        InitInvalidError: the answers are wrong, or `profiles/` is another organisation's.
    """
    profiles = project / "profiles"
    if profiles.exists():
        around = tuple(_around(answers, _same(answers, load(profiles)), project))
        return tuple(name for name, _ in around) if dry else tuple(_place(project, around))
    answers.checked()
    with tempfile.TemporaryDirectory(dir=project, prefix=".iam-profiles-init-") as name:
        folder = Path(name) / "profiles"
        model = _drafted(answers, folder)
        around = tuple(_around(answers, model, project))
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        named = tuple(f"profiles/{file.relative_to(folder).as_posix()}" for file in files)
        if dry:
            return (*(name for name, _ in around), *named)
        written = tuple(_place(project, around))
        # INVARIANT: the last step: whoever finds `profiles/` finds all of it.
        folder.rename(profiles)
        return (*written, *named)


def _drafted(answers: Answers, folder: Path) -> Profiles:
    """Write `profiles/` where nobody looks yet, and check it as `iam-profiles check` does."""
    _put(folder, _profiles(answers))
    try:
        model = check(folder).profiles
        site = Site.of(model)
        for role in (DEPLOYS, READS):
            file = folder / "roles" / f"{role}.yaml"
            more = statements_of(site, writes=role == DEPLOYS)
            file.write_text(file.read_text("utf-8") + more, "utf-8")
        return check(folder).profiles
    except ProfilesInvalidError as error:
        prefix = f"{folder.parent.as_posix()}/"
        raise InitInvalidError(str(one).replace(prefix, "") for one in error.problems) from None


def _same(answers: Answers, model: Profiles) -> Profiles:
    """Return the model that is there, if it has the accounts that are asked for."""
    there = {str(one.name): str(one.id) for one in model.organization.accounts}
    asked = {one.name: one.id for one in answers.accounts}
    differ = sorted(name for name in asked if there.get(name) != asked[name])
    if differ:
        listed = ", ".join(f"`{name}`" for name in differ)
        said = f"profiles/ is there already, and has other accounts than asked for: {listed}"
        raise InitInvalidError([f"{said}; edit profiles/organization.yaml, or move profiles/ away"])
    return model


def _profiles(answers: Answers) -> Mapping[str, str]:
    return {
        "organization.yaml": _organization(answers),
        f"teams/{answers.team}.yaml": _team(answers),
        **{
            f"roles/{role}.yaml": (_TEMPLATES / f"{role}.yaml")
            .read_text("utf-8")
            .replace("owner: platform\n", f"owner: {answers.team}\n")
            for role in (DEPLOYS, READS)
        },
    }


def _organization(answers: Answers) -> str:
    lines = [
        _SCHEMA.format(up="../", kind="organization").rstrip(),
        f"organization: {answers.organization}",
        *([f"partition: {answers.partition}"] if answers.partition != "aws" else []),
        f"region: {answers.region} # home region: keys and the engine's state are kept here",
        f"prefix: {answers.prefix} # begins every IAM path: /{answers.prefix}Roles/, …",
        "",
        "accounts:",
        *(f'  {one.name}: {{id: "{one.id}", tier: {one.tier}}}' for one in answers.accounts),
        "",
        "# What is proved at every preview. `state` is in the list because whoever may change IAM",
        "# there can mint the prod identity's key.",
        "isolation:",
        "  - {class: nonprod, never_reaches: [prod, state]}",
        "",
        "defaults: {session: 1h, mfa: required}",
        "",
        "# Whoever deploys `state` mints and rotates; a class's readers read its keys, and nobody",
        "# else does. The second deploys it first: take it out once `init --finish` is done.",
        "secrets_store:",
        "  kind: aws-secrets-manager",
        "  prefix: iam-profiles",
        "  recovery_window: 30d",
        "  keepers:",
        f"    - {DEPLOYS}",
        *(
            f"    - {role_arn(answers.partition, one.id)}"
            for one in answers.accounts
            if one.tier == "state"
        ),
    ]
    return "\n".join(lines) + "\n"


def _team(answers: Answers) -> str:
    team, tiers = answers.team, answers.tiers
    everywhere = ", ".join(tiers)
    lower = ", ".join(tier for tier in tiers if tier in LOWER)
    people = ", ".join(answers.people)
    lines = [
        _SCHEMA.format(up="../../", kind="team").rstrip(),
        f'owners: ["@{answers.organization}/{team}-leads"]',
        *(["", f"people: [{people}]"] if people else []),
        *(["", "groups:", f"  {team}-leads: {{people: [{people}]}}"] if people else []),
        "",
        "service_users:",
        *([f"  {team}-nonprod: {{class: nonprod, rotate_after: 7d}}"] if lower else []),
        f"  {team}-prod: {{class: prod, rotate_after: 7d}}",
        "  # Previews every stack: it reads, and changes nothing.",
        f"  {team}-preview: {{class: prod, rotate_after: 7d}}",
        "",
        "grants:",
        *(
            [f"  - {{service_user: {team}-nonprod, role: {DEPLOYS}, on: [{lower}]}}"]
            if lower
            else []
        ),
        f"  - {{service_user: {team}-prod, role: {DEPLOYS}, on: [{everywhere}]}}",
        f"  - {{service_user: {team}-preview, role: {READS}, on: [{everywhere}]}}",
        *(
            [
                f"  - {{group: {team}-leads, role: {DEPLOYS}, on: [{everywhere}], mfa: true}}",
                f"  - {{group: {team}-leads, role: {READS}, on: [{everywhere}], mfa: true}}",
            ]
            if people
            else []
        ),
    ]
    return "\n".join(lines) + "\n"


def _around(answers: Answers, model: Profiles, project: Path) -> Iterator[tuple[str, str]]:
    """Yield the project's files beside `profiles/` that are not there."""
    site = Site.of(model)
    if not (project / "Pulumi.yaml").exists():
        yield "Pulumi.yaml", _project(answers, site)
    for account in model.organization.accounts:
        name = f"Pulumi.{account.name}.yaml"
        if not (project / name).exists():
            yield name, _stack(str(account.name))


def _project(answers: Answers, site: Site) -> str:
    about = f"AWS identities, roles and trust of {answers.organization}, from one model"
    return (
        "# The Pulumi project: one stack per account, all from the same program.\n"
        f"name: {site.project}\n"
        f"description: {json.dumps(about)}\n"
        "runtime:\n  name: python\n  options:\n    virtualenv: .venv\n"
        f"backend:\n  url: {site.address}\n"
        "config:\n"
        "  # Only the pinned provider acts in AWS: a default one takes what credentials it finds.\n"
        "  pulumi:disable-default-providers: [aws]\n"
        "plugins:\n  providers:\n    - name: iamprofiles\n      path: ./credentials/provider\n"
    )


def _stack(account: str) -> str:
    return (
        f"# The {account} account: what differs from the other stacks.\n"
        "config:\n"
        f"  iam-profiles:account: {account}\n"
        f"  aws:profile: iam-profiles-{account}\n"
    )


def _put(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def _place(project: Path, files: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Write each file whole where there is none; what somebody else writes meanwhile is kept."""
    for name, text in files:
        with tempfile.TemporaryDirectory(dir=project, prefix=".iam-profiles-init-") as folder:
            draft = Path(folder) / name
            draft.write_text(text, "utf-8")
            draft.chmod(0o644)
            os.link(draft, project / name)
        yield name
