#!/bin/sh
# Names that a terminal would obey, wherever a command prints one: a spool, its
# files, what is in them, an archive, a quarantine, a target.
. "${0%/*}/lib.sh"

esc=$(printf '\033[31m') nl='
'
spool="sp${esc}ool${nl}2" box="pick${esc}up" packed="x${esc}.tar.zst"
mkdir "$spool" "$spool/Out" "$box"
mail() {
	printf 'X-Sender: a%s@example.org\nX-Receiver: b%s@example.net\n' "$esc" "$esc"
	printf 'From: %s <a@example.org>\nMessage-ID: <%s@example.org>\n' "$esc" "$esc"
	printf 'Subject: %s =?utf-8?q?=1b[31m=e2=80=ae=07?=\n' "$esc"
	printf 'Content-Type: text/plain; name="%s"\n\n%s\n' "$esc" "$esc"
}
name=$(printf '0000\033]0;x\007\r\200')
mail >"$spool/Out/$name"
mail >"$spool/Out/00000002"

# shown STATUS command ...: nothing raw on stdout or stderr.
shown() { run "$@" && plain out && plain errs; }
while read -r want command; do
	t "nothing raw: $command" "shown $want $command"
done <<'END'
0 spoolscan -f ims55 -c case.db "$spool"
0 spoolscan -f ims55 -x "$spool"
0 spoolscan -f ims55 -o ndjson "$spool"
0 spoolscan -f ims55 -o csv "$spool"
0 spoollist -c case.db
0 spoollist -c case.db --verify
0 spoollist -c case.db --ledger
0 spoollist -c case.db --by sender
0 spoolshow "$spool/Out/$name"
0 spoolshow -c case.db "$spool/Out/$name"
0 spoolmark -c case.db -w 1 legit --because "$esc"
0 spoolstat -f ims55 "$spool"
0 spoolstat -f ims55 --by sender -o prometheus "$spool"
0 spoolreport -c case.db -o md -
0 spoolreport -c case.db -o json -
0 spoolarchive -f ims55 -c case.db "$spool" "$packed"
0 spoolarchive --list "$packed"
0 spoolarchive --verify "$packed"
0 spoolarchive --extract "$packed" "out$esc"
0 spoolclean -c case.db -w 1 "$spool"
0 spoolclean -c case.db -w 1 --commit "$spool"
0 spoolclean -c case.db --undo --commit "$spool"
1 spoolreplay -c case.db -w 1 --to "ims55:$box" --stall 0 --commit
1 spoolreplay -c case.db --status
0 spoolarchive -f ims55 -c case.db --rotate --wait 0 --commit "$spool"
1 spoolarchive -f ims55 -c case.db --prune --commit "$(ls -d "$spool".2*)" "$packed"
4 spoollog "$box$esc"
4 spoolscan "none$esc"
2 spoolscan -f "$esc" "$spool"
2 spoolscan "--$esc"
2 spoollist -c case.db -w "$esc"
END
t_done
