"""An application folder with scripts in place of the programs: what the packages carry does not matter to them."""

from pathlib import Path

from installer.application import write_list

PROGRAM = """\
#!/bin/sh
echo "$(basename "$0") $*" >> "$LIKENESS_CALLS"
exit "${LIKENESS_FAILS:-0}"
"""


def make_application(folder: Path, version: str) -> Path:
    """`likeness` and `likeness-panel` note their calls in the file that LIKENESS_CALLS names."""
    (folder / "_internal" / "likeness_core").mkdir(parents=True)
    for name in ("likeness", "likeness-panel"):
        (folder / name).write_text(PROGRAM)
        (folder / name).chmod(0o755)
    (folder / "_internal" / "likeness_core" / "data ü.bin").write_bytes(version.encode() * 100)
    (folder / "VERSION").write_text(f"{version}\n")
    (folder / "LICENSE").write_text("a licence\n")
    (folder / "LICENCES.txt").write_text("licences\n")
    write_list(folder)
    return folder
