"""With a way in planted, all accounts are controlled: what is asked of each must not grow."""

from pathlib import Path

from access.catalogue import steps
from access.prove import How, Prover
from benchmarks.proof.organization import Plant, Shape, write
from benchmarks.proof.ours import given, rule_of
from cli.worlds import read_world


def telling_apart(accounts: int, folder: Path) -> int:
    """Return the most clauses by which callers that the same bears on are told apart."""
    folder.mkdir()
    write(Shape(accounts, 4, 2 * accounts), folder, Plant.KEYS)
    closure = Prover(read_world(given(folder)).world, steps()).closure(
        rule_of(folder).from_, How.SURELY
    )
    return max(len(list(one.permits.told_by())) for one in closure.standing_of.values())


def test_clauses_that_tell_callers_apart_do_not_grow_with_the_accounts(tmp_path: Path) -> None:
    few, many = (telling_apart(count, tmp_path / str(count)) for count in (8, 24))
    assert 0 < many <= few + 1
