#!/bin/sh
# Records `make -j4` of eight small C files under strace; see README.md. Writes parallel-build.strace.gz here.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

objects=""
for i in 1 2 3 4 5 6 7 8; do
    cat >"part$i.c" <<C
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int part$i(int n)
{
    char *text = malloc(n + 32);
    int length = snprintf(text, n + 32, "part $i of %d", n);
    free(text);
    return length;
}
C
    objects="$objects part$i.o"
done
cat >main.c <<'C'
int part1(int), part2(int), part3(int), part4(int), part5(int), part6(int), part7(int), part8(int);
int main(void)
{
    return part1(1) + part2(2) + part3(3) + part4(4) + part5(5) + part6(6) + part7(7) + part8(8) == 0;
}
C
cat >Makefile <<M
program: main.o$objects
	gcc -o \$@ \$^
%.o: %.c
	gcc -O2 -c -o \$@ \$<
M

strace -f -ttt -e trace=%memory,%process -o log make -j4
sed 's/"\([^"\\]\|\\.\)*"/"..."/g' log | gzip -9n >"$here/parallel-build.strace.gz"
