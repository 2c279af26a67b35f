// SPDX-License-Identifier: MIT
/*
 * /proc/cpuinfo: the processors in the words that Linux has for them. Programs look for flags by
 * name, so each bit of CPUID that Linux names is named here; what a processor does not have, or the
 * kernel has turned off, is not shown.
 */
#include <kernel/arch/cpuinfo.h>
#include <kernel/arch/percpu.h>
#include <kernel/lib/bitops.h>
#include <kernel/time/clock.h>
#include <kernel/vfs/proc.h>
#include <kernel/vfs/seq_file.h>

#include "msr.h"

enum cpuid_reg { EAX, EBX, ECX, EDX };

struct flag_word {
    u32 leaf, subleaf;
    enum cpuid_reg reg;
    const char *names[32]; /* by bit; NULL: Linux has no name for it */
};

static const struct flag_word flag_words[] = {
    {1, 0, EDX, {"fpu",  "vme",   "de",   "pse",     "tsc",  "msr", "pae",  "mce",
                 "cx8",  "apic",  NULL,   "sep",     "mtrr", "pge", "mca",  "cmov",
                 "pat",  "pse36", "pn",   "clflush", NULL,   "dts", "acpi", "mmx",
                 "fxsr", "sse",   "sse2", "ss",      "ht",   "tm",  "ia64", "pbe"}},
    {0x80000001,
     0,
     EDX,
     {[11] = "syscall",
      [19] = "mp",
      [20] = "nx",
      [22] = "mmxext",
      [25] = "fxsr_opt",
      [26] = "pdpe1gb",
      [27] = "rdtscp",
      [29] = "lm",
      [30] = "3dnowext",
      [31] = "3dnow"}},
    {1, 0, ECX, {"pni",    "pclmulqdq", "dtes64", "monitor", "ds_cpl",
                 "vmx",    "smx",       "est",    "tm2",     "ssse3",
                 "cid",    "sdbg",      "fma",    "cx16",    "xtpr",
                 "pdcm",   NULL,        "pcid",   "dca",     "sse4_1",
                 "sse4_2", "x2apic",    "movbe",  "popcnt",  "tsc_deadline_timer",
                 "aes",    "xsave",     NULL,     "avx",     "f16c",
                 "rdrand", "hypervisor"}},
    {0x80000001, 0, ECX, {"lahf_lm",    "cmp_legacy",  "svm",
                          "extapic",    "cr8_legacy",  "abm",
                          "sse4a",      "misalignsse", "3dnowprefetch",
                          "osvw",       "ibs",         "xop",
                          "skinit",     "wdt",         NULL,
                          "lwp",        "fma4",        "tce",
                          NULL,         "nodeid_msr",  NULL,
                          "tbm",        "topoext",     "perfctr_core",
                          "perfctr_nb", NULL,          "bpext",
                          "ptsc",       "perfctr_llc", "mwaitx"}},
    {7, 0, EBX, {"fsgsbase", "tsc_adjust", "sgx",      "bmi1",       "hle",      "avx2",
                 NULL,       "smep",       "bmi2",     "erms",       "invpcid",  "rtm",
                 "cqm",      NULL,         "mpx",      "rdt_a",      "avx512f",  "avx512dq",
                 "rdseed",   "adx",        "smap",     "avx512ifma", NULL,       "clflushopt",
                 "clwb",     "intel_pt",   "avx512pf", "avx512er",   "avx512cd", "sha_ni",
                 "avx512bw", "avx512vl"}},
    {0xd, 1, EAX, {"xsaveopt", "xsavec", "xgetbv1", "xsaves"}},
    {6, 0, EAX, {"dtherm", "ida", "arat", NULL, "pln", NULL, "pts", "hwp"}},
    {0x8000000a,
     0,
     EDX,
     {"npt", "lbrv", "svm_lock", "nrip_save", "tsc_scale", "vmcb_clean", "flushbyasid",
      "decodeassists", [10] = "pausefilter", [12] = "pfthreshold", [13] = "avic",
      [15] = "v_vmsave_vmload", [16] = "vgif"}},
    {7,
     0,
     ECX,
     {NULL,
      "avx512vbmi",
      "umip",
      "pku",
      "ospke",
      "waitpkg",
      "avx512_vbmi2",
      NULL,
      "gfni",
      "vaes",
      "vpclmulqdq",
      "avx512_vnni",
      "avx512_bitalg",
      "tme",
      "avx512_vpopcntdq",
      NULL,
      "la57",
      [22] = "rdpid",
      [25] = "cldemote",
      [27] = "movdiri",
      [28] = "movdir64b"}},
    {7,
     0,
     EDX,
     {[2] = "avx512_4vnniw",
      [3] = "avx512_4fmaps",
      [4] = "fsrm",
      [8] = "avx512_vp2intersect",
      [10] = "md_clear",
      [14] = "serialize",
      [18] = "pconfig",
      [24] = "amx_tile",
      [25] = "amx_int8",
      [28] = "flush_l1d",
      [29] = "arch_capabilities"}},
};

static u32 cpuid_word(const struct flag_word *word)
{
    u32 first = word->leaf & 0x80000000U;
    struct cpuid_regs r;

    if (cpuid(first, 0).eax < word->leaf)
        return 0;
    r = cpuid(word->leaf, word->subleaf);
    switch (word->reg) {
    case EAX: return r.eax;
    case EBX: return r.ebx;
    case ECX: return r.ecx;
    default: return r.edx;
    }
}

static void show_flags(struct seq_file *m)
{
    seq_puts(m, "flags\t\t:");
    for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++) {
        u32 bits = cpuid_word(&flag_words[i]);

        for (unsigned int bit = 0; bit < 32; bit++) {
            if ((bits & BIT(bit)) && flag_words[i].names[bit])
                seq_printf(m, " %s", flag_words[i].names[bit]);
        }
    }
    seq_putc(m, '\n');
}

static void show_cpu(struct seq_file *m, unsigned int cpu, unsigned int nr_online)
{
    u64 khz = tsc_khz();
    u32 apicid = cpu_apic_id(cpu);

    seq_printf(m, "processor\t: %u\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n", cpu,
               boot_cpu.vendor, boot_cpu.family, boot_cpu.model);
    seq_printf(m, "model name\t: %s\nstepping\t: %u\n",
               boot_cpu.model_name[0] ? boot_cpu.model_name : "unknown", boot_cpu.stepping);
    seq_printf(m, "cpu MHz\t\t: %llu.%03llu\n", khz / 1000, khz % 1000);
    seq_printf(m, "physical id\t: 0\nsiblings\t: %u\ncore id\t\t: %u\ncpu cores\t: %u\n", nr_online,
               cpu, nr_online);
    seq_printf(m, "apicid\t\t: %u\ninitial apicid\t: %u\nfpu\t\t: yes\nfpu_exception\t: yes\n",
               apicid, apicid);
    seq_printf(m, "cpuid level\t: %u\nwp\t\t: yes\n", boot_cpu.max_leaf);
    show_flags(m);
    seq_printf(m, "bugs\t\t:\nbogomips\t: %llu.%02llu\n", khz / 500, khz / 5 % 100);
    seq_printf(m, "clflush size\t: %u\ncache_alignment\t: 64\n", boot_cpu.clflush_size);
    seq_printf(m, "address sizes\t: %u bits physical, %u bits virtual\npower management:\n\n",
               boot_cpu.phys_bits, boot_cpu.virt_bits);
}

static int cpuinfo_show(struct seq_file *m, void *arg)
{
    u64 online = READ_ONCE(cpu_online_mask);
    unsigned int cpu;

    for_each_cpu (cpu, online)
        show_cpu(m, cpu, hweight64(online));
    return 0;
}

static const struct proc_file proc_cpuinfo = {.path = "cpuinfo", .show = cpuinfo_show};
PROC_FILE(proc_cpuinfo);
