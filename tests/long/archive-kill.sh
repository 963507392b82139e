#!/bin/sh
# Archiving and pruning, killed at each system call.
export KILL_STEP=1
exec "$(dirname "$0")/../e2e/0112-archive-kill.sh"
