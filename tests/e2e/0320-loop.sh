#!/bin/sh
# cleanup-loop: a spool is fed spam until the feed stops; nothing legit is lost.
. "${0%/*}/lib.sh"

for tool in spoolarchive spoolreplay; do
	[ -x "$B/bin/$tool" ] || skip_all "no $tool"
done
spoolarchive --help | grep -q -e --prune || skip_all 'spoolarchive cannot prune'
command -v flock >/dev/null || skip_all 'flock(1) is not here'
loop() { "$top/scripts/cleanup-loop" -c case.db -a kept -s site.conf "$@" Imcdata; }
cat >site.conf <<'END'
[site]
local_domains = example.org
hosts = mail.example.org
trusted = 192.0.2.0/24
END
fresh() {
	rm -rf Imcdata* .Imcdata* case.db* kept fed && mkdir kept &&
	mkdir -p Imcdata/In Imcdata/Out Imcdata/Work Imcdata/Pickup
}
message() {	# NAME CLASS: relayed by a stranger, or ours going out
	case $2 in
	legit) ip=192.0.2.7 from=alice@example.org ;;
	*) ip=203.0.113.9 from=x@example.com ;;
	esac
	cat >"Imcdata/Work/$1" <<END
X-Sender: $from
X-Receiver: bob@example.net
Received: from there ([$ip]) by mail.example.org with SMTP id $1; Mon, 5 Jan 2004 01:00:00 +0000
From: $from
To: bob@example.net
Date: Mon, 5 Jan 2004 01:00:00 +0000
Subject: $2 $1
Message-ID: <$1@there.example>

$2 $1
END
	mv "Imcdata/Work/$1" "Imcdata/Out/$1"
}
ids() { sed -n 's/^Message-ID: <\(.*\)@there.example>.*/\1/p' "$@" | sort -u; }

t 'without --commit the commands are told, and nothing is changed' '
	fresh && message AAAA0001 relay && run 0 loop &&
	has "spoolarchive .*--rotate --commit" && [ ! -e case.db ] &&
	[ -e Imcdata/Out/AAAA0001 ]'
t 'a bad command line is refused' '
	run 2 "$top/scripts/cleanup-loop" -c case.db -a kept Imcdata && has "site.conf\|ours" errs &&
	run 2 loop -n x && run 2 loop --nonsense && run 2 loop -a nowhere'
t 'a calm spool is left alone, and the loop ends' '
	fresh && message AAAA0001 legit && run 0 loop -n 0 -m 2 --commit &&
	has "calm 2 of 2" && [ -e Imcdata/Out/AAAA0001 ] && [ -z "$(ls -d Imcdata.2* 2>/dev/null)" ]'
t 'a second loop is refused' '
	exec 8>>case.db.loop-lock && flock 8 && run 4 loop --once --commit; r=$?; exec 8>&-
	[ $r -eq 0 ] && has "another loop" errs'
t 'one bad message, and the tree is in an archive, and gone' '
	fresh && message AAAA0001 relay && message AAAA0002 legit &&
	run 0 loop --once --commit && has "found 2: relay 1 .* legit 1 unsure 0; files 2 archived and pruned 2 left 0" &&
	[ -z "$(find Imcdata* -type f)" ] && spoolarchive --verify kept/*.tar.zst >/dev/null'
t 'what an earlier loop left is put away, too' '
	fresh && message AAAA0003 relay &&
	spoolarchive -c case.db --rotate --commit Imcdata >/dev/null &&
	run 0 loop --once --commit && has "archived and pruned 1 left 0"'
t 'a prune that was killed before it wrote its row is brought to its end' '
	fresh && message AAAA0003 relay && spoolarchive -c case.db --rotate --commit Imcdata >/dev/null &&
	old=$(echo Imcdata.2*) && { spoolscan -c case.db -s site.conf $old >/dev/null || [ $? -eq 3 ]; } &&
	spoolarchive -c case.db -s site.conf $old kept/$old.tar.zst >/dev/null && rm $old/Out/AAAA0003 &&
	run 0 loop --once --commit && [ ! -e $old ] &&
	[ "$(sqlite3 case.db "SELECT substr(result, 1, 25) FROM ledger WHERE verb = \"prune\" ORDER BY id DESC LIMIT 1")" = \
	    "0 removed, 1 gone before," ]'
t 'once it is calm what was legit is replayed, and unsure is not' '
	fresh && message AAAA0001 relay && message AAAA0002 legit &&
	printf "no message\n" >Imcdata/Out/AAAA0004 &&
	run 0 loop -n 0 -m 2 -R "ims55:$PWD/Imcdata/Pickup" --commit &
	loop=$!
	i=0; while [ $i -lt 100 ]; do	# the server takes what is in Pickup
		i=$((i + 1))
		for f in Imcdata/Pickup/*; do
			[ ! -f "$f" ] || { mkdir -p fed && mv "$f" fed; } 2>/dev/null
		done
		kill -0 $loop 2>/dev/null || break
		sleep 0.2
	done
	wait $loop && [ "$(ids fed/*)" = AAAA0002 ] &&
	[ "$(ls fed | wc -l)" -eq 1 ]'

t 'with --each-round it goes to another server while the flood is on, once' '
	fresh && mkdir other && message AAAA0001 relay && message AAAA0002 legit &&
	run 2 loop --each-round --commit && has "where to" errs &&
	run 2 loop --each-round -R "ims55:$PWD/Imcdata/Pickup" --commit && has "next rotation" errs &&
	run 0 loop --once --each-round -R "eml:$PWD/other" --commit && has "replay: .* 1 published" &&
	[ "$(ids other/*)" = AAAA0002 ] && message AAAA0003 relay && message AAAA0005 legit &&
	run 0 loop --once --each-round -R "eml:$PWD/other" --commit && has "calm 0 of 3" &&
	[ "$(ids other/*)" = "AAAA0002
AAAA0005" ] && [ "$(ls other | wc -l)" -eq 2 ]'
t 'a server that is away does not stop the rounds' '
	rm -rf other && fresh && message AAAA0001 relay && message AAAA0002 legit &&
	run 0 loop --once --each-round -R "eml:$PWD/other" --commit && has "not replayed" errs &&
	has "archived and pruned 2 left 0" && mkdir other &&
	run 0 loop --once --each-round -R "eml:$PWD/other" --commit && [ "$(ids other/*)" = AAAA0002 ]'

# ---- fed at 200 files a second ----

cat >feed.pl <<'END'
# feed.pl SECONDS: 200 messages a second, one in ten of them ours.  A server
# takes what is in Pickup.
use Time::HiRes qw(time sleep);
my ($left, $n, $began) = (shift, 0, time);
my $stop; $SIG{TERM} = sub { $stop = 1 };
sub pickup { for (glob "Imcdata/Pickup/*") { -f && rename $_, "fed/" . ++$fed } }
mkdir "fed";
until ($stop) {
	my $t = time - $began;
	while ($n < 200 * ($t < $left ? $t : $left)) {
		my $name = sprintf "F%07d", $n++;
		my $ours = $n % 10 == 0;
		my ($ip, $from) = $ours ? ("192.0.2.7", "alice\@example.org") :
		    ("203.0.113." . $n % 200, "x$n\@example.com");
		open my $f, ">", "Imcdata/Work/$name" or die "Work/$name: $!";
		print $f "X-Sender: $from\nX-Receiver: bob\@example.net\n",
		    "Received: from there ([$ip]) by mail.example.org with SMTP",
		    " id $name; Mon, 5 Jan 2004 01:00:00 +0000\n",
		    "From: $from\nTo: bob\@example.net\nSubject: s $n\n",
		    "Date: Mon, 5 Jan 2004 01:00:00 +0000\n",
		    "Message-ID: <$name\@there.example>\n\nbody $n\n";
		close $f;
		# gone with its folder: it is in the old tree
		rename "Imcdata/Work/$name", "Imcdata/Out/$name" or $! == 2 or die $!;
		print "$name\n" if $ours;
	}
	pickup();
	sleep 0.01;
}
pickup();
print STDERR "$n\n";
END
t 'fed for 5 seconds: calm after it, and each legit message goes on its way once' '
	fresh && { perl feed.pl 5 >ours 2>count & } && feed=$! && sleep 1 &&
	run 0 loop -n 0.02 -m 2 -R "ims55:$PWD/Imcdata/Pickup" --commit; r=$?
	sleep 0.5; kill $feed; wait $feed; cat errs; cp out figures
	[ $r -eq 0 ] && [ "$(cat count)" -eq 1000 ] && [ "$(wc -l <ours)" -eq 100 ] &&
	{ ids fed/* ; ids $(find Imcdata -type f); } | sort >there && sort ours | diff - there'
t 'the figures add up' '
	awk "/ files / { for (i = 1; i < NF; i++) v[\$i] = \$(i + 1) + 0
	    found += v[\"found\"]; files += v[\"files\"]; pruned += v[\"pruned\"]
	    c = v[\"relay\"] + v[\"backscatter\"] + v[\"spam\"] + v[\"legit\"] + v[\"unsure\"]
	    if (c != v[\"found\"] || v[\"left\"] != 0) exit 1 }
	    END { print found, files, pruned; exit found != pruned }" figures >sum &&
	cat sum && live=$(find Imcdata -type f | wc -l) &&
	[ "$(cut -d" " -f1 sum)" -eq $((1000 - live)) ] &&
	grep "end: .* found $(cut -d" " -f1 sum)," figures'
[ ! -s figures ] || sed 's/^/# /' figures

t_done
