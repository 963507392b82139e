#!/bin/sh
# spoolreplay leaves out what a running server would send itself.
. "$(dirname "$0")/lib.sh"
command -v setsid >/dev/null 2>&1 || skip_all 'no setsid'

mkdir -p old/In old/Out old/Pickup new/Pickup
printf '%s\r\n' 'X-Sender: a@example.org' 'X-Receiver: b@example.net' \
    'From: a@example.org' 'Message-ID: <1@example.org>' 'Subject: one' '' \
    'Text.' >old/In/A1
plan() { run "$1" spoolreplay --to ims55:new/Pickup old/In/A1; }

# A daemon: a session of its own, and no terminal.  $pid
server() {
	rm -f ready
	setsid sh -c "$1"'; echo $$ >ready; exec sleep 600' </dev/null >/dev/null 2>&1 &
	until [ -s ready ]; do sleep 0.1; done
	pid=$(cat ready)
}
gone() {
	kill "$pid"
	while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
}

t 'nobody works in it: it goes' 'plan 0 && has "1 message"'

server 'cd old; echo $$ >../ready; exec sleep 600'
t 'a server with its working directory in it: still-queued, and said who' '
	plan 1 && has "still-queued" && has "old: a server works in it: sleep, process $pid" errs'
t 'even when it is forced' '
	run 1 spoolreplay --to ims55:new/Pickup --force old/In/A1 old/In/A1 && has "still-queued"'
gone

server 'cd old/Out; echo $$ >../../ready; exec sleep 600'
t 'or below it' 'plan 1 && has "still-queued"'
gone

server 'exec 9>>old/Out/queue.lock'
t 'a server that has a file of it open for writing: the same' 'plan 1 && has "still-queued"'
gone

server 'exec 9<old/In/A1'
t 'who only reads in it is none' 'plan 0 && hasnt "still-queued" && hasnt "a server works" errs'
gone

t 'of our own session nobody is' '
	(cd old/In && exec sleep 600) & other=$!
	plan 0; r=$?; kill $other; [ $r -eq 0 ]'

# The case knows In as a spool of its own.
t 'of a spool that is live a part is, too, whatever was scanned' '
	spoolscan -c part.db old/In >/dev/null 2>&1; spoolmark -c part.db -w 1 --because test legit >/dev/null
	run 0 spoolreplay -c part.db -w 1 --to ims55:new/Pickup && has " 1  of 1 messages go" &&
	run 1 spoolreplay -c part.db -w 1 --to ims55:old/Pickup && has "still-queued" &&
	run 1 spoolreplay -c part.db -w 1 --to ims55:new/Pickup --live old && has "still-queued"'
server 'cd old; echo $$ >../ready; exec sleep 600'
t 'and of one that a server works in' '
	run 1 spoolreplay -c part.db -w 1 --to ims55:new/Pickup && has "still-queued" &&
	has "old: a server works in it: sleep" errs'
gone

t 'a tree beside it whose name begins alike is another' '
	mkdir -p old.2/In && server "cd old.2; echo \$\$ >../ready; exec sleep 600"
	plan 0; r=$?; kill $(cat ready); [ $r -eq 0 ]'
t_done
