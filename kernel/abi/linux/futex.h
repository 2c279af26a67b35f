/* SPDX-License-Identifier: MIT */
/* Numbers of futex(2), get_robust_list(2) and membarrier(2). */
#ifndef ABI_LINUX_FUTEX_H
#define ABI_LINUX_FUTEX_H

#define FUTEX_WAIT            0
#define FUTEX_WAKE            1
#define FUTEX_FD              2
#define FUTEX_REQUEUE         3
#define FUTEX_CMP_REQUEUE     4
#define FUTEX_WAKE_OP         5
#define FUTEX_LOCK_PI         6
#define FUTEX_UNLOCK_PI       7
#define FUTEX_TRYLOCK_PI      8
#define FUTEX_WAIT_BITSET     9
#define FUTEX_WAKE_BITSET     10
#define FUTEX_WAIT_REQUEUE_PI 11
#define FUTEX_CMP_REQUEUE_PI  12
#define FUTEX_LOCK_PI2        13

#define FUTEX_PRIVATE_FLAG   128
#define FUTEX_CLOCK_REALTIME 256
#define FUTEX_CMD_MASK       (~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME))

#define FUTEX_BITSET_MATCH_ANY 0xffffffffU

/* A word that a robust mutex lies in: the owner's thread number and two flags. */
#define FUTEX_WAITERS    0x80000000U
#define FUTEX_OWNER_DIED 0x40000000U
#define FUTEX_TID_MASK   0x3fffffffU

/* FUTEX_WAKE_OP: what is done to the second word, and how its old value is compared. */
#define FUTEX_OP_SET         0
#define FUTEX_OP_ADD         1
#define FUTEX_OP_OR          2
#define FUTEX_OP_ANDN        3
#define FUTEX_OP_XOR         4
#define FUTEX_OP_OPARG_SHIFT 8
#define FUTEX_OP_CMP_EQ      0
#define FUTEX_OP_CMP_NE      1
#define FUTEX_OP_CMP_LT      2
#define FUTEX_OP_CMP_LE      3
#define FUTEX_OP_CMP_GT      4
#define FUTEX_OP_CMP_GE      5

/* The list of robust mutexes that a thread holds, in its memory. */
struct robust_list {
    unsigned long next; /* address of the next entry, or of the head; bit 0: a PI mutex */
};
struct robust_list_head {
    struct robust_list list;
    long futex_offset;             /* from an entry to its futex word */
    unsigned long list_op_pending; /* an entry on its way into the list or out of it, or 0 */
};

#define MEMBARRIER_CMD_QUERY                           0
#define MEMBARRIER_CMD_GLOBAL                          (1 << 0)
#define MEMBARRIER_CMD_GLOBAL_EXPEDITED                (1 << 1)
#define MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED       (1 << 2)
#define MEMBARRIER_CMD_PRIVATE_EXPEDITED               (1 << 3)
#define MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED      (1 << 4)
#define MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ          (1 << 7)
#define MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ (1 << 8)
#define MEMBARRIER_CMD_GET_REGISTRATIONS               (1 << 9)
#define MEMBARRIER_CMD_FLAG_CPU                        (1 << 0)

#endif
