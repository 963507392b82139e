#!/bin/sh
# Reports told from all other mail, over labelled real mail.  The table by
# source and each miss are comments: V=1 shows them.
. "${0%/*}/lib.sh"

dir=$(corpora) || skip_all 'no corpora here (CORPORA=DIR names them)'
command -v zstd >/dev/null 2>&1 || skip_all 'no zstd to unpack the corpora'

sets='ndr backscatter hamspam phish'
mkdir mail
for set in $sets; do
	[ -f "$dir/$set.tar.zst" ] && [ -f "$dir/$set.index.tsv" ] ||
	    skip_all "no $set in $dir"
	zstd -dcq "$dir/$set.tar.zst" | tar -xf - -C mail
	tail -n +2 "$dir/$set.index.tsv" | cut -f 1-3 >>index
done

t 'the scan has a record for each labelled message' '
	spoolscan -f eml -o ndjson mail >out 2>errs
	case $? in 0|3) ;; *) exit 1 ;; esac
	jq -r "[.path, .kind, (.report | [.recipient, .status,
	    .original.message_id][]) | . // \"-\"] | @tsv" out | sort >found
	sort index >labels
	join -t "	" labels found >told
	[ -s index ] && [ $(wc -l <told) -eq $(wc -l <index) ]'

# told: path, label, source, kind, recipient, status, original's Message-ID.
#
# score FILTER: of the sources that an awk condition chooses: bounces found,
# not found, others taken for one; precision, recall and their harmonic mean.
score() {
	awk -F '\t' '
	$2 == "delay" || $2 == "malformed" { next }
	!('"$1"') { next }
	$2 == "bounce" { if ($4 == "bounce") tp++; else fn++; next }
	$4 == "bounce" { fp++ }
	END {
		p = tp > 0 ? tp / (tp + fp) : 0
		r = tp > 0 ? tp / (tp + fn) : 0
		printf "%d %d %d %.4f %.4f %.4f\n", tp, fn, fp, p, r,
		    (p + r > 0 ? 2 * p * r / (p + r) : 0)
	}' told
}

# of LABEL KINDS: how many messages have the label, and how many of them one
# of the kinds.
of() {
	awk -F '\t' -v label="$1" -v kinds=" $2 " '
	$2 == label { n++; if (index(kinds, " " $4 " ")) k++ }
	END { print n + 0, k + 0 }' told
}

# share N OF: N is at least this many percent of OF, and OF is not nothing.
share() { [ "$3" -gt 0 ] && [ $(($2 * 100)) -ge $(($1 * $3)) ]; }

# least FIELD VALUE SCORE: that field of a score is at least so much.
least() {
	f=$1 v=$2
	shift 2
	echo "$*" | awk -v f="$f" -v v="$v" '{ exit !($f >= v) }'
}

all=$(score 1)
others=$(score '$3 !~ /^(sisimai|flufl\.bounce|bounceparser)$/')
printf '# %-24s %6s %6s %6s %6s %9s %7s\n' \
    source mails bounce missed wrong precision recall
cut -f 3 told | sort -u | while read -r src; do
	echo "$src $(grep -c "	$src	" told) $(score "\$3 == \"$src\"")"
done | sort -k 3,3nr -k 2,2nr -k 1,1 | awk '
	{ printf "# %-24s %6d %6d %6d %6d %9s %7s\n", $1, $2, $3 + $4, $4,
	    $5, ($3 + $5 > 0 ? $6 : "-"), ($3 + $4 > 0 ? $7 : "-") }'
echo "# found, missed, wrong, precision, recall, F1: $all"
echo "# the same without sisimai, flufl.bounce, bounceparser: $others"
awk -F '\t' '
	$2 == "delay" || $2 == "malformed" { next }
	($2 == "bounce") != ($4 == "bounce") ||
	($2 == "arf") != ($4 == "abuse-report") ||
	($2 == "autoreply") != ($4 == "autoreply") {
		print "# " $1 ": labelled " $2 ", called " $4
	}' told

t 'what is called a bounce is one: precision 0.985' 'least 4 0.985 "$all"'
t 'bounces are called so: recall 0.985' 'least 5 0.985 "$all"'
t 'without the sources that others learned from: F1 0.96' '
	least 6 0.96 "$others"'
t 'of phish, one in a hundred at most is called a bounce' '
	set -- $(of phish bounce)
	echo "$2 of $1" && [ "$1" -gt 0 ] && [ $(($2 * 100)) -le "$1" ]'

for k in 'arf abuse-report 95' 'autoreply autoreply 80' \
    'delay delay,delivered,read-receipt 95'; do
	set -- $k
	label=$1 kinds=$(echo "$2" | tr , ' ') want=$3
	what=$2
	set -- $(of "$label" "$kinds")
	echo "# $label: $2 of $1"
	t "$label: $want of 100 at least are called $what" "
		share $want $2 $1"
done

awk -F '\t' '
	$2 == "bounce" && $4 == "bounce" {
		n++
		r += $5 != "-"; s += $6 != "-"; m += $7 != "-"
	}
	END { print n + 0, r + 0, s + 0, m + 0 }' told >extracted
read -r bounces rcpts statuses ids <extracted
echo "# of $bounces bounces: $rcpts tell a recipient, $statuses a status," \
    "$ids the Message-ID of the original"
t 'a bounce tells the failed recipient, in 95 of 100' '
	share 95 "$rcpts" "$bounces"'
t 'and the status, where most have one: in 70 of 100' '
	share 70 "$statuses" "$bounces"'
t 'and the Message-ID of the original, in 80 of 100' '
	share 80 "$ids" "$bounces"'
t_done
