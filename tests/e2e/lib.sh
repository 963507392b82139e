# Shell tests: TAP on stdout, a directory of its own for each file.
#
#	t 'sentence that holds' 'commands'	one test
#	run STATUS command ...			exactly this status; out, errs
#	same FILE				out is golden/FILE (GOLD=1 writes it)
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
trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT
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

same() {
	if [ -n "${GOLD-}" ]; then
		cp "$work/out" "$golden/$1"
	fi
	diff -u "$golden/$1" "$work/out"
}

has() { grep -q -e "$1" "${2:-$work/out}"; }
hasnt() { ! grep -q -e "$1" "${2:-$work/out}"; }

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
