#!/bin/sh
# 40 sets of random relay rules, 125 random questions each: a real Postfix
# and spoolpolicy answer the same, but for a few recipients that hide a route
# behind a domain of ours: how far the server follows it depends on more than
# these rules.
here=$(cd "$(dirname "$0")/../e2e" && pwd)
. "$here/servers.sh"
box postfix
. "$here/lib.sh"
. "$here/truth.sh"

t 'a Postfix with rules of its own starts' 'truth_start'
t '5,000 questions in 40 sets of rules: at most 5 answers differ' '
	truth 1 40 125 5'

t_done
