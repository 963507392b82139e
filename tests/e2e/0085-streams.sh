#!/bin/sh
# Bytes beside a file: NTFS streams as a copy keeps them.
. "${0%/*}/lib.sh"

mail() { printf 'Received: from x by y; Mon, 5 Jan 2004 10:00:00 +0000\nFrom: zoe@example.net\nSubject: %s\n\nhi\n' "$1"; }
props() { printf '\001zoe@example.net\000\002bob@example.org\000'; }

q=Mailroot/Queue
mkdir -p $q Mailroot/Pickup Mailroot/Badmail
mail none >$q/NTFS_none.EML
mail side >$q/NTFS_side.EML
props >"$q/NTFS_side.EML:PROPERTIES"
printf 'X-Sender: zoe@example.net\nX-Receiver: bob@example.org\n' >Mailroot/Pickup/one.txt
mail pickup >>Mailroot/Pickup/one.txt
site='-d example.org'

record() { jq -c "select(.path == \"Queue/NTFS_$1.EML\") | $2" out; }

t 'a stream beside its file is listed, and gives the envelope' '
	run 0 spoolscan $site -o ndjson Mailroot &&
	[ "$(record side .streams)" = "[{\"name\":\"PROPERTIES\",\"size\":34,\"from\":\"sidecar\"}]" ] &&
	[ "$(record side "[.sender.address, .sender.provenance, .recipients[].address, .problems]")" = "[\"zoe@example.net\",\"stream\",\"bob@example.org\",null]" ]'
t 'a queue file without one says so, and is read all the same' '
	[ "$(record none "[.streams, .problems]")" = "[null,[\"envelope stream absent\"]]" ] &&
	hasnt absent errs'
t 'a pickup file does not need one' '
	[ "$(jq -c "select(.folder == \"pickup\") | .problems" out)" = null ]'
t 'the summary does not call its absence odd' '
	run 0 spoolscan $site Mailroot && hasnt odd'

xattrs() {
	command -v setfattr >/dev/null 2>&1 || { echo 'no setfattr (package attr)'; return; }
	: >try
	setfattr -n user.x -v y try 2>/dev/null || echo "no user xattrs on $work"
}
why=$(xattrs)
if [ -n "$why" ]; then
	echo "ok $((n += 1)) # SKIP streams as attributes: $why"
	echo "skipped ${0##*/}, attributes: $why" >&2
	t_done
fi

hex=0x$(props | od -An -v -tx1 | tr -d ' \n')
for form in user.PROPERTIES 'user.DosStream.PROPERTIES:$DATA'; do
	rm -f $q/NTFS_attr.EML
	mail attr >$q/NTFS_attr.EML
	setfattr -n "$form" -v "$hex" $q/NTFS_attr.EML
	t "a stream kept as $form is the same" '
		run 0 spoolscan $site -o ndjson Mailroot &&
		[ "$(record attr .streams)" = "[{\"name\":\"PROPERTIES\",\"size\":34,\"from\":\"xattr\"}]" ] &&
		[ "$(record attr "[.sender, .recipients, .hints, .class]")" = "$(record side "[.sender, .recipients, .hints, .class]")" ]'
done

t 'both forms of the same stream are listed, its addresses once' '
	cp $q/NTFS_attr.EML keep; setfattr -n user.Other -v "$hex" $q/NTFS_attr.EML
	props >"$q/NTFS_attr.EML:PROPERTIES"
	run 0 spoolscan $site -o ndjson Mailroot; rm "$q/NTFS_attr.EML:PROPERTIES"
	[ "$(record attr "[.streams[] | .name + \"/\" + .from]")" = "[\"Other/xattr\",\"PROPERTIES/xattr\",\"PROPERTIES/sidecar\"]" ] &&
	[ "$(record attr ".recipients | length")" -eq 1 ]'
t 'a name of escapes stays inside its quotes' '
	mail esc >$q/NTFS_esc.EML &&
	setfattr -n "user.$(printf "a\033[31m\377")" -v x $q/NTFS_esc.EML &&
	run 0 spoolscan $site -o ndjson Mailroot && ! grep -q "$(printf "\033")" out &&
	[ "$(record esc ".streams[0].name | length")" -eq 7 ]'
t 'what Samba keeps for itself is no stream' '
	setfattr -x "user.$(printf "a\033[31m\377")" $q/NTFS_esc.EML &&
	setfattr -n user.DOSATTRIB -v 0x20 $q/NTFS_esc.EML &&
	run 0 spoolscan $site -o ndjson Mailroot &&
	[ "$(record esc "[.streams, .problems]")" = "[null,[\"envelope stream absent\"]]" ]'
t 'other formats do not look' '
	mkdir eml && cp $q/NTFS_none.EML eml/a.eml &&
	setfattr -n user.PROPERTIES -v "$hex" eml/a.eml &&
	run 0 spoolscan $site -f eml -o ndjson eml && hasnt streams && hasnt bob'

# An archive keeps them, and they are the same there.
tars=
tar --xattrs --xattrs-include='user.*' -cf gnu.tar Mailroot 2>/dev/null && tars=gnu.tar
if command -v bsdtar >/dev/null 2>&1; then
	bsdtar --xattrs -cf bsd.tar Mailroot 2>/dev/null && tars="$tars bsd.tar"
	bsdtar --xattrs --format cpio -cf none.cpio Mailroot 2>/dev/null
fi
[ -n "$tars" ] || echo '# skipped: no tar here keeps attributes'
records() { spoolscan $site -o ndjson "$1" 2>/dev/null | jq -cS 'del(.spool)'; }
for f in $tars; do
	t "$f: a stream of a member is that of the file" '
		records Mailroot >a && records $f >b && cmp a b && grep -q "\"xattr\"" b'
done
t 'of many streams of a member as many are listed as of a file' '
	mail many >$q/NTFS_many.EML &&
	for i in $(seq 10 29); do setfattr -n user.s$i -v x $q/NTFS_many.EML || exit 1; done
	tar --xattrs --xattrs-include="user.*" -cf many.tar Mailroot || exit 0
	run 0 spoolscan $site -o ndjson many.tar &&
	[ "$(record many "[(.streams | length), (.problems | index(\"more streams than are listed\") != null)]")" = "[16,true]" ]'
[ ! -f none.cpio ] || t 'what an archive does not keep is said to be absent' '
	run 0 spoolscan $site -o ndjson none.cpio &&
	[ "$(record attr "[.streams, .problems]")" = "[null,[\"envelope stream absent\"]]" ]'

t_done
