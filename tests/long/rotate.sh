#!/bin/sh
# The tests of rotation, with a kill at each system call of the exchange too.
LONG=1 exec "${0%/*}/../e2e/0300-rotate.sh"
