// SPDX-License-Identifier: MIT
/* The log, the symbol table, call chains, registries. */
#include <kernel/base/backtrace.h>
#include <kernel/base/boot_info.h>
#include <kernel/base/ktest.h>
#include <kernel/base/log.h>
#include <kernel/base/params.h>
#include <kernel/base/symbols.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/sched/sched.h>
#include <kernel/sync/completion.h>
#include <kernel/time/clock.h>

static struct log_record record;

static void a_message_can_be_read_back(struct ktest *t)
{
    u64 seq = log_next_seq();

    klog(LOG_LEVEL_DEBUG, "ktest: %d\n", 42);
    KTEST_ASSERT(t, log_read(seq, &record));
    KTEST_EXPECT_EQ(t, record.seq, seq);
    KTEST_EXPECT_STREQ(t, record.text, "ktest: 42");
    KTEST_EXPECT_EQ(t, record.level, LOG_LEVEL_DEBUG);
    KTEST_EXPECT(t, record.time_ns <= ktime_ns());
}

static void a_message_of_any_length_is_cut_not_lost(struct ktest *t)
{
    static char text[LOG_TEXT_MAX + 200];
    u64 seq = log_next_seq();

    memset(text, 'x', sizeof(text) - 1);
    klog(LOG_LEVEL_DEBUG, "%s", text);
    KTEST_ASSERT(t, log_read(seq, &record));
    KTEST_EXPECT_EQ(t, record.len, LOG_TEXT_MAX);
}

static void messages_may_come_with_interrupts_off(struct ktest *t)
{
    unsigned long flags = local_irq_save();
    u64 seq = log_next_seq();

    klog(LOG_LEVEL_DEBUG, "ktest: interrupts off\n");
    KTEST_EXPECT(t, irqs_disabled());
    local_irq_restore(flags);
    KTEST_EXPECT(t, log_read(seq, &record));
}

struct reader {
    struct completion started, done;
    u64 seq;
    int result;
};

static int wait_for_record(void *arg)
{
    struct reader *reader = arg;

    complete(&reader->started);
    reader->result = log_wait(reader->seq);
    complete(&reader->done);
    return 0;
}

static void a_sleeping_reader_is_woken(struct ktest *t)
{
    static struct reader reader;
    struct task *task;

    reader = (struct reader){.result = -EBUSY};
    completion_init(&reader.started);
    completion_init(&reader.done);
    reader.seq = log_next_seq() + 1;
    task = kthread_run(wait_for_record, &reader, "ktest/log");
    KTEST_ASSERT(t, !IS_ERR(task));
    wait_for_completion(&reader.started);
    klog(LOG_LEVEL_DEBUG, "ktest: one\n");
    klog(LOG_LEVEL_DEBUG, "ktest: two\n");
    KTEST_EXPECT_EQ(t, wait_for_completion_until(&reader.done, ktime_ns() + 5000000000ULL), 0);
    KTEST_EXPECT_EQ(t, reader.result, 0);
}

static noinline void named_function(struct ktest *t)
{
    barrier();
    KTEST_EXPECT(t, true);
}

static void functions_are_found_by_address_and_name(struct ktest *t)
{
    unsigned long address = (unsigned long)named_function;
    struct symbol symbol;
    char text[64];

    KTEST_ASSERT(t, symbol_lookup(address + 1, &symbol));
    KTEST_EXPECT_STREQ(t, symbol.name, "named_function");
    KTEST_EXPECT_EQ(t, symbol.offset, 1UL);
    KTEST_EXPECT_EQ(t, symbol.address, address);
    KTEST_EXPECT_EQ(t, symbol_address("named_function"), address);
    snprintf(text, sizeof(text), "%ps", (void *)address);
    KTEST_EXPECT_EQ(t, str_has_prefix(text, "named_function+0x0/0x"), 21UL);
    KTEST_EXPECT(t, !symbol_lookup(0, &symbol));
    KTEST_EXPECT(t, !symbol_lookup(~0UL, &symbol));
    KTEST_EXPECT(t, !symbol_lookup((unsigned long)&record, &symbol));
    KTEST_EXPECT_EQ(t, symbol_address("no_such_function"), 0UL);
    named_function(t);
}

static noinline bool chain_names(const char *name)
{
    unsigned long addresses[32];
    unsigned int count = backtrace_collect(addresses, ARRAY_SIZE(addresses));
    struct symbol symbol;

    for (unsigned int i = 0; i < count; i++)
        if (symbol_lookup(addresses[i] - 1, &symbol) && strcmp(symbol.name, name) == 0)
            return true;
    return false;
}

static void a_call_chain_names_its_callers(struct ktest *t)
{
    bool found = chain_names("a_call_chain_names_its_callers");

    KTEST_EXPECT(t, found);
    KTEST_EXPECT(t, !chain_names("no_such_function"));
}

static void the_starter_left_its_information(struct ktest *t)
{
    const struct boot_info *bi = boot_info_get();

    KTEST_EXPECT_EQ(t, bi->magic, BOOT_INFO_MAGIC);
    KTEST_EXPECT(t, strstr(params_cmdline(), "ktest") != NULL);
    KTEST_EXPECT(t, ktest_requested());
}

static void limited_messages_stop_at_their_burst(struct ktest *t)
{
    struct ratelimit limit = RATELIMIT_INIT(3600000000000ULL, 3);
    int allowed = 0;

    for (int i = 0; i < 10; i++)
        allowed += ratelimit_allow(&limit, "ktest");
    KTEST_EXPECT_EQ(t, allowed, 3);
    KTEST_EXPECT_EQ(t, limit.missed, 7);
}

struct numbered {
    int number;
};

SECTION_ARRAY_DECLARE(const struct numbered, ktest_numbers);
SECTION_ARRAY_DEFINE(const struct numbered, ktest_numbers);
static const struct numbered first = {1}, second = {2}, third = {3};
SECTION_ARRAY_ADD(const struct numbered, ktest_numbers, first);
SECTION_ARRAY_ADD(const struct numbered, ktest_numbers, second);
SECTION_ARRAY_ADD(const struct numbered, ktest_numbers, third);

/* With the ends of the array defined in the same file, where the compiler knows most about them. */
static void a_registry_is_walked_in_order_and_ends(struct ktest *t)
{
    const struct numbered *const *it;
    int expected = 1;

    section_for_each (it, ktest_numbers) {
        KTEST_ASSERT(t, expected <= 3);
        KTEST_EXPECT_EQ(t, (*it)->number, expected++);
    }
    KTEST_EXPECT_EQ(t, expected, 4);
    KTEST_EXPECT_EQ(t, section_count(ktest_numbers), 3UL);
}

static const struct ktest_case cases[] = {
    KTEST_CASE(a_registry_is_walked_in_order_and_ends),
    KTEST_CASE(a_message_can_be_read_back),
    KTEST_CASE(a_message_of_any_length_is_cut_not_lost),
    KTEST_CASE(messages_may_come_with_interrupts_off),
    KTEST_CASE(a_sleeping_reader_is_woken),
    KTEST_CASE(functions_are_found_by_address_and_name),
    KTEST_CASE(a_call_chain_names_its_callers),
    KTEST_CASE(the_starter_left_its_information),
    KTEST_CASE(limited_messages_stop_at_their_burst),
    {},
};
KTEST_SUITE(base, cases);
