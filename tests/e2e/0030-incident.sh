#!/bin/sh
# Made incidents against their answer keys: nothing legit is called relay or
# backscatter, nothing relayed is called legit, little is left unsure.
. "${0%/*}/lib.sh"

N=${N:-20000}
SEEDS=${SEEDS:-11}

# classes TREE OPTIONS ...: scan, join with the key, count "key -> ours".
classes() {
	tree=$1
	shift
	spoolscan -o ndjson "$@" "$tree" >scan.ndjson 2>errs || [ $? -eq 3 ] || return 1
	jq -r --arg d "$tree/" '[(.spool + "/" + .path | ltrimstr($d)), .class] | @tsv' \
	    scan.ndjson >ours.tsv
	awk -F'\t' 'NR == FNR { ours[$1] = $2; next }
	    FNR > 1 { n[$2 " -> " ($1 in ours ? ours[$1] : "missing")]++ }
	    END { for (k in n) print n[k], k }' ours.tsv "$tree/key.tsv" >matrix
	cat matrix
}
count() { awk -v k="$1 -> $2" '{ n = $1; sub(/^[0-9]+ /, "") } $0 == k { s = n } END { print s + 0 }' matrix; }
none() { [ "$(count "$1" "$2")" -eq 0 ]; }
unsure_at_most() {	# per mille of all messages
	awk -v max="$1" '{ all += $1 } / -> unsure$/ { u += $1 }
	    END { print u + 0, "of", all, "unsure"; exit !(u * 1000 <= all * max) }' matrix
}

for variant in default gateway large; do
	how="--variant $variant"
	[ $variant != large ] || how=--large
	for seed in $SEEDS; do
		dir=$work/$variant-$seed
		scripts=$B/scripts/make-incident
		"$scripts" -n "$N" -s "$seed" $how "$dir" 2>/dev/null ||
		    { echo "Bail out! make-incident failed"; exit 1; }
		what="$variant, seed $seed, $N messages"
		t "$what: every file of the key has a record" \
		    'classes "$dir" -s "$dir/site.conf" && ! grep missing matrix &&
		    [ $(wc -l <scan.ndjson) -eq $(($(wc -l <"$dir/key.tsv") - 1)) ]'
		t "$what: no legit entry is called relay" 'none legit relay'
		t "$what: no legit entry is called backscatter" 'none legit backscatter'
		t "$what: no relay entry is called legit" 'none relay legit'
		t "$what: no backscatter entry is called legit" 'none backscatter legit'
		t "$what: nine of ten relay entries are found" \
		    '[ $(($(count relay relay) * 10)) -ge $((($(count relay relay) + $(count relay unsure)) * 9)) ]'
		t "$what: at most 1 % are unsure" 'unsure_at_most 10'
		t "$what: without a site no relay entry is called legit" \
		    'classes "$dir" && none relay legit'
		t "$what: and the guess is shown" \
		    'has "guessed: hosts = mail.example.com" errs &&
		    has "guessed: local_domains = example.com" errs &&
		    has "guessed: local_domains = example.org" errs'
		[ "$variant" = gateway ] && t "$what: the gateway is guessed" \
		    'has "guessed: gateways = 10.1.0.254" errs'
		rm -rf "$dir"
	done
done

dir=$work/one
"$B/scripts/make-incident" -n 1000 -s 21 "$dir" 2>/dev/null
t 'one, two and eight threads print the same bytes' '
	for o in ndjson csv table; do
		for j in 1 2 8; do
			spoolscan -j $j -o $o -s "$dir/site.conf" "$dir" >out.$j 2>/dev/null
			[ $? -eq 0 ] || exit 1
		done
		cmp out.1 out.2 && cmp out.1 out.8 || exit 1
	done
	for j in 1 2 8; do
		spoolscan -j $j "$dir" >out.$j 2>errs.$j || exit 1
	done
	cmp out.1 out.2 && cmp out.1 out.8 && cmp errs.1 errs.2 && cmp errs.1 errs.8'
t 'two runs print the same bytes' '
	spoolscan -o ndjson "$dir" >a 2>/dev/null && spoolscan -o ndjson "$dir" >b 2>/dev/null && cmp a b'
t 'the generator makes the same tree from the same seed' '
	"$B/scripts/make-incident" -n 1000 -s 21 two 2>/dev/null && diff -r one two'
t 'the spools one by one and their parent give the same records' '
	spoolscan -s "$dir/site.conf" -o ndjson "$dir" | jq -r .id | sort >a &&
	spoolscan -s "$dir/site.conf" -o ndjson "$dir/Imcdata" "$dir/Mailroot" | jq -r .id | sort >b &&
	cmp a b && [ -s a ]'
t 'the spool is not changed, not even its access times' '
	find "$dir" -printf "%p %T@ %A@ %C@\n" | sort >before &&
	spoolscan -o ndjson "$dir" >/dev/null 2>&1 &&
	find "$dir" -printf "%p %T@ %A@ %C@\n" | sort >after &&
	diff before after | grep -v "^[<>] [^ ]*/[A-Z][a-z]* \|^---\|^[0-9]" | head -5 >changed; [ ! -s changed ]'
t_done
