#!/bin/sh
# What the summary says to type next: it fits what is there, and runs.
. "${0%/*}/lib.sh"

words() {
	awk -v s="$1" 'BEGIN { srand(s); for (n = 0; n < 40; n++) {
		for (k = 3 + int(rand() * 7); k > 0; k--)
			printf "%c", 97 + int(rand() * 26); print "" } }'
}
# mail FOLDER N: nobody tells who it is for, and no two are alike.
mail() {
	mkdir -p "$1/cur" "$1/new" "$1/tmp"
	seq "$2" | while read -r i; do
		printf '%s\n' "From: a$i@host$i.example.net" \
		    "To: b$i@host$i.example.com" "Subject: s$i" '' \
		    "$(words "$i")" >"$1/new/$i.a"
	done
}
# campaign FOLDER N: one text with other names filled in.
campaign() {
	mkdir -p "$1/cur" "$1/new" "$1/tmp"
	seq "$2" | while read -r i; do
		printf '%s\n' "From: shop@host.example.net" \
		    "To: b$i@host$i.example.com" "Subject: order $i" '' \
		    "Dear customer number $i, what you ordered of us" \
		    'the other day is on its way to you. Thank you, and' \
		    'come back soon: there is a new catalogue in spring.' \
		    >"$1/new/$i.b"
	done
}
mail few 4
mail many 30
campaign alike 30

t 'a few unsure ones are looked at one by one' '
	run 0 spoolscan -d example.org few &&
	has "--class unsure --explain few" && has "the few that need eyes"'
t 'many are not called few' '
	run 0 spoolscan -d example.org many && hasnt "the few" &&
	has "those that need eyes"'
t 'where nobody tells what is ours, and nothing does, that is said' '
	run 0 spoolscan many && has "nothing tells what is ours: say it with -d" errs &&
	run 0 spoolscan -d example.com many && hasnt "nothing tells" errs'
t 'many of one campaign are looked at by campaign' '
	run 0 spoolscan -d example.org alike && hasnt "unsure --explain" &&
	has "spoollist -c case.db --class unsure --by campaign" &&
	run 0 spoolscan -d example.org -c case.db alike && hasnt "eyes" &&
	has "spoollist -c case.db --class unsure --by campaign" &&
	run 0 spoollist -c case.db --class unsure --by campaign -o csv &&
	[ "$(sed -n "2s/,.*//p" out)" = 1 ]'
t 'one decision is for all of it' '
	run 0 spoolmark -c case.db -w campaign=1 spam &&
	run 0 spoollist -c case.db --class spam -o csv &&
	[ "$(wc -l <out)" -eq 31 ]'
t 'that a person says otherwise is told' '
	run 0 spoolscan -d example.org -c case.db alike &&
	has "case.db: 30 are marked otherwise than judged here" errs'
t 'of an archive no paths of files are promised, and no archive' '
	tar -cf alike.tar alike few && gzip -k alike.tar &&
	for a in alike.tar alike.tar.gz alike.tar/alike; do
		run 0 spoolscan -d host.example.net -d example.com "$a" &&
		has "--class legit -l $a" && hasnt "legit -0" || return
		rm -f a.db
		run 0 spoolscan -d example.com -c a.db "$a" &&
		has "spoolreport -c a.db" && hasnt spoolarchive || return
	done'
t 'of a folder both are' '
	run 0 spoolscan -d example.com alike && has "--class legit -0 alike" &&
	rm -f a.db && run 0 spoolscan -d example.com -c a.db alike &&
	has "spoolarchive -c a.db alike evidence.tar.zst" &&
	run 0 spoolarchive -c a.db alike evidence.tar.zst'
t 'an mbox is a file: there is nothing to archive' '
	cat few/new/* | sed "s/^From:/From a@example.net Mon Jan  5 00:00:00 2004\n&/" >box &&
	rm -f a.db && run 0 spoolscan -d example.com -c a.db box &&
	hasnt spoolarchive'
t_done
