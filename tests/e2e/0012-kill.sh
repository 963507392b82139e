#!/bin/sh
# tests/kill, which other tests rely on, kills where it says.
. "${0%/*}/lib.sh"

[ -x "$B/tests/kill" ] || skip_all 'no tests/kill'
fresh() { rm -rf d && mkdir d; }
two_renames='sh -c "echo hi >d/a; mv d/a d/b; mv d/b d/c"'
seen() { ls d | tr '\n' ' ' >>seen && echo >>seen; }

t 'each state between two changes is seen, and no other' '
	: >seen && kill_each fresh "$two_renames" seen && [ "$kills" -ge 4 ] &&
	sort -u seen >states && printf "\n%s\n%s\n%s\n" "a " "b " "c " >want &&
	diff want states'
t 'what is killed died of it, with its children' '
	fresh && run 137 "$B/tests/kill" -w -n 2 sh -c "echo hi >d/a; sleep 9; :" &&
	[ -e d/a ] && [ ! -s d/a ]'
t 'what is not killed has its own status' '
	run 7 "$B/tests/kill" -n 99999 sh -c "exit 7"'

t_done
