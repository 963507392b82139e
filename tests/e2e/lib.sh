# Shell tests: TAP on stdout, a directory of its own for each file.
#
#	t 'sentence that holds' 'commands'	one test
#	run STATUS command ...			exactly this status; out, errs
#	bound STATUS SECONDS KB command ...	the same, in so much time and memory
#	plain FILE				nothing in it that a terminal obeys
#	record PATH CONDITION			jq's, of the line with that path in out
#	same FILE				out is golden/FILE (GOLD=1 writes it)
#	kill_each BEFORE COMMAND AFTER		three functions: kill -9 COMMAND
#						at each call that changes something
#	fail_each BEFORE COMMAND AFTER		the same, where each call that may
#						fail for the machine's reasons does
#	in_order SORT FROM TO				the tree FROM as TO, its files made as
#						sort SORT has them: "-r", or ""
#	skip_all 'reason'			the whole file, with its reason
#	t_done					the plan, and the exit status
#
# The commands run with errexit off; the last one's status is the test's.

set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-$top/build}
PATH=$B/bin:$PATH
LC_ALL=C
export PATH LC_ALL
unset NO_COLOR LANG TMPDIR 2>/dev/null || :
golden=$top/tests/e2e/golden
n=0 failed=0
work=$(mktemp -d) || exit 1
trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work" ${away-}' EXIT
trap 'exit 130' INT TERM
cd "$work" || exit 1

t() {
	n=$((n + 1))
	if (eval "$2") >"$work/.log" 2>&1; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$work/.log" | head -n 40
		[ ! -s "$work/errs" ] || sed 's/^/# stderr: /' "$work/errs" | head -n 10
		failed=$((failed + 1))
	fi
}

run() {
	want=$1
	shift
	"$@" >"$work/out" 2>"$work/errs" </dev/null
	got=$?
	[ "$got" -eq "$want" ] && return 0
	echo "status $got, not $want: $*"
	return 1
}

# A sanitizer needs more address space than there is memory.
limit=true
{ (ulimit -v 200000 && spoolscan --help) >/dev/null 2>&1 || limit=false; } \
    2>/dev/null		# the shell's own word of an abort
bound() {
	want=$1 secs=$2 kb=$3
	shift 3
	(! $limit || ulimit -v "$kb"
	    exec timeout "$secs" "$@") >"$work/out" 2>"$work/errs" </dev/null
	got=$?
	[ "$got" -eq "$want" ] && return 0
	echo "status $got, not $want: $*"
	return 1
}

# UTF-8, no control but the line end (CRLF in CSV), and nothing that turns or
# hides what stands beside it.
plain() {
	perl -0777 -ne '
		utf8::decode($_) or print("no UTF-8\n"), exit 1;
		s/\r\n/\n/g;
		exit 0 unless /([\x00-\x09\x0b-\x1f\x7f-\x9f\x{61c}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}])/;
		printf "U+%04X behind: %s\n", ord $1,
		    substr($`, -30) =~ s/[^ -~]/?/gr;
		exit 1' "$1"
}

record() {
	jq -es --arg p "$1" "map(select(.path == \$p)) | length == 1 and
	    (.[0] | $2 | not | not)" "$work/out"
}

same() {
	if [ -n "${GOLD-}" ]; then
		cp "$work/out" "$golden/$1"
	fi
	diff -u "$golden/$1" "$work/out"
}

has() { grep -q -e "$1" "${2:-$work/out}"; }
hasnt() { ! grep -q -e "$1" "${2:-$work/out}"; }

# A tmpfs lists what was made last first; others list names by a hash of them,
# the same in any order.  So TO leads to one where there is one.
in_order() {
	tmpfs=$(mktemp -d -p /dev/shm 2>/dev/null) || tmpfs=$(mktemp -d -p "$work")
	away="${away-} $tmpfs"
	ln -s "$tmpfs" "$3"
	(cd "$2" && find . -type d | sort && find . -type f | sort $1) |
	    tar -C "$2" -cf - --no-recursion -T - | tar -C "$3" -xf -
}

# BEFORE makes the place new, COMMAND is a simple command in a string, AFTER
# runs it again and looks whether all is well.  $kills says how many calls there
# are; KILL_STEP=7 takes every seventh.
kill_each() {
	"$1" || { echo "before: $?"; return 1; }
	eval "\"$B/tests/kill\" -w -c \"$work/.count\" $2" >out 2>errs </dev/null
	kills=$(cat "$work/.count") && [ "$kills" -gt 0 ] || return 1
	"$3" || { echo "without a kill"; return 1; }
	at=1
	while [ "$at" -le "$kills" ]; do
		"$1" || { echo "before: $?"; return 1; }
		eval "\"$B/tests/kill\" -w -n $at $2" >out 2>errs </dev/null
		"$3" || { echo "after kill $at of $kills"; return 1; }
		at=$((at + ${KILL_STEP:-1}))
	done
}

# FAIL_BY=memory: not a call of the system fails, but the n-th allocation.
fail_count() {
	case ${FAIL_BY-} in
	memory)	eval "NOMEM_COUNT=\"$work/.count\" LD_PRELOAD=\"$B/tests/nomem.so\" $1" ;;
	*)	eval "\"$B/tests/kill\" -f -c \"$work/.count\" $1" ;;
	esac
}
fail_at() {
	case ${FAIL_BY-} in
	memory)	eval "timeout 120 env NOMEM_AT=$1 LD_PRELOAD=\"$B/tests/nomem.so\" $2" ;;
	*)	eval "timeout 120 \"$B/tests/kill\" -f -e ${FAIL_WITH:-0} -n $1 $2" ;;
	esac
}

# As kill_each, but the call fails.  The command has to end by itself, with a
# sentence when it says that it failed.  FAIL_STEP=1 FAIL_WITH=0 takes each call
# with its first error, 1 and 2 with others.
fail_each() {
	"$1" || { echo "before: $?"; return 1; }
	fail_count "$2" >out 2>errs </dev/null
	got=$? tried=0
	points=$(cat "$work/.count") && [ "$points" -gt 0 ] || return 1
	"$3" || { echo "without a failure"; return 1; }
	at=$((${FAIL_FROM:-1} % ${FAIL_STEP:-1} + 1)) wrong=0
	while [ "$at" -le "$points" ]; do
		"$1" || { echo "before: $?"; return 1; }
		fail_at "$at" "$2" >out 2>errs </dev/null
		got=$? status=$got tried=$((tried + 1))
		cp errs errs.at
		{ [ "$got" -le 4 ] && { [ "$got" -lt 3 ] || [ -s errs ]; } &&
		    ! grep -q -e ": Success$" -e AddressSanitizer errs &&
		    "$3"; } || {
			echo "call $at of $points failed, status $status:"
			sed 's/^/	/' errs.at | tail -n 4
			wrong=$((wrong + 1))
			[ -n "${FAIL_ALL-}" ] || return 1
		}
		at=$((at + ${FAIL_STEP:-1}))
	done
	echo "$tried of $points points: $2" >&2
	[ "$wrong" -eq 0 ]
}

# Where the mail corpora are, if they are here: CORPORA=DIR overrides.
corpora() {
	for c in "${CORPORA-}" "$top/../shared/corpora"; do
		[ -n "$c" ] && [ -d "$c" ] && { (cd "$c" && pwd); return 0; }
	done
	return 1
}

skip_all() {
	echo "1..0 # SKIP $1"
	echo "skipped ${0##*/}: $1" >&2
	exit 0
}

t_done() {
	echo "1..$n"
	[ "$failed" -eq 0 ]
	exit
}
