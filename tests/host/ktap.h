/* SPDX-License-Identifier: MIT */
/*
 * A test program in one header, for host tests (tests/host/) and for programs that run in the guest
 * (tests/user/). Include it in one .c file of the program, last; it brings main().
 *
 *     TEST(queue_keeps_order)
 *     {
 *         ASSERT_TRUE(queue_push(&q, 1) == 0);
 *         EXPECT_EQ(queue_pop(&q), 1);
 *     }
 *
 * Each TEST runs in a child process of its own with a time limit, so a crash, a sanitizer's report
 * or a hang fails that test and not those after it. Output is KTAP version 1 on standard output;
 * what failed is said in `#` lines. The exit status is 0 when every test passed or was skipped.
 *
 * EXPECT_* notes a failure and goes on; ASSERT_* also leaves the function it stands in, which must
 * return void. SKIP(reason) ends the test as skipped. EXPECT_DEATH(statement) wants the statement
 * to end the process by abort() or a sanitizer's report.
 *
 * Arguments: names of tests to run (all when none); --list; --no-fork runs them in this process,
 * for a debugger.
 */
#ifndef TESTS_HOST_KTAP_H
#define TESTS_HOST_KTAP_H

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef KTAP_TIME_LIMIT_S
#define KTAP_TIME_LIMIT_S 120
#endif

/* How a test's child process tells its parent what became of it. */
enum ktap_status { KTAP_PASSED = 0, KTAP_FAILED = 101, KTAP_SKIPPED = 102 };

struct ktap_test {
    const char *name;
    void (*run)(void);
    struct ktap_test *next;
};

static struct ktap_test *ktap_first, **ktap_link = &ktap_first;
static int ktap_failures;
static bool ktap_skipped;
static const char *ktap_skip_reason;
static int ktap_skip_fd = -1; /* in a child: the pipe that takes the reason to its parent */

#define TEST(test_name)                                                                       \
    static void ktap_run_##test_name(void);                                                   \
    static struct ktap_test ktap_test_##test_name = {#test_name, ktap_run_##test_name, NULL}; \
    __attribute__((constructor)) static void ktap_add_##test_name(void)                       \
    {                                                                                         \
        *ktap_link = &ktap_test_##test_name;                                                  \
        ktap_link = &ktap_test_##test_name.next;                                              \
    }                                                                                         \
    static void ktap_run_##test_name(void)

/* One diagnostic line of the running test. */
__attribute__((format(printf, 1, 2), unused)) static void ktap_note(const char *format, ...)
{
    va_list args;

    printf("# ");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
}

#define KTAP_FAIL(...)          \
    do {                        \
        ktap_failures++;        \
        ktap_note(__VA_ARGS__); \
    } while (0)

/* The comparison's operands are evaluated once; integers are shown in decimal and hexadecimal. */
#define KTAP_COMPARE(left, op, right, text, on_failure)                                            \
    do {                                                                                           \
        __typeof__(1 ? (left) : (left)) ktap_l = (left);                                           \
        __typeof__(1 ? (right) : (right)) ktap_r = (right);                                        \
        if (!(ktap_l op ktap_r)) {                                                                 \
            KTAP_FAIL("%s:%d: expected %s, got %lld (%#llx) and %lld (%#llx)", __FILE__, __LINE__, \
                      text, (long long)ktap_l, (unsigned long long)ktap_l, (long long)ktap_r,      \
                      (unsigned long long)ktap_r);                                                 \
            on_failure;                                                                            \
        }                                                                                          \
    } while (0)

#define KTAP_TRUE(condition, text, want, on_failure)                           \
    do {                                                                       \
        if ((bool)(condition) != (want)) {                                     \
            KTAP_FAIL("%s:%d: expected %s to be %s", __FILE__, __LINE__, text, \
                      (want) ? "true" : "false");                              \
            on_failure;                                                        \
        }                                                                      \
    } while (0)

#define KTAP_STREQ(left, right, on_failure)                                                        \
    do {                                                                                           \
        const char *ktap_l = (left), *ktap_r = (right);                                            \
        if (!ktap_l || !ktap_r || strcmp(ktap_l, ktap_r) != 0) {                                   \
            KTAP_FAIL("%s:%d: expected %s to equal %s, got \"%s\" and \"%s\"", __FILE__, __LINE__, \
                      #left, #right, ktap_l ? ktap_l : "(null)", ktap_r ? ktap_r : "(null)");      \
            on_failure;                                                                            \
        }                                                                                          \
    } while (0)

#define KTAP_MEMEQ(left, right, size, on_failure)                                            \
    do {                                                                                     \
        const unsigned char *ktap_l = (const void *)(left), *ktap_r = (const void *)(right); \
        size_t ktap_size = (size), ktap_at = 0;                                              \
        while (ktap_at < ktap_size && ktap_l[ktap_at] == ktap_r[ktap_at])                    \
            ktap_at++;                                                                       \
        if (ktap_at < ktap_size) {                                                           \
            KTAP_FAIL("%s:%d: %s and %s differ at byte %zu: 0x%02x and 0x%02x", __FILE__,    \
                      __LINE__, #left, #right, ktap_at, ktap_l[ktap_at], ktap_r[ktap_at]);   \
            on_failure;                                                                      \
        }                                                                                    \
    } while (0)

#define EXPECT_EQ(left, right)          KTAP_COMPARE(left, ==, right, #left " == " #right, (void)0)
#define EXPECT_NE(left, right)          KTAP_COMPARE(left, !=, right, #left " != " #right, (void)0)
#define EXPECT_LT(left, right)          KTAP_COMPARE(left, <, right, #left " < " #right, (void)0)
#define EXPECT_LE(left, right)          KTAP_COMPARE(left, <=, right, #left " <= " #right, (void)0)
#define EXPECT_GT(left, right)          KTAP_COMPARE(left, >, right, #left " > " #right, (void)0)
#define EXPECT_GE(left, right)          KTAP_COMPARE(left, >=, right, #left " >= " #right, (void)0)
#define EXPECT_TRUE(condition)          KTAP_TRUE(condition, #condition, true, (void)0)
#define EXPECT_FALSE(condition)         KTAP_TRUE(condition, #condition, false, (void)0)
#define EXPECT_STREQ(left, right)       KTAP_STREQ(left, right, (void)0)
#define EXPECT_MEMEQ(left, right, size) KTAP_MEMEQ(left, right, size, (void)0)
#define ASSERT_EQ(left, right)          KTAP_COMPARE(left, ==, right, #left " == " #right, return )
#define ASSERT_NE(left, right)          KTAP_COMPARE(left, !=, right, #left " != " #right, return )
#define ASSERT_LT(left, right)          KTAP_COMPARE(left, <, right, #left " < " #right, return )
#define ASSERT_LE(left, right)          KTAP_COMPARE(left, <=, right, #left " <= " #right, return )
#define ASSERT_GT(left, right)          KTAP_COMPARE(left, >, right, #left " > " #right, return )
#define ASSERT_GE(left, right)          KTAP_COMPARE(left, >=, right, #left " >= " #right, return )
#define ASSERT_TRUE(condition)          KTAP_TRUE(condition, #condition, true, return )
#define ASSERT_FALSE(condition)         KTAP_TRUE(condition, #condition, false, return )
#define ASSERT_STREQ(left, right)       KTAP_STREQ(left, right, return )
#define ASSERT_MEMEQ(left, right, size) KTAP_MEMEQ(left, right, size, return )

#define SKIP(reason)       \
    do {                   \
        ktap_skip(reason); \
        return;            \
    } while (0)

#define EXPECT_DEATH(statement)                                                                 \
    do {                                                                                        \
        fflush(stdout);                                                                         \
        pid_t ktap_pid = fork();                                                                \
        if (ktap_pid == 0) {                                                                    \
            if (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout))       \
                _exit(0);                                                                       \
            statement;                                                                          \
            _exit(0);                                                                           \
        }                                                                                       \
        int ktap_wstatus = 0;                                                                   \
        waitpid(ktap_pid, &ktap_wstatus, 0);                                                    \
        if (ktap_wstatus == 0)                                                                  \
            KTAP_FAIL("%s:%d: expected %s to end the process", __FILE__, __LINE__, #statement); \
    } while (0)

__attribute__((unused)) static void ktap_skip(const char *reason)
{
    ktap_skipped = true;
    ktap_skip_reason = reason;
    if (ktap_skip_fd >= 0 && write(ktap_skip_fd, reason, strlen(reason)) < 0)
        ktap_note("the reason for skipping was lost");
}

static enum ktap_status ktap_run_here(const struct ktap_test *test)
{
    ktap_failures = 0;
    ktap_skipped = false;
    test->run();
    fflush(stdout);
    if (ktap_failures)
        return KTAP_FAILED;
    return ktap_skipped ? KTAP_SKIPPED : KTAP_PASSED;
}

/* Says how a child ended when it did not end by itself, and gives its status. */
static enum ktap_status ktap_judge(int wstatus)
{
    if (WIFSIGNALED(wstatus)) {
        if (WTERMSIG(wstatus) == SIGALRM)
            ktap_note("no end within %d s", KTAP_TIME_LIMIT_S);
        else
            ktap_note("ended by signal %d", WTERMSIG(wstatus));
        return KTAP_FAILED;
    }
    if (WEXITSTATUS(wstatus) == KTAP_PASSED || WEXITSTATUS(wstatus) == KTAP_SKIPPED)
        return (enum ktap_status)WEXITSTATUS(wstatus);
    if (WEXITSTATUS(wstatus) != KTAP_FAILED)
        ktap_note("exit status %d (a sanitizer's report, or exit() in the test)",
                  WEXITSTATUS(wstatus));
    return KTAP_FAILED;
}

static enum ktap_status ktap_run_child(const struct ktap_test *test, char *reason, size_t size)
{
    int fds[2], wstatus = 0;

    fflush(stdout);
    if (pipe(fds) != 0)
        return ktap_run_here(test);
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[0]);
        ktap_skip_fd = fds[1];
        alarm(KTAP_TIME_LIMIT_S);
        exit(ktap_run_here(test));
    }
    close(fds[1]);
    if (pid < 0 || waitpid(pid, &wstatus, 0) != pid) {
        close(fds[0]);
        ktap_note("no child process for the test");
        return KTAP_FAILED;
    }
    ssize_t got = read(fds[0], reason, size - 1);
    reason[got > 0 ? got : 0] = '\0';
    close(fds[0]);
    return ktap_judge(wstatus);
}

static bool ktap_wanted(const char *name, int argc, char **argv)
{
    bool named = false;

    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-')
            continue;
        named = true;
        if (strcmp(argv[i], name) == 0)
            return true;
    }
    return !named;
}

static bool ktap_option(const char *option, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], option) == 0)
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    bool forks = !ktap_option("--no-fork", argc, argv), list = ktap_option("--list", argc, argv);
    int nr = 0, failed = 0, number = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (struct ktap_test *test = ktap_first; test; test = test->next) {
        nr += ktap_wanted(test->name, argc, argv);
        if (list)
            printf("%s\n", test->name);
    }
    if (list)
        return 0;
    printf("KTAP version 1\n1..%d\n", nr);
    for (struct ktap_test *test = ktap_first; test; test = test->next) {
        char reason[128] = "";
        enum ktap_status status;

        if (!ktap_wanted(test->name, argc, argv))
            continue;
        status = forks ? ktap_run_child(test, reason, sizeof(reason)) : ktap_run_here(test);
        if (status == KTAP_SKIPPED && !reason[0] && ktap_skip_reason)
            snprintf(reason, sizeof(reason), "%s", ktap_skip_reason);
        failed += status == KTAP_FAILED;
        printf("%s %d %s%s%s\n", status == KTAP_FAILED ? "not ok" : "ok", ++number, test->name,
               status == KTAP_SKIPPED ? " # SKIP " : "", reason);
    }
    fflush(stdout);
    return failed ? 1 : 0;
}

#endif
