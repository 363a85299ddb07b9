"""Whatever is in the files, reading ends: with the model, or with problems and their places."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from iam_profiles.errors import ProfilesInvalidError
from iam_profiles.load import load
from iam_profiles.render import render_all
from iam_profiles.source.document import read
from iam_profiles.source.kinds import OrganizationFile, RoleFile, TeamFile
from iam_profiles.source.shape import shape
from iam_profiles.source.written import Written
from iam_profiles.source.yaml_scalar import Refusal, resolve
from tests.domain.load_world import BASE, Case

patient = settings(deadline=None)  # a busy machine is no reason to fail

KINDS: tuple[type[Written], ...] = (OrganizationFile, RoleFile, TeamFile)
FILES = sorted(path.relative_to(BASE).as_posix() for path in BASE.glob("**/*.yaml"))

words = st.sampled_from(
    sorted({word for path in FILES for word in re.findall(r"\w+", (BASE / path).read_text())})
)
scalars = st.one_of(words, st.text(max_size=5), st.integers(), st.booleans(), st.none(), st.dates())
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(words, inner, max_size=4)),
    max_leaves=20,
)


@patient
@given(st.binary(max_size=200), st.sampled_from(KINDS))
def test_any_bytes_are_read_or_refused(raw: bytes, kind: type[Written]) -> None:
    document = read("file.yaml", raw)
    assert shape(document, kind, "file").problems or isinstance(document.value, dict)


@patient
@given(values, st.sampled_from(KINDS))
def test_any_yaml_takes_the_shape_of_its_kind_or_is_refused(
    value: object, kind: type[Written]
) -> None:
    raw = yaml.safe_dump(value, allow_unicode=True).encode()
    source = shape(read("file.yaml", raw), kind, "file")
    assert source.problems or not source.left_out


@st.composite
def slips(draw: st.DrawFn) -> tuple[str, str]:
    """One sound file with a stretch of it replaced by something."""
    name = draw(st.sampled_from(FILES))
    text = (BASE / name).read_text("utf-8")
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 12)))
    instead = draw(st.one_of(words, st.text(max_size=4), st.sampled_from([": ", "- ", "[", "&a "])))
    return name, text[:start] + instead + text[end:]


@patient
@given(slips())
def test_any_slip_in_sound_profiles_renders_or_is_told_with_its_place(
    slip: tuple[str, str],
) -> None:
    with TemporaryDirectory() as folder:
        profiles = Case("slip", (), files=dict([slip])).write(Path(folder))
        try:
            render_all(load(profiles))
        except ProfilesInvalidError as error:
            for problem in error.problems:
                assert problem.file.startswith(str(profiles))
                assert problem.found
                assert problem.remedy
                assert "\n" not in str(problem)


CORE_NUMBER = re.compile(
    r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
"""What YAML 1.2 reads as a number."""
OTHERWISE_TYPED = ("bool", "float", "int", "null")

plain_words = st.one_of(
    st.sampled_from(["yes", "No", "ON", "off", "y", "N", "true", "True", "FALSE", "null", "~"]),
    st.sampled_from(["Null", ".inf", "-.INF", ".nan", "0x1F", "0o17", "0b1_0", "1e+3", "+.5"]),
    st.text("01789_.:+-eExobn", min_size=1, max_size=7),
)


@settings(patient, max_examples=500)
@given(plain_words)
def test_an_unquoted_word_that_is_read_means_the_same_to_every_reader(word: str) -> None:
    meaning = resolve(word)
    resolver: Any = yaml.SafeLoader("")  # its method has no types
    tag: str = resolver.resolve(yaml.ScalarNode, word, (True, False)).rsplit(":", 1)[1]
    if isinstance(meaning, bool):
        assert (tag, word) in (("bool", "true"), ("bool", "false"))
    elif isinstance(meaning, int):
        assert yaml.safe_load(word) == meaning == int(word)
    elif isinstance(meaning, str):
        assert tag not in OTHERWISE_TYPED
        assert not CORE_NUMBER.fullmatch(word)
    else:
        assert isinstance(meaning, Refusal)


@patient
@given(st.text(min_size=1, max_size=30).filter(lambda text: text.isprintable()))
def test_quoted_text_is_text_whatever_it_looks_like(text: str) -> None:
    document = read("file.yaml", yaml.safe_dump({"key": text}, default_style='"').encode())
    assert document.value == {"key": text}
    assert document.problems == []
