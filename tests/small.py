"""An organisation small enough to be deployed again for each test."""

import re
import shutil

from tests.engine import Project

SMALL = {
    "roles/BuildRole.yaml": """
owner: build
purpose: Builds what the team builds
session: 1h
permissions:
  - sid: ReadArtifacts
    actions: [s3:GetObject]
    resources: ["arn:{partition}:s3:::artifacts/*"]
""",
    "teams/build.yaml": """
owners: ["@example/build-leads"]
people: [ana, li]
groups:
  builders: {people: [ana]}
service_users:
  build-machine: {class: nonprod, rotate_after: 7d}
grants:
  - {service_user: build-machine, role: BuildRole, on: [sandbox, nonprod]}
  - {group: builders, role: BuildRole, on: [nonprod], mfa: true}
""",
    "teams/tools.yaml": """
owners: ["@example/tools-leads"]
people: [mira]
""",
}
"""Two teams, one role, one machine and three people, in the accounts of the example."""
STORE = "secrets_store: {kind: aws-secrets-manager, prefix: iam-profiles, recovery_window: 30d}"
"""Where it keeps its key, and names no keepers: the role of the example's is not there."""


def shrunk(project: Project) -> Project:
    """Give the project the small organisation, and return it."""
    profiles = project.folder / "profiles"
    for kind in ("roles", "teams"):
        shutil.rmtree(profiles / kind)
        (profiles / kind).mkdir()
    for name, text in SMALL.items():
        (profiles / name).write_text(text.lstrip(), encoding="utf-8")
    organization = profiles / "organization.yaml"
    text = organization.read_text(encoding="utf-8")
    organization.write_text(re.sub("(?m)^secrets_store: .*$", STORE, text), encoding="utf-8")
    return project
