"""What is proposed of accounts as they are: files that `check` takes, and the rest told."""

import json
from pathlib import Path

import pytest

from access.export import Source, world
from access.prove import Answer, Refuted
from iam_profiles.check import check
from pipeline.adopt.counterparts import renamed
from pipeline.adopt.found import Details, Found, Sort
from pipeline.adopt.identities import Named
from pipeline.adopt.proof import prove
from pipeline.adopt.proposal import Proposal, Wishes, propose, write
from pipeline.findings import words_of
from tests.access.exports import managed
from tests.pipeline.adopt import accounts
from tests.pipeline.adopt.accounts import ACCOUNTS, NONPROD, PROD, STATE, VPC, ZONES
from tests.pipeline.adopt.odd import ODD, Exports, outside, permit, role_of, statement, to_prod

TEAM = f"""\
# yaml-language-server: $schema=../../schema/team.schema.json
# Adopted: who is there, until each part moves to the file of the team that owns it.
owners: ["@psk/adopted"]

people: [mira]

groups:
  PSKLeads: {{people: [mira]}}

service_users:
  {NONPROD}: {{class: nonprod}}
  {PROD}: {{class: prod}}

grants:
  - {{service_user: {NONPROD}, role: {ZONES}, on: [sandbox, nonprod]}}
  - {{service_user: {NONPROD}, role: {VPC}, on: [sandbox, nonprod]}}
  - {{service_user: {PROD}, role: {ZONES}, on: [state, sandbox, nonprod, prod]}}
  - {{service_user: {PROD}, role: {VPC}, on: [state, sandbox, nonprod, prod]}}
  - {{group: PSKLeads, role: {ZONES}, on: [prod], mfa: true, expires: 2030-12-31}}
"""
ROLE = """\
# yaml-language-server: $schema=../../schema/role.schema.json
# Adopted: permissions as the accounts have them.
owner: adopted
purpose: Builds networks
enabled: true
session: 2h
permissions:
  - sid: Statement1
    actions: [ec2:CreateVpc, ec2:DescribeVpcs]
    resources: ["*"]

  - sid: ManageLogs
    actions: [logs:CreateLogGroup]
    resources: ["arn:{partition}:logs:*:{account}:log-group:/vpc/*"]
    conditions:
      StringEquals:
        aws:PrincipalAccount: ["{account}", "{state_account}"]
"""


def found(exports: Exports, details: Details | None = None) -> Found:
    sources = [Source(name, json.dumps(page)) for name, page in exports.items()]
    return Found(world(sources), details or Details())


def proposed(
    folder: Path, exports: Exports, details: Details | None = None, wishes: Wishes | None = None
) -> tuple[Proposal, Found]:
    profiles = accounts.project(folder / "project") / "profiles"
    there = found(exports, details)
    return propose(profiles, there, wishes or Wishes()), there


def test_the_references_accounts_are_proposed_as_a_person_would_write_them(
    tmp_path: Path,
) -> None:
    vpc = f"arn:aws:iam::{ACCOUNTS['prod']}:role/PSKRoles/{VPC}"
    details = Details(sessions={vpc: 7200}, purposes={vpc: "Builds networks"})
    proposal, there = proposed(tmp_path, accounts.exports(), details)
    assert proposal.files["teams/adopted.yaml"] == TEAM
    assert proposal.files[f"roles/{VPC}.yaml"] == ROLE
    assert set(proposal.files) == {"teams/adopted.yaml", *(f"roles/{r}.yaml" for r in (VPC, ZONES))}
    profiles = tmp_path / "project" / "profiles"
    write(profiles, proposal.files)
    assert check(profiles).profiles == proposal.profiles
    # What is declared now is not proposed again; each machine's own group is the one it is in.
    again = propose(profiles, there, Wishes())
    assert (again.files, again.problems) == ({}, ())
    assert renamed(again.profiles, there.world) == {
        f"service-{one}": f"{one}Group" for one in (NONPROD, PROD)
    }


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    profiles = accounts.project(tmp_path / "project") / "profiles"
    own = profiles / "teams" / "adopted.yaml"
    own.parent.mkdir()
    own.write_text('owners: ["@psk/own"]\n')
    proposal = propose(profiles, found(accounts.exports()), Wishes(("@psk/leads",)))
    assert 'owners: ["@psk/leads"]' in proposal.files["teams/adopted-2.yaml"]
    assert "owner: adopted-2" in proposal.files[f"roles/{VPC}.yaml"]
    with pytest.raises(FileExistsError):
        write(profiles, {"teams/adopted.yaml": ""})


@pytest.mark.parametrize("odd", ODD)
def test_what_the_model_cannot_say_is_told_and_nothing_is_dropped_in_silence(
    odd: str, tmp_path: Path
) -> None:
    change, sort, of, words = ODD[odd]
    exports = accounts.exports()
    change(exports)
    proposal, there = proposed(tmp_path, exports)
    told = [one for one in proposal.notices if one.sort is sort and one.of.endswith(of)]
    assert any(words in one.found for one in told), [str(one) for one in proposal.notices]
    assert all(one.remedy for one in told)
    profiles = tmp_path / "project" / "profiles"
    write(profiles, proposal.files)
    assert check(profiles).profiles == proposal.profiles

    model, live = proposal.profiles, there.world
    declared = {str(one.name) for one in (*model.roles, *model.people, *model.service_users)}
    declared |= {str(one.name) for one in model.groups} | set(renamed(model, live).values())
    noticed = {one.of for one in proposal.notices}
    for arn in (*live.roles, *live.users, *live.groups):
        assert arn.rpartition("/")[2] in declared or arn in noticed, arn


def test_a_way_to_prod_is_shown_and_not_granted(tmp_path: Path) -> None:
    exports = accounts.exports()
    to_prod(exports)
    proposal, there = proposed(tmp_path, exports)
    proved = prove(proposal, there.world)
    refuted = proved.now.results[0]
    assert isinstance(refuted, Refuted)
    assert refuted.path[0].caller == f"arn:aws:iam::{STATE}:user/PSKServiceAccounts/{NONPROD}"
    # What the update makes of it shuts the way: the grant is not among those proposed.
    assert proved.adopted.answer is Answer.PROVED
    assert not proved.opens
    assert all(
        "prod" not in grant.on
        for grant in proposal.profiles.grants
        if grant.service_user == NONPROD
    )


def test_a_way_that_adopting_leaves_open_is_refuted_as_adopted_too(tmp_path: Path) -> None:
    exports = accounts.exports()
    outside(exports)
    other = f"arn:aws:iam::{ACCOUNTS['prod']}:role/Other"
    trust = accounts.trust_in_state()
    trust["Statement"][0]["Principal"] = {"AWS": f"arn:aws:iam::{ACCOUNTS['nonprod']}:root"}
    role_of(exports, "Other")["AssumeRolePolicyDocument"] = trust
    permit(exports, statement(Action="sts:AssumeRole", Resource=other))
    proposal, there = proposed(tmp_path, exports)
    proved = prove(proposal, there.world)
    refuted = proved.adopted.results[0]
    assert isinstance(refuted, Refuted)
    assert refuted.path[-1].requests == (("sts:AssumeRole", other),)
    assert not proved.opens, "it is so today: adopting it is how it can be mended"


def test_keys_and_devices_are_told_with_what_becomes_of_them(tmp_path: Path) -> None:
    machine = f"arn:aws:iam::{STATE}:user/PSKServiceAccounts/{PROD}"
    person = f"arn:aws:iam::{STATE}:user/mira"
    details = Details(
        keys={machine: ("AKIA1", "AKIA2"), person: ("AKIA3",)},
        unused=frozenset({"AKIA2", "AKIA3"}),
        devices={person: ("mfa/mira",)},
    )
    proposal, _ = proposed(tmp_path, accounts.exports(), details)
    told = {
        one.found.split("`")[1]: (one.of, one.sort, one.remedy.split(":")[0].split(";")[0])
        for one in proposal.notices
        if "`AKIA" in one.found or "MFA device" in one.found
    }
    assert told == {
        "AKIA1": (
            machine,
            Sort.KEPT,
            "it is neither read nor replaced, and the update mints no other beside it",
        ),
        "AKIA2": (machine, Sort.OTHERWISE, "the update deletes it"),
        "AKIA3": (person, Sort.KEPT, "it stays"),
        "mfa/mira": (person, Sort.KEPT, "nothing to do"),
    }


def test_who_is_said_to_be_a_machine_is_one(tmp_path: Path) -> None:
    named = Named(machines=frozenset({"mira"}), people=frozenset({PROD}))
    proposal, _ = proposed(tmp_path, accounts.exports(), wishes=Wishes(named=named))
    assert {str(one.name) for one in proposal.profiles.people} == {PROD}
    assert {str(one.name) for one in proposal.profiles.service_users} == {NONPROD, "mira"}


def test_what_an_old_permission_would_reach_on_the_way_alone_is_refused(tmp_path: Path) -> None:
    """No secret holds a key today; the update stores that of prod while the old group reads all."""
    exports = accounts.exports()
    own = exports["state"]["Policies"]
    arn = accounts.of_group(f"{NONPROD}Group")
    reading = statement(Action="secretsmanager:GetSecretValue")
    own[:] = [managed(arn, reading) if one["Arn"] == arn else one for one in own]
    proposal, there = proposed(tmp_path, exports)
    proved = prove(proposal, there.world)
    assert (proved.now.answer, proved.adopted.answer) == (Answer.PROVED, Answer.PROVED)
    assert proved.opens
    [broken] = proved.on_the_way
    assert "secretsmanager:GetSecretValue" in words_of(broken)
    unread, there = proposed(tmp_path / "other", accounts.exports())
    assert prove(unread, there.world).on_the_way == ()
