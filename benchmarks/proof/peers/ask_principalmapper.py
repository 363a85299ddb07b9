"""Ask Principal Mapper, in an environment of its own: do some principals ever reach others?

Run as `python ask_principalmapper.py FOLDER SAMPLE QUESTION`; `SAMPLE` is how many of the starting
principals to search from, and 0 is all. The last line that it writes is one JSON object; what was
not searched is in it as an estimate, and it says so.
"""
# The peer has no types and is not among the project's dependencies.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

import collections
import collections.abc
import itertools
import json
import sys
import time
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

# The peer is of 2022 and names what Python 3.10 has moved.
collections.Mapping = collections.abc.Mapping
collections.MutableMapping = collections.abc.MutableMapping

from principalmapper.common import Graph, Group, Node, Policy  # noqa: E402 after the aliases
from principalmapper.graphing.cross_account_edges import get_edges_between_graphs  # noqa: E402
from principalmapper.graphing.edge_identification import checker_map, obtain_edges  # noqa: E402
from principalmapper.graphing.gathering import update_admin_status  # noqa: E402
from principalmapper.querying.query_utils import get_interaccount_search_list  # noqa: E402

Json = dict[str, Any]
VERSION = "1.1.5"


def main() -> None:
    """Read the exports, build the graphs of the accounts and between them, and search from each."""
    folder, sample, asked = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    clocks = [_clocks()]
    question = json.loads((folder / f"{asked}.json").read_text("utf-8"))
    limits = json.loads((folder / "scps.json").read_text("utf-8"))
    scps: dict[str, list[list[Json]]] = {}
    graphs: list[Any] = []
    for file in sorted((folder / "details").glob("*.json")):
        account = file.stem
        scps[account] = [
            [limits["policies"][name] for name in level] for level in limits["accounts"][account]
        ]
        export = json.loads(file.read_text("utf-8"))
        graphs.append(_graph(export, account, limits["organization"], scps[account]))
    between = [
        edge
        for one, two in itertools.combinations(graphs, 2)
        for edge in get_edges_between_graphs(
            one, two, scps[one.metadata["account_id"]], scps[two.metadata["account_id"]]
        )
    ]
    clocks.append(_clocks())
    starts = [
        node for graph in graphs for node in graph.nodes if _is_any(node.arn, question["from"])
    ]
    searched = starts[:: max(1, len(starts) // sample)][:sample] if sample else starts
    reached = {
        path[-1].destination.arn
        for start in searched
        for path in get_interaccount_search_list(graphs, between, start)
    }
    clocks.append(_clocks())
    broken = sorted(name for name in reached if _is_any(name, question["never_reach"]))
    told = {
        "seconds": _estimate(clocks, 0, len(starts) / len(searched)),
        "cpu_seconds": _estimate(clocks, 1, len(starts) / len(searched)),
        "measured_cpu_seconds": _estimate(clocks, 1, 1),
        "extrapolated": len(searched) < len(starts),
        "sources": [len(searched), len(starts)],
        "refuted": bool(broken),
        "reached": len(reached),
        "example": broken[:1],
    }
    print(json.dumps(told))


def _graph(export: Json, account: str, organization: str, scps: list[list[Json]]) -> Any:  # noqa: ANN401 the peer has no types
    managed = {
        one["Arn"]: Policy(one["Arn"], one["PolicyName"], one["PolicyVersionList"][0]["Document"])
        for one in export["Policies"]
    }
    groups = {
        one["GroupName"]: Group(one["Arn"], _policies(one, "GroupPolicyList", managed))
        for one in export["GroupDetailList"]
    }
    users = [
        _node(one, "UserId", _policies(one, "UserPolicyList", managed), managed, groups)
        for one in export["UserDetailList"]
    ]
    roles = [
        _node(one, "RoleId", _policies(one, "RolePolicyList", managed), managed, groups)
        for one in export["RoleDetailList"]
    ]
    nodes = [*users, *roles]
    update_admin_status(nodes, scps)
    return Graph(
        nodes=nodes,
        edges=obtain_edges(None, list(checker_map), nodes, scps=scps, client_args_map={}),
        policies=list(managed.values()),
        groups=list(groups.values()),
        metadata={"account_id": account, "pmapper_version": VERSION, "org-id": organization},
    )


def _policies(raw: Json, key: str, managed: dict[str, Any]) -> list[Any]:
    inline = [
        Policy(raw["Arn"], one["PolicyName"], one["PolicyDocument"]) for one in raw.get(key, [])
    ]
    return [*inline, *(managed[one["PolicyArn"]] for one in raw["AttachedManagedPolicies"])]


def _node(
    raw: Json, id_key: str, policies: list[Any], managed: dict[str, Any], groups: dict[str, Any]
) -> Any:  # noqa: ANN401 the peer has no types
    is_user = id_key == "UserId"
    boundary = raw.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return Node(
        arn=raw["Arn"],
        id_value=raw[id_key],
        attached_policies=policies,
        group_memberships=[groups[name] for name in raw.get("GroupList", [])],
        trust_policy=None if is_user else raw["AssumeRolePolicyDocument"],
        instance_profile=None if is_user else [],
        num_access_keys=1 if is_user else 0,
        active_password=False,
        is_admin=False,
        permissions_boundary=managed.get(boundary),
        has_mfa=False,
        tags={tag["Key"]: tag["Value"] for tag in raw["Tags"]},
    )


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _estimate(clocks: list[tuple[float, float]], which: int, times: float) -> float:
    """Return what the graphs took, and so many times what the searches took."""
    began, graphs, ended = (one[which] for one in clocks)
    return graphs - began + (ended - graphs) * times


def _is_any(name: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


if __name__ == "__main__":
    main()
