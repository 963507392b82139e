#!/bin/sh
# spoolreport: a page of a case; what is in it is as hostile as mail is.
. "$(dirname "$0")/lib.sh"

command -v xmllint >/dev/null || skip_all 'no xmllint: scripts/deps check'
"$B/scripts/make-incident" -n 2000 -s 7 inc >/dev/null 2>&1
scan() { spoolscan -s inc/site.conf -c "$@" >/dev/null 2>errs </dev/null || [ $? -eq 3 ]; }
scan case.db inc/Imcdata inc/Mailroot || exit 1
count() { spoollist -c case.db -0 "$@" | tr '\0' '\n' | wc -l; }
spoolmark -c case.db --because 'asked bob' -w "class = 'unsure'" legit >/dev/null
spoolarchive -c case.db inc/Mailroot evidence.tar.zst >/dev/null 2>&1

# The data block of a page, as JSON; the text of an element.
data() { perl -0777 -ne 'print $1 if m{<script type="application/json" id="data">(.*?)</script>}s' "$1"; }
text() { xmllint --html --nowarning --xpath "string($2)" "$1" 2>/dev/null; }

t 'a page is made in good time, and is small' '
	bound 0 30 900000 spoolreport -c case.db -s inc/site.conf r.html && [ ! -s out ] && [ ! -s errs ] &&
	[ "$(wc -c <r.html)" -lt 5000000 ] && [ "$(stat -c %a r.html)" = 600 ]'
t 'what happened stands on top, with the figures of spoollist' '
	n=$(count --class relay | sed "s/\(.*\)\(...\)\$/\1,\2/") && text r.html "//section[@id=\"summary\"]" >lead && cat lead &&
	grep -q "2,000 messages" lead && grep -q "$n ([0-9]* %) strangers" lead &&
	grep -q "1 decision, 1 archive;" lead'
t 'each section is there, and each link leads to one' '
	xmllint --html --nowarning --xpath "//nav//a/@href" r.html 2>/dev/null | grep -o "#[a-z]*" | while read -r id; do
		[ -n "$(text r.html "//section[@id=\"${id#?}\"]/h2")" ] || { echo "$id"; exit 1; }
	done && [ "$(xmllint --html --nowarning --xpath "count(//nav//a)" r.html 2>/dev/null)" -ge 7 ]'
t 'the head of the ledger is the one that spoollist verifies' '
	head=$(text r.html "//section[@id=\"done\"]" | grep -o "[0-9a-f]\{64\}" | head -n 1) &&
	run 0 spoollist -c case.db --verify --head "$head"'
t 'every message is in the table, once' '
	data r.html | jq -r ".[][0]" | sort >have &&
	spoollist -c case.db --columns id -o csv | sed 1d | tr -d "\r" | sort | diff - have'
t 'what was done later than the time shown is named, and no line promised' '
	n=$(text r.html "//figure//ol" | grep -c archive) && [ "$n" -eq 1 ] &&
	text r.html "//figcaption" | grep "the time shown has none of it" &&
	[ "$(xmllint --html --nowarning --xpath "count(//*[@class=\"mark\"])" r.html 2>/dev/null)" = 0 ]'
t 'a selection of ids is what spoolmark and spoolreplay read' '
	data r.html | jq -r ".[] | select(.[1] == \"legit\") | .[0]" | head -n 5 >ids && [ "$(wc -l <ids)" -eq 5 ] &&
	spoolmark -c case.db --because "selected" - legit <ids >out && grep -q "^5 marked legit" out &&
	mkdir -p dest && spoolreplay -c case.db --to ims55:dest - <ids >out 2>errs; cat out errs;
	grep -q "of 5 messages" out'

t 'the policy of the page allows its script and its style, and nothing else' '
	policy=$(xmllint --html --nowarning --xpath "string(//meta[@http-equiv=\"Content-Security-Policy\"]/@content)" r.html 2>/dev/null) &&
	digest() { perl -MDigest::SHA=sha256_base64 -0777 -ne "
		\$_ = m{<$1>(.*?)</$1>}s ? \$1 : die; \$h = sha256_base64(\$_); \$h .= \"=\" while length(\$h) % 4; print \$h" r.html; } &&
	[ "$policy" = "default-src '"'none'; script-src 'sha256-\$(digest script)'; style-src 'sha256-\$(digest style)'; base-uri 'none'; form-action 'none'"'" ] || { echo "$policy"; exit 1; }'
# The page without what is ours in it, and without its data.
bare() { perl -0777 -pe 's{<style>.*?</style>}{}s; s{<script.*?</script>}{}gs' "$1"; }
no_outside() {
	! bare "$1" | grep -n -i -e 'https\?:' | cut -c1-200 | grep -v evil.example | grep . &&
	! grep -n -e 'https\?:' -e '@import' -e '[^A-Z]url(' -e 'fetch(' -e XMLHttp -e eval "$top"/common/show/report.js "$top"/common/show/report.css &&
	[ "$(xmllint --html --nowarning --xpath 'count(//@src | //link | //iframe | //img | //object | //@style | //@*[starts-with(name(), "on")])' "$1" 2>/dev/null)" = 0 ]
}
t 'it loads nothing, and has no handler or style in an attribute' 'no_outside r.html'

t 'a larger case is a sample and all that are unsure, and says so' '
	run 0 spoolmark -c case.db --because x -w "kind = '"'bounce'"'" unsure &&
	run 0 spoolreport -c case.db -n 100 few.html && data few.html >rows &&
	u=$(count --class unsure) && [ "$(jq "map(select(.[1] == \"unsure\")) | length" rows)" -eq "$u" ] &&
	n=$(jq length rows) && [ "$n" -lt $((u + 200)) ] && [ "$n" -gt $((u + 30)) ] &&
	text few.html "//section[@id=\"entries\"]/p[1]" | grep "all that are unsure, and an even sample"'

t 'Markdown and JSON say the same' '
	run 0 spoolreport -c case.db r.md && run 0 spoolreport -c case.db r.json && jq -e . r.json >/dev/null &&
	relay=$(count --class relay) &&
	jq -e ".summary.classes | map(select(.class == \"relay\"))[0].entries == $relay" r.json &&
	grep -q "^| relay | .* | $(printf "%s" $relay | sed "s/\(.*\)\(...\)\$/\1,\2/") |" r.md &&
	jq -e "[.when.timeline.times[] | .relay] | add <= $relay and . > $relay * 0.9" r.json &&
	jq -e ".entries.entries | length == 2000" r.json && jq -e ".done.ledger | length >= 4" r.json'
t '- is the standard output, and a file is replaced whole' '
	run 0 spoolreport -c case.db -o json - && jq -e .v out && echo old >x.html &&
	run 0 spoolreport -c case.db x.html && hasnt "^old" x.html && [ "$(ls -A | grep -c partial)" = 0 ] &&
	run 4 spoolreport -c case.db missing/x.html && run 4 spoolreport -c nothing.db x.html &&
	run 4 spoolreport -c case.db -o json - >/dev/full; run 2 spoolreport -c case.db && run 2 spoolreport x.html &&
	run 2 spoolreport -c case.db -o pdf x.html'

# Put where a server would pick them up; none does.
mkdir -p srv/Pickup srv/In srv/Out && cp case.db sent.db
spoolreplay -c sent.db -w "class = 'legit'" --to ims55:srv/Pickup --commit >/dev/null 2>&1 &
t 'what was replayed and not seen taken is left' '
	for i in $(seq 600); do [ "$(ls srv/Pickup | wc -l)" -lt 5 ] || break; sleep 0.1; done
	kill -INT $!; wait $!
	sent=$(ls srv/Pickup | wc -l) && [ "$sent" -ge 5 ] && run 0 spoolreport -c sent.db sent.md &&
	grep -q "left: .*, $sent replayed and not seen taken\." sent.md && grep -q "Waiting: $sent," sent.md'

# ---- attacks ----

attack() {	# NAME SENDER SUBJECT: a message whose envelope and header are hostile
	printf 'X-Sender: <%s>\r\nX-Receiver: <"%s"@example.net>\r\n\r\nReceived: from <b>%s</b> ([198.51.100.66]) by mail.example.com; Mon, 5 Jan 2004 01:00:00 +0000\r\nFrom: %s\r\nSubject: %s\r\n\r\nx\r\n' "$2" '<svg/onload=alert(1)>' "$2" "$2" "$3" >"evil/Pickup/$1"
}
mkdir -p evil/In evil/Out evil/Pickup evil/In/Archive evil/Out/Archive
attack a1.eml 'a@example.org' '<script>alert(1)</script>'
attack a2.eml 'a@example.org' '</script><script>alert(2)</script>'
attack a3.eml 'a@example.org' '<!--<script>'
attack a4.eml '"><img/src=x/onerror=alert(3)>@example.org' '" onmouseover="alert(4)'
attack a5.eml "'onfocus='alert(5)@example.org" '</td></tr></table></style><h1>x'
attack a6.eml 'a@example.org' '</title><svg><script>alert(6)</script></svg>'
attack a7.eml 'a@example.org' "$(printf 'gpj.\342\200\256exe\342\200\213z\342\201\246y\357\273\277')"
attack a8.eml 'a@example.org' '`code` **bold** [x](http://evil.example/) ![i](http://evil.example/i) | cell www.evil.example'
attack a9.eml 'a@example.org' "$(printf 'esc \033[31mred \001 \377 bytes')"
perl -e 'print "X-Sender: <big\@example.org>\r\nX-Receiver: <b\@example.net>\r\n\r\nFrom: b\@example.org\r\nSubject: ", "<b>" x 330000, "\r\n\r\nx\r\n"' >evil/Pickup/big.eml
scan evil.db evil || exit 1
t 'the attacks are in the case as they were sent' '
	run 0 spoollist -c evil.db -o ndjson && jq -es "length == 10 and any(.subject == \"</script><script>alert(2)</script>\")" out'
t 'nothing in the page comes from them but text' '
	bound 0 60 900000 spoolreport -c evil.db -d example.com e.html && no_outside e.html &&
	[ "$(grep -c "<script" e.html)" -eq 2 ] && [ "$(grep -c "</script>" e.html)" -eq 2 ] &&
	for x in script svg h1 style title; do
		xmllint --html --nowarning --xpath "count(//$x)" e.html 2>/dev/null | sed "s/^/$x /"; echo
	done >tags && cat tags && grep -qx "script 2" tags && grep -qx "h1 1" tags && grep -qx "style 1" tags &&
	bare e.html >bare.html && ! grep -q -i -e "<img" -e "<b>" bare.html'
t 'each of them stays in its cell' '
	data e.html | jq -e "length == 10 and all(length == 9)" &&
	data e.html | jq -r ".[][5]" >subjects && cat subjects && grep -qF "</script><script>alert(2)</script>" subjects &&
	grep -qF "\" onmouseover=\"alert(4)" subjects && ! data e.html | grep -q "[<>&]"'
t 'what turns or hides is shown by its number, what is no text too' '
	bare e.html >bare.html && plain bare.html && data e.html >data.json && plain data.json && grep -q "‹U+202E›exe‹U+200B›z‹U+2066›y" e.html && grep -q "‹U+001B›" e.html'
t 'a subject of a million bytes is cut' '
	[ "$(wc -c <e.html)" -lt 200000 ] && data e.html | jq -e "map(.[5] | length) | max <= 161"'
t 'Markdown has no tag, link, image or cell of theirs' '
	for f in evil/Pickup/a*.eml; do
		rm -rf one one.db && mkdir -p one/Pickup one/In one/Out && cp "$f" one/Pickup && scan one.db one &&
		run 0 spoolreport -c one.db one.md && plain one.md &&
		! perl -ne "s/^    .*//; print if /(?<!\\\\)[<>\`]|(?<!\\\\)\]\(|(?<!\\\\)!\[|http:\/|www\.evil/" one.md | grep . || { echo "$f"; exit 1; }
		cat one.md >>all.md
	done && grep -qF "\\| cell" all.md'
t 'JSON of it is JSON' 'run 0 spoolreport -c evil.db e.json && jq -e ".entries.entries | length == 10" e.json && plain e.json'

t 'redacted, no address and no subject is in it, and the same one has one token' '
	for o in html md json; do
		run 0 spoolreport -c case.db --redact red.$o || exit 1
		spoollist -c case.db --columns sender,rcpt -o csv | tr -d "\r" | tr ", " "\n\n" | grep -o "[A-Za-z0-9._+=-]*@[A-Za-z0-9.-]*" | sort -u >addresses
		[ "$(wc -l <addresses)" -gt 100 ] && ! grep -F -f addresses red.$o | cut -c1-200 | grep . || exit 1
		spoollist -c case.db --columns subject -o csv | sed 1d | tr -d "\r\"" | awk "length > 12" | sort -u | head -n 300 >subjects
		! grep -F -f subjects red.$o | cut -c1-200 | grep . || exit 1
		! grep -q -e "asked bob" -e "$(spoollist -c case.db --ledger -o ndjson >/dev/null; sqlite3 case.db "SELECT value FROM meta WHERE key = '"'uuid'"'" 2>/dev/null || echo no-uuid)" red.$o || exit 1
	done
	jq -e "[.entries.entries[].sender | select(. != null)] | all(. == \"<>\" or test(\"^user-[0-9a-f]{8}(@domain-[0-9a-f]{8})?\$\"))" red.json &&
	jq -r ".entries.entries[] | [.id, .sender] | @tsv" red.json | sort >tokens &&
	run 0 spoolreport -c case.db --redact again.json && jq -r ".entries.entries[] | [.id, .sender] | @tsv" again.json | sort | cmp - tokens'

t 'what was taken out of a spool is counted, and what was put back' '
	cp -R inc/Imcdata live && scan live.db live && for i in relay spam; do
		spoolclean -c live.db --class $i --commit live >/dev/null || exit 1
	done; spoolclean -c live.db --undo --commit live >/dev/null &&
	run 0 spoolreport -c live.db live.md &&
	{ grep "Done so far: 1 scan, 2 removals from a live spool, 1 removal undone;" live.md || { grep "Done so" live.md; exit 1; }; }'
t 'an empty case has a page, too' '
	mkdir none && mkdir none/cur none/new none/tmp && { spoolscan -f maildir -c none.db none >/dev/null 2>&1; run 0 spoolreport -c none.db none.html; } &&
	text none.html "//section[@id=\"summary\"]" | grep -q "^ *0 messages\|0 messages"'
t_done
