#!/bin/sh
# An archive is the directory it was made of, and no way to hurt whoever
# reads it.
. "${0%/*}/lib.sh"

command -v bsdtar >/dev/null 2>&1 || skip_all 'no bsdtar (libarchive-tools)'

N=${N:-2000}
mail() { printf 'From: a@example.net\nTo: b@example.com\nSubject: %s\nDate: Mon, 5 Jan 2004 10:00:00 +0000\n\nhi\n' "$1"; }

"$B/scripts/make-incident" -n "$N" -s 31 inc >/dev/null 2>&1
# Records, without the way to the spool.
records() {
	spoolscan -s inc/site.conf -o ndjson "$@" 2>errs >raw || return 1
	sed 's|"spool":"[^"]*/\([A-Za-z]*\)"|"spool":"\1"|' raw
}
records inc >want

pack() {
	case $1 in
	*.tar)	bsdtar -cf "$1" inc ;;
	*.gz)	bsdtar -czf "$1" inc ;;
	*.zst)	bsdtar --zstd -cf "$1" inc ;;
	*.xz)	bsdtar --xz --options compression-level=0 -cf "$1" inc ;;
	*.bz2)	bsdtar --bzip2 -cf "$1" inc ;;
	*.zip)	bsdtar --format zip -cf "$1" inc ;;
	*.7z)	bsdtar --format 7zip --options compression-level=1 -cf "$1" inc ;;
	*.cpio)	bsdtar --format newc -cf "$1" inc ;;
	*.iso)	bsdtar --format iso9660 -cf "$1" inc ;;
	esac
}
t 'the incident has its messages' '[ "$(wc -l <want)" -eq "$N" ]'
for f in inc.tar inc.tar.gz inc.tar.zst inc.tar.xz inc.tar.bz2 inc.zip inc.7z \
    inc.cpio inc.iso; do
	t "$f has the records of the directory" '
		pack $f && records $f >got && cmp want got'
	[ "$f" = inc.tar ] || [ "$f" = inc.tar.gz ] || rm -f "$f"
done
t 'one thread and eight print the same of an archive' '
	records -j1 inc.tar.gz >one && records -j8 inc.tar.gz >eight &&
	cmp one eight && cmp one want'
t 'a spool alone in its archive is known by the name of the archive' '
	bsdtar -C inc/Imcdata -cf Imcdata.tar . &&
	run 0 spoolscan -s inc/site.conf -o ndjson Imcdata.tar &&
	[ "$(jq -r .format out | sort -u)" = ims55 ] &&
	jq -r .id out | sort >a && grep "\"Imcdata\"" want | jq -r .id | sort >b && cmp a b'
t 'a folder within an archive is an operand' '
	records inc.tar/inc/Imcdata inc.tar/inc/Mailroot >got && cmp want got'
t 'a folder that is not in it is an error' '
	run 4 spoolscan inc.tar/inc/Nothing && has "no such folder" errs'
t 'companions at the other end of the archive are found' '
	find inc/Mailroot -iname "*.bdr" -o -iname "*.bdp" | sort >late &&
	find inc/Mailroot -type f | sort | grep -vxF -f late >early &&
	cat early late | bsdtar -n -cf far.tar -T - &&
	spoolscan -s inc/site.conf -o ndjson far.tar 2>errs | jq -r "[.id, .note] | @tsv" >a &&
	spoolscan -s inc/site.conf -o ndjson inc/Mailroot 2>errs | jq -r "[.id, .note] | @tsv" >b &&
	cmp a b && [ -s a ]'
t 'the format can be told' '
	spoolscan -f eml -o ndjson inc.tar 2>errs | jq -r .id | sort >a &&
	spoolscan -f eml -o ndjson inc 2>errs | jq -r .id | sort >b && cmp a b'
t 'nothing is written where temporary files go' '
	mkdir tmp && TMPDIR=$work/tmp spoolscan -l inc.tar.gz >/dev/null 2>&1 && [ -z "$(ls tmp)" ]'

# What is only compressed.
for i in 1 2 3; do printf 'From a@example.org Mon Jan  5 01:00:00 2004\n'; mail $i; echo; done >box
records_of() { spoolscan -o ndjson "$1" 2>errs | jq -c '[.format, .sha256, .size, .subject]'; }
records_of box >want.box
for z in gzip xz bzip2 zstd; do
	command -v $z >/dev/null 2>&1 || { echo "# skipped: no $z here"; continue; }
	t "an mbox in $z is an mbox" '
		$z -c <box >box.$z && records_of box.$z >got && cmp want.box got &&
		[ "$(wc -l <got)" -eq 3 ]'
done
t 'a message with a zip at its end is a message' '
	{ mail zip; mail x >x.eml; bsdtar --format zip -cf - x.eml; } >m.eml &&
	run 0 spoolscan -o ndjson m.eml && [ "$(jq -r .subject out)" = zip ]'
t 'a file of NULs is no archive' '
	head -c 10240 /dev/zero >nul && run 0 spoolscan -o ndjson nul && [ "$(wc -l <out)" -eq 1 ]'

# Hostile ones.
mkdir -p s/sub
mail one >s/one.eml
mail two >s/sub/two.eml
mail SECRET >secret
nl='s/new
line.eml'
mail three >"$nl"
latin=$(printf 's/l\351.eml')
mail four >"$latin"
ln -s "$work/secret" s/link.eml
mkfifo s/fifo
ln s/one.eml s/hard.eml
tar -cf bad.tar s 2>errs
mail UP >up; tar -Prf bad.tar --transform 's,up,../up.eml,' up 2>>errs
mail ROOT >root; tar -Prf bad.tar --transform 's,root,/etc/passwd,' root 2>>errs
mail EMPTY >empty; tar -Prf bad.tar --transform 's,empty,s//empty.eml,' empty 2>>errs
mail LAST >s/sub/two.eml; tar -rf bad.tar s/sub/two.eml 2>>errs
long=$(printf '%0200d' 0 | sed 's,0,d/,g')
mail DEEP >deep; tar -rf bad.tar --transform "s,deep,s/${long}deep.eml," deep 2>>errs
t 'each name of a hostile tar has one record' '
	run 3 spoolscan -o ndjson bad.tar && [ "$(wc -l <out)" -eq 12 ] &&
	[ "$(jq -r "select(.problems) | .path" out | wc -l)" -eq 7 ]'
t 'names that lead elsewhere are refused, each with its reason' '
	[ "$(grep -c "leads elsewhere" errs)" -eq 3 ] && has "deeper" errs &&
	hasnt "UP\|ROOT\|EMPTY\|DEEP\|SECRET"'
t 'a link and a fifo are refused, a hard link is its file' '
	has "link.eml: a link" errs && has "fifo, socket" errs &&
	[ "$(jq -r "select(.path == \"hard.eml\") | .subject" out)" = one ]'
t 'of one name twice the last one is read' '
	has "replaced by a later" errs && hasnt "\"subject\":\"two\"" && has LAST'
t 'a newline and raw bytes in names are kept' '
	spoolscan -0 --subject three --subject four bad.tar >raw 2>errs
	printf "bad.tar/s/l\351.eml\0bad.tar/s/new\nline.eml\0" | cmp - raw'
t 'no control byte of a name reaches the terminal' '
	for o in "-l" "-o csv" "--explain" ""; do
		spoolscan $o bad.tar >raw 2>>raw
		! LC_ALL=C tr -d "\n\r\t -~\200-\377" <raw | grep -q . || exit 1
	done'
t 'a name below a link is a folder, and nothing is followed' '
	ln -s /etc l && mkdir -p y/l && mail below >y/l/passwd &&
	tar -cf l.tar l && tar -rf l.tar -C y l/passwd && bsdtar -tf l.tar &&
	run 3 spoolscan -o ndjson l.tar && has below && has "folder has the same name" errs'
if command -v zip >/dev/null 2>&1; then
	t 'an encrypted member is refused, and the rest is read' '
		zip -q -P secret enc.zip s/one.eml && zip -q enc.zip s/sub/two.eml &&
		run 3 spoolscan -o ndjson enc.zip && has "encrypted" errs && has LAST'
fi

# Bombs.
mkdir bomb && mail before >bomb/a.eml && truncate -s 300M bomb/m.eml && mail after >bomb/z.eml
t 'a bomb in a zip is refused, and its neighbours are read' '
	(cd bomb && bsdtar --format zip -cf ../bomb.zip a.eml m.eml z.eml) &&
	run 3 timeout 60 spoolscan -o ndjson bomb.zip && has before && has after &&
	has "m.eml: unpacks to many times" errs && [ "$(wc -l <out)" -eq 3 ]'
t 'a bomb of one file is given up, and said' '
	yes "" | head -c 300000000 | gzip -9 | gzip -9 >bomb.gz &&
	run 3 timeout 60 spoolscan -o ndjson bomb.gz && has "unpacks to more than 500 times" errs'
if command -v zstd >/dev/null 2>&1; then
	t 'a bomb is given up after 64 MB, not after all of it' '
		{ mail first; yes "Subject: x" | head -c 300000000; } | zstd -q >bomb.zst &&
		run 3 timeout 60 spoolscan -o ndjson bomb.zst && has "unpacks to more than 500 times" errs && has first'
fi
t 'what is sparse in a tar is read with its holes' '
	mail sparse >sp.eml && truncate -s 2M sp.eml && tar -S -cf sp.tar sp.eml &&
	spoolscan -o ndjson sp.eml 2>errs | jq -r .sha256 >a &&
	spoolscan -o ndjson sp.tar 2>errs | jq -r .sha256 >b && cmp a b'

# All of it in one tree, then packed: each thing has one record, whatever
# holds it.  In full size: tests/long/hostile.sh.
esc=$(printf '\033')
mkdir h
mail plain >h/plain.eml
mail escape >"h/esc${esc}[2J.eml"
mail newline >"h/new
line.eml"
ln -s "$work/secret" h/link.eml
mkfifo h/fifo
mail big >h/big.eml && truncate -s 600M h/big.eml
cp bomb.zip h/bomb.zip
perl -e 'sub w { open my $f, ">", shift or die; print $f @_ or die }
	my $h = "From: a\@example.net\nTo: b\@example.com\n";
	w "h/nest.eml", $h, "MIME-Version: 1.0\nContent-Type: multipart/report; " .
	    "report-type=delivery-status; boundary=b0\n\n",
	    map { "--b" . ($_ - 1) . "\nContent-Type: multipart/mixed; boundary=b$_\n\n" } 1 .. 2000;
	w "h/fields.eml", $h, map({ "X-$_: y\n" } 1 .. 200000), "\nhi\n";
	w "h/line.eml", $h, "\n", "a" x 3000000;
	w "h/in.eml", $h, "\nhi\n";
	mkdir "h/deep"; chdir "h/deep" or die;
	for (1 .. 100) { mkdir "d" and chdir "d" or die }'
tar -S -cf h.tar h 2>/dev/null
bsdtar --format zip --options zip:compression-level=1 -cf h.zip h 2>/dev/null
for f in h h.tar h.zip; do
	t "$f: hostile things have one record each, and nothing raw is shown" '
		for o in "" --explain "-o ndjson"; do
			bound 3 60 200000 spoolscan -f eml $o $f &&
			plain out && plain errs && hasnt SECRET || exit 1
		done
		case $f in
		h)	n=12 odd="deep fifo link" ;;
		*.tar)	n=12 odd="big deep fifo link" ;;
		*.zip)	n=11 odd="big deep link" ;;
		esac
		[ "$(wc -l <out)" -eq $n ] &&
		record nest.eml ".problems | index(\"MIME parts nested beyond the limit\") != null" &&
		record fields.eml ".problems | index(\"header beyond the limit, the rest was not read\") != null" &&
		record line.eml ".problems | index(\"large: only its first part was looked at\") != null" &&
		[ "$(jq -r "select(.reason == \"unsure/unreadable\") | .path" out |
		    sed "s,^h/,,; s,[/.].*,," | sort | tr "\n" " ")" = "$odd " ] &&
		[ "$(grep -cv -e guessed -e "what is ours" errs)" -eq $(echo $odd | wc -w) ]'
done
t 'a bomb beside such an archive is refused, once' '
	bound 3 60 200000 spoolscan -f eml -o ndjson h.tar bomb.zip &&
	[ "$(grep -c "m.eml: unpacks to many times" errs)" -eq 1 ] &&
	[ "$(wc -l <out)" -eq 15 ]'
rm -rf h h.tar h.zip

# Cut off.
t 'of a cut archive what can be read is, and the rest is told' '
	for f in inc.tar inc.tar.gz; do
		head -c $(($(stat -c %s $f) / 2)) $f >cut.$f || exit 1
		run 3 spoolscan -s inc/site.conf -o ndjson cut.$f || exit 1
		[ "$(wc -l <out)" -gt $((N / 4)) ] && has "damaged archive" errs || exit 1
		[ "$(wc -l <errs)" -le 2 ] || exit 1
	done'
t 'an archive of which nothing can be read is an error' '
	head -c 100 inc.tar.gz >cut.gz; printf "7z\274\257\047\034garbage" >bad.7z
	run 4 spoolscan bad.7z && has "damaged archive" errs'
t 'damage in the middle ends the archive, not the scan' '
	cp inc.tar.gz hurt.gz && printf garbage | dd of=hurt.gz bs=1 seek=200000 conv=notrunc 2>/dev/null &&
	spoolscan -s inc/site.conf -o ndjson hurt.gz >out 2>errs; [ $? -eq 3 ] && has "damaged archive" errs'
t 'an archive within an archive is not entered' '
	mkdir nest && cp inc.tar.gz nest/ && mail beside >nest/a.eml && bsdtar -cf nest.tar nest &&
	spoolscan -o ndjson nest.tar >out 2>errs; [ "$(wc -l <out)" -eq 2 ] && has beside'
t 'an archive that only stores mail is no mail, in an archive and in a folder' '
	mkdir inner stores && mail one >inner/1.eml && mail two >inner/2.eml &&
	bsdtar --format zip --options zip:compression=store -cf stores/a.zip inner &&
	bsdtar -cf stores/b.tar inner &&
	bsdtar --format iso9660 -cf stores/c.iso inner && bsdtar -cf stores.tar stores &&
	for s in stores stores.tar; do
		run 0 spoolscan -f eml -d example.com -o ndjson "$s" &&
		[ "$(jq -r "[.reason, .problems[0]] | join(\" \")" out | sort | uniq -c | xargs)" = \
		    "3 unsure/no-header packed, and not entered: scan it by itself" ] || return 1
	done'
for format in smartermail imail mailenable mailsite xmail mdaemon kerio; do
	tree=$(ls -d "$top"/tests/spool/$format/good-* | head -n 1)
	t "$format: companions are joined in a tar as in the tree" '
		rm -rf fmt fmt.tar && cp -r "$tree" fmt && tar -cf fmt.tar fmt &&
		spoolscan -f $format -s /dev/null -o ndjson fmt 2>/dev/null |
		    jq -cS "del(.spool, .arrived)" >a &&
		spoolscan -f $format -s /dev/null -o ndjson fmt.tar 2>/dev/null |
		    jq -cS "del(.spool, .arrived)" >b &&
		[ -s a ] && cmp a b'
done
t_done
