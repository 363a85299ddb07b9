"""Preview every stack side by side, then judge all of them together."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.bundle import (
    Contents,
    PlannedStack,
    Verdict,
    plan_file,
    planned_file,
    write_bundle,
)
from pipeline.checkpoints import State
from pipeline.findings import of_violation
from pipeline.fleet import Fleet, handed_over
from pipeline.inputs import one_digest
from pipeline.job import Outcome
from pipeline.judge import Judged, Stacks, judge
from pipeline.repair import check_left_behind
from pipeline.report import Report, StackReport
from pipeline.reports.as_json import json_report
from pipeline.reports.junit import junit_report
from pipeline.reports.markdown import markdown_report
from pipeline.reports.sarif import sarif_report
from pipeline.unchanged import Unchanged
from pipeline.work import OnEvent, Work, run
from policies.checkpoint import CheckpointError, deployed


@dataclass(frozen=True)
class Previewed:
    """What came of it, with all that a bundle is made from.

    `rules` are what the proof of all stacks together was about; there are none if it did not run.
    """

    report: Report
    states: Mapping[str, State]
    inputs: Mapping[str, str]
    rules: tuple[str, ...] | None


def preview_all(
    fleet: Fleet,
    stacks: Sequence[str],
    executor: Callable[[], Executor],
    on_event: OnEvent,
    *,
    cache: Path | None,
) -> Previewed:
    """Preview these stacks; those that are known to have no changes are skipped.

    `executor` is called if there is anything to do; `cache` is where it is remembered what had no
    changes.

    Raises:
        StackUnreadableError: a stack's state cannot be read.
        StackInterruptedError: an engine died over one of them.
    """
    began = time.monotonic()
    states = fleet.states()
    for name in stacks:
        if states[name].pending:  # a lock alone is in nobody's way: a preview takes none
            check_left_behind(fleet.jobs[name], states[name])
    unchanged = Unchanged(cache, one_digest(fleet.inputs)) if cache else None
    known = {
        name: outcome
        for name in stacks
        if unchanged and (outcome := unchanged.recall(states[name]))
    }
    read = time.monotonic()
    outcomes = dict(known)
    left = [name for name in stacks if name not in known]
    for outcome in known.values():
        on_event(outcome)
    if left:
        with handed_over(fleet, states) as jobs:
            works = [
                Work(
                    jobs[name],
                    "preview",
                    state=states[name].digest,
                    known=states[name].exists,
                    together=True,
                )
                for name in left
            ]
            outcomes |= {one.stack: one for one in run(works, executor(), on_event)}
        if unchanged:
            for name in left:
                unchanged.remember(states[name], outcomes[name])
    outcomes = {name: outcomes[name] for name in stacks}
    previewed = time.monotonic()
    judged = _remembered(unchanged, fleet, states, known) or _judge(fleet, states, outcomes, known)
    if unchanged and judged and not any(one.changed or not one.ok for one in outcomes.values()):
        _remember(unchanged, fleet, states, judged, outcomes)
    report = _report(fleet, states, outcomes, known, judged)
    seconds = {
        "states": read - began,
        "previews": previewed - read,
        "proof": time.monotonic() - previewed,
        "all": time.monotonic() - began,
    }
    rules = judged.rules if judged else None
    return Previewed(replace(report, seconds=seconds), states, fleet.inputs, rules)


def write(previewed: Previewed, folder: Path) -> str:
    """Write the bundle, all of it or nothing; return its digest.

    Raises:
        BundleUnwritableError: something that is no bundle is there.
    """
    report = previewed.report
    files = {
        "report.json": json_report(report).encode(),
        "report.md": markdown_report(report).encode(),
        "report.junit.xml": junit_report(report).encode(),
        "report.sarif": sarif_report(report).encode(),
    }
    for stack in report.stacks:
        if stack.outcome.changed and stack.outcome.plan:
            files[plan_file(stack.name)] = stack.outcome.plan
            files[planned_file(stack.name)] = stack.outcome.planned.encode()
    planned = [PlannedStack(name=one.name, changes=one.outcome.changed) for one in report.stacks]
    contents = Contents(
        verdict=report.verdict,
        inputs=previewed.inputs,
        stacks=planned,
        # INVARIANT: the states of all stacks count, also of those that were not previewed.
        states={name: state.digest for name, state in previewed.states.items()},
        marks={name: one.mark for name, one in previewed.states.items() if one.mark is not None},
        order=report.order,
        rules=previewed.rules,
        files=files,
    )
    return write_bundle(folder, contents)


def _remembered(
    unchanged: Unchanged | None,
    fleet: Fleet,
    states: Mapping[str, State],
    known: Mapping[str, Outcome],
) -> Judged | None:
    """Return the verdict on all stacks as they are, if nothing is to be done and it is known."""
    if unchanged is None or known.keys() != fleet.jobs.keys():
        return None
    rules = unchanged.proved(states)
    return None if rules is None else Judged("proved", (), (), (), rules)


def _remember(
    unchanged: Unchanged,
    fleet: Fleet,
    states: Mapping[str, State],
    judged: Judged,
    outcomes: Mapping[str, Outcome],
) -> None:
    if outcomes.keys() == fleet.jobs.keys() and judged == replace(
        judged, verdict="proved", findings=(), access=(), order=()
    ):
        unchanged.remember_proved(states, judged.rules)


def _judge(
    fleet: Fleet,
    states: Mapping[str, State],
    outcomes: Mapping[str, Outcome],
    known: Mapping[str, Outcome],
) -> Judged | None:
    """Judge all together; nothing if a stack did not come as far as to be judged."""
    if any(not one.ok and not _refused(one) for one in outcomes.values()):
        return None
    before = {name: state.deployed for name, state in states.items()}
    try:
        planned: Stacks = {
            name: before[name] if name in known else deployed(outcome.planned)
            for name, outcome in outcomes.items()
        }
    except CheckpointError:
        return None
    return judge(fleet.profiles, before, planned)


def _report(
    fleet: Fleet,
    states: Mapping[str, State],
    outcomes: Mapping[str, Outcome],
    known: Mapping[str, Outcome],
    judged: Judged | None,
) -> Report:
    told = tuple(
        of_violation(name, violation, fleet.profiles)
        for name, outcome in outcomes.items()
        for violation in outcome.violations
    )
    order = judged.order if judged else ()
    neutral = tuple(
        name
        for name, outcome in outcomes.items()
        if outcome.changed and not any(name in stage for stage in order)
    )
    if judged and judged.verdict == "proved" and neutral:
        # What changes nothing that the proof looks at may go at any time: first.
        order = ((*neutral, *order[0]), *order[1:]) if order else (neutral,)
    return Report(
        verdict=_verdict(outcomes, judged),
        stacks=tuple(
            StackReport(outcome, states[name].digest, name in known)
            for name, outcome in outcomes.items()
        ),
        access=judged.access if judged else (),
        findings=(*told, *(judged.findings if judged else ())),
        rules=judged.rules if judged else (),
        order=order,
        seconds={},
        accounts=fleet.accounts,
    )


def _verdict(outcomes: Mapping[str, Outcome], judged: Judged | None) -> Verdict:
    """Return the worst that was found."""
    if any(map(_refused, outcomes.values())) or (judged and judged.verdict == "refused"):
        return "refused"
    if judged is None:
        return "failed"
    return "undecided" if judged.verdict == "undecided" else "proved"


def _refused(outcome: Outcome) -> bool:
    return not outcome.ok and any(one.mandatory for one in outcome.violations)
