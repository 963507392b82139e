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

# A web form that somebody found writes to hundreds; the shop's orders go on.
mkdir site
page() { printf 'Received: by mail.example.org (Postfix, from userid 33)\n\tid %s; Mon, 5 Jan 2026 %s:00:00 +0000\nX-PHP-Originating-Script: 33:%s\nFrom: www@example.org\nTo: %s@example.net\nSubject: %s\nMessage-ID: <%s@mail.example.org>\n\n%s\n' "$@" >site/$1.eml; }
for i in $(seq 250); do
	page $i 10 form.php "v$i" "prize $i" $i 'claim the prize that waits for you before others take it'
done
for i in $(seq 301 312); do
	page $i $((i - 300)) shop.php "c$i" "order $i" $i 'thank you for the order, your parcel is on its way to you'
done
t 'what a script sends to hundreds is not taken for mail of ours' '
	run 0 spoolscan -d example.org -o ndjson site &&
	[ "$(jq -r "select(.class == \"unsure\") | .evidence[0].fact" out | grep -c "written by 33:form.php")" -eq 250 ] &&
	[ "$(jq -r "select(.class == \"legit\") | .subject" out | grep -c order)" -eq 12 ]'
t_done
