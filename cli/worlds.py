"""Which world a question is about: the model, the deployed stacks, or exports of any accounts."""

import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
from click.core import ParameterSource

from access.export import ExportInvalidError, Source, world
from access.export.errors import problem
from access.rule import Rule
from access.world import World
from cli.options import PROJECT
from iam_profiles.check import check
from iam_profiles.load import load
from iam_profiles.world import rules
from iam_profiles.world import world as modelled

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")

MAX_BYTES = 512 << 20
"""A file beyond this is not read into memory."""


@dataclass(frozen=True, slots=True)
class Given:
    """Where the command line says the world is to be had from."""

    profiles: Path
    deployed: bool = False
    details: tuple[Path, ...] = ()
    resource_policies: tuple[Path, ...] = ()
    scps: tuple[Path, ...] = ()
    rcps: tuple[Path, ...] = ()
    credentials: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """The world, and the rules of its organisation; exports have none, unless that is named."""

    world: World
    rules: tuple[Rule, ...]


def world_options(command: Callable[_Params, _Result]) -> Callable[..., _Result]:
    """Add the options that say which world; the command gets them as `given`."""

    @functools.wraps(command)
    def with_world(*args: _Params.args, **kwargs: _Params.kwargs) -> _Result:
        fields = {name: kwargs.pop(name) for name in Given.__dataclass_fields__}
        kwargs["given"] = Given(**fields)  # pyright: ignore[reportArgumentType] click checked them
        return command(*args, **kwargs)

    for option in reversed(_OPTIONS):
        option(with_world)
    return with_world


def read_world(given: Given) -> Read:
    """Return the world that the command line names.

    Raises:
        ExportInvalidError: the exports are not as AWS writes them.
        ProfilesInvalidError: the model is not valid.
        UsageError: the options contradict each other.
    """
    extras = (*given.resource_policies, *given.scps, *given.rcps, *given.credentials)
    if given.deployed and given.details:
        raise click.UsageError("use --deployed or --auth-details, not both")
    if given.deployed:
        from cli.deployed import deployed_exports  # noqa: PLC0415 boto3 is slow to import

        profiles = load(given.profiles)
        exports = deployed_exports(profiles, given.profiles.absolute().parent)
        return Read(_exported(given, exports.details, exports), rules(profiles))
    if given.details:
        found = _exported(given, tuple(_sources(given.details)))
        return Read(found, rules(load(given.profiles)) if _is_stated("profiles") else ())
    if extras:
        raise click.UsageError("with the model alone, there is nothing to add; use --auth-details")
    checked = check(given.profiles)
    found = modelled(checked.documents.values())
    return Read(found, rules(checked.profiles))


def _is_stated(option: str) -> bool:
    """Whether the command line says it: what is only there by default is of nobody's accounts."""
    context = click.get_current_context(silent=True)
    stated = context and context.get_parameter_source(option)
    return stated is ParameterSource.COMMANDLINE


@dataclass(frozen=True, slots=True)
class Exports:
    """What was read of deployed accounts, in the forms that AWS's exports have."""

    details: tuple[Source, ...]
    resource_policies: tuple[Source, ...] = ()
    credentials: tuple[Source, ...] = ()


def _exported(given: Given, details: tuple[Source, ...], read: Exports | None = None) -> World:
    more = read or Exports(())
    return world(
        details,
        resource_policies=(*more.resource_policies, *_sources(given.resource_policies)),
        scps=tuple(_sources(given.scps)),
        rcps=tuple(_sources(given.rcps)),
        credentials=(*more.credentials, *_sources(given.credentials)),
    )


def _sources(paths: tuple[Path, ...]) -> Iterator[Source]:
    for path in paths:
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not files:
            raise problem(str(path), "", "no `*.json` in the folder", "put the exports there")
        for file in files:
            yield Source(str(file), _text(file))


def _text(file: Path) -> str:
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise problem(str(file), "", f"{size:,} bytes", "split the export by its pages")
        raw = file.read_bytes()
    except OSError as error:
        found = error.strerror or str(error)
        raise problem(str(file), "", found.lower(), "name a file that can be read") from error
    try:
        # A shell of Windows writes what it redirects as UTF-16.
        return raw.decode(json.detect_encoding(raw))
    except UnicodeDecodeError as error:
        raise problem(str(file), "", "not text", "give the JSON that AWS wrote") from error


_FILES = click.Path(path_type=Path)

_OPTIONS = (
    click.option(
        "--auth-details",
        "details",
        type=_FILES,
        multiple=True,
        metavar="PATH",
        help="What `aws iam get-account-authorization-details` wrote: a file, or a folder of them.",
    ),
    click.option(
        "--resource-policies",
        type=_FILES,
        multiple=True,
        metavar="FILE",
        help="Policies of secrets, keys, parameters and buckets, by ARN.",
    ),
    click.option(
        "--scps",
        type=_FILES,
        multiple=True,
        metavar="FILE",
        help="The organisation and its service control policies.",
    ),
    click.option(
        "--rcps",
        type=_FILES,
        multiple=True,
        metavar="FILE",
        help="The organisation's resource control policies.",
    ),
    click.option(
        "--credentials",
        type=_FILES,
        multiple=True,
        metavar="FILE",
        help="Which secret holds whose credential.",
    ),
    click.option("--deployed", is_flag=True, help="What is in the accounts now, read by boto3."),
    click.option(
        "--profiles",
        type=click.Path(path_type=Path, file_okay=False),
        default=PROJECT / "profiles",
        show_default="the project's own",
        help="The folder with organization.yaml, roles/ and teams/.",
    ),
)

__all__ = ["ExportInvalidError", "Exports", "Given", "Read", "read_world", "world_options"]
