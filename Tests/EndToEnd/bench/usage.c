// Runs a command, discards its output and prints its usage: "CPU-microseconds wall-microseconds peak-kilobytes".
//
// The peak of a process includes the memory of its parent at the start, so the parent must be small.

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long microseconds(struct timeval time) { return time.tv_sec * 1000000LL + time.tv_usec; }

int main(int count, char **arguments) {
    if (count < 2) return 2;
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    pid_t process = fork();
    if (process == 0) {
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        execvp(arguments[1], arguments + 1);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (process < 0 || wait4(process, &status, 0, &usage) != process) return 3;
    clock_gettime(CLOCK_MONOTONIC, &ended);
    long long wall = (ended.tv_sec - began.tv_sec) * 1000000LL + (ended.tv_nsec - began.tv_nsec) / 1000;
    printf("%lld %lld %ld\n", microseconds(usage.ru_utime) + microseconds(usage.ru_stime), wall, usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 4;
}
