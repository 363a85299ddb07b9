"""The policy pack: the only place that constructs it, for to construct a pack is to serve it."""

import os
import sys
from pathlib import Path

from pulumi_policy import EnforcementLevel, PolicyPack

PROJECT = Path(__file__).parent.parent

if __name__ == "__main__":
    # The engine starts this folder, not the project: what judges a program is what lies beside it.
    sys.path.insert(0, str(PROJECT))
    from access.quiet import uncollected

    with uncollected():  # what is loaded stays
        from policies.gate import Gate

    gate = Gate(PROJECT / "profiles", environment=os.environ)
    gate.begin()
    PolicyPack("iam-profiles", gate.policies(), EnforcementLevel.MANDATORY)
