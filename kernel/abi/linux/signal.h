/* SPDX-License-Identifier: MIT */
/* Signals as user programs see them: signal(7), sigaction(2), sigaltstack(2), sigevent(7). */
#ifndef ABI_LINUX_SIGNAL_H
#define ABI_LINUX_SIGNAL_H

#define NSIG 64

#define SIGHUP    1
#define SIGINT    2
#define SIGQUIT   3
#define SIGILL    4
#define SIGTRAP   5
#define SIGABRT   6
#define SIGBUS    7
#define SIGFPE    8
#define SIGKILL   9
#define SIGUSR1   10
#define SIGSEGV   11
#define SIGUSR2   12
#define SIGPIPE   13
#define SIGALRM   14
#define SIGTERM   15
#define SIGSTKFLT 16
#define SIGCHLD   17
#define SIGCONT   18
#define SIGSTOP   19
#define SIGTSTP   20
#define SIGTTIN   21
#define SIGTTOU   22
#define SIGURG    23
#define SIGXCPU   24
#define SIGXFSZ   25
#define SIGVTALRM 26
#define SIGPROF   27
#define SIGWINCH  28
#define SIGIO     29
#define SIGPOLL   SIGIO
#define SIGPWR    30
#define SIGSYS    31
#define SIGRTMIN  32
#define SIGRTMAX  64

#define SIG_DFL ((unsigned long)0)
#define SIG_IGN ((unsigned long)1)

#define SIG_BLOCK   0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2

#define SA_NOCLDSTOP      0x00000001UL
#define SA_NOCLDWAIT      0x00000002UL
#define SA_SIGINFO        0x00000004UL
#define SA_UNSUPPORTED    0x00000400UL
#define SA_EXPOSE_TAGBITS 0x00000800UL
#define SA_RESTORER       0x04000000UL
#define SA_ONSTACK        0x08000000UL
#define SA_RESTART        0x10000000UL
#define SA_NODEFER        0x40000000UL
#define SA_RESETHAND      0x80000000UL

#define SS_ONSTACK    1
#define SS_DISABLE    2
#define SS_AUTODISARM (1U << 31)
#define MINSIGSTKSZ   2048

/* si_code: from user space <= 0, from the kernel > 0. */
#define SI_USER     0
#define SI_KERNEL   0x80
#define SI_QUEUE    -1
#define SI_TIMER    -2
#define SI_MESGQ    -3
#define SI_ASYNCIO  -4
#define SI_SIGIO    -5
#define SI_TKILL    -6
#define SI_DETHREAD -7

#define ILL_ILLOPC 1
#define ILL_ILLOPN 2
#define ILL_ILLADR 3
#define ILL_ILLTRP 4
#define ILL_PRVOPC 5
#define ILL_PRVREG 6
#define ILL_COPROC 7
#define ILL_BADSTK 8

#define FPE_INTDIV 1
#define FPE_INTOVF 2
#define FPE_FLTDIV 3
#define FPE_FLTOVF 4
#define FPE_FLTUND 5
#define FPE_FLTRES 6
#define FPE_FLTINV 7
#define FPE_FLTSUB 8
#define FPE_FLTUNK 14

#define SEGV_MAPERR 1
#define SEGV_ACCERR 2
#define SEGV_BNDERR 3
#define SEGV_PKUERR 4

#define BUS_ADRALN    1
#define BUS_ADRERR    2
#define BUS_OBJERR    3
#define BUS_MCEERR_AR 4
#define BUS_MCEERR_AO 5

#define TRAP_BRKPT  1
#define TRAP_TRACE  2
#define TRAP_BRANCH 3
#define TRAP_HWBKPT 4
#define TRAP_UNK    5

#define CLD_EXITED    1
#define CLD_KILLED    2
#define CLD_DUMPED    3
#define CLD_TRAPPED   4
#define CLD_STOPPED   5
#define CLD_CONTINUED 6

#define POLL_IN  1
#define POLL_OUT 2
#define POLL_MSG 3
#define POLL_ERR 4
#define POLL_PRI 5
#define POLL_HUP 6

#define SYS_SECCOMP 1

typedef union linux_sigval {
    int sival_int;
    void *sival_ptr;
} linux_sigval_t;

/*
 * siginfo_t. User programs have 128 bytes of it (SIGINFO_SIZE); what follows this much is zero.
 */
#define SIGINFO_SIZE 128
struct siginfo {
    int si_signo;
    int si_errno;
    int si_code;
    int si_pad;
    union {
        struct { /* kill(2), sigqueue(3), mq_notify(3) */
            int si_pid;
            unsigned int si_uid;
            linux_sigval_t si_value;
        };
        struct { /* POSIX timers */
            int si_tid;
            int si_overrun;
            linux_sigval_t si_timer_value;
            int si_sys_private;
        };
        struct { /* SIGCHLD */
            int si_chld_pid;
            unsigned int si_chld_uid;
            int si_status;
            long si_utime, si_stime; /* clock ticks of 10 ms */
        };
        struct { /* SIGILL, SIGFPE, SIGSEGV, SIGBUS, SIGTRAP */
            void *si_addr;
            union {
                short si_addr_lsb;
                struct {
                    void *si_bound_pad;
                    void *si_lower, *si_upper;
                };
                struct {
                    void *si_pkey_pad;
                    unsigned int si_pkey;
                };
                struct {
                    unsigned long si_perf_data;
                    unsigned int si_perf_type;
                    unsigned int si_perf_flags;
                };
            };
        };
        struct { /* SIGIO */
            long si_band;
            int si_fd;
        };
        struct { /* SIGSYS */
            void *si_call_addr;
            int si_syscall;
            unsigned int si_arch;
        };
    };
};
_Static_assert(sizeof(struct siginfo) == 48, "siginfo_t");
_Static_assert(__builtin_offsetof(struct siginfo, si_value) == 24, "siginfo_t");
_Static_assert(__builtin_offsetof(struct siginfo, si_status) == 24, "siginfo_t");
_Static_assert(__builtin_offsetof(struct siginfo, si_utime) == 32, "siginfo_t");
_Static_assert(__builtin_offsetof(struct siginfo, si_fd) == 24, "siginfo_t");
_Static_assert(__builtin_offsetof(struct siginfo, si_syscall) == 24, "siginfo_t");
_Static_assert(__builtin_offsetof(struct siginfo, si_pkey) == 32, "siginfo_t");

/* What rt_sigaction(2) takes. */
struct linux_sigaction {
    unsigned long sa_handler;
    unsigned long sa_flags;
    unsigned long sa_restorer;
    unsigned long sa_mask;
};

typedef struct linux_stack {
    void *ss_sp;
    int ss_flags;
    int ss_pad;
    unsigned long ss_size;
} linux_stack_t;
_Static_assert(sizeof(linux_stack_t) == 24, "stack_t");

#define SIGEV_SIGNAL    0
#define SIGEV_NONE      1
#define SIGEV_THREAD    2
#define SIGEV_THREAD_ID 4

struct linux_sigevent {
    linux_sigval_t sigev_value;
    int sigev_signo;
    int sigev_notify;
    union {
        int sigev_tid;
        char sigev_fill[48];
    };
};
_Static_assert(sizeof(struct linux_sigevent) == 64, "sigevent");

/* The registers in a signal frame. */
struct sigcontext {
    unsigned long r8, r9, r10, r11, r12, r13, r14, r15;
    unsigned long rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    unsigned short cs, gs, fs, ss;
    unsigned long err, trapno, oldmask, cr2;
    void *fpstate;
    unsigned long reserved[8];
};
_Static_assert(sizeof(struct sigcontext) == 256, "sigcontext");

#define UC_FP_XSTATE         0x1
#define UC_SIGCONTEXT_SS     0x2
#define UC_STRICT_RESTORE_SS 0x4

struct linux_ucontext {
    unsigned long uc_flags;
    struct linux_ucontext *uc_link;
    linux_stack_t uc_stack;
    struct sigcontext uc_mcontext;
    unsigned long uc_sigmask;
};
_Static_assert(__builtin_offsetof(struct linux_ucontext, uc_sigmask) == 296, "ucontext");

/* What a handler finds at the top of its stack. */
struct rt_sigframe {
    void *pretcode;
    struct linux_ucontext uc;
    struct siginfo info;
    char info_rest[SIGINFO_SIZE - sizeof(struct siginfo)];
};
_Static_assert(sizeof(struct rt_sigframe) == 440, "rt_sigframe");

/* At byte 464 of the FXSAVE area of a frame, and the word behind the XSAVE area. */
#define FP_XSTATE_MAGIC1      0x46505853U
#define FP_XSTATE_MAGIC2      0x46505845U
#define FP_XSTATE_MAGIC2_SIZE 4
#define FP_SW_RESERVED_OFFSET 464
struct fpx_sw_bytes {
    unsigned int magic1;
    unsigned int extended_size;
    unsigned long xfeatures;
    unsigned int xstate_size;
    unsigned int padding[7];
};
_Static_assert(sizeof(struct fpx_sw_bytes) == 48, "fpx_sw_bytes");

#endif
