#!/bin/sh
# Real mail, scanned as eml: a record for each file, and no accident.
. "${0%/*}/lib.sh"

dir=$(corpora) || skip_all 'no corpora here (CORPORA=DIR names them)'
command -v zstd >/dev/null 2>&1 || skip_all 'no zstd to unpack the corpora'

for set in ndr backscatter storm hamspam phish fixtures; do
	[ -f "$dir/$set.tar.zst" ] || continue
	mkdir "$set" && zstd -dcq "$dir/$set.tar.zst" | tar -xf - -C "$set"
	files=$(find "$set" -type f | wc -l)
	t "$set: each of $files files has exactly one record" '
		spoolscan -f eml -o ndjson "$set" >out 2>errs
		case $? in 0|3) ;; *) exit 1 ;; esac
		jq -r .path out | sort >ours && (cd "$set" && find * -type f | sort) >files &&
		cmp files ours'
	t "$set: every line is JSON that an independent reader takes" '
		jq -es "length == $files and all(.[]; .v == 1 and (.class | type) == \"string\")" out >/dev/null'
done
t_done
