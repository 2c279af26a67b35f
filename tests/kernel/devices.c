// SPDX-License-Identifier: MIT
/* The device model: binding in every order, walks over what changes, observers, references. */
#include <kernel/base/ktest.h>
#include <kernel/dev/acpi.h>
#include <kernel/dev/device.h>
#include <kernel/err.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>
#include <kernel/mm/slab.h>
#include <kernel/sched/sched.h>
#include <kernel/time/clock.h>

struct fake {
    struct device dev;
    int id;
};

static atomic_t nr_probes, nr_removes, nr_released;
static int probe_result;
static struct fake *child; /* a probe that registers a device of its own */
static bool probe_makes_child;

static struct fake *to_fake(const struct device *dev)
{
    return (struct fake *)((char *)dev - offsetof(struct fake, dev));
}

static bool fake_match(const struct device *dev, const struct driver *drv)
{
    return to_fake(dev)->id == (int)(unsigned long)drv->bus_data;
}

static void fake_release(struct device *dev)
{
    atomic_inc(&nr_released);
    kfree(to_fake(dev));
}

static struct fake *fake_create(int id);

static int fake_probe(struct device *dev, const struct driver *drv)
{
    atomic_inc(&nr_probes);
    if (probe_makes_child && to_fake(dev)->id == 1) {
        child = fake_create(2);
        child->dev.parent = dev;
        return device_register(&child->dev);
    }
    return probe_result;
}

static void fake_remove(struct device *dev)
{
    atomic_inc(&nr_removes);
}

static struct bus fake_bus = {
    .name = "ktest", .match = fake_match, .probe = fake_probe, .remove = fake_remove};

static struct fake *fake_create(int id)
{
    static atomic_t next;
    struct fake *fake = kzalloc(sizeof(*fake), GFP_KERNEL | GFP_NOFAIL);

    device_init(&fake->dev);
    fake->id = id;
    fake->dev.bus = &fake_bus;
    fake->dev.release = fake_release;
    snprintf(fake->dev.name, sizeof(fake->dev.name), "ktest%d", atomic_fetch_inc(&next));
    return fake;
}

static void fake_destroy(struct fake *fake)
{
    device_unregister(&fake->dev);
    device_put(&fake->dev);
}

static int devices_init(struct ktest *t)
{
    atomic_set(&nr_probes, 0);
    atomic_set(&nr_removes, 0);
    atomic_set(&nr_released, 0);
    probe_result = 0;
    probe_makes_child = false;
    return fake_bus.state ? 0 : bus_register(&fake_bus);
}

static void driver_finds_devices_before_and_after_it(struct ktest *t)
{
    struct driver drv = {.name = "ktest", .bus = &fake_bus, .bus_data = (void *)1};
    struct fake *before = fake_create(1), *after = fake_create(1), *other = fake_create(7);

    KTEST_ASSERT(t, device_register(&before->dev) == 0);
    KTEST_ASSERT(t, device_register(&other->dev) == 0);
    KTEST_ASSERT(t, driver_register(&drv) == 0);
    KTEST_ASSERT(t, device_register(&after->dev) == 0);
    KTEST_EXPECT(t, before->dev.driver == &drv);
    KTEST_EXPECT(t, after->dev.driver == &drv);
    KTEST_EXPECT(t, other->dev.driver == NULL);
    driver_unregister(&drv);
    KTEST_EXPECT(t, before->dev.driver == NULL);
    KTEST_EXPECT_EQ(t, atomic_read(&nr_removes), 2);
    fake_destroy(before);
    fake_destroy(after);
    fake_destroy(other);
    KTEST_EXPECT_EQ(t, atomic_read(&nr_released), 3);
}

static void refused_probe_leaves_the_device_for_the_next_driver(struct ktest *t)
{
    struct driver first = {.name = "ktest-a", .bus = &fake_bus, .bus_data = (void *)1};
    struct driver second = {.name = "ktest-b", .bus = &fake_bus, .bus_data = (void *)1};
    struct fake *fake = fake_create(1);

    probe_result = -ENODEV;
    KTEST_ASSERT(t, driver_register(&first) == 0);
    KTEST_ASSERT(t, device_register(&fake->dev) == 0);
    KTEST_EXPECT(t, fake->dev.driver == NULL);
    probe_result = 0;
    KTEST_ASSERT(t, driver_register(&second) == 0);
    KTEST_EXPECT(t, fake->dev.driver == &second);
    KTEST_EXPECT(t, device_unbind(&fake->dev) == 0);
    KTEST_EXPECT(t, device_unbind(&fake->dev) == -ENODEV);
    KTEST_EXPECT(t, device_bind(&fake->dev) == 0);
    KTEST_EXPECT(t, fake->dev.driver == &first);
    driver_unregister(&first);
    driver_unregister(&second);
    fake_destroy(fake);
}

static void probe_may_register_devices(struct ktest *t)
{
    struct driver parents = {.name = "ktest-p", .bus = &fake_bus, .bus_data = (void *)1};
    struct driver children = {.name = "ktest-c", .bus = &fake_bus, .bus_data = (void *)2};
    struct fake *fake = fake_create(1);

    probe_makes_child = true;
    KTEST_ASSERT(t, driver_register(&children) == 0);
    KTEST_ASSERT(t, driver_register(&parents) == 0);
    KTEST_ASSERT(t, device_register(&fake->dev) == 0);
    KTEST_EXPECT(t, fake->dev.driver == &parents);
    KTEST_ASSERT(t, child != NULL);
    KTEST_EXPECT(t, child->dev.driver == &children);
    fake_destroy(child);
    fake_destroy(fake);
    driver_unregister(&parents);
    driver_unregister(&children);
    KTEST_EXPECT_EQ(t, atomic_read(&nr_released), 2);
}

static void parent_outlives_its_child(struct ktest *t)
{
    struct fake *parent = fake_create(1), *kid = fake_create(2);

    kid->dev.parent = &parent->dev;
    KTEST_ASSERT(t, device_register(&parent->dev) == 0);
    KTEST_ASSERT(t, device_register(&kid->dev) == 0);
    fake_destroy(parent);
    KTEST_EXPECT_EQ(t, atomic_read(&nr_released), 0);
    fake_destroy(kid);
    KTEST_EXPECT_EQ(t, atomic_read(&nr_released), 2);
}

static int remove_each(struct device *dev, void *arg)
{
    int *count = arg;

    (*count)++;
    fake_destroy(to_fake(dev));
    return 0;
}

static void walk_survives_removal_of_what_it_stands_on(struct ktest *t)
{
    int count = 0;

    for (int i = 0; i < 10; i++)
        KTEST_ASSERT(t, device_register(&fake_create(3)->dev) == 0);
    KTEST_EXPECT_EQ(t, device_for_each(&fake_bus, remove_each, &count), 0);
    KTEST_EXPECT_EQ(t, count, 10);
    KTEST_EXPECT_EQ(t, atomic_read(&nr_released), 10);
}

static atomic_t nr_added, nr_gone;

static void observe_added(struct device *dev)
{
    if (dev->bus == &fake_bus)
        atomic_inc(&nr_added);
}

static void observe_removed(struct device *dev)
{
    if (dev->bus == &fake_bus)
        atomic_inc(&nr_gone);
}

/* Observers are for good: this one stays, and counts. */
static struct device_observer observer = {.added = observe_added, .removed = observe_removed};

static void observer_sees_each_device_come_and_go_once(struct ktest *t)
{
    static bool observing;
    struct fake *before = fake_create(4), *after = fake_create(4);

    KTEST_ASSERT(t, device_register(&before->dev) == 0);
    if (!observing)
        device_observe(&observer);
    else
        atomic_inc(&nr_added);
    observing = true;
    KTEST_EXPECT_EQ(t, atomic_read(&nr_added), 1);
    KTEST_ASSERT(t, device_register(&after->dev) == 0);
    KTEST_EXPECT_EQ(t, atomic_read(&nr_added), 2);
    fake_destroy(before);
    fake_destroy(after);
    KTEST_EXPECT_EQ(t, atomic_read(&nr_gone), 2);
    atomic_set(&nr_added, 0);
    atomic_set(&nr_gone, 0);
}

#define CHURN_ROUNDS 200

static int churn_devices(void *arg)
{
    for (int i = 0; i < CHURN_ROUNDS; i++) {
        struct fake *fake = fake_create(5);

        if (device_register(&fake->dev) == 0)
            fake_destroy(fake);
    }
    atomic_dec(arg);
    return 0;
}

static void drivers_and_devices_come_and_go_together(struct ktest *t)
{
    atomic_t running = ATOMIC_INIT(3);
    struct driver drv = {.name = "ktest-x", .bus = &fake_bus, .bus_data = (void *)5};

    for (int i = 0; i < 3; i++)
        KTEST_ASSERT(t, !IS_ERR(kthread_run(churn_devices, &running, "churn")));
    while (atomic_read(&running)) {
        KTEST_EXPECT_EQ(t, driver_register(&drv), 0);
        yield_cpu();
        driver_unregister(&drv);
        yield_cpu();
    }
    KTEST_EXPECT_EQ(t, atomic_read(&nr_probes), atomic_read(&nr_removes));
    KTEST_EXPECT_EQ(t, atomic_read(&nr_released), 3 * CHURN_ROUNDS);
}

static void machine_can_be_turned_off(struct ktest *t)
{
    const struct acpi_fadt *fadt = acpi_fadt();
    struct acpi_sleep_type type;
    bool found = false;
    const struct acpi_header *table;

    if (!fadt) {
        ktest_skip(t, "no FADT");
        return;
    }
    KTEST_EXPECT(t, fadt->pm1a_control.address || fadt->sleep_control.address);
    for (unsigned int i = 0; (table = acpi_table_at(i, NULL)); i++)
        if (!memcmp(table->signature, "DSDT", 4) || !memcmp(table->signature, "SSDT", 4))
            found |= aml_find_sleep_type(table, 5, &type) == 0;
    KTEST_EXPECT(t, found);
}

static const struct ktest_case cases[] = {
    KTEST_CASE(driver_finds_devices_before_and_after_it),
    KTEST_CASE(refused_probe_leaves_the_device_for_the_next_driver),
    KTEST_CASE(probe_may_register_devices),
    KTEST_CASE(parent_outlives_its_child),
    KTEST_CASE(walk_survives_removal_of_what_it_stands_on),
    KTEST_CASE(observer_sees_each_device_come_and_go_once),
    KTEST_CASE(drivers_and_devices_come_and_go_together),
    KTEST_CASE(machine_can_be_turned_off),
    {},
};
KTEST_SUITE_FIXTURE(devices, cases, devices_init, NULL);
