#!/bin/sh
# Install Likeness from the unpacked archive: for this user without root, or with --system for everyone.
set -eu

usage() {
    cat <<TEXT
usage: ./install.sh [--system | --prefix FOLDER] [--no-self-test] [--no-hosts]
  (nothing)        for this user: ~/.local/opt/likeness, a link in ~/.local/bin, an entry in the menu
  --system         for everyone: /opt/likeness, links in /usr/local/bin; needs root
  --prefix FOLDER  FOLDER/opt/likeness, FOLDER/bin, FOLDER/share
  --no-self-test   do not try the installation at the end
  --no-hosts       do not connect DaVinci Resolve
An older version is replaced; settings, projects and model packs stay. A newer version is never replaced.
TEXT
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
prefix=${HOME:-}/.local programs='' share='' self_test=yes hosts=yes
while [ $# -gt 0 ]; do
    case $1 in
        --system) prefix=/ programs=/usr/local/bin share=/usr/local/share ;;
        --prefix) [ $# -gt 1 ] || { usage >&2; exit 2; }; prefix=$2; shift ;;
        --no-self-test) self_test=no ;;
        --no-hosts) hosts=no ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done
prefix=${prefix%/}
programs=${programs:-$prefix/bin} share=${share:-$prefix/share}
target=$prefix/opt/likeness

fail() {
    printf 'install.sh: %s\n  hint: %s\n' "$1" "$2" >&2
    exit 1
}

version=$(cat "$here/likeness/VERSION") || fail 'this archive is not whole' 'Unpack it again.'
if [ -f "$target/VERSION" ]; then
    there=$(cat "$target/VERSION")
    newest=$(printf '%s\n%s\n' "$there" "$version" | sort -V | tail -n 1)
    if [ "$there" != "$version" ] && [ "$newest" = "$there" ]; then
        fail "version $there is installed, which is newer than $version" \
            "Keep it, or run \"$target/uninstall.sh\" first; your projects stay."
    fi
elif [ -e "$target" ]; then
    fail "$target is there and is not Likeness" 'Move it away, or choose another --prefix.'
fi

mkdir -p "$target" 2>/dev/null || fail "$target cannot be made" 'Leave --system out, or run this as root.'
[ -w "$target" ] || fail "$target cannot be written" 'Leave --system out, or run this as root.'
needed=$(du -sk "$here/likeness" | cut -f 1)
free=$(df -Pk "$target" | awk 'NR == 2 { print $4 }')
if [ "$free" -lt $((needed + 65536)) ]; then
    rmdir "$target" 2>/dev/null || true
    fail "$((needed / 1024)) MB are needed in $target, and $((free / 1024)) MB are free" 'Free some space.'
fi

# Beside, checked, then swapped: what stops this leaves the version that was there.
fresh=$target.new old=$target.old
if [ -d "$old" ] && [ ! -f "$target/VERSION" ]; then
    rmdir "$target" 2>/dev/null || true
    mv "$old" "$target" # an earlier run was stopped between the two moves below
fi
rm -rf "$fresh" "$old"
trap 'rm -rf "$fresh"; rmdir "$target" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
cp -R "$here/likeness" "$fresh"
cp "$here/uninstall.sh" "$fresh/uninstall.sh"
(cd "$fresh" && sha256sum --quiet --check FILES) ||
    fail 'a file of this archive is damaged' 'Copy and unpack the archive again; nothing was changed.'
mv "$target" "$old"
mv "$fresh" "$target"
rm -rf "$old"
trap - EXIT

mkdir -p "$programs" "$share/applications" "$share/icons/hicolor/scalable/apps" "$share/mime/packages"
for name in likeness likeness-panel; do
    ln -sf "$target/$name" "$programs/$name"
done
# In a desktop entry a quoted path may hold spaces; \ " ` and $ are escaped, and % is doubled.
quoted=$(printf '%s' "$target/likeness-panel" | sed -e 's/[\\"`$]/\\\\&/g' -e 's/%/%%/g' -e 's/[&|]/\\&/g')
sed "s|^Exec=likeness-panel|Exec=\"$quoted\"|" "$here/share/likeness.desktop" >"$share/applications/likeness.desktop"
cp "$here/share/likeness.svg" "$share/icons/hicolor/scalable/apps/likeness.svg"
cp "$here/share/likeness-mime.xml" "$share/mime/packages/likeness.xml"
printf '%s\n%s\n' "$programs" "$share" >"$target/PLACES"
update-desktop-database "$share/applications" 2>/dev/null || true
update-mime-database "$share/mime" 2>/dev/null || true

if [ "$self_test" = yes ]; then
    "$target/likeness" --self-test || printf 'The self-test failed: see above. Likeness is installed all the same.\n' >&2
fi
if [ "$hosts" = yes ]; then
    if [ "$target" = /opt/likeness ]; then everyone=--machine; else everyone=''; fi
    for root in /opt /home; do
        [ -x "$root/resolve/bin/resolve" ] || continue
        "$target/likeness" hosts install $everyone ||
            printf 'DaVinci Resolve was not connected: see above. Later: likeness hosts install\n' >&2
        break
    done
fi
printf 'Likeness %s is installed in %s\n' "$version" "$target"
case ":${PATH:-}:" in
    *":$programs:"*) ;;
    *) printf 'To call it by its name, add %s to PATH.\n' "$programs" ;;
esac
