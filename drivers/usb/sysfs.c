// SPDX-License-Identifier: MIT
/* What /sys/bus/usb/devices/ shows, in the form that lsusb and udev read. */
#include "usb_internal.h"

#include <kernel/arch/paging.h>
#include <kernel/err.h>
#include <kernel/lib/byteorder.h>
#include <kernel/lib/printf.h>
#include <kernel/lib/string.h>

enum device_field {
    DEVICE_VENDOR,
    DEVICE_PRODUCT,
    DEVICE_VERSION_BCD,
    DEVICE_CLASS,
    DEVICE_SUBCLASS,
    DEVICE_PROTOCOL,
    DEVICE_PACKET,
    DEVICE_CONFIGS,
    DEVICE_CONFIG,
    DEVICE_INTERFACES,
    DEVICE_ATTRIBUTES,
    DEVICE_POWER,
    DEVICE_BUS,
    DEVICE_NUMBER,
    DEVICE_SPEED,
    DEVICE_USB_VERSION,
    DEVICE_PORTS,
    DEVICE_PATH,
    DEVICE_MANUFACTURER,
    DEVICE_NAME,
    DEVICE_SERIAL,
    DEVICE_REMOVABLE,
};

static const char *speed_text(enum usb_speed speed)
{
    switch (speed) {
    case USB_SPEED_LOW: return "1.5";
    case USB_SPEED_FULL: return "12";
    case USB_SPEED_HIGH: return "480";
    case USB_SPEED_SUPER: return "5000";
    case USB_SPEED_SUPER_PLUS: return "10000";
    default: return "unknown";
    }
}

/* The part behind the bus in the name; "0" for a root hub. */
static const char *path_text(const struct usb_device *udev)
{
    const char *dash = strchr(udev->dev.name, '-');

    return dash ? dash + 1 : "0";
}

static ssize_t text_show(char *buf, const char *text)
{
    return text[0] ? scnprintf(buf, PAGE_SIZE, "%s\n", text) : 0;
}

static ssize_t device_show(struct device *dev, const struct attribute *attr, char *buf)
{
    const struct usb_device *udev = to_usb_device(dev);
    const struct usb_device_descriptor *d = &udev->descriptor;
    const u8 *config = udev->config;

    switch ((enum device_field)attr->arg) {
    case DEVICE_VENDOR: return scnprintf(buf, PAGE_SIZE, "%04x\n", d->idVendor);
    case DEVICE_PRODUCT: return scnprintf(buf, PAGE_SIZE, "%04x\n", d->idProduct);
    case DEVICE_VERSION_BCD: return scnprintf(buf, PAGE_SIZE, "%04x\n", d->bcdDevice);
    case DEVICE_CLASS: return scnprintf(buf, PAGE_SIZE, "%02x\n", d->bDeviceClass);
    case DEVICE_SUBCLASS: return scnprintf(buf, PAGE_SIZE, "%02x\n", d->bDeviceSubClass);
    case DEVICE_PROTOCOL: return scnprintf(buf, PAGE_SIZE, "%02x\n", d->bDeviceProtocol);
    case DEVICE_PACKET: return scnprintf(buf, PAGE_SIZE, "%u\n", d->bMaxPacketSize0);
    case DEVICE_CONFIGS: return scnprintf(buf, PAGE_SIZE, "%u\n", d->bNumConfigurations);
    case DEVICE_CONFIG: return scnprintf(buf, PAGE_SIZE, "%u\n", udev->config_value);
    case DEVICE_INTERFACES: return scnprintf(buf, PAGE_SIZE, "%2u\n", config[4]);
    case DEVICE_ATTRIBUTES: return scnprintf(buf, PAGE_SIZE, "%2x\n", config[7]);
    case DEVICE_POWER:
        return scnprintf(buf, PAGE_SIZE, "%umA\n",
                         config[8] * (udev->speed >= USB_SPEED_SUPER ? 8 : 2));
    case DEVICE_BUS: return scnprintf(buf, PAGE_SIZE, "%u\n", udev->hcd->bus_number);
    case DEVICE_NUMBER: return scnprintf(buf, PAGE_SIZE, "%u\n", udev->number);
    case DEVICE_SPEED: return scnprintf(buf, PAGE_SIZE, "%s\n", speed_text(udev->speed));
    case DEVICE_USB_VERSION:
        return scnprintf(buf, PAGE_SIZE, "%2x.%02x\n", d->bcdUSB >> 8, d->bcdUSB & 0xff);
    case DEVICE_PORTS:
        return scnprintf(buf, PAGE_SIZE, "%u\n", udev->hub ? udev->hub->nr_ports : 0);
    case DEVICE_PATH: return scnprintf(buf, PAGE_SIZE, "%s\n", path_text(udev));
    case DEVICE_MANUFACTURER: return text_show(buf, udev->manufacturer);
    case DEVICE_NAME: return text_show(buf, udev->product);
    case DEVICE_SERIAL: return text_show(buf, udev->serial);
    case DEVICE_REMOVABLE: return scnprintf(buf, PAGE_SIZE, "unknown\n");
    }
    return -EINVAL;
}

/* The device descriptor, and the configuration with all that belongs to it. */
static ssize_t descriptors_read(struct device *dev, const struct attribute *attr, void *buf,
                                loff_t off, size_t count)
{
    const struct usb_device *udev = to_usb_device(dev);
    size_t head = sizeof(udev->descriptor), total = head + udev->config_size, done = 0;

    if (off < 0 || (size_t)off >= total)
        return 0;
    count = min(count, total - (size_t)off);
    for (; done < count; done++) {
        size_t at = off + done;

        ((u8 *)buf)[done] =
            at < head ? ((const u8 *)&udev->descriptor)[at] : udev->config[at - head];
    }
    return done;
}

#define DEVICE_ATTRIBUTE(attribute_name, field)             \
    static const struct attribute attribute_name##_attr = { \
        .name = #attribute_name, .mode = 0444, .show = device_show, .arg = (field)}

DEVICE_ATTRIBUTE(idVendor, DEVICE_VENDOR);
DEVICE_ATTRIBUTE(idProduct, DEVICE_PRODUCT);
DEVICE_ATTRIBUTE(bcdDevice, DEVICE_VERSION_BCD);
DEVICE_ATTRIBUTE(bDeviceClass, DEVICE_CLASS);
DEVICE_ATTRIBUTE(bDeviceSubClass, DEVICE_SUBCLASS);
DEVICE_ATTRIBUTE(bDeviceProtocol, DEVICE_PROTOCOL);
DEVICE_ATTRIBUTE(bMaxPacketSize0, DEVICE_PACKET);
DEVICE_ATTRIBUTE(bNumConfigurations, DEVICE_CONFIGS);
DEVICE_ATTRIBUTE(bConfigurationValue, DEVICE_CONFIG);
DEVICE_ATTRIBUTE(bNumInterfaces, DEVICE_INTERFACES);
DEVICE_ATTRIBUTE(bmAttributes, DEVICE_ATTRIBUTES);
DEVICE_ATTRIBUTE(bMaxPower, DEVICE_POWER);
DEVICE_ATTRIBUTE(busnum, DEVICE_BUS);
DEVICE_ATTRIBUTE(devnum, DEVICE_NUMBER);
DEVICE_ATTRIBUTE(speed, DEVICE_SPEED);
DEVICE_ATTRIBUTE(version, DEVICE_USB_VERSION);
DEVICE_ATTRIBUTE(maxchild, DEVICE_PORTS);
DEVICE_ATTRIBUTE(devpath, DEVICE_PATH);
DEVICE_ATTRIBUTE(manufacturer, DEVICE_MANUFACTURER);
DEVICE_ATTRIBUTE(product, DEVICE_NAME);
DEVICE_ATTRIBUTE(serial, DEVICE_SERIAL);
DEVICE_ATTRIBUTE(removable, DEVICE_REMOVABLE);
static const struct attribute descriptors_attr = {
    .name = "descriptors", .mode = 0444, .read = descriptors_read, .size = 18 + 65535};

static const struct attribute *const device_attrs[] = {
    &idVendor_attr,
    &idProduct_attr,
    &bcdDevice_attr,
    &bDeviceClass_attr,
    &bDeviceSubClass_attr,
    &bDeviceProtocol_attr,
    &bMaxPacketSize0_attr,
    &bNumConfigurations_attr,
    &bConfigurationValue_attr,
    &bNumInterfaces_attr,
    &bmAttributes_attr,
    &bMaxPower_attr,
    &busnum_attr,
    &devnum_attr,
    &speed_attr,
    &version_attr,
    &maxchild_attr,
    &devpath_attr,
    &manufacturer_attr,
    &product_attr,
    &serial_attr,
    &removable_attr,
    &descriptors_attr,
    NULL,
};
static const struct attribute_group device_group = {.attrs = device_attrs};
const struct attribute_group *const usb_device_groups[] = {&device_group, NULL};

enum interface_field {
    INTERFACE_NUMBER,
    INTERFACE_ALTERNATE,
    INTERFACE_ENDPOINTS,
    INTERFACE_CLASS,
    INTERFACE_SUBCLASS,
    INTERFACE_PROTOCOL,
};

static ssize_t interface_show(struct device *dev, const struct attribute *attr, char *buf)
{
    const struct usb_interface_descriptor *d = &to_usb_interface(dev)->descriptor;

    switch ((enum interface_field)attr->arg) {
    case INTERFACE_NUMBER: return scnprintf(buf, PAGE_SIZE, "%02x\n", d->bInterfaceNumber);
    case INTERFACE_ALTERNATE: return scnprintf(buf, PAGE_SIZE, "%2u\n", d->bAlternateSetting);
    case INTERFACE_ENDPOINTS: return scnprintf(buf, PAGE_SIZE, "%02x\n", d->bNumEndpoints);
    case INTERFACE_CLASS: return scnprintf(buf, PAGE_SIZE, "%02x\n", d->bInterfaceClass);
    case INTERFACE_SUBCLASS: return scnprintf(buf, PAGE_SIZE, "%02x\n", d->bInterfaceSubClass);
    case INTERFACE_PROTOCOL: return scnprintf(buf, PAGE_SIZE, "%02x\n", d->bInterfaceProtocol);
    }
    return -EINVAL;
}

#define INTERFACE_ATTRIBUTE(attribute_name, field)          \
    static const struct attribute attribute_name##_attr = { \
        .name = #attribute_name, .mode = 0444, .show = interface_show, .arg = (field)}

INTERFACE_ATTRIBUTE(bInterfaceNumber, INTERFACE_NUMBER);
INTERFACE_ATTRIBUTE(bAlternateSetting, INTERFACE_ALTERNATE);
INTERFACE_ATTRIBUTE(bNumEndpoints, INTERFACE_ENDPOINTS);
INTERFACE_ATTRIBUTE(bInterfaceClass, INTERFACE_CLASS);
INTERFACE_ATTRIBUTE(bInterfaceSubClass, INTERFACE_SUBCLASS);
INTERFACE_ATTRIBUTE(bInterfaceProtocol, INTERFACE_PROTOCOL);
static const struct attribute *const interface_attrs[] = {
    &bInterfaceNumber_attr,
    &bAlternateSetting_attr,
    &bNumEndpoints_attr,
    &bInterfaceClass_attr,
    &bInterfaceSubClass_attr,
    &bInterfaceProtocol_attr,
    NULL,
};
static const struct attribute_group interface_group = {.attrs = interface_attrs};
const struct attribute_group *const usb_interface_groups[] = {&interface_group, NULL};
