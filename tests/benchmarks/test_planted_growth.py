"""With a way in planted, all accounts are controlled: what is asked of each must not grow."""

import json
from pathlib import Path

from access.catalogue import steps
from access.prove import How, Prover
from access.rule import Rule
from benchmarks.proof.organization import EXTRAS, Plant, Shape, write
from cli.worlds import Given, read_world


def telling_apart(accounts: int, folder: Path) -> int:
    """Return the most clauses by which callers that the same bears on are told apart."""
    folder.mkdir()
    write(Shape(accounts, 4, 2 * accounts), folder, Plant.KEYS)
    scps, rcps, policies, credentials = ((folder / f"{name}.json",) for name in EXTRAS)
    given = Given(
        profiles=folder,
        details=(folder / "details",),
        scps=scps,
        rcps=rcps,
        resource_policies=policies,
        credentials=credentials,
    )
    question = json.loads((folder / "question.json").read_text("utf-8"))
    rule = Rule.of(tuple(question["from"]), tuple(question["never_reach"]))
    closure = Prover(read_world(given).world, steps()).closure(rule.from_, How.SURELY)
    return max(len(list(one.permits.told_by())) for one in closure.standing_of.values())


def test_clauses_that_tell_callers_apart_do_not_grow_with_the_accounts(tmp_path: Path) -> None:
    few, many = (telling_apart(count, tmp_path / str(count)) for count in (8, 24))
    assert 0 < many <= few + 1
