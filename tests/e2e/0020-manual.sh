#!/bin/sh
# The manuals say what the tools do: options, messages, limits, examples.
. "$(dirname "$0")/lib.sh"

man=$top/docs/man

# A page as plain text: no overstrikes, a section's lines, one blank.
page() { mandoc -Tascii -O width=1000 "$man/$1" | perl -pe 's/.\x08//g'; }
section() { sed -n "/^$1\$/,/^[A-Z]/p" | sed '1d;/^[A-Z]/d'; }
squeeze() { tr -s ' \t\n' ' ' | sed 's/^ //; s/ $//'; }

tools=$(cd "$top/tools" && ls ./*.c | sed 's:^./::; s:\.c$::')
for tool in $tools; do
	page "$tool.1" >"page.$tool"
	"$tool" --help >"help.$tool"

	t "$tool: the SYNOPSIS is the usage line" "
		section SYNOPSIS <page.$tool | squeeze >synopsis
		sed '/^\$/q' help.$tool | sed 's/^usage: //' | squeeze >usage
		diff -u usage synopsis"

	sed -n "s/^  *\(-[^ ].*--[a-z-]*\|--[a-z-]*\).*/\1/p" "help.$tool" |
	    tr -d , | tr ' ' '\n' | grep '^-' >"options.$tool"
	t "$tool: each option of --help is described" "
		[ \$(wc -l <options.$tool) -gt 2 ] &&
		while read -r o; do
			section DESCRIPTION <page.$tool |
			    grep -q -e \"^ *[^ ].*\$o\" -e \"^ *\$o\" ||
			    { echo \"\$o\"; exit 1; }
		done <options.$tool"
done

t 'each format of --help has a paragraph in spoolkit(7)' '
	sed -n "/^formats:/,\$s/^  \([a-z0-9]*\) .*/\1/p" help.spoolscan >formats
	[ "$(wc -l <formats)" -ge 6 ] &&
	while read -r f; do
		page spoolkit.7 | grep -q "^   $f\$" || { echo "$f"; exit 1; }
	done <formats'

# The words of each message in the sources: the longest piece between two
# conversions.
messages() {
	perl -0777 -ne '
		s:/\*.*?\*/::gs;
		my $paren; $paren = qr/\((?:[^()"]|"(?:[^"\\]|\\.)*"|(??{$paren}))*\)/;
		while (/\b(?:err_(?:set|sys|at)|opt_usage|diag_(?:warn|note)|
		    fail|(?:msg|record)_problem|unread)\s*($paren)/gx) {
			(my $args = $1) =~ s/"\s+"//g;
			my $text = join ": ", $args =~ /"((?:[^"\\]|\\.)*)"/g;
			$text =~ s/\\(["\\])/$1/g;
			my ($m) = sort { length $b <=> length $a }
			    split /%[-.*0-9]*(?:ll|j|z)?[a-z]|\x27|: /, $text;
			$m =~ s/^[\s,;:]+|[\s,;:]+$//g if defined $m;
			print "$m\n" if defined $m && $m =~ /[a-z]{2}/;
		}' "$top"/tools/*.c "$top"/common/*/*.c |
	    sort -u
}

t 'each message of the sources is explained under DIAGNOSTICS' '
	for p in "$man"/*.[1-9]; do page "${p##*/}" | section DIAGNOSTICS; done | squeeze | tr "[:upper:]" "[:lower:]" >text
	messages | tr "[:upper:]" "[:lower:]" | tr -s " " >said
	[ "$(wc -l <said)" -gt 60 ] || { cat said; exit 1; }
	missing=0
	while read -r m; do
		grep -qF -e "$m" text || { echo "no word of: $m"; missing=1; }
	done <said
	[ "$missing" = 0 ]'

t 'each limit of spoolkit(7) is the one of the headers' '
	page spoolkit.7 | section LIMITS |
	    sed -n "s/^ *\([A-Z_]*_MAX\) *\([0-9,]*\) .*/\1 \2/p" | tr -d , >limits
	[ "$(wc -l <limits)" -gt 15 ] &&
	while read -r name value; do
		is=$(sed -n "s/(size_t)//; s/^#define $name[[:blank:]]*\([^\/]*\).*/\1/p" \
		    "$top"/common/*/*.h)
		[ $(($is)) -eq "$value" ] || { echo "$name $is"; exit 1; }
	done <limits'

# What bounds bytes from outside is a row; what bounds our own tables is not.
ours='PHRASES_MAX OPT_LIST_MAX OPERAND_MAX GRID_MAX NEAR_MAX WITH_MAX
    READER_AT_MAX COMPANION_MAX TEXT_MAX TEXT_WORD_MAX'
t 'and each limit of the headers is there' '
	sed -n "s/^#define \([A-Z_]*_MAX\)[[:blank:]].*/\1/p" "$top"/common/*/*.h | sort >all
	{ cut -d " " -f 1 limits; printf "%s\\n" $ours; } | sort >known
	comm -23 all known >missing && cat missing && [ ! -s missing ]'

t 'spool-rules(5) has each rule that a scan names' '
	page spool-rules.5 >rules
	sed -n "s/^	{ \"\([a-z]*\/[a-z-]*\)\".*/\1/p" \
	    "$top/common/judge/rules.c" >ids
	[ "$(wc -l <ids)" -ge 20 ] &&
	while read -r id; do
		grep -q "^ *$id\$" rules || { echo "$id"; exit 1; }
	done <ids'

# The examples of a page, each a script of its own, run one after the other;
# /srv is a made incident, relaytest's mail.example.org a server of ours.
perl "$top/tests/e2e/smtpd.pl" closed port &
smtpd=$!
until [ -s port ]; do sleep 0.1; done
PORT=$(cat port) HOST='\bmail\.example\.org\b'
export PORT HOST
"$B/scripts/make-incident" -n 500 -s 2 inc >/dev/null 2>&1
mkdir inc/Log
"$B/tests/makelog" postfix >inc/mail.log 2>/dev/null
"$B/tests/makelog" ims55 >inc/Log/L0000000.LOG 2>/dev/null
echo '203.0.113.0/24 NL - -' | perl "$top/tests/e2e/mmdb.pl" >inc/GeoLite2-Country.mmdb
examples() {	# examples PAGE: example.01 ... here
	perl -ne '
	if (/^\.Sh/) { $in = /EXAMPLES/ }
	next unless $in;
	if (/^\.Bd/) { open O, ">", sprintf "example.%02d", ++$n; next }
	if (/^\.Ed/) { close O; next }
	if (defined fileno O) { s/\\e/\\/g; s:/srv:inc:g; s/$ENV{HOST}/--pause 0 127.0.0.1:$ENV{PORT}/; print O }
	' "$man/$1"
}
for tool in $tools; do
	mkdir "$tool"
	cp -R inc "$tool"
	echo s3cret >"$tool/secret"
	(cd "$tool" && examples "$tool.1")
	for e in "$tool"/example.*; do
		t "$tool: the example runs: $(tail -n 1 "$e" | tr -s ' \t' ' ')" "
			cd $tool && { run 0 sh -e ${e#*/} || [ \$got -eq 3 ] || has 'built without' \$work/errs; } &&
			hasnt usage: \$work/errs &&
			{ [ -s \$work/out ] || has 'built without' \$work/errs || grep -q -e '>' -e '-cf' ${e#*/}; }"
	done
done

kill $smtpd

t 'site.conf(5): its examples are a site and rules' '
	mkdir site && cp -R inc site && cd site && examples site.conf.5 &&
	run 0 sh -e example.02 && run 0 spoolscan -s site.conf --print-site inc &&
	has "=example.org" "$work/out" && has "example.scanner" "$work/out" &&
	run 0 spoolpolicy -s site.conf -p site:example.01 --print &&
	diff "$work/out" example.01'
t 'spool-json(5): its example counts clients' '
	mkdir json && cp -R inc json && cd json && examples spool-json.5 &&
	run 0 sh -e example.01 && grep -q "^ *[1-9][0-9]* 203\.0\.113\." "$work/out"'

t 'the manuals are clean' 'run 0 mandoc -Tlint -Wwarning "$man"/*.[1-9]'

t_done
