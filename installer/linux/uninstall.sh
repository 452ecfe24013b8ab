#!/bin/sh
# Remove Likeness from where install.sh put it. Projects, settings and added model packs stay.
set -eu

target=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
if [ ! -f "$target/VERSION" ] || [ ! -f "$target/PLACES" ]; then
    printf 'uninstall.sh: %s was not installed by install.sh\n' "$target" >&2
    exit 1
fi
programs=$(sed -n 1p "$target/PLACES") share=$(sed -n 2p "$target/PLACES")

"$target/likeness" hosts remove >/dev/null 2>&1 ||
    printf 'What was put into DaVinci Resolve could not be removed: is it running?\n' >&2
for name in likeness likeness-panel; do
    link=$programs/$name
    if [ "$(readlink "$link" 2>/dev/null)" = "$target/$name" ]; then rm -f "$link"; fi
done
rm -f "$share/applications/likeness.desktop" "$share/icons/hicolor/scalable/apps/likeness.svg" \
    "$share/mime/packages/likeness.xml"
update-desktop-database "$share/applications" 2>/dev/null || true
update-mime-database "$share/mime" 2>/dev/null || true
# Where ours were the only ones, what was made of them goes as well.
case $share in
    /usr/*) ;;
    *)
        if rmdir "$share/mime/packages" 2>/dev/null; then
            for name in XMLnamespaces aliases generic-icons globs globs2 icons magic mime.cache subclasses treemagic \
                types version application/x-likeness-project.xml; do
                rm -f "$share/mime/$name"
            done
            rmdir "$share/mime/application" 2>/dev/null || true
        fi
        [ -n "$(find "$share/applications" -name '*.desktop' 2>/dev/null)" ] || rm -f "$share/applications/mimeinfo.cache"
        ;;
esac
rm -rf "$target" "$target.new" "$target.old"
# Folders that nothing else is in.
for folder in "$(dirname "$target")" "$programs" "$share/applications" "$share/icons/hicolor/scalable/apps" \
    "$share/icons/hicolor/scalable" "$share/icons/hicolor" "$share/icons" "$share/mime/packages" "$share/mime"; do
    case $folder in /opt | /usr/*) ;; *) rmdir "$folder" 2>/dev/null || true ;; esac
done
printf 'Likeness is removed. Your projects, settings and model packs are still there.\n'
