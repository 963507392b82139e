#!/bin/sh
# What an attacker may leave in a spool, and what a shell may do to us.
. "${0%/*}/lib.sh"

mail() { printf 'From: a@example.net\nTo: b@example.com\nSubject: %s\nDate: Mon, 5 Jan 2004 10:00:00 +0000\n\nhi\n' "$1"; }
esc=$(printf '\033')
bell=$(printf '\007')

mkdir -p s/sub
mail one >s/one.eml
mail 'two' >s/sub/two.eml
secret=$work/secret.eml
mail 'SECRET' >"$secret"
ln -s "$secret" s/link.eml
ln -s / s/root
mkfifo s/fifo
nl='s/new
line.eml'
mail three >"$nl"
mail "title ${esc}]0;owned${bell} ${esc}[31m" >"s/esc${esc}[2J.eml"
printf 'From: x@example.net\nSubject: bad \377\376 bytes\n\n' >s/latin.eml
: >s/empty.eml

t 'links and a fifo are reported, each once, and the rest is read' '
	run 3 spoolscan -o ndjson s &&
	[ $(jq -rs "map(select(.problems != null and (.problems[0] | test(\"link\")))) | length" out) -eq 2 ] &&
	[ $(grep -c "link" errs) -eq 2 ] && grep -q fifo errs'
t 'nothing outside the spool is read' 'hasnt SECRET && hasnt "passwd"'
t 'every name in the tree has a record' '[ $(wc -l <out) -eq 9 ]'
t 'a fifo does not hang the scan' 'run 3 timeout 10 spoolscan s'
t 'no control byte reaches the terminal, whatever is printed' '
	for o in "-l" "-o csv" "--explain" "-o ndjson" ""; do
		spoolscan $o s >raw 2>>raw
		! LC_ALL=C tr -d "\n\r\t -~\200-\377" <raw | grep -q . || exit 1
	done'
t 'paths for the next command are raw and end in NUL' '
	spoolscan -0 --subject three s >raw 2>/dev/null; [ $? -eq 3 ] &&
	printf "%s\0" "$nl" | cmp - raw'
t 'a full disk is an error' '
	spoolscan -l s >/dev/full 2>errs; [ $? -eq 4 ] && has "stdout: write error" errs'
t 'a spool that is not there is an error that names it' '
	run 4 spoolscan nowhere && has "nowhere" errs && has "No such file" errs'
t 'an unknown format is an error that names the known ones' '
	run 2 spoolscan -f postfixx s && has ims55 errs && has maildir errs'
t 'an unknown option is a usage error and touches nothing' '
	run 2 spoolscan --no-such-thing s && has "no-such-thing" errs && [ ! -s out ]'
t 'a filter value that is none is a usage error' '
	run 2 spoolscan --class relays s && has relays errs && has backscatter errs'
t 'a choice that nothing matches has status 1' '
	mkdir -p clean && mail x >clean/x.eml && run 1 spoolscan -l --class relay clean'
t 'help goes to stdout and names the formats' '
	run 0 spoolscan --help && has ims55 && has "--explain" && [ ! -s errs ]'

# A path made of nothing but depth.
deep=deep
i=0
while [ $i -lt 200 ]; do deep=$deep/d; i=$((i + 1)); done
mkdir -p "$deep" && mail deep >"$deep/x.eml" && mail top >deep/top.eml
t 'folders nested without end are given up at the limit, and said' '
	run 3 spoolscan -o ndjson deep && has "deeper than" errs && has "top.eml"'

# Large things, sparse.
mkdir big
mail sparse >big/a.eml && truncate -s 3G big/a.eml
t 'a 3 GB file is one record, looked at in part' '
	run 0 timeout 60 spoolscan -o csv --subject sparse -j1 big && [ $(wc -l <out) -eq 2 ]'
{ i=0; while [ $i -lt 3000 ]; do echo "X-$i: y"; i=$((i + 1)); done; mail many; } >big/fields.eml
t 'thousands of header fields are cut at the limit, and said' '
	spoolscan -o ndjson big/fields.eml >out 2>errs; has "beyond the limit"'

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null 2>&1; then
	mkdir locked && mail a >locked/a.eml && mail b >locked/b.eml
	chmod 600 locked/a.eml && chmod 644 locked/b.eml
	chmod 755 "$work"
	t 'a file that may not be read is a record with its reason' '
		run 3 setpriv --reuid=65534 --regid=65534 --clear-groups "$B/bin/spoolscan" -o ndjson locked &&
		has "ermission denied" && has "ermission denied" errs && [ $(wc -l <out) -eq 2 ]'
fi

mkdir live
i=0
while [ $i -lt 400 ]; do mail "$i" >live/$i.eml; i=$((i + 1)); done
t 'files that come and go while we look are no error' '
	( while :; do for f in 1 2 3 4 5 6 7 8 9; do mail x >live/n$f.eml; rm -f live/n$f.eml; done; done ) & w=$!
	for i in 1 2 3 4 5 6 7 8; do
		spoolscan live >/dev/null 2>errs || { kill $w; cat errs; exit 1; }
	done
	kill $w'
t 'an interrupted scan dies of the signal and leaves nothing behind' '
	mkdir -p tmp && TMPDIR=$work/tmp perl -e '\''
		my $pid = fork;
		if (!$pid) { open STDOUT, ">/dev/null"; open STDERR, ">/dev/null"; exec "spoolscan", "-o", "ndjson", @ARGV }
		select undef, undef, undef, 0.02; kill "INT", $pid; waitpid $pid, 0;
		exit !(($? & 127) == 2 || $? == 0)'\'' live &&
	[ -z "$(ls tmp)" ]'
t_done
