#!/bin/sh
# Records a threaded Python program under strace; see README.md. Writes python-threads.strace.gz here.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python=$(python3 -c 'import sys; print(sys.executable)')

strace -f -ttt -e trace=%memory,%process -o log "$python" -I "$here/python-threads.py"
sed 's/"\([^"\\]\|\\.\)*"/"..."/g' log | gzip -9n >"$here/python-threads.strace.gz"
