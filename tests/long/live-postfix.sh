#!/bin/sh
# A busy Postfix is scanned for two minutes, 200 times at least: make long.
SECS=${SECS:-120} SCANS=${SCANS:-200} exec sh "${0%/*}/../e2e/0860-live-postfix.sh"
