"""A project without an organisation, and whoever begins one, on the local cloud."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.cloud import running
from local.env import child_environment
from local.home import LocalHome
from tests.cli.pipelines import Said, Site, site_of
from tests.engine import ACCOUNTS, REGION, copy_project_with
from tests.pipeline.buckets import address

ASKED = tuple(part for name, id_ in ACCOUNTS.items() for part in ("--account", f"{name}={id_}"))
ADMINS = ("--admin-profile", "admin-{account}")


@dataclass(frozen=True)
class Beginning:
    """The project, whose AWS configuration grows as the bootstrap says."""

    site: Site
    config: Path

    def init(self, *arguments: str) -> Said:
        return self.site.run("init", *arguments)

    def bootstrap(self, *arguments: str) -> Said:
        """Bootstrap by temporary roles; the sessions that are written are used from then on."""
        written = self.site.folder / "sessions"
        flags = ("--bootstrap", "--make-role", "--aws-config", str(written))
        said = self.init(*flags, *ADMINS, *arguments)
        if said.code == 0 and written.exists():
            self._use(written.read_text("utf-8"))
        return said

    def use(self, sessions: Mapping[str, Mapping[str, str]]) -> None:
        """Have these sessions, by profile, and no others from here on."""
        files = {
            "AWS_CONFIG_FILE": "[profile {name}]\nregion = {region}\n",
            "AWS_SHARED_CREDENTIALS_FILE": "[{name}]\naws_access_key_id = {AccessKeyId}\n"
            "aws_secret_access_key = {SecretAccessKey}\naws_session_token = {SessionToken}\n",
        }
        for variable, form in files.items():
            file = self.config.with_name(f"only-{variable}")
            entries = (
                form.format(name=name, region=REGION, **one) for name, one in sessions.items()
            )
            file.write_text("".join(entries), "utf-8")
            self.site.project.environment[variable] = str(file)

    def _use(self, sessions: str) -> None:
        """Add these profiles, the engine's own by way of a process."""
        own = "[profile iam-profiles-backend]\n"
        command = f"{sys.executable} {Path(__file__).with_name('session.py')} by-role"
        renamed = sessions.replace(own, "[profile by-role]\n")
        more = f"\n{renamed}\n{own}credential_process = {command}\n"
        known = self.config.read_text("utf-8")
        if more not in known:
            self.config.write_text(known + more, "utf-8")


def beginning(home: LocalHome, root: Path) -> Beginning:
    """Return a project without `profiles/` and stacks' files, and administrators by other names."""
    config = root / "aws-config"
    credentials = root / "aws-credentials"
    renamed = {
        config: home.aws_config.read_text("utf-8").replace("iam-profiles-", "admin-"),
        credentials: home.aws_credentials.read_text("utf-8").replace("iam-profiles-", "admin-"),
    }
    for file, text in renamed.items():
        file.write_text(text, "utf-8")
    environment = {
        **child_environment(home),
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "PULUMI_BACKEND_URL": address(home, "iam-profiles-backend"),
    }
    site = site_of(copy_project_with(root / "project", home, environment))
    for file in (*site.folder.glob("Pulumi*.yaml"), *site.folder.rglob("profiles/**/*.yaml")):
        file.unlink()
    for folder in ("roles", "teams", ""):
        (site.folder / "profiles" / folder).rmdir()
    assert running(home).enforced
    return Beginning(site, config)
