#!/bin/sh
# Each system call of a replay that changes something is killed at.  Half an
# hour; 0342-replay-kill.sh has the tests.
EVERY=1 exec sh "$(dirname "$0")/../e2e/0342-replay-kill.sh"
