"""Small concrete worlds and requests, each from a seed and a number of its own."""

from collections.abc import Iterator
from random import Random
from typing import Any

from tests.differential import vocabulary as words
from tests.differential.question import Document, Question, Statement

REQUESTS = 4
"""Put to each world."""


def questions(seed: int, number: int) -> Iterator[Question]:
    """Yield the requests of one world: the same ones for the same seed and number."""
    return _World(Random(f"{seed}:{number}")).questions()  # noqa: S311 - nothing secret


class _World:
    """One resource, those who may ask for it, and the policies of all of them."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.action, self.resource, self.account, self._with_policy = random.choice(words.ASKED)
        self._trust = self.action.startswith("sts:")

    def questions(self) -> Iterator[Question]:
        random = self._random
        # A role or a key always has a policy of its own.
        needed = self._trust or self.action.startswith("kms:")
        policy = self._policy() if needed or (self._with_policy and self._chance(0.85)) else None
        scps = self._levels(self._scp) if self._chance(0.25) else []
        rcps = self._levels(self._rcp) if self._chance(0.25) else []
        groups = [self._identity() for _ in range(random.randint(0, 1))]
        callers = [self._caller() for _ in range(2)]
        granted = [
            [*groups, *(self._identity() for _ in range(random.randint(0, 2)))] for _ in callers
        ]
        boundaries = [self._identity() if self._chance(0.25) else None for _ in callers]
        for at in range(REQUESTS):
            who = at % len(callers)
            caller = callers[who]
            kind = Question(action="", resource="", account="", **caller).kind
            limited = kind in ("User", "AssumedRole")
            passes = kind == "FederatedUser" or (kind == "AssumedRole" and self._chance(0.3))
            yield Question(
                action=self.action,
                resource=self.resource,
                account=self.account,
                context=self._context(),
                identity=granted[who] if limited or kind == "FederatedUser" else [],
                boundary=boundaries[who] if limited else None,
                session=self._identity() if passes else None,
                policy=policy,
                scps=scps if kind else [],
                rcps=rcps,
                **caller,
            )

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _some(self, of: tuple[str, ...], most: int = 2) -> list[str]:
        return [self._random.choice(of) for _ in range(self._random.randint(1, most))]

    def _caller(self) -> dict[str, Any]:
        random = self._random
        match random.choices(range(5), (41, 46, 2, 6, 5))[0]:
            case 0:
                arn, id_ = random.choice(list(words.USERS.items()))
                return {"caller": arn, "unique_id": id_}
            case 1:
                role, id_ = random.choice(list(words.ROLES.items()))
                head, _, name = role.replace(":iam:", ":sts:").rpartition(":role/")
                session = f"{head}:assumed-role/{name}/{random.choice(words.SESSIONS)}"
                return {"caller": session, "role": role, "unique_id": id_}
            case 2:
                return {"caller": random.choice(words.ROOTS)}
            case 3:
                return {"caller": random.choice(words.SERVICES)}
            case _:
                return {"caller": f"arn:aws:sts::{words.A}:federated-user/f"}

    def _identity(self) -> Document:
        return self._document([self._statement() for _ in range(self._random.randint(1, 3))])

    def _scp(self) -> Document:
        full: Statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        first = full if self._chance(0.7) else self._statement("Allow")
        return self._document([first, *([self._statement("Deny")] if self._chance(0.6) else [])])

    def _rcp(self) -> Document:
        """Return what an account may attach: Denies to everybody, of named services' actions."""
        denied = {**self._statement("Deny"), "Principal": "*"}
        denied.pop("NotAction", None)
        service = self.action.partition(":")[0]
        named = [one for one in denied.get("Action", ()) if one != "*" and ":" in one]
        denied["Action"] = named or [f"{service}:*"]
        return {"Version": "2012-10-17", "Statement": [denied]}

    def _levels(self, make: Any) -> list[list[Document]]:
        return [[make()] for _ in range(self._random.randint(1, 2))]

    def _policy(self) -> Document:
        found: list[Statement] = []
        for _ in range(self._random.randint(1, 3)):
            statement = {**self._statement(), "Principal": self._principal()}
            if self._trust:
                del statement[next(key for key in statement if key.endswith("Resource"))]
            found.append(statement)
        return self._document(found)

    def _document(self, statements: list[Statement]) -> Document:
        version = "2012-10-17" if self._chance(0.95) else "2008-10-17"
        return {"Version": version, "Statement": statements}

    def _statement(self, effect: str = "") -> Statement:
        random = self._random
        effect = effect or random.choices(("Allow", "Deny"), (85, 15))[0]
        actions = words.ACTION_PATTERNS[self.action]
        service = self.action.partition(":")[0]
        some = [
            random.choice((*actions, "*", f"{service}:*"))
            if self._chance(0.85)
            else random.choice(words.OTHER_ACTIONS)
            for _ in range(random.randint(1, 2))
        ]
        if self._chance(0.1):
            acts: Statement = {"NotAction": random.choice((*words.OTHER_ACTIONS, *actions))}
        else:
            acts = {"Action": some}
        near = [self.resource] * 6 + ["*"] * 8
        patterns = [
            random.choice((*near, *words.RESOURCE_PATTERNS)) for _ in range(random.randint(1, 2))
        ]
        name = "NotResource" if self._chance(0.12) else "Resource"
        if name == "NotResource":
            patterns = [one for one in patterns if one != "*"] or [self.resource]
        statement: Statement = {"Effect": effect, **acts, name: patterns}
        if self._chance(0.5):
            statement["Condition"] = self._condition()
        return statement

    def _principal(self) -> Any:
        random = self._random
        choices: list[Any] = [
            *("*", "*", {"AWS": "*"}),
            {"AWS": random.choice((*words.USERS, *words.ROLES))},
            {"AWS": random.choice((*words.USERS, *words.ROLES))},
            {"AWS": random.choice((*words.ROOTS, words.A, words.A, words.B, words.C))},
            {"AWS": [random.choice(words.ROOTS), random.choice((*words.USERS, *words.ROLES))]},
            {"AWS": f"arn:aws:sts::{words.A}:assumed-role/r/s"},
            {"AWS": f"arn:aws:sts::{words.A}:assumed-role/{random.choice('rq')}/t"},
            {"AWS": f"arn:aws:sts::{words.A}:federated-user/f"},
            {"AWS": random.choice((*words.USERS.values(), *words.ROLES.values()))},
            {"Service": random.choice(words.SERVICES)},
            {"Federated": random.choice((words.WEB, words.SAML))},
        ]
        return random.choice(choices)

    def _condition(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for _ in range(self._random.randint(1, 2)):
            key = self._random.choice(list(words.KEYS))
            operator, values = self._test(key)
            if key.lower() not in {one.lower() for one in found.get(operator, {})}:
                spelt = key.lower() if self._chance(0.1) else key
                found.setdefault(operator, {})[spelt] = values
        return found

    def _test(self, key: str) -> tuple[str, Any]:
        family, several, stated, _ = words.KEYS[key]
        if self._chance(0.1):
            return "Null", self._random.choice(("true", "false"))
        families = [family, family, family, "text"] if family == "arn" else [family]
        operator = self._random.choice(words.OPERATORS[self._random.choice(families)])
        if self._chance(0.15):
            operator += "IfExists"
        if (several and self._chance(0.85)) or self._chance(0.05):
            operator = self._random.choice(("ForAllValues:", "ForAnyValue:")) + operator
        return operator, self._some(stated)

    def _context(self) -> dict[str, str | list[str]]:
        found: dict[str, str | list[str]] = {}
        for key, (_, several, _, values) in words.KEYS.items():
            if values and self._chance(0.5):
                found[key] = self._some(values, 3) if several else self._random.choice(values)
        return found
