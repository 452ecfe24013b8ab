"""What the README says is so in the code."""

import re
from pathlib import Path

import pytest

from tests.core.restoring import ROOT

README = (ROOT / "plugin" / "README.md").read_text(encoding="utf-8")
CODE = "".join(
    path.read_text(encoding="utf-8")
    for folder in ("plugin/likeness_plugin", "plugin/resolve_scripts")
    for path in sorted(Path(ROOT / folder).iterdir())
    if path.suffix in (".py", ".lua")
)
NAMED = sorted(set(re.findall(r"`(host\.[a-z_]+)`", README)))


@pytest.mark.parametrize("code", NAMED)
def test_every_error_that_it_explains_can_happen(code: str) -> None:
    assert f'"{code}"' in CODE or f'"{code.removeprefix("host.")}"' in CODE


def test_the_words_that_it_quotes_are_those_that_are_shown() -> None:
    rows = [line for line in README.splitlines() if line.startswith("|") and "`host." in line]
    quoted = [words for row in rows for words in re.findall(r'"([^"]+)"', row.split("|")[1])]
    plain = re.sub(r"\{[^{}]*\}", "", CODE)
    assert len(quoted) >= 10
    assert [words for words in quoted if not all(part in plain for part in re.split(r"V3|19\.1|\.\.\.", words))] == []


def test_the_files_of_its_table_are_there() -> None:
    files = re.findall(r"`((?:likeness_plugin|resolve_scripts)/[\w.]+)`", README)
    assert len(files) >= 8
    assert [name for name in files if not (ROOT / "plugin" / name).is_file()] == []
