#!/bin/sh
# Make Likeness-VERSION.pkg of dist/application/Likeness.app, which `python3 dev.py build` freezes on a Mac.
# NOT RUN on macOS so far. Signing and notarising need an identity of Apple's: give it as IDENTITY and INSTALLER_IDENTITY.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
app=$root/dist/application/Likeness.app
version=$(cat "$app/Contents/Resources/VERSION")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -n "${IDENTITY:-}" ]; then
    codesign --deep --force --options runtime --timestamp --sign "$IDENTITY" "$app"
    codesign --verify --deep --strict "$app"
fi
mkdir -p "$work/tree/Applications" "$work/scripts"
cp -R "$app" "$work/tree/Applications/"
cp "$root/installer/macos/preinstall" "$root/installer/macos/postinstall" "$work/scripts/"
sed -i '' "s/@VERSION@/$version/" "$work/scripts/preinstall"
pkgbuild --root "$work/tree" --scripts "$work/scripts" --identifier org.likeness.Likeness --version "$version" \
    --install-location / ${INSTALLER_IDENTITY:+--sign "$INSTALLER_IDENTITY"} "$root/dist/Likeness-$version.pkg"
