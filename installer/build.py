"""Make what is installed, in dist/: `python3 dev.py build`.

(nothing)                       freeze the application, then every package that this system can make
--no-freeze                     packages only, of the application that is in dist/application
--application                   the application only
--new-key FILE                  make a key for signing, outside the repository; prints its public half
--sign FILE --pack FOLDER ...   archives of model packs, signed, for `likeness packs add`
--sign FILE --runtime FOLDER --named NAME VERSION LICENCE --licence-file FILE
                                an archive of installed packages (a GPU's torch), signed
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from likeness_core.packs.archives import TRUSTED_KEYS

from installer import extras
from installer.application import check_application, finish, freeze, largest
from installer.contents import ROOT
from installer.linux_packages import make_archive, make_deb

DIST = ROOT / "dist"
TRUSTING = "core/likeness_core/packs/archives.py"


def main(arguments: list[str]) -> int:
    """Do what was asked for; returns the exit status."""
    given = _parser().parse_args(arguments)
    if given.new_key or given.sign:
        try:
            return _make_key(given.new_key) if given.new_key else _sign(given)
        except (OSError, ValueError) as error:  # a key that is there already, or is none
            print(f"dev.py build: {error}", file=sys.stderr)
            return 1
    application = DIST / "application" / "likeness"
    try:
        if not given.no_freeze:
            freeze(DIST)
            finish(application, DIST / ".pyinstaller")
        wrong = check_application(application)
        if wrong:
            print("\n".join(wrong), file=sys.stderr)
            return 1
        _report(application)
        if not given.application:
            for package in _packages(application):
                print(f"{package.stat().st_size / 1e6:7.0f} MB  {package}")
            print("no archive of a model pack was made: that needs a key to sign with (--sign)")
    except subprocess.CalledProcessError as error:
        print(f"dev.py build: {error.cmd[0]} failed, see above", file=sys.stderr)
        return 1
    return 0


def _packages(application: Path) -> list[Path]:
    if sys.platform == "linux":
        made = [make_archive(application, DIST)]
        return [make_deb(application, DIST), *made] if shutil.which("dpkg-deb") else made
    print("the scripts for this system are in installer/windows and installer/macos: see installer/README.md")
    return []


def _report(application: Path) -> None:
    sizes = largest(application)
    total = sum(size for _, size in sizes)
    print(f"{total / 1e6:7.0f} MB  {application}")
    for name, size in sizes[:15]:
        print(f"{size / 1e6:7.0f} MB    {name}")


def _make_key(place: Path) -> int:
    public = extras.new_key(place)
    print(f"public key   {public}\nprivate key  {place}")
    print("Keep the private key out of every repository, with a copy that survives this machine.")
    print(f"Add the public one to TRUSTED_KEYS in {TRUSTING}, or have it given: likeness packs add FILE --key KEY")
    return 0


def _sign(given: argparse.Namespace) -> int:
    key = extras.read_key(given.sign)
    public = extras.public_half(key)
    if public not in TRUSTED_KEYS:
        print(f"this build does not trust that key; users add: --key {public}")
    for folder in given.pack:
        print(extras.write_pack_archive(folder, given.licence_file or ROOT / "LICENSE", DIST / "extras", key))
    if given.runtime:
        if not (given.named and given.licence_file):
            print("dev.py build: --runtime needs --named and --licence-file", file=sys.stderr)
            return 2
        about = dict(zip(("name", "version", "licence"), given.named, strict=True))
        print(extras.write_runtime_archive(given.runtime, about, given.licence_file, DIST / "extras", key))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "dev.py build", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--no-freeze", action="store_true")
    parser.add_argument("--application", action="store_true")
    parser.add_argument("--new-key", type=Path)
    parser.add_argument("--sign", type=Path)
    parser.add_argument("--pack", type=Path, nargs="+", default=[])
    parser.add_argument("--runtime", type=Path)
    parser.add_argument("--named", nargs=3)
    parser.add_argument("--licence-file", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
