#!/bin/sh
# Our reader beside GMime's: the same fields, tree, text, addresses and dates,
# or a reason that docs/WILD.md explains.
. "${0%/*}/lib.sh"

[ -x "$B/tests/diff/gmime" ] || skip_all 'no tests/diff/gmime: libgmime-3.0-dev is not here'
limit=false			# GLib's memory is not ours

# Each kind of thing has a line of its own: "MIME tree  166 compared, 98.19 % alike".
alike() {
	awk -v kind="$1" -v least="$2" 'index($0, kind) == 1 { n++;
	    if ($(NF - 2) + 0 < least) bad++ } END { exit n != 1 || bad > 0 }' out
}
t 'no difference without a reason in our own fixtures' '
	run 0 "$B/tests/diff/gmime" "$top/tests/spool" &&
	has "header fields .* compared" && hasnt "not explained"'
t 'each reason is explained in WILD.md' '
	sed -n "s/^	\"\(.*\)\",$/\1/p" "$top/tests/diff/gmime.c" | grep -v -e alike -e "not explained" >whys &&
	[ "$(wc -l <whys)" -ge 10 ] && while read -r why; do
		grep -qF "| $why |" "$top/docs/WILD.md" || { echo "$why"; exit 1; }
	done <whys'
if dir=$(corpora); then
	for set in "$dir"/*.tar.zst; do
		case $set in */licences*) continue ;; esac
		rm -rf mail && mkdir mail && tar -C mail -xf "$set" || continue
		t "nor in real mail: ${set##*/}" '
			run 0 "$B/tests/diff/gmime" mail; r=$?
			sed "s/^/# /" out | tail -n 30 >&3; [ $r -eq 0 ] &&
			alike "header fields" 99 && alike addresses 95 && alike date 95'
	done 3>said
else
	echo '# skipped: real mail, no corpora here (CORPORA=DIR names them)'
fi
t_done
