#!/bin/sh
# What files and attachments are, whatever they are called.
. "${0%/*}/lib.sh"

# A part of type $1 under the name $2, with the bytes of file $3.
part() {
	printf -- '--b\nContent-Type: %s\nContent-Disposition: attachment; filename="%s"\nContent-Transfer-Encoding: base64\n\n' "$1" "$2"
	base64 "$3"
}
mail() {
	printf 'From: a@example.net\nTo: b@example.com\nSubject: %s\nDate: Mon, 5 Jan 2004 10:00:00 +0000\nMIME-Version: 1.0\n' "$1"
	printf 'Content-Type: multipart/mixed; boundary=b\n\n--b\n\nwords\n'
}

mkdir files s
printf 'MZ' >files/mz
head -c 200 /dev/zero >>files/mz
printf '%%PDF-1.4\n%%\342\343\317\323\n' >files/pdf
printf '#!/bin/sh\necho hi\n' >files/sh
printf 'only words\n' >files/txt
printf '\001\002\003' >files/bin
esc=$(printf '\033')

{ mail hidden; part application/octet-stream report.pdf files/mz; echo; echo --b--; } >s/hidden.eml
{ mail double; part application/octet-stream invoice.pdf.exe files/mz; echo; echo --b--; } >s/double.eml
{ mail honest; part application/pdf a.pdf files/pdf; part text/plain a.txt files/txt; echo --b--; } >s/honest.eml
{ mail cut; part image/png "a${esc}[31m.png" files/sh; } >s/cut.eml
printf 'From: a@example.net\nSubject: x\nTo: b@example.com\n\nonly words\n' >s/plain.eml
cp files/mz s/prog.eml
cp files/bin s/junk.eml

field() { jq -rc "select(.path == \"$1.eml\") | $2" out; }

t 'a program called report.pdf is a fact' '
	run 0 spoolscan -f eml -o ndjson s &&
	[ "$(field hidden ".attachments")" = "[{\"filename\":\"report.pdf\",\"type\":\"application/octet-stream\",\"true_type\":\"application/x-dosexec\",\"size_decoded\":202,\"odd\":[\"called-otherwise\"]}]" ] &&
	[ "$(field hidden ".problems[]")" = "executable called report.pdf" ]'
t 'so are two extensions' '
	[ "$(field double ".attachments[].odd[]")" = double-extension ] &&
	[ "$(field double ".problems[]")" = "two extensions, the last one runs: invoice.pdf.exe" ]'
t 'what is called what it is has nothing odd' '
	[ "$(field honest "[.attachments[].true_type, .attachments[].size_decoded, .attachments[].odd, .problems]")" = "[\"application/pdf\",\"text/plain\",15,11,null,null,null]" ]'
t 'a part without its end has no size, and no raw name gets out' '
	[ "$(field cut ".attachments[0] | [.true_type, .size_decoded, .odd]")" = "[\"text/x-shellscript\",null,[\"called-otherwise\",\"declared-otherwise\"]]" ] &&
	! grep -q "$esc" out'
t 'a message of words has no attachments' '[ "$(field plain .attachments)" = null ]'
t 'a file that is no mail says what it is' '
	[ "$(field prog ".problems | last")" = "no message: application/x-dosexec" ] &&
	[ "$(field junk ".problems | last")" = "no message: application/octet-stream" ] &&
	[ "$(grep -c "no message: " out)" -eq 2 ]'
t 'csv has the sentences too' '
	run 0 spoolscan -f eml -o csv s && has "executable called report.pdf" &&
	has "no message: application/x-dosexec"'
t 'any number of threads prints the same bytes' '
	run 0 spoolscan -f eml -o ndjson -j 1 s && mv out one &&
	run 0 spoolscan -f eml -o ndjson -j 7 s && cmp one out'
t 'with --no-magic the names are all that is looked at' '
	run 0 spoolscan -f eml -o ndjson --no-magic s && hasnt true_type &&
	hasnt "no message: " && [ "$(field hidden .problems)" = null ] &&
	[ "$(field double ".attachments[].odd[]")" = double-extension ]'
t 'a database that is not there is told once, and the scan goes on' '
	export MAGIC=/nonexistent/magic
	run 0 spoolscan -f eml -o ndjson s && [ "$(grep -c libmagic errs)" -eq 1 ] &&
	[ "$(wc -l <out)" -eq 7 ] && hasnt true_type &&
	run 0 spoolscan -f eml -o ndjson --no-magic s && hasnt libmagic errs'
t 'the summary asks for no database' '
	export MAGIC=/nonexistent/magic
	run 0 spoolscan -f eml s && hasnt libmagic errs &&
	run 0 spoolscan -f eml -0 s && hasnt libmagic errs'

t_done
