"""A bundle whose proof is the preview's: for whoever may not read every state that it is about.

Who deploys the lower accounts is kept from the state of the upper ones, and so cannot make the
proof again. The one who previewed could; what has to be seen to is that this is that bundle, and
that no state is another one since. The first its digest says, which comes by a way of its own; the
second the bucket's ETags, which the listing has of objects that may not be read.
"""

from collections.abc import Mapping, Sequence

from pipeline.bundle import Bundle
from pipeline.checkpoints import Seen, see
from pipeline.errors import BundleRefusedError, BundleStaleError
from pipeline.fleet import Fleet
from pipeline.judge import Judged


def as_marked(bundle: Bundle, seen: Seen) -> Mapping[str, str]:
    """Return `{stack: digest}` of the withheld states that are those of the preview, by the marks.

    INVARIANT: without a mark, or with another one, a state has no digest, and so has moved.
    """
    manifest = bundle.manifest
    return {
        name: manifest.states[name]
        for name, error in seen.withheld.items()
        if name in manifest.states and manifest.marks.get(name) == error.mark
    }


def vouched(bundle: Bundle, seen: Seen, digest: str | None) -> Judged:
    """Return the preview's own verdict on a bundle of which nothing has moved.

    Raises:
        BundleRefusedError: nobody said which bundle it is, or it changes what cannot be read.
    """
    listed = ", ".join(f"`{name}`" for name in seen.withheld)
    who = f"whoever applies it may not read the state of {listed}"
    if digest is None:
        raise BundleRefusedError(
            bundle.folder,
            f"{who}, so the preview's proof has to do, and nobody says that this is its bundle",
            "give the digest that `iam-profiles preview` printed, with `--digest`",
        )
    changed = {one.name for one in bundle.manifest.stacks if one.changes}
    if unreadable := sorted(changed & seen.withheld.keys()):
        names = ", ".join(f"`{name}`" for name in unreadable)
        raise BundleRefusedError(
            bundle.folder,
            f"{who}, and it changes {names}",
            "preview with `--stack` what this identity deploys, and nothing else",
        )
    ordered = [name for stage in bundle.manifest.order for name in stage]
    if sorted(ordered) != sorted(changed):
        raise BundleRefusedError(
            bundle.folder, "its order is not of the stacks that it changes", "preview again"
        )
    return Judged("proved", (), (), bundle.manifest.order, bundle.manifest.rules or ())


def still_as_marked(bundle: Bundle, fleet: Fleet, withheld: Sequence[str]) -> None:
    """Refuse to go on where a state that may not be read has moved.

    Raises:
        BundleStaleError: it has, or it can be read by now, so that there is more to be proved.
    """
    if not withheld:
        return
    seen = see((fleet.jobs[name] for name in withheld), fleet.command)
    same = as_marked(bundle, seen)
    stale = [f"the state of stack {name}" for name in withheld if name not in same]
    if stale:
        raise BundleStaleError(bundle.folder, stale)
