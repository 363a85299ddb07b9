"""Ask iamprover, in an environment of its own: do some principals ever reach others?

Run as `python ask_iamprover.py FOLDER SAMPLE QUESTION`; it is never sampled. See
`organization.py` for what is in the folder. The last line that it writes is one JSON object.
"""
# The peer has no types and is not among the project's dependencies.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

import json
import sys
import time
from fnmatch import fnmatchcase
from pathlib import Path

from iamprover.engine.reachability import RELATIONS, ReachabilityIndex
from iamprover.model import Account
from iamprover.parsers.aws import load_gaad


def main() -> None:
    """Read the exports, build the graph of who becomes whom, and follow it from each start."""
    folder, asked = Path(sys.argv[1]), sys.argv[3]
    began, busy = time.perf_counter(), time.process_time()
    question = json.loads((folder / f"{asked}.json").read_text("utf-8"))
    files = sorted((folder / "details").glob("*.json"))
    account = Account([one for file in files for one in load_gaad(file).principals])
    # SCPs and RCPs are left out: this peer has one set of them for all accounts together.
    names = [principal.arn for principal in account.principals]
    # As many hops as there are principals: the question has no bound on them.
    index = ReachabilityIndex(account, max_hops=len(names), relations=RELATIONS)
    starts = [name for name in names if _is_any(name, question["from"])]
    reached = {one for start in starts for one in index.chains_from(start)}
    broken = sorted(name for name in reached if _is_any(name, question["never_reach"]))
    told = {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - busy,
        "refuted": bool(broken),
        "reached": len(reached),
        "example": broken[:1],
    }
    print(json.dumps(told))


def _is_any(name: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


if __name__ == "__main__":
    main()
