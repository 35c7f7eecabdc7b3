/* The fewest instructions that move a process to and fro, for comparison with the rig's mover.
 * loop FILE FILE PID SECONDS: prints the number of writes and the ns that they took. The number is even, so that the
 * process ends where it began. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000000LL + at.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    int files[2] = {open(argv[1], O_WRONLY), open(argv[2], O_WRONLY)};
    size_t length = strlen(argv[3]);
    long long begin = now(), until = begin + atof(argv[4]) * 1e9, end = begin, writes = 0;
    while (end < until) {
        for (int next = 0; next < 2; next++) {
            if (write(files[next], argv[3], length) < 0) return 1;
            writes++;
            end = now();
        }
    }
    printf("%lld %lld\n", writes, end - begin);
    return 0;
}
