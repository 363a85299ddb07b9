"""An organisation of as many accounts as one likes, written as `profiles/` and stack files.

The example's roles, teams and grants; its accounts, and more of the tiers `nonprod` and `prod`.
Grants are by tier, so each account more is one that every grant of its tier is rendered for.
"""

import shutil
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
FIRST = {
    "state": ("111111111111", "state"),
    "sandbox": ("222222222222", "sandbox"),
    "nonprod": ("333333333333", "nonprod"),
    "prod": ("444444444444", "prod"),
}


def accounts_of(count: int) -> dict[str, tuple[str, str]]:
    """Return `{name: (id, tier)}` of so many accounts, at least four."""
    found = dict(FIRST)
    for number in range(len(FIRST), count):
        tier = ("nonprod", "prod")[number % 2]
        found[f"{tier}-{number:03}"] = (f"{500_000_000_000 + number}", tier)
    return found


def write_organization(project: Path, count: int) -> dict[str, str]:
    """Write the model and the stacks' configuration into a project; return `{name: id}`."""
    accounts = accounts_of(count)
    shutil.copytree(ROOT / "profiles", project / "profiles", dirs_exist_ok=True)
    file = project / "profiles" / "organization.yaml"
    model = yaml.safe_load(file.read_text("utf-8"))
    model["accounts"] = {name: {"id": id_, "tier": tier} for name, (id_, tier) in accounts.items()}
    # Exact ARNs of every role in every account of a tier fill more policies than AWS grants at
    # first: quotas of this size are to be asked for.
    file.write_text(yaml.safe_dump(model, sort_keys=False), "utf-8")
    salt = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text("utf-8"))["encryptionsalt"]
    for name in accounts:
        config = {"iam-profiles:account": name, "aws:profile": f"iam-profiles-{name}"}
        text = yaml.safe_dump({"config": config, "encryptionsalt": salt})
        (project / f"Pulumi.{name}.yaml").write_text(text, "utf-8")
    return {name: id_ for name, (id_, _) in accounts.items()}
