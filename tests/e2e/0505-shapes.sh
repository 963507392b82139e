#!/bin/sh
# Small sites of many shapes.  What is legit there may be unsure, but is never
# called relay, spam or backscatter; what is relay is never called legit.
. "${0%/*}/lib.sh"
. "$top/tests/judge/goals.sh"

N=${N:-400}
for shape in office mx front partners lists hosting shop mailing parents \
    telephone small-theft; do
	t "$shape: nothing is lost, nothing is sent again" "
		abuse $shape $N ${SEED:-31}
		[ -s score ] && hasnt '^missing' score &&
		hasnt 'mistake .* legit/.* -> [rsb]' score &&
		hasnt 'mistake .* relay/.* -> legit' score"
	case $shape in
	mailing|parents|telephone|shop) ;;	# looks like theft: unsure is fine
	*)	t "$shape: and hardly anything is unsure" '
			awk "/^unsure/ { exit \$2 * 50 > \$4 }" score' ;;
	esac
done
t_done
