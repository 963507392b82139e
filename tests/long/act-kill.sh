#!/bin/sh
# Rotating, archiving, pruning, moving aside, bringing back and deleting, with
# threads, killed at 200 random moments and run again, one after the other in
# one incident that goes on: each message that ever came is in the spool, an
# old tree, the turf folder or an archive.  SEED= and KILLS= choose another.
. "${0%/*}/../e2e/lib.sh"

command -v zstd >/dev/null && command -v sqlite3 >/dev/null ||
    skip_all 'no zstd or sqlite3 here'
kills=${KILLS:-200} seed=${SEED:-$$}
fast=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$fast" "$work"' EXIT
mkdir "$fast/box" "$fast/box/kept" && cd "$fast/box" || exit 1
spool=Imcdata case=case.db
mkdir -p "$spool/In/Archive" "$spool/Out" "$spool/Pickup"
: >../came

# Messages with a seal that nobody else has; what came is written down.
feed() {
	perl -e '
		my ($from, $n, $dir, $rand) = @ARGV;
		for my $i ($from .. $from + $n - 1) {
			my $f = sprintf "%s/M%07d", $i % 3 ? "Out" : "In", $i;
			open my $o, ">", "$dir/$f" or die "$f: $!";
			print $o "X-Sender: a$i\@example.com\n",
			    "X-Receiver: b\@example.net\nFrom: a\@example.com\n",
			    "Subject: $i\nMessage-ID: <$i\@example.com>\n\n",
			    "seal $i of $rand\n" x (1 + $i % 100);
		}' "$fed" "$1" "$spool" "$seed" || return 1
	find "$spool" -name 'M*' -type f -exec sha256sum {} + |
	    cut -c 1-64 >>../came
	fed=$((fed + $1))
}

# Digests of what an archive holds, by other programs.
held() {
	for f in kept/*.tar.zst; do
		[ -e "$f" ] || continue
		if [ ! -e "../${f##*/}.sums" ]; then
			spoolarchive --verify "$f" >/dev/null || return 1
			rm -rf ../bag && mkdir ../bag && tar -C ../bag -xf "$f" &&
			find ../bag -path '*/data/*' -type f -exec sha256sum {} + |
			    cut -c 1-64 >"../${f##*/}.sums" || return 1
		fi
		cat "../${f##*/}.sums"
	done
}
nothing_lost() {
	{ find . -name 'M*' -type f ! -path './kept/*' -exec sha256sum {} + |
	    cut -c 1-64; held || echo failed; } | sort -u >../there
	! grep -q failed ../there && sort -u ../came | comm -23 - ../there >../lost
	[ ! -s ../lost ] || { wc -l ../lost; return 1; }
}
ledger_holds() { run 0 spoollist -c "$case" --verify -w 0 && has '^ledger: '; }

old() { ls -d "$spool".2* 2>/dev/null | head -n 1; }
scan() { spoolscan -c "$case" -d example.org "$1" >/dev/null 2>&1; }

# The command of a step; without a tree for it, a rotation.
command_of() {
	tree=$(old) third="substr(id, 1, 1) BETWEEN '$2' AND '$2z'"
	rotate="spoolarchive -c $case --rotate --wait 0 --commit $spool"
	case $1 in
	rotate)	cmd=$rotate ;;
	archive) cmd="spoolarchive -j 4 -c $case $tree kept/${tree##*/}.$3.tar.zst" ;;
	prune)	f=$(ls "kept/${tree##*/}".*.tar.zst 2>/dev/null | head -n 1)
		cmd="spoolarchive -j 4 -c $case --prune --commit $tree $f"
		[ -n "$f" ] || tree= ;;
	turf)	scan "$spool"
		cmd="spoolclean -c $case -w \"$third\" --commit $spool" tree=. ;;
	undo)	cmd="spoolclean -c $case --undo --commit $spool" tree=. ;;
	delete)	scan "$spool"
		spoolarchive -j 4 -c "$case" "$spool" "kept/live.$3.tar.zst" >/dev/null 2>&1
		cmd="spoolclean -c $case -w \"$third\" --delete --commit $spool" tree=. ;;
	esac
	[ -n "$tree" ] || cmd=$rotate tree=.
}

# Killed after a part of the time it takes, looked at, and run again.
step() {
	command_of "$1" "$3" "$5"
	sh -c "exec timeout -s KILL 0.$4 $cmd" >../out 2>../errs
	[ $? -ne 137 ] || killed=$((killed + 1))
	nothing_lost || { echo "lost by the kill: $cmd"; return 1; }
	[ -d "$tree" ] || return 0	# all of it was pruned
	sh -c "$cmd" >../out 2>../errs
	case $? in
	0|1|2|3) ;;
	*)	echo "run again: $cmd"; cat ../errs; return 1 ;;
	esac
	nothing_lost && ledger_holds || { echo "after it was run again: $cmd"; return 1; }
}
all_steps() {
	awk -v seed="$seed" -v n="$kills" 'BEGIN { srand(seed)
		split("rotate archive prune turf undo delete archive prune", w)
		split("80 170 130 100 100 130 170 130", ms)
		for (i = 1; i <= 10 * n; i++) { k = int(rand() * 8) + 1
			printf "%s %d %x %03d %d\n", w[k], i, int(rand() * 16),
			    int(rand() * ms[k]) + 1, i } }' >../steps
	killed=0 fed=0
	while read -r verb i third ms name; do
		[ "$killed" -lt "$kills" ] || break
		feed 10 && step "$verb" "$i" "$third" "$ms" "$name" ||
		    { echo "step $i of seed $seed"; return 1; }
	done <../steps
	echo "$i" >../killed && [ "$killed" -eq "$kills" ]
}

t "each message is somewhere after each of $kills kills, and the ledger holds" all_steps
t 'nothing half-done is left' '
	run 0 spoolarchive -c "$case" --rotate --wait 0 --commit "$spool" &&
	[ -z "$(find . -name "*.partial*" -o -name "*.new")" ] &&
	[ "$(sqlite3 "$case" "SELECT (SELECT count(*) FROM turf_entry WHERE
	    state IN (\"going\", \"returning\", \"deleting\")) + (SELECT count(*)
	    FROM rotation WHERE state IN (\"building\", \"swapping\"))")" -eq 0 ]'
echo "# seed $seed, $(sort -u ../came | wc -l) messages came, $kills of $(cat ../killed) commands were killed at work"

t_done
