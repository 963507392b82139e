#!/bin/sh
# --rspamd URL: what stays unsure is asked about, and nothing else.
. "${0%/*}/lib.sh"

server() {
	rm -rf port asked
	mkdir asked
	perl "$top/tests/e2e/rspamd.pl" "$1" "$work/port" "$work/asked" &
	while [ ! -s port ]; do sleep 0.05; done
	url=http://127.0.0.1:$(cat port)
}
asked() { ls asked | grep -vc log; }

printf '[site]\nlocal_domains = example.com\nhosts = mail.example.com\n' >site.conf
mkdir -p s/Imcdata/In/Archive s/Imcdata/Out/Archive s/Imcdata/Pickup s/Imcdata/Work
put() {		# FILE RECIPIENT TEXT
	printf '%s\r\n' "X-Sender: <a@example.net>" "X-Receiver: <$2>" \
	    'Received: from x.example.net (x.example.net [198.51.100.7])' \
	    '	by mail.example.com with ESMTP id 1; Mon, 5 Jan 2004 10:00:00 +0900' \
	    'From: a@example.net' 'To: b@example.com' "Subject: $1" '' "$3" >"s/Imcdata/$1"
}
put In/Archive/FORWARD1 own@example.org 'cheap pills'
put In/Archive/INBOUND1 b@example.com 'cheap pills'
mkdir m
printf 'From: a@example.net\nTo: z@example.net\n\ncheap pills\n' >m/bad.eml
printf 'From: a@example.net\nTo: z@example.net\n\nminutes of the meeting\n' >m/good.eml

t 'without it nobody is asked' '
	server fine && run 0 spoolscan -o ndjson -s site.conf s/Imcdata m &&
	[ "$(asked)" -eq 0 ] && jq -r "\"\(.path) \(.class)\"" out | sort >before &&
	[ "$(grep -c unsure before)" -eq 3 ]'
t 'a bad word decides about what was unsure, and what was not stays' '
	server fine && run 0 spoolscan -o ndjson -s site.conf --rspamd "$url" s/Imcdata m &&
	[ "$(asked)" -eq 3 ] && has "3 asked about, 2 of them spam" errs &&
	record In/Archive/FORWARD1 ".reason == \"relay/rspamd\"" &&
	record bad.eml ".reason == \"spam/rspamd\"" &&
	record In/Archive/INBOUND1 ".reason == \"legit/inbound\""'
t 'it says why, the weightiest first; a good word only speaks' '
	[ "$(jq -r "select(.path == \"bad.eml\") | .evidence[0].fact" out)" = \
	    "rspamd, which was asked, says reject, 21.5 of 15 (HEAVY, MORE, OTHER)" ] &&
	record good.eml ".class == \"unsure\" and (.evidence |
	    any(.rule == \"note/rspamd\" and (.fact | test(\"no action, -0.25 of 15\"))))"'
t 'the envelope goes with it, and the message is all that it is' '
	f=$(grep -l own@example.org asked/*) &&
	head -1 "$f" | grep -q "^POST /checkv2 HTTP/1" &&
	for field in "IP: 198.51.100.7" "Helo: x.example.net" "From: a@example.net" \
	    "Rcpt: own@example.org"; do
		tr -d "\r" <"$f" | grep -qx "$field" || { echo "$field"; exit 1; }
	done
	tr -d "\r" <"$f" | sed "1,/^$/d" | head -1 | grep -q "^Received: from" &&
	tr -d "\r" <"$f" | tail -1 | grep -qx "cheap pills"'
t 'a case keeps it' '
	server fine && run 0 spoolscan -c c.db -s site.conf --rspamd "$url" s/Imcdata m &&
	run 0 spoollist -c c.db -w "reason = '\''relay/rspamd'\''" && has FORWARD1 &&
	run 0 spoollist -c c.db --verify'

mkdir many
for i in $(seq 40); do
	printf 'From: a@example.net\nTo: z@example.net\n\npills %s\n' "$i" >"many/$i.eml"
done
t 'eight at once, not more; the answer is the same with any number of threads' '
	server slow && run 0 spoolscan -j 1 -l -s site.conf --rspamd "$url" many &&
	mv out one && sort -n asked/log | awk "{ n += \$2; if (n > max) max = n }
	    END { print max; exit !(max > 4 && max <= 8) }" &&
	run 0 spoolscan -j 8 -l -s site.conf --rspamd "$url" many && cmp out one &&
	[ "$(grep -c "^spam  *rspamd" out)" -eq 40 ]'
for how in error garbage words half flood; do
	t "a server that answers with $how: all of it stays unsure, and it is said" "
		server $how && run 3 spoolscan -l -s site.conf --rspamd \$url m &&
		[ \"\$(grep -c ^unsure out)\" -eq 2 ] && has 'no answer about 2 messages' errs"
done
t 'one that is not there is given up' '
	run 3 spoolscan -l -s site.conf --rspamd http://127.0.0.1:1 many &&
	[ "$(grep -c ^unsure out)" -eq 40 ] && has "no answer about 40 messages: no connection" errs'
t 'so it is with a hanging one, when we are told to stop' '
	server hang && { timeout -s INT 3 "$B/bin/spoolscan" -s site.conf --rspamd "$url" many >out 2>errs
	[ $? -ge 124 ]; }'
t 'what lies in an archive is not asked about, and that is said' '
	server fine && tar -cf m.tar m && run 3 spoolscan -l -s site.conf --rspamd "$url" m.tar &&
	[ "$(asked)" -eq 0 ] && has "2 messages of an archive were not asked about" errs'
t 'what is no URL is refused before anything is read' '
	for u in "" localhost ftp://x/ http:// http:///x http://u:p@127.0.0.1/ "http://a b/"; do
		run 2 spoolscan --rspamd "$u" m || { echo "$u"; exit 1; }
	done'
t_done
