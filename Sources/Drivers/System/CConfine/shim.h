#pragma once
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <linux/sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a process may still do that decodes bytes of strangers: use the memory it is allowed, read and write what is open
   already, and end. Each returns 0, or the errno. */

static inline int depot_limit(int resource, unsigned long long most) {
    struct rlimit limit = {most, most};
    return setrlimit(resource, &limit) == 0 ? 0 : errno;
}

enum {
    DEPOT_LIMIT_MEMORY = RLIMIT_AS,
    DEPOT_LIMIT_CPU = RLIMIT_CPU,
    DEPOT_LIMIT_FILE_SIZE = RLIMIT_FSIZE,
    DEPOT_LIMIT_FILES = RLIMIT_NOFILE,
    DEPOT_LIMIT_CORE = RLIMIT_CORE,
};

static inline int depot_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno; }

/* Where memory runs out the kernel ends this process and not the one that started it. */
static inline int depot_go_first(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    int code = write(fd, "1000", 4) == 4 ? 0 : errno;
    close(fd);
    return code;
}

/* No file can be opened any more, whatever path is guessed. ENOSYS or EOPNOTSUPP where the kernel has no Landlock. */
static inline int depot_close_files(void) {
    struct landlock_ruleset_attr rules = {.handled_access_fs = (1ULL << 13) - 1};
    int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (fd < 0) return errno;
    int code = syscall(SYS_landlock_restrict_self, fd, 0) == 0 ? 0 : errno;
    close(fd);
    return code;
}

#if defined(__x86_64__)
#define DEPOT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define DEPOT_ARCH AUDIT_ARCH_AARCH64
#endif

#define DEPOT_ALLOW(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)SYS_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* What glibc asks for a thread of this process with. Any other flags would be a process, or something shared with less. */
#define DEPOT_THREAD \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD | CLONE_SETTLS | CLONE_PARENT_SETTID | \
     CLONE_CHILD_CLEARTID)

/* Only these calls; any other one ends the process. With `threads`, those too that begin and end a thread in it: clone by
   exactly those flags, and clone3, whose flags can not be looked at here, is said to be missing. */
static inline int depot_only_compute(int threads) {
#define DEPOT_THREADS(name, what) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, threads ? (unsigned)SYS_##name : ~0u, 0, 1), BPF_STMT(BPF_RET | BPF_K, what)
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DEPOT_ARCH, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, nr)),
        DEPOT_ALLOW(read), DEPOT_ALLOW(write), DEPOT_ALLOW(exit), DEPOT_ALLOW(exit_group), DEPOT_ALLOW(brk),
        DEPOT_ALLOW(mmap), DEPOT_ALLOW(munmap), DEPOT_ALLOW(mremap), DEPOT_ALLOW(madvise), DEPOT_ALLOW(mprotect),
        DEPOT_ALLOW(futex), DEPOT_ALLOW(sched_yield), DEPOT_ALLOW(rt_sigreturn), DEPOT_ALLOW(rt_sigprocmask),
        DEPOT_ALLOW(getrandom), DEPOT_ALLOW(close), DEPOT_ALLOW(fstat), DEPOT_ALLOW(newfstatat), DEPOT_ALLOW(lseek),
        DEPOT_ALLOW(clock_gettime), DEPOT_ALLOW(clock_nanosleep), DEPOT_ALLOW(gettid), DEPOT_ALLOW(getpid),
        DEPOT_ALLOW(sigaltstack),
        DEPOT_THREADS(set_robust_list, SECCOMP_RET_ALLOW), DEPOT_THREADS(rseq, SECCOMP_RET_ALLOW),
        DEPOT_THREADS(sched_getaffinity, SECCOMP_RET_ALLOW), DEPOT_THREADS(clone3, SECCOMP_RET_ERRNO | ENOSYS),
        /* A thread that names itself. */
        DEPOT_THREADS(prctl, SECCOMP_RET_ERRNO | EPERM),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, threads ? (unsigned)SYS_clone : ~0u, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)DEPOT_THREAD, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};
    /* All threads at once: the runtime may have started some. */
    long code = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    return code == 0 ? 0 : code > 0 ? ESRCH : errno;
}
