#!/bin/sh
# 40 sets of random relay rules, 125 random questions each: a real Postfix
# and spoolpolicy answer the same.  One recipient in seven hides a route.
here=$(cd "$(dirname "$0")/../e2e" && pwd)
. "$here/servers.sh"
box postfix
. "$here/lib.sh"
. "$here/truth.sh"

t 'a Postfix with rules of its own starts' 'truth_start'
t '5,000 questions in 40 sets of rules: no answer differs' '
	truth 1 40 125 0'

t_done
