"""Each consistency check earns its place: without it, some slip would go unnoticed."""

from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from iam_profiles import consistency
from iam_profiles.consistency.world import World
from iam_profiles.source.folder import read_folder
from tests.domain.load_world import cases

Check = Callable[[World], object]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What each check finds in all cases together, and no other check does."""
    found: dict[str, set[str]] = defaultdict(set)
    for case in cases():
        world = World.of(read_folder(case.write(tmp_path_factory.mktemp("case"))))
        by_check = {
            check.__name__: {str(problem) for problem in check(world)}
            for check in consistency.CHECKS
        }
        counts = Counter(problem for problems in by_check.values() for problem in problems)
        for name, problems in by_check.items():
            found[name] |= {problem for problem in problems if counts[problem] == 1}
    return found


@pytest.mark.parametrize("check", consistency.CHECKS, ids=lambda check: check.__name__)
def test_a_slip_goes_unnoticed_without_this_check(check: Check, found: dict[str, set[str]]) -> None:
    assert found[check.__name__]


def test_a_file_is_read_whose_name_is_no_text(tmp_path: Path) -> None:
    profiles = cases()[0].write(tmp_path)
    odd = profiles / "roles" / "a\udce9Role.yaml"
    odd.write_text("owner: platform\npurpose: Is odd\nmanaged_policies: [SecurityAudit]\n", "utf-8")
    (problem, *_) = (each for each in read_folder(profiles).problems if "dce9" in each.file)
    assert problem.file.isprintable()
