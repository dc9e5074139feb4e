#!/usr/bin/env bash
# The package in a clean root of this machine's Debian: installed with what it depends on, looked at, run as systemd
# would run it, run by systemd where one can be booted in a container, installed again, removed, purged.
# check.sh PACKAGE; as root.
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
	exec 2>/dev/null
	if [ "$status" != 0 ]; then
		echo "FAILED after ${SECONDS} s. The last lines of the log:"
		tail -n 40 "$log" "$said" || true
	fi
	if [ -n "${nspawn:-}" ]; then
		kill "$nspawn" || true
		wait "$nspawn" || true
	fi
	kill ${daemon:+"$daemon"} ${listener:+"$listener"} || true
	umount --lazy "$root/run" "$root/sys" "$root/proc" || true
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

# In the root; once it is booted, in that system.
inside() {
	local way=(chroot "$root")
	[ -z "${init:-}" ] || way=(nsenter --all --target "$init")
	"${way[@]}" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"
}
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
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
cp /etc/resolv.conf "$root/etc/resolv.conf"
# Not in /tmp: a booted system has its own.
cp "$package" "$root/root/"
file=/root/$(basename "$package")
version=$(dpkg-deb -f "$package" Version)

expect "apt installs it with what it depends on" inside apt-get install -y "$file"
echo "installed after ${SECONDS} s"
for entry in "755 root:root /usr/bin/depotd" "644 root:root /etc/depotd/depotd.yaml" "644 root:root /etc/avahi/services/depotd.service" \
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
# Any device will do to have the rules read.
udev_reads_rules() {
	local spoken
	spoken=$(inside udevadm test /sys/class/mem/null 2>&1)
	grep 'Reading.*/60-depotd.rules' <<<"$spoken" && ! grep '60-depotd.rules:[0-9]' <<<"$spoken"
}
expect "udev finds nothing to say against the rules" udev_reads_rules
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
expect "it says how the first administrator comes in" grep -q "/welcome#" "$log"
expect "nobody else reads the token of local programs" has_mode /var/lib/depotd/local-access.json "600 depotd:depotd"
kill -TERM "$daemon"
expect "it ends well when it is told to" ends_with 0 wait "$daemon"
expect "it says that it is stopping" was_said STOPPING=1

# --- run by systemd, with all that the unit forbids

kill "$listener"
wait "$listener" || true
umount "$root/run" "$root/sys" "$root/proc"
install -d "$root/etc/systemd/system/depotd.service.d"
printf '[Service]\nWatchdogSec=3\n' >"$root/etc/systemd/system/depotd.service.d/check.conf"
is_active() { is "$(inside systemctl is-active depotd)" active; }
is_in_journal() { inside journalctl --no-pager --unit depotd | grep -E "$1"; }
is_not_in_journal() { ! is_in_journal "$1"; }
has_restarted() { is "$(inside systemctl show --property NRestarts --value depotd)" "$1"; }
has_booted() { init=$(pgrep --parent "$nspawn") && inside systemctl is-active multi-user.target; }
# posts TYPE ADDRESS BODY…: as an administrator, to the booted box.
posts() {
	local token
	token=$(sed -n 's/.*"adminToken" *: *"\([^"]*\)".*/\1/p' "$root/var/lib/depotd/local-access.json")
	nsenter --net --target "$init" curl --silent --show-error --fail --max-time 30 -H "Authorization: Bearer $token" \
		-H "Content-Type: $1" "http://127.0.0.1:8080/api/v1/$2" "${@:3}"
}
# Of 2,000 by 1,500 pixels, as a JPEG of this box's own making.
takes_photo() {
	local answer
	python3 -c '
import struct, sys, zlib
def chunk(name, body): return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
rows = b"".join(b"\0" + bytes((x * y) & 255 for x in range(2000)) for y in range(1500))
open(sys.argv[1], "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2000, 1500, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))' "$1"
	answer=$(posts image/png pictures --data-binary "@$1")
	grep '"image/jpeg","width":2000,"height":1500' <<<"$answer"
}
draws_label() {
	posts application/json labels/preview --data '{"item":{"kind":"blank"},"media":"zebra-57x32"}' --output "$1"
	grep --text --quiet IHDR "$1"
}
# Its own network: port 8080 may be somebody's here.
systemd-nspawn --quiet --register=no --keep-unit --private-network --directory "$root" --boot \
	>>"$log" 2>&1 </dev/null &
nspawn=$!
if within_30_seconds has_booted >>"$log" 2>&1; then
	echo "booted after ${SECONDS} s"
	expect "systemd starts it with the system" within_30_seconds is_active
	expect "it answers /readyz" nsenter --net --target "$init" \
		curl --silent --show-error --fail --max-time 5 http://127.0.0.1:8080/readyz
	expect "it takes a scan" inside runuser -u depotd -- depotd scan CAM-7 --data /var/lib/depotd
	expect "a photo is made anew, by a helper that gives up more than the unit takes" takes_photo "$work/photo.png"
	expect "a label is drawn, with libraries that are loaded for it" draws_label "$work/label.png"
	expect "systemd restarts it when it hangs" inside systemctl kill --signal STOP depotd
	expect "… after the watchdog's time" within_30_seconds has_restarted 1
	expect "… and it is ready again" within_30_seconds is_active
	expect "it misses nothing that the unit forbids" is_not_in_journal 'Failed to|[Dd]enied|not permitted'
else
	echo "NOTE  no systemd can be booted here: what the unit forbids is scored, not tried"
	kill "$nspawn" 2>/dev/null || true
	init='' nspawn=''
fi

# --- installed again, removed, purged

echo "# ours" >>"$root/etc/depotd/depotd.yaml"
expect "apt installs it again" inside apt-get install -y --reinstall "$file"
[ -z "$init" ] || expect "it is running again" within_30_seconds is_active
expect "our line in the configuration is still there" grep -qx "# ours" "$root/etc/depotd/depotd.yaml"
expect "apt removes it" inside apt-get remove -y depotd
[ -z "$init" ] || expect "it is stopped" ends_with 3 inside systemctl is-active depotd
expect "the binary is gone" is_gone /usr/bin/depotd
expect "the rules are gone" is_gone /lib/udev/rules.d/60-depotd.rules
expect "the data is still there" exists /var/lib/depotd/depot.sqlite
expect "the configuration is still there" exists /etc/depotd/depotd.yaml
expect "apt purges it" inside apt-get purge -y depotd
expect "the data is gone" is_gone /var/lib/depotd
rm -r "$root/etc/systemd/system/depotd.service.d"
expect "nothing of that name is left" is \
	"$(inside find / -xdev -path /var/log/journal -prune -o -name '*depotd*' ! -path "$file" -print)" ""
expect "its user is still there, for what it owns elsewhere" inside getent passwd depotd
echo "passed in ${SECONDS} s"
