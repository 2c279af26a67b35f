// SPDX-License-Identifier: MIT
// PCI against a model of configuration space: capability lists that loop, BARs of every kind,
// bridges that firmware numbered, did not number, or numbered wrongly, and placing of BARs.
// sources: drivers/pci/access.c drivers/pci/bar.c drivers/pci/enumerate.c drivers/pci/place.c
// sources: kernel/lib/bitmap.c
#include "../../../drivers/pci/pci_internal.h"

#include <kernel/mm/vmalloc.h>

#include <errno.h>

#include "ktap.h"

/* --- the machine --- */

#define NR_FUNCTIONS 32

struct function {
    int behind; /* the bridge function it is behind, -1: on the root bus */
    u8 devfn;
    u8 config[4096];
    u32 bar_mask[6], rom_mask; /* bits that can be written */
    bool decoded_while_sizing;
};

static struct function functions[NR_FUNCTIONS];
static int nr_functions;
static u64 memory_end; /* of RAM: pfn_valid() below */
static int nr_registered, nr_config_accesses;

static struct function *function_add(int behind, u8 devfn, u16 vendor, u16 device)
{
    struct function *f = &functions[nr_functions++];

    f->behind = behind;
    f->devfn = devfn;
    memcpy(&f->config[PCI_VENDOR_ID], &vendor, 2);
    memcpy(&f->config[PCI_DEVICE_ID], &device, 2);
    return f;
}

static void config_put(struct function *f, u16 offset, u32 value, unsigned int size)
{
    memcpy(&f->config[offset], &value, size);
}

static struct function *bridge_add(int behind, u8 devfn, u8 secondary, u8 subordinate)
{
    struct function *f = function_add(behind, devfn, 0x1b36, 0x000c);

    f->config[PCI_HEADER_TYPE] = PCI_HEADER_BRIDGE;
    f->config[PCI_BRIDGE_SECONDARY] = secondary;
    f->config[PCI_BRIDGE_SUBORDINATE] = subordinate;
    return f;
}

/* Routing as hardware does it: a bus number reaches a bridge's far side if it is its secondary. */
static struct function *function_at(u8 bus, u8 devfn)
{
    for (int i = 0; i < nr_functions; i++) {
        struct function *f = &functions[i];
        u8 on = f->behind < 0 ? 0 : functions[f->behind].config[PCI_BRIDGE_SECONDARY];

        if (f->devfn == devfn && on == bus && (f->behind < 0 || bus != 0))
            return f;
    }
    return NULL;
}

static u32 model_read(struct pci_host *host, u8 bus, u8 devfn, u16 offset, unsigned int size)
{
    struct function *f = function_at(bus, devfn);
    u32 value = 0;

    nr_config_accesses++;
    if (!f)
        return ~0U;
    memcpy(&value, &f->config[offset], size);
    return value;
}

static u32 writable_bits(struct function *f, u16 offset, unsigned int size, u32 value)
{
    bool bridge = f->config[PCI_HEADER_TYPE] == PCI_HEADER_BRIDGE;

    if (offset >= PCI_BAR0 && offset < PCI_BAR0 + (bridge ? 8 : 24)) {
        if (value == ~0U && (f->config[PCI_COMMAND] & 3))
            f->decoded_while_sizing = true;
        return f->bar_mask[(offset - PCI_BAR0) / 4];
    }
    if (offset == (bridge ? PCI_BRIDGE_ROM : PCI_ROM))
        return f->rom_mask;
    if (offset < 0x40 && offset != PCI_COMMAND && !(bridge && offset >= 0x18))
        return 0;
    return size == 4 ? ~0U : (1U << (8 * size)) - 1;
}

static void model_write(struct pci_host *host, u8 bus, u8 devfn, u16 offset, unsigned int size,
                        u32 value)
{
    struct function *f = function_at(bus, devfn);
    u32 mask, old = 0;

    nr_config_accesses++;
    if (!f)
        return;
    memcpy(&old, &f->config[offset], size);
    mask = writable_bits(f, offset, size, value);
    value = (old & ~mask) | (value & mask);
    memcpy(&f->config[offset], &value, size);
}

static const struct pci_config_ops model_ops = {model_read, model_write, 4096};

/* Hosts and devices live for ever: this keeps them reachable for the leak check. */
static struct pci_host *volatile the_host;

static struct pci_host *host_make(void)
{
    struct pci_host *host = calloc(1, sizeof(*host));

    the_host = host;
    host->ops = &model_ops;
    host->last_bus = 255;
    host->ecam_address = 0xb0000000;
    return host;
}

static struct pci_dev *dev_find(const struct pci_bus *bus, u8 devfn)
{
    struct pci_dev *pdev;

    list_for_each_entry (pdev, &bus->devices, bus_link)
        if (pdev->devfn == devfn)
            return pdev;
    return NULL;
}

/* --- what the code under test leans on --- */

struct bus pci_bus_type;
const struct attribute_group *const pci_dev_groups[] = {NULL};
const struct attribute_group *const pci_express_groups[] = {NULL};

void device_init(struct device *dev)
{
}

int device_register(struct device *dev)
{
    nr_registered++;
    return 0;
}

bool pfn_valid(pfn_t pfn)
{
    return pfn << PAGE_SHIFT < memory_end;
}

static paddr_t mapped_at;
void __iomem *ioremap(paddr_t phys, size_t size, enum cache_mode mode)
{
    mapped_at = phys;
    return (void *)1;
}

/* --- tests --- */

static struct pci_bus test_bus;
static struct pci_dev lone_dev(struct pci_host *host)
{
    struct pci_dev pdev = {.bus = &test_bus, .config_size = 4096};

    test_bus.host = host;
    return pdev;
}

TEST(capability_walk_finds_each_and_ends_at_the_last)
{
    struct pci_host *host = host_make();
    struct function *f = function_add(-1, 0, 0x1af4, 2);
    struct pci_dev pdev = lone_dev(host);

    config_put(f, PCI_STATUS, PCI_STATUS_CAP_LIST, 2);
    f->config[PCI_CAP_POINTER] = 0x40;
    config_put(f, 0x40, 0x5009, 2);
    config_put(f, 0x50, 0x6011, 2);
    config_put(f, 0x60, 0x0009, 2);
    EXPECT_EQ(pci_find_capability(&pdev, 0, PCI_CAP_VENDOR), 0x40);
    EXPECT_EQ(pci_find_capability(&pdev, 0x40, PCI_CAP_VENDOR), 0x60);
    EXPECT_EQ(pci_find_capability(&pdev, 0x60, PCI_CAP_VENDOR), 0);
    EXPECT_EQ(pci_find_capability(&pdev, 0, PCI_CAP_MSIX), 0x50);
    EXPECT_EQ(pci_find_capability(&pdev, 0, PCI_CAP_MSI), 0);
    config_put(f, PCI_STATUS, 0, 2);
    EXPECT_EQ(pci_find_capability(&pdev, 0, PCI_CAP_MSIX), 0);
}

TEST(capability_list_that_loops_or_leads_into_the_header_ends)
{
    struct pci_host *host = host_make();
    struct function *f = function_add(-1, 0, 0x1af4, 2);
    struct pci_dev pdev = lone_dev(host);

    config_put(f, PCI_STATUS, PCI_STATUS_CAP_LIST, 2);
    f->config[PCI_CAP_POINTER] = 0x40;
    config_put(f, 0x40, 0x4009, 2);
    EXPECT_EQ(pci_find_capability(&pdev, 0, PCI_CAP_MSIX), 0);
    config_put(f, 0x40, 0x0c09, 2);
    EXPECT_EQ(pci_find_capability(&pdev, 0, PCI_CAP_MSIX), 0);
    EXPECT_LT(nr_config_accesses, 200);
    config_put(f, 0x100, 0x10010003, 4);
    EXPECT_EQ(pci_find_ext_capability(&pdev, 7), 0);
    EXPECT_EQ(pci_find_ext_capability(&pdev, 3), 0x100);
    EXPECT_LT(nr_config_accesses, 1500);
}

TEST(registers_beyond_the_space_read_as_ones)
{
    struct pci_host *host = host_make();
    struct pci_dev pdev = lone_dev(host);

    function_add(-1, 0, 0x1af4, 2);
    pdev.config_size = 256;
    EXPECT_EQ(pci_read32(&pdev, 256), ~0U);
    EXPECT_EQ(pci_read32(&pdev, 254), ~0U);
    EXPECT_EQ(pci_read16(&pdev, 0), 0x1af4);
}

TEST(bars_of_every_kind_are_sized_with_decoding_off)
{
    struct pci_host *host = host_make();
    struct function *f = function_add(-1, PCI_DEVFN(3, 0), 0x1af4, 0x1042);
    struct pci_dev *pdev;

    config_put(f, PCI_COMMAND, 7, 2);
    config_put(f, PCI_BAR0, 0xc001, 4); /* I/O, 64 bytes, upper half missing */
    f->bar_mask[0] = 0xffc0;
    config_put(f, PCI_BAR0 + 4, 0xfebd0000, 4); /* memory, 64 KiB */
    f->bar_mask[1] = 0xffff0000;
    config_put(f, PCI_BAR0 + 8, 0x0000000c, 4); /* 64 bit, prefetchable, 16 GiB at 512 GiB */
    config_put(f, PCI_BAR0 + 12, 0x80, 4);
    f->bar_mask[3] = 0xfffffffc;
    config_put(f, PCI_BAR0 + 20, 0xfe00000c, 4); /* 64 bit in the last: cannot be */
    f->bar_mask[5] = 0xfff00000;
    f->rom_mask = 0xfffc0001;
    ASSERT_EQ(pci_host_enumerate(host), 0);
    pdev = dev_find(host->root, PCI_DEVFN(3, 0));
    ASSERT_TRUE(pdev != NULL);
    EXPECT_EQ(pdev->bars[0].size, 64);
    EXPECT_EQ(pdev->bars[0].address, 0xc000);
    EXPECT_EQ(pdev->bars[0].flags, PCI_BAR_IO);
    EXPECT_EQ(pdev->bars[1].size, 0x10000);
    EXPECT_EQ(pdev->bars[1].address, 0xfebd0000);
    EXPECT_EQ(pdev->bars[2].size, 16ULL << 30);
    EXPECT_EQ(pdev->bars[2].address, 512ULL << 30);
    EXPECT_EQ(pdev->bars[2].flags, PCI_BAR_64BIT | PCI_BAR_PREFETCH);
    EXPECT_EQ(pdev->bars[3].size, 0);
    EXPECT_EQ(pdev->bars[4].size, 0);
    EXPECT_EQ(pdev->bars[5].size, 0);
    EXPECT_EQ(pdev->bars[PCI_BAR_ROM].size, 0x40000);
    EXPECT_FALSE(f->decoded_while_sizing);
    EXPECT_EQ(pci_read16(pdev, PCI_COMMAND), 7);
    EXPECT_EQ(pci_read32(pdev, PCI_BAR0 + 4), 0xfebd0000);
}

TEST(bar_is_mapped_only_inside_itself_and_never_over_memory)
{
    struct pci_host *host = host_make();
    struct pci_dev pdev = lone_dev(host);

    memory_end = 0x80000000;
    pdev.bars[0] = (struct pci_bar){.address = 0xfeb00000, .size = 0x4000};
    pdev.bars[1] = (struct pci_bar){.address = 0xc000, .size = 0x40, .flags = PCI_BAR_IO};
    pdev.bars[2] = (struct pci_bar){.address = 0x100000, .size = 0x4000};
    pdev.bars[3] = (struct pci_bar){.address = 0, .size = 0x4000, .flags = PCI_BAR_UNPLACED};
    EXPECT_TRUE(pci_bar_map(&pdev, 0, 0x1000, 0x3000, CACHE_UC) != NULL);
    EXPECT_EQ(mapped_at, 0xfeb01000);
    EXPECT_TRUE(pci_bar_map(&pdev, 0, 0x1000, 0x3001, CACHE_UC) == NULL);
    EXPECT_TRUE(pci_bar_map(&pdev, 0, 0x4000, 0, CACHE_UC) == NULL);
    EXPECT_TRUE(pci_bar_map(&pdev, 0, ~0ULL, 2, CACHE_UC) == NULL);
    EXPECT_TRUE(pci_bar_map(&pdev, 1, 0, 0, CACHE_UC) == NULL);
    EXPECT_TRUE(pci_bar_map(&pdev, 2, 0, 0, CACHE_UC) == NULL);
    EXPECT_TRUE(pci_bar_map(&pdev, 3, 0, 0, CACHE_UC) == NULL);
    EXPECT_TRUE(pci_bar_map(&pdev, 4, 0, 0, CACHE_UC) == NULL);
}

TEST(functions_are_found_only_behind_multi_function_devices)
{
    struct pci_host *host = host_make();
    struct function *f = function_add(-1, PCI_DEVFN(31, 0), 0x8086, 1);

    f->config[PCI_HEADER_TYPE] = PCI_HEADER_MULTI;
    function_add(-1, PCI_DEVFN(31, 3), 0x8086, 2);
    function_add(-1, PCI_DEVFN(5, 0), 0x8086, 3);
    function_add(-1, PCI_DEVFN(5, 2), 0x8086, 4);
    ASSERT_EQ(pci_host_enumerate(host), 0);
    EXPECT_TRUE(dev_find(host->root, PCI_DEVFN(31, 3)) != NULL);
    EXPECT_TRUE(dev_find(host->root, PCI_DEVFN(5, 0)) != NULL);
    EXPECT_TRUE(dev_find(host->root, PCI_DEVFN(5, 2)) == NULL);
    EXPECT_EQ(nr_registered, 4); /* the host itself, and three */
}

TEST(bus_numbers_of_the_firmware_are_kept)
{
    struct pci_host *host = host_make();

    bridge_add(-1, PCI_DEVFN(1, 0), 4, 6);
    bridge_add(-1, PCI_DEVFN(2, 0), 1, 3); /* lower numbers behind the later bridge */
    bridge_add(0, PCI_DEVFN(0, 0), 5, 5);
    function_add(1, PCI_DEVFN(0, 0), 0x1af4, 0x1042);
    function_add(2, PCI_DEVFN(0, 0), 0x1af4, 0x1041);
    ASSERT_EQ(pci_host_enumerate(host), 0);
    EXPECT_EQ(functions[0].config[PCI_BRIDGE_SECONDARY], 4);
    EXPECT_EQ(functions[1].config[PCI_BRIDGE_SECONDARY], 1);
    EXPECT_EQ(functions[2].config[PCI_BRIDGE_SECONDARY], 5);
    EXPECT_EQ(nr_registered, 6);
    EXPECT_STREQ(dev_find(dev_find(host->root, PCI_DEVFN(2, 0))->secondary, 0)->dev.name,
                 "0000:01:00.0");
}

TEST(bridges_without_numbers_get_them)
{
    struct pci_host *host = host_make();

    bridge_add(-1, PCI_DEVFN(1, 0), 0, 0);
    bridge_add(0, PCI_DEVFN(0, 0), 0, 0);
    bridge_add(-1, PCI_DEVFN(2, 0), 0, 0);
    function_add(1, PCI_DEVFN(0, 0), 0x1af4, 0x1042);
    function_add(2, PCI_DEVFN(0, 0), 0x1af4, 0x1041);
    ASSERT_EQ(pci_host_enumerate(host), 0);
    EXPECT_EQ(nr_registered, 6);
    EXPECT_EQ(functions[0].config[PCI_BRIDGE_SECONDARY], 1);
    EXPECT_EQ(functions[0].config[PCI_BRIDGE_SUBORDINATE], 2);
    EXPECT_EQ(functions[1].config[PCI_BRIDGE_SECONDARY], 2);
    EXPECT_EQ(functions[2].config[PCI_BRIDGE_SECONDARY], 3);
    EXPECT_EQ(functions[2].config[PCI_BRIDGE_SUBORDINATE], 3);
}

TEST(bridge_numbers_that_clash_are_replaced)
{
    struct pci_host *host = host_make();

    bridge_add(-1, PCI_DEVFN(1, 0), 1, 1);
    bridge_add(-1, PCI_DEVFN(2, 0), 1, 1);   /* the same again */
    bridge_add(-1, PCI_DEVFN(3, 0), 0, 255); /* its own bus */
    bridge_add(-1, PCI_DEVFN(4, 0), 9, 5);   /* empty range */
    ASSERT_EQ(pci_host_enumerate(host), 0);
    EXPECT_EQ(functions[0].config[PCI_BRIDGE_SECONDARY], 1);
    EXPECT_EQ(functions[1].config[PCI_BRIDGE_SECONDARY], 2);
    EXPECT_EQ(functions[2].config[PCI_BRIDGE_SECONDARY], 3);
    EXPECT_EQ(functions[3].config[PCI_BRIDGE_SECONDARY], 4);
}

TEST(chain_of_bridges_longer_than_the_numbers_ends)
{
    struct pci_host *host = host_make();

    host->last_bus = 10;
    for (int i = 0; i < 20; i++)
        bridge_add(i - 1, PCI_DEVFN(0, 0), 0, 0);
    ASSERT_EQ(pci_host_enumerate(host), 0);
    EXPECT_EQ(nr_registered, 1 + 11);
}

TEST(unplaced_bars_get_addresses_that_nothing_else_has)
{
    struct pci_host *host = host_make();
    struct pci_dev *a, *b, *c, *bridge;
    struct function *f;

    memory_end = 0x88000000;
    f = function_add(-1, PCI_DEVFN(1, 0), 0x1af4, 1);
    f->bar_mask[0] = 0xffff0000;
    config_put(f, PCI_BAR0 + 4, 4, 4); /* 64 bit */
    f->bar_mask[1] = 0xfe000000;
    f->bar_mask[2] = 0xffffffff;
    f = function_add(-1, PCI_DEVFN(2, 0), 0x1af4, 2); /* placed where the first fit would be */
    config_put(f, PCI_BAR0, 0xc0000000, 4);
    f->bar_mask[0] = 0xffff0000;
    bridge_add(-1, PCI_DEVFN(3, 0), 0, 0);
    f = function_add(2, PCI_DEVFN(0, 0), 0x1af4, 3);
    f->bar_mask[0] = 0xfffff000;
    ASSERT_EQ(pci_host_enumerate(host), 0);
    a = dev_find(host->root, PCI_DEVFN(1, 0));
    b = dev_find(host->root, PCI_DEVFN(2, 0));
    bridge = dev_find(host->root, PCI_DEVFN(3, 0));
    ASSERT_TRUE(a && b && bridge && bridge->secondary);
    c = dev_find(bridge->secondary, 0);
    ASSERT_TRUE(c != NULL);
    EXPECT_EQ(b->bars[0].address, 0xc0000000);
    EXPECT_EQ(a->bars[0].address, 0xc0010000);
    EXPECT_EQ(a->bars[1].address, 0xc2000000);
    EXPECT_EQ(a->bars[1].flags, PCI_BAR_64BIT);
    EXPECT_EQ(c->bars[0].address, 0xc0100000);
    EXPECT_EQ(pci_read16(bridge, PCI_BRIDGE_MEM_BASE), 0xc010);
    EXPECT_EQ(pci_read16(bridge, PCI_BRIDGE_MEM_LIMIT), 0xc010);
    EXPECT_EQ(pci_read32(c, PCI_BAR0), 0xc0100000);
}
