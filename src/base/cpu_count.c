#ifdef __linux__
#define _GNU_SOURCE /* sched_getaffinity */
#endif

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpu.h"

enum { CPUS_MOST = 1024, PATH_MOST = 4096 };

/* The numbers at the start of a file; false if there are fewer or the file does not exist. */
static int read_numbers(const char *folder, const char *name, long long *v, int n)
{
    char path[PATH_MOST], line[128];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
        return 0;
    FILE *f = fopen(path, "r");
    if (!f)
        return 0;
    const size_t size = fread(line, 1, sizeof line - 1, f);
    fclose(f);
    line[size] = '\0';
    const char *at = line;
    for (int i = 0; i < n; i++) {
        char *end;
        v[i] = strtoll(at, &end, 10);
        if (end == at)
            return 0;
        at = end;
    }
    return 1;
}

/* The least of `most` and what the group of this folder allows: version 2's cpu.max holds
 * "max 100000" or microseconds and in how many of them; version 1 has a file for each, with -1
 * for no limit. */
static int limit_of(const char *folder, int most)
{
    long long v[2];
    if (!read_numbers(folder, "cpu.max", v, 2) &&
        !(read_numbers(folder, "cpu.cfs_quota_us", &v[0], 1) &&
          read_numbers(folder, "cpu.cfs_period_us", &v[1], 1)))
        return most;
    if (v[0] <= 0 || v[1] <= 0 || v[0] / v[1] >= most)
        return most;
    return v[0] < v[1] ? 1 : (int)(v[0] / v[1]);
}

/* `line` is "number:controllers:path". Version 2 has number 0 and no controllers. */
static int limit_of_line(char *line, const char *mount, int most)
{
    char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;
    if (!path)
        return most;
    *path++ = '\0';
    path[strcspn(path, "\n")] = '\0';
    int is_ours = strcmp(line, "0:") == 0;
    const char *below = is_ours ? "" : "/cpu";
    char *rest = NULL;
    for (const char *name = strtok_r(names + 1, ",", &rest); name;
         name = strtok_r(NULL, ",", &rest))
        is_ours |= strcmp(name, "cpu") == 0;
    char folder[PATH_MOST];
    if (!is_ours ||
        (size_t)snprintf(folder, sizeof folder, "%s%s%s", mount, below, path) >= sizeof folder)
        return most;
    /* A group's limit holds for all below it. In a container the path may be the host's, of
     * which only the end exists: so look at every folder up to the mount. */
    const size_t root = strlen(mount) + strlen(below);
    for (;;) {
        most = limit_of(folder, most);
        char *last = strrchr(folder + root, '/');
        if (!last)
            return most;
        *last = '\0';
    }
}

int cr_cpu_quota(const char *groups, const char *mount)
{
    int most = INT_MAX;
    char line[PATH_MOST];
    FILE *f = fopen(groups, "r");
    while (f && fgets(line, sizeof line, f))
        most = limit_of_line(line, mount, most);
    if (f)
        fclose(f);
    return most;
}

static int may_run_on(void)
{
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
#endif
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n < CPUS_MOST ? (int)n : CPUS_MOST;
}

int cr_cpu_count(void)
{
    const char *said = getenv("CHAINRULE_CPUS");
    const long n = said ? strtol(said, NULL, 10) : 0;
    if (n >= 1)
        return n < CPUS_MOST ? (int)n : CPUS_MOST;
    const int cpus = may_run_on();
    const int quota = cpus > 1 ? cr_cpu_quota("/proc/self/cgroup", "/sys/fs/cgroup") : 1;
    const int count = cpus < quota ? cpus : quota;
    return count < CPUS_MOST ? count : CPUS_MOST;
}
