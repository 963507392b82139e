#!/bin/sh
# What filters on the way wrote into the header: told, kept, and judged by.
. "${0%/*}/lib.sh"

hop='Received: from x.example.net (x.example.net [198.51.100.7])
	by mail.example.com with ESMTP id 1 for <b@example.com>;
	Mon, 5 Jan 2004 10:00:00 +0900'
mail='From: a@example.net
To: b@example.com
Subject: hello
Message-ID: <m1@example.net>

hi'
mkdir s
printf '%s\n' 'X-Spam-Status: Yes, score=15.3 required=5.0 tests=A,B' "$hop" \
    'Authentication-Results: mail.example.com; spf=fail (x) smtp.mailfrom=a;
	dmarc=fail header.from=example.net' "$mail" >s/ours.eml
printf '%s\n' "$hop" 'X-Spam-Flag: YES' \
    'Authentication-Results: mx.example.net; dmarc=fail' "$mail" >s/theirs.eml
printf '%s\n' 'X-Spamd-Result: default: False [-2.51 / 15.00]; A(1.00)[]' \
    "$hop" "$mail" >s/good.eml
printf '%s\n' "$hop" "$mail" >s/none.eml
printf '[site]\nlocal_domains = example.com\nhosts = mail.example.com\n' >site.conf

said='.evidence[] | select(.rule == "note/verdict") | .fact'
t 'a filter of our server decides; with its points, and who says so' '
	run 0 spoolscan -o ndjson -s site.conf s &&
	record ours.eml ".reason == \"spam/verdict\" and (.verdicts | length) == 2 and
	    .verdicts[0].score == 15.3 and .verdicts[0].limit == 5 and
	    .verdicts[0].above == 0 and .verdicts[1].host == \"mail.example.com\"" &&
	[ "$(jq -r "select(.path == \"ours.eml\") | $said" out)" = \
	    "spamassassin says spam, 15.3 of 5; authentication on mail.example.com says spf=fail dmarc=fail" ]'
t 'one below what the client wrote only speaks, its authentication not even that' '
	record theirs.eml ".reason == \"legit/inbound\"" &&
	[ "$(jq -r "select(.path == \"theirs.eml\") | $said" out)" = \
	    "spamassassin, no filter of ours, says spam" ]'
t 'a good word is told, and opens nothing' '
	record good.eml ".reason == \"legit/inbound\" and .verdicts[0].score == -2.51" &&
	[ "$(jq -r "select(.path == \"good.eml\") | $said" out)" = \
	    "rspamd says no spam, -2.51 of 15" ] &&
	record none.eml "has(\"verdicts\") | not"'
t 'a case keeps them' '
	cp out scanned && run 0 spoolscan -c c.db -s site.conf s &&
	run 0 spoollist -c c.db -o ndjson && jq -cS "del(.spool)" out >kept &&
	jq -cS "del(.spool)" scanned >all && cmp all kept &&
	run 0 spoolscan -c c.db -s site.conf s && has "4 as before" errs &&
	run 0 spoollist -c c.db --verify'
t_done
