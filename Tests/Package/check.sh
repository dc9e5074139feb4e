#!/usr/bin/env bash
# The package in a clean root of this machine's Debian: installed with what it depends on, looked at, run as systemd
# would run it, installed again, removed, purged. check.sh PACKAGE; as root. Not under systemd: what the unit forbids is
# scored here, not tried.
set -euo pipefail

# A mount and a process namespace of its own: nothing that is mounted or started here outlives it, however it ends.
if [ "${2:-}" != inside ]; then
	exec unshare --mount --pid --fork --kill-child --mount-proc -- "$0" "$(realpath "${1:?which package?}")" inside
fi

package=$1
work=$(mktemp -d)
root=$work/root
log=$work/log
said=$work/said
trap finish EXIT

finish() {
	local status=$?
	if [ "$status" != 0 ]; then
		echo "FAILED after ${SECONDS} s. The last lines of the log:"
		tail -n 40 "$log" "$said" 2>/dev/null || true
	fi
	kill ${daemon:+"$daemon"} ${listener:+"$listener"} 2>/dev/null || true
	umount --lazy "$root/run" "$root/proc" 2>/dev/null || true
	rm -rf --one-file-system "$work"
}

# expect SENTENCE COMMAND…: the sentence is true when the command succeeds.
expect() {
	local sentence=$1
	shift
	if "$@" >>"$log" 2>&1; then echo "ok    $sentence"; else
		echo "NOT   $sentence"
		return 1
	fi
}

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
as_depotd() { chroot --userspec=depotd:depotd "$root" env -i PATH=/usr/bin:/bin "$@"; }
is() { [ "$1" = "$2" ] || { echo "'$1' instead of '$2'"; false; }; }
exists() { [ -e "$root$1" ] || [ -L "$root$1" ]; }
is_gone() { ! exists "$1"; }
has_mode() { is "$(inside stat -c '%a %U:%G' "$1")" "$2"; }
was_said() { within_30_seconds grep -q -- "$1" "$said"; }
is_quiet() { is "$("$@" 2>&1)" ""; }
within_30_seconds() {
	for _ in $(seq 1 300); do
		if "$@"; then return; fi
		sleep 0.1
	done
	false
}
answers() { curl --silent --show-error --fail --max-time 5 "$1"; }
ends_with() { local expected=$1 status=0; shift; "$@" || status=$?; is "$status" "$expected"; }

# The archives this machine uses, and of those only Debian's own for this release.
# shellcheck disable=SC2016 # apt fills these in, not the shell
archives() {
	apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
		grep -E " $codename(-updates|-security)? " | sort -u
}
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
mapfile -t archives < <(archives)

# --- installed

mmdebstrap --variant=minbase --skip=cleanup/apt/lists "$codename" "$root" "${archives[@]}" >"$log" 2>&1
echo "a clean root of $codename after ${SECONDS} s"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp "$package" "$root/tmp/"
file=/tmp/$(basename "$package")
version=$(dpkg-deb -f "$package" Version)

expect "apt installs it with what it depends on" inside apt-get install -y "$file"
echo "installed after ${SECONDS} s"
for entry in "755 root:root /usr/bin/depotd" "644 root:root /etc/depotd/depotd.yaml" \
	"644 root:root /lib/systemd/system/depotd.service" "644 root:root /usr/lib/sysusers.d/depotd.conf" \
	"644 root:root /lib/udev/rules.d/60-depotd.rules" "644 root:root /usr/share/man/man8/depotd.8.gz" \
	"644 root:root /usr/share/doc/depotd/copyright" "644 root:root /usr/share/doc/depotd/changelog.Debian.gz"; do
	expect "$entry" has_mode "${entry##* }" "${entry% *}"
done
expect "the configuration is a conffile" grep -qx /etc/depotd/depotd.yaml "$root/var/lib/dpkg/info/depotd.conffiles"
expect "the user may not sign in" is "$(inside getent passwd depotd | cut -d: -f6-)" /var/lib/depotd:/usr/sbin/nologin
expect "the user has no password" grep -q '^depotd:!' "$root/etc/shadow"
for group in plugdev dialout audio; do
	expect "the unit's group $group exists" inside getent group "$group"
done
expect "the unit is enabled" exists /etc/systemd/system/multi-user.target.wants/depotd.service
# Without --man=no it would want a man program, which a box need not have.
expect "systemd finds nothing to say against the unit" is_quiet inside systemd-analyze verify --man=no depotd.service
expect "the unit is exposed at 2.0 or less" inside systemd-analyze security --offline=true --threshold=20 \
	--no-pager /lib/systemd/system/depotd.service
grep 'Overall exposure' "$log" | tail -n 1
expect "it has the package's version" is "$(as_depotd depotd version)" "depotd ${version%%-*}"

# --- run, as the unit does: the user, the folder of StateDirectory=, a socket to be told through, a watchdog

inside install -d -o depotd -g depotd -m 0750 /var/lib/depotd
touch "$said"
python3 -c '
import os, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
while True: print(listener.recv(4096).decode().replace("\n", " "), flush=True)
' "$root/run/notify" >"$said" &
listener=$!
expect "somebody listens where systemd would" within_30_seconds test -S "$root/run/notify"

expect "a wrong value ends it with 78, at which the unit does not start it again" ends_with 78 \
	as_depotd DEPOTD_LISTEN=nowhere depotd serve --config /etc/depotd/depotd.yaml
# Not through as_depotd: what is signalled has to be the daemon itself.
chroot --userspec=depotd:depotd "$root" env -i NOTIFY_SOCKET=/run/notify WATCHDOG_USEC=3000000 \
	DEPOTD_LISTEN=127.0.0.1:0 /usr/bin/depotd serve --config /etc/depotd/depotd.yaml >>"$log" 2>&1 &
daemon=$!
expect "it says that it is ready" was_said READY=1
address=$(grep -o 'STATUS=serving [^ ]*' "$said" | head -n 1 | cut -d' ' -f2)
expect "it answers $address/healthz" answers "$address/healthz"
expect "it answers /readyz" answers "$address/readyz"
expect "it serves its pages" answers "$address/"
expect "it feeds the watchdog" was_said WATCHDOG=1
expect "it takes a scan" as_depotd depotd scan CAM-7 --data /var/lib/depotd
expect "its doctor finds nothing bad" as_depotd depotd doctor --data /var/lib/depotd
grep -E '^(ok|note|BAD) +[A-Za-z]+: ' "$log" | sed 's/^/      /'
expect "nobody else reads the first PIN" has_mode /var/lib/depotd/first-sign-in.txt "600 depotd:depotd"
kill -TERM "$daemon"
expect "it ends well when it is told to" ends_with 0 wait "$daemon"
expect "it says that it is stopping" was_said STOPPING=1

# --- installed again, removed, purged

echo "# ours" >>"$root/etc/depotd/depotd.yaml"
expect "apt installs it again" inside apt-get install -y --reinstall "$file"
expect "our line in the configuration is still there" grep -qx "# ours" "$root/etc/depotd/depotd.yaml"
expect "apt removes it" inside apt-get remove -y depotd
expect "the binary is gone" is_gone /usr/bin/depotd
expect "the rules are gone" is_gone /lib/udev/rules.d/60-depotd.rules
expect "the data is still there" exists /var/lib/depotd/depot.sqlite
expect "the configuration is still there" exists /etc/depotd/depotd.yaml
expect "apt purges it" inside apt-get purge -y depotd
expect "the data is gone" is_gone /var/lib/depotd
expect "nothing of that name is left" is \
	"$(inside find / -xdev -path /proc -prune -o -name '*depotd*' ! -path "$file" -print)" ""
expect "its user is still there, for what it owns elsewhere" inside getent passwd depotd
echo "passed in ${SECONDS} s"
