#!/bin/sh
# Campaigns: found whatever the order, kept by a case, and taught.
. "$(dirname "$0")/lib.sh"

t 'with 30 % of their words varied, they are found again; newsletters never merge' '
	run 0 "$B/tests/campaigns" -n 4000 -v 30 -s 1; s=$?; cat out; [ $s -eq 0 ]'
t 'as they are with no more than names and numbers filled in' '
	run 0 "$B/tests/campaigns" -n 2000 -v 0 -s 2; s=$?; cat out; [ $s -eq 0 ]'

"$B/scripts/make-incident" -n 1200 -s 11 inc >/dev/null 2>&1 || exit 1
scan() { spoolscan -s inc/site.conf "$@" 2>errs </dev/null; [ $? -ne 4 ]; }

groups() { sqlite3 "$1" "SELECT group_concat(path) FROM (SELECT campaign, path
    FROM entry WHERE campaign IS NOT NULL ORDER BY path) GROUP BY campaign" | sort; }

t '1, 2 and 8 threads: the same bytes' '
	scan -j 1 -o ndjson inc >1 && scan -j 2 -o ndjson inc >2 &&
	scan -j 8 -o ndjson inc >8 && cmp 1 2 && cmp 1 8 &&
	scan -j 1 inc >s1 && scan -j 8 inc >s8 && cmp s1 s8 &&
	grep -q "\"campaign\":1," 1 && grep -q "^campaigns " s1'

mkdir moved && mv inc moved/was
in_order "" moved/was moved/a
in_order -r moved/was moved/b
ln -s moved/b inc
t 'another order in the folders: the same bytes' '
	ls -URf moved/a/. >a.order && ls -URf moved/b/. >b.order &&
	{ [ ! -d /dev/shm ] || ! cmp -s a.order b.order; } &&
	for o in a b; do
		ln -sfn moved/$o inc && scan -o ndjson inc >r && cmp 1 r && scan inc >sr && cmp s1 sr &&
		scan -c $o.db inc >/dev/null && groups $o.db >$o.groups || exit 1
	done && [ -s a.groups ] && cmp a.groups b.groups'

t 'spam to our users is told by the relay campaign it is of, with its number' '
	[ "$(jq -r "select(.reason == \"spam/campaign\") |
	    .evidence[0].fact" 1 | grep -c "^one of [0-9]* mails of campaign [0-9]*, of which [0-9]* are relay")" -gt 10 ] &&
	jq -r "select(.class == \"spam\") | .path" 1 | sort >said &&
	awk -F"\t" "\$2 == \"spam\" { print \$1 }" moved/was/key.tsv |
	    sed "s,^[^/]*/,," | sort >true &&
	awk -F"\t" "\$2 == \"legit\" { print \$1 }" moved/was/key.tsv |
	    sed "s,^[^/]*/,," | sort >legit &&
	echo "$(wc -l <true) spam, $(comm -12 said true | wc -l) found, $(comm -12 said legit | wc -l) legit among it" &&
	[ $(($(comm -12 said true | wc -l) * 100)) -ge $(($(wc -l <true) * 75)) ] &&
	[ "$(comm -12 said legit | wc -l)" -eq 0 ]'

# Short spam that is filled up with words of a small list, which stand in
# business mail, too.
perl -e '
	srand 4;
	my @w = qw(amber anchor basket bridge candle copper desert dragon ember
	    engine falcon forest garden granite hammer harbor indigo island);
	my @say = ("The contract is signed and goes out by post today",
	    "The invoice has the wrong address, a new one follows",
	    "Please find below what we said on the telephone",
	    "Our customer asks for a lower price of the larger pump");
	sub w { $w[rand @w] }
	sub mail {
		my ($name, $from, $to, $subject, @text) = @_;
		open my $f, ">", "fill/$name.eml" or die;
		print $f "X-Sender: <$from>\nX-Receiver: <$to>\nReceived: from x.example.net (unknown [198.51.100.",
		    1 + int rand 200, "])\n\tby mail.example.com (Postfix) with ESMTP id $name; Mon, 5 Jan 2004 10:00:00 +0000\n",
		    "Message-ID: <$name\@example.net>\nFrom: $from\nTo: $to\nSubject: $subject\n\n", @text;
	}
	mkdir "fill";
	mail("s$_", "u" . $_ % 40 . "\@example.com", "v$_\@example.org", "hello", "Turn her on http://bad.example.net/\n\n",
	    join(" ", map w, 1 .. 10), "\n") for 1 .. 500;
	mail("g$_", "c$_\@example.net", "u$_\@example.com", w . " " . w,
	    map { $say[rand @say] . ", " . w . " and " . w . " " . int(rand 900) . ".\n" } 1 .. 7) for 1 .. 60;
	open my $f, ">", "fill.conf"; print $f "local_domains = example.com\nhosts = mail.example.com\n"'
t 'no more is pulled into one than what is like the rest of it' '
	run 0 spoolscan -f iis -s fill.conf -o ndjson fill &&
	[ "$(jq -r "select(.class == \"relay\") | .path" out | grep -c ^s)" -eq 500 ] &&
	[ "$(jq -r "select(.class == \"legit\") | .path" out | grep -c ^g)" -eq 60 ]'

# A case that grows: half of the tree, then the other.
mkdir a b
(cd inc/Imcdata && find . -type d) | while read -r d; do
	mkdir -p "a/Imcdata/$d" "b/Imcdata/$d"
done
(cd inc/Imcdata && find . -type f | sort) | awk '{ print NR % 2, $0 }' |
while read -r odd f; do
	[ "$odd" = 1 ] && cp -p "inc/Imcdata/$f" "a/Imcdata/$f" ||
	    cp -p "inc/Imcdata/$f" "b/Imcdata/$f"
done
keep() { spoolscan -s inc/site.conf -c "$@" >out 2>errs </dev/null; [ $? -ne 4 ]; }

t 'a case that grows has the campaigns of one scan of all' '
	keep grown.db a/Imcdata && sqlite3 grown.db "SELECT path, campaign FROM entry
	    WHERE campaign IS NOT NULL ORDER BY path" >then &&
	keep grown.db b/Imcdata && keep whole.db a/Imcdata b/Imcdata &&
	groups grown.db >g && groups whole.db >w && [ -s g ] && diff g w'
# Small ones, of business mail in the words of one list, may be cut otherwise.
t 'and its campaigns keep their numbers' '
	sqlite3 grown.db "SELECT path, campaign FROM entry ORDER BY path" >now &&
	join -t "|" then now | awk -F "|" "{ n[\$2]++; if (\$2 != \$3) left[\$2]++ }
	    END { for (c in n) { all += n[c]; gone += left[c]
		if (n[c] >= 10) { big++; lost += left[c] } }
	    print all, \"in campaigns,\", gone + 0, \"now in others;\", big + 0,
		\"of ten mails and more lost\", lost + 0
	    exit !(big >= 5 && lost == 0 && gone * 10 <= all) }"'
t 'what was found of the first half is looked at again; then nothing changes' '
	keep grown.db a/Imcdata && groups grown.db | cmp - g &&
	keep grown.db a/Imcdata && groups grown.db | cmp - g &&
	grep -q " 0 new, 0 changed, 0 moved, 0 gone," errs'

t 'the list says what each campaign is' '
	run 0 spoollist -c grown.db --by campaign --class relay &&
	grep -q "^1  .*; varies: .* senders" out &&
	run 0 spoollist -c grown.db --by campaign -o ndjson &&
	jq -se "map(select(.campaign == \"1\" or .campaign == 1)) | .[0].what | length > 20" out'

t 'with its recipients, who sent it, and one of it to look at' '
	run 0 spoollist -c grown.db --by campaign --class relay -o ndjson &&
	jq -s "map(select(.campaign == \"1\"))[0]" out >one &&
	[ "$(jq .recipients one)" -eq "$(sqlite3 grown.db "SELECT count(*) FROM recipient
	    JOIN entry e ON e.row = entry WHERE campaign = 1 AND class = \"relay\"")" ] &&
	[ "$(jq "[.clients, .senders] | @csv" one)" = "$(sqlite3 -csv grown.db "SELECT
	    count(DISTINCT client), count(DISTINCT sender) FROM entry WHERE campaign = 1
	    AND class = \"relay\"" | tr -d "\r" | sed "s/.*/\"&\"/")" ] &&
	run 0 spoollist -c grown.db -w "id = \"$(jq -r .sample one)\"" -o ndjson && [ "$(jq .campaign out)" = 1 ]'

t 'a mark on all of a campaign is one on what comes of it later' '
	keep t.db a/Imcdata && run 0 spoolmark -c t.db -w campaign=1 relay --because "asked bob" &&
	grep -q "all of 1 campaign, and what comes of it later" out &&
	keep t.db b/Imcdata &&
	[ "$(sqlite3 t.db "SELECT count(*) > 5 AND sum(class = \"relay\") = count(*) AND
	    sum(mark IS NOT NULL) = count(*) FROM entry WHERE campaign = 1")" = 1 ] &&
	run 0 spoollist -c t.db -w "campaign = 1 AND because LIKE \"as all of campaign 1: asked bob\"" &&
	run 0 spoollist -c t.db --verify'
t 'not on what somebody has decided otherwise; undo ends it' '
	id=$(sqlite3 t.db "SELECT id FROM entry WHERE campaign = 1 LIMIT 1") &&
	run 0 spoolmark -c t.db $id legit && keep t.db a/Imcdata &&
	[ "$(sqlite3 t.db "SELECT class FROM entry WHERE id = \"$id\"")" = legit ] &&
	run 0 spoolmark -c t.db -w campaign=1 --undo &&
	[ "$(sqlite3 t.db "SELECT count(*) FROM taught")" = 0 ]'
t_done
