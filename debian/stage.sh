#!/bin/sh
# Lays out what dpkg-buildpackage wants: stage.sh BINARY CHECKOUTS FOLDER. The checkouts are those of the Swift packages
# in the binary, whose notices must go along. The working tree stays as it is.
set -eu
binary=$1 checkouts=$2 folder=$3
cd "$(dirname "$0")/.."

rm -rf "$folder"
mkdir -p "$folder/notices"
cp -R debian etc systemd README.md CHANGELOG.md "$folder"
cp "$binary" "$folder/depotd"
for notice in "$checkouts"/*/NOTICE*.txt; do
	cp "$notice" "$folder/notices/$(basename "$(dirname "$notice")").txt"
done

# The version has one place. ~debNN: the package of the next Debian, with other library names, counts as newer. A
# pre-release (1.0.0-rc.1) counts as older than its release with a tilde.
version=$(sed -n 's/.*static let current = "\(.*\)".*/\1/p' Sources/Appliance/Version.swift | tr - '~')
[ -n "$version" ] || { echo "stage: no version in Version.swift" >&2; exit 1; }
release=deb$(sed -n 's/^VERSION_ID="\{0,1\}\([0-9.]*\).*/\1/p' /etc/os-release)
# The commit's time, so that the same binary gives the same package.
seconds=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
maintainer=$(sed -n 's/^Maintainer: //p' debian/control)
cat >"$folder/debian/changelog" <<END
depotd ($version-1~$release) unstable; urgency=medium

  * See changelog.gz.

 -- $maintainer  $(LC_ALL=C date -u -R -d "@$seconds")
END
