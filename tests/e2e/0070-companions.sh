#!/bin/sh
# The formats that keep the envelope beside the message, or on top of it, or
# nowhere: one scan of each good fixture, and its golden lines.
. "$(dirname "$0")/lib.sh"

cat >site.conf <<'END'
[site]
local_domains = example.org
hosts = mail.example.org
trusted = 192.0.2.0/24
END

# The last resort for "arrived" is the time of the file.
fetch() {
	cp -R "$top/tests/spool/$1/$2" "$1" &&
	find "$1" -type f -exec touch -d 2004-01-05T12:00:00Z {} +
}

while read -r format dir what; do
	t "$format: $what" "
		fetch $format $dir &&
		run 0 spoolscan -s site.conf -o ndjson $format &&
		same companion-$format.ndjson"
done <<'END'
smartermail good-spool the .hdr tells envelope, account and client
imail good-spool the Q file tells envelope, account and client
mailenable good-queues the command file tells the envelope, across folders
mailsite good-spool the .rcp tells the envelope
xmail good-spool the lines on top tell envelope, client and time
mdaemon good-queues the fields of the header give hints, Raw is an envelope
kerio good-store the .env gives hints
hmailserver good-data each line says that the envelope is elsewhere
END

t 'a spool without its companions loses no message' '
	cp -R smartermail bare && find bare -iname "*.hdr" -exec rm {} + &&
	run 0 spoolscan -s site.conf -f smartermail -o ndjson bare &&
	[ "$(wc -l <out)" -eq 4 ] &&
	[ "$(grep -c "the envelope file is missing" out)" -eq 3 ]'

t 'what is no companion is told: links and fifos in their place' '
	mkdir planted && cp smartermail/1001.eml planted/1.eml &&
	cp smartermail/1001.eml planted/2.eml &&
	cp smartermail/1001.eml planted/3.eml &&
	cp smartermail/1001.hdr planted/3.hdr &&
	ln -s /etc/passwd planted/1.hdr && mkfifo planted/2.hdr &&
	run 3 spoolscan -s site.conf -o ndjson planted &&
	[ "$(wc -l <out)" -eq 5 ] && hasnt root: && has 1.hdr errs && has 2.hdr errs'

t 'any number of threads prints the same bytes' '
	run 0 spoolscan -s site.conf -o ndjson -j 1 mailenable xmail && mv out one &&
	run 0 spoolscan -s site.conf -o ndjson -j 5 mailenable xmail && cmp one out'

t_done
