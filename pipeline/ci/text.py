"""YAML as people write it: keys in their order, scripts as blocks."""

from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as a block, and no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401 -- as PyYAML declares it
        """Whether to repeat a value instead of naming it: CI systems know few of YAML's ways."""
        del data
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def dumped(value: dict[str, Any]) -> str:
    """Return the YAML of a document."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=1000)
