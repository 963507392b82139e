#!/bin/sh
# The C library's iconv and GNU libiconv read mail alike.  docs/WILD.md lists
# where they do not.
. "${0%/*}/lib.sh"

gnu=${ICONV_GNU:-$top/build/iconv-gnu}
[ -x "$gnu/bin/spoolscan" ] && [ -x "$gnu/scripts/charset-table" ] ||
	skip_all 'no build with GNU libiconv: make ICONV=gnu all charset-table'
[ -x "$B/scripts/charset-table" ] || skip_all 'no table of charsets: make charset-table'
[ -z "$(find "$top/common" "$top/tools" -name '*.[ch]' -newer "$gnu/bin/spoolscan" | head -n 1)" ] ||
	skip_all 'the build with GNU libiconv is older than the sources: make ICONV=gnu all'

# records BUILD SPOOL
records() {
	"$1/bin/spoolscan" --no-magic -s /dev/null -o ndjson "$2" 2>/dev/null
	[ $? -eq 0 ] || [ $? -eq 3 ]
}
alike() {
	records "$B" "$1" >c && records "$gnu" "$1" >g && [ -s c ] && cmp c g ||
	    { echo "not alike: $1"; return 1; }
}

t 'one has libiconv in it, the other has not' '
	grep -qa libiconv "$gnu/bin/spoolscan" && ! grep -qa libiconv_open "$B/bin/spoolscan"'
for spool in "$top"/tests/spool/wild "$top"/tests/spool/eml "$top"/tests/spool/ims55; do
	t "both give the same records: ${spool##*/}" 'alike "$spool"'
done
if dir=$(corpora); then
	for set in ndr backscatter storm hamspam phish fixtures; do
		t "both give the same records: $set" '
			alike "$dir/$set.tar.zst" && [ "$(wc -l <c)" -gt 10 ]'
	done
else
	echo '# skipped: real mail, no corpora here (CORPORA=DIR names them)'
fi

names=$(sed -n 's/^	.*{ "\([A-Z0-9-]*\)", ICONV[_A].*/\1/p' "$top/common/mail/charset.c")
known='BIG5 BIG5-HKSCS EUC-JP EUC-KR EUC-TW MACINTOSH WINDOWS-1255 X-MAC-CYRILLIC X-MAC-GREEK X-MAC-TURKISH'
"$B/scripts/charset-table" $names >c.table
"$gnu/scripts/charset-table" $names >g.table
t 'both know each character of all other charsets, and as the same' '
	[ $(wc -l <c.table) -gt 50000 ] && [ $(echo $names | wc -w) -ge 40 ] &&
	diff c.table g.table | sed -n "s/^[<>] \([^ ]*\) .*/\1/p" | sort -u >differ
	for n in $known; do echo $n; done | sort >known && comm -23 differ known >new &&
	cat new && [ ! -s new ]'
t 'what differs is in the list of WILD.md' '
	for n in $(cat differ); do grep -q "^| $n |" "$top/docs/WILD.md" || { echo $n; exit 1; }; done'
t_done
