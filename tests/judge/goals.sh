# abuse SCENARIO N SEED: make it, scan it, compare with its key; the table is
# in score, beside what it says of relay, backscatter, lost and unsure ones.
# goals: the last one's are met.
# After lib.sh.
abuse() {
	dir=$work/$1-$3
	bodies=
	[ ! -d "$work/bodies" ] || bodies="-b $work/bodies"
	rm -rf "$dir"
	perl "$top/tests/judge/make-abuse" "$1" -n "$2" -s "$3" $bodies "$dir" 2>errs &&
	spoolscan -o csv -s "$dir/site.conf" "$dir/Imcdata" >scan.csv 2>errs &&
	perl "$top/tests/judge/score" "$dir/key.tsv" <scan.csv >score
	status=$?
	cat score
	rm -rf "$dir"
	return $status
}

# At least 99.5 % of relay found and 0.1 % of legit lost at most, F1 of
# backscatter 0.99, 2 % unsure.
goals() {
	awk '/^class relay/ && $6 < 995 { bad = bad " relay" }
	    /^class backscatter/ && $10 < 990 { bad = bad " backscatter" }
	    /^lost/ && $2 * 1000 > $4 { bad = bad " legit" }
	    /^unsure/ && $2 * 50 > $4 { bad = bad " unsure" }
	    END { if (bad != "") print "missed:" bad; exit bad != "" }' score
}

# Real bodies, where there are any.
bodies() {
	dir=$(corpora) && [ -f "$dir/hamspam.tar.zst" ] &&
	    [ -f "$dir/hamspam.index.tsv" ] &&
	    command -v zstd >/dev/null 2>&1 || return 1
	mkdir "$work/bodies" && cp "$dir/hamspam.index.tsv" "$work/bodies" &&
	zstd -dcq "$dir/hamspam.tar.zst" | tar -xf - -C "$work/bodies"
}
