# SPDX-License-Identifier: MIT
"""Debian's cloud kernel and an initramfs for it, for KERNEL=linux.

The kernel's package is downloaded with apt-get and unpacked under build/linux; nothing is
installed. The initramfs carries virtio's modules (NVMe and ext4 are built in; AHCI and USB storage
the cloud kernel does not have), Debian's static busybox and a script that mounts the root and
switches to it.
"""
import pathlib
import re
import stat
import struct
import subprocess
import tempfile

from image import ImageError, TOP, hash_file, key_of, locked, made, run

FOLDER = TOP / 'build/linux'
PACKAGE = 'linux-image-cloud-amd64'
MODULES = ['virtio_pci', 'virtio_blk']
DISKS = ['virtio', 'nvme']

INIT = r'''#!/bin/busybox sh
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
option() {
    for w in $(cat /proc/cmdline); do case $w in $1=*) echo "${w#*=}";; esac; done | tail -n 1
}
# The image's root partition is known by its GPT name; the kernel shows no PARTUUID in sysfs.
find_root() {
    case $root in
    /dev/*) [ -b "$root" ] && device=$root ;;
    *) for e in /sys/class/block/*/uevent; do
           grep -q '^PARTNAME=root$' "$e" && e=${e%/uevent} && device=/dev/${e##*/} && return 0
       done ;;
    esac
    [ -n "$device" ]
}
root=$(option root) init=$(option init) device=
while read -r m; do insmod "/modules/$m"; done < /modules/order
tries=0
until find_root; do
    tries=$((tries + 1))
    [ $tries -le 100 ] || { echo "initramfs: no root ($root)"; exec sh; }
    usleep 100000
done
mount -o ro -t ext4 "$device" /root || exec sh
for m in proc sys dev; do mount --move /$m /root/$m; done
exec switch_root /root "${init:-/sbin/init}"
'''


def fetch_package():
    """Downloads and unpacks the kernel that the meta package names; returns the unpacked folder."""
    depends = run('apt-cache', 'depends', PACKAGE).decode()
    found = re.search(r'Depends: (linux-image-\S+-cloud-amd64)', depends)
    if not found:
        raise ImageError(f'{PACKAGE}: apt-cache names no kernel; is apt-get update needed?')
    folder = FOLDER / found[1]
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=FOLDER) as work:
            run('apt-get', '-q', '-o', 'APT::Sandbox::User=root', 'download', found[1], cwd=work)
            deb = next(pathlib.Path(work).glob('*.deb'))
            run('dpkg-deb', '-x', deb, f'{work}/unpacked')
            pathlib.Path(f'{work}/unpacked').rename(folder)
    return folder


def module_files(folder, names):
    """The files of the named modules and of those they depend on, in the order to load them."""
    files = {p.stem.replace('-', '_'): p for p in folder.glob('lib/modules/*/kernel/**/*.ko')}
    ordered = []

    def add(name):
        name = name.replace('-', '_')
        if name not in files or files[name] in ordered:
            return
        depends = re.search(rb'\0depends=([^\0]*)\0', files[name].read_bytes())
        for other in filter(None, depends[1].decode().split(',') if depends else []):
            add(other)
        ordered.append(files[name])

    for name in names:
        add(name)
    return ordered


class Cpio:
    """A cpio archive in the newc format, the same bytes for the same content."""

    def __init__(self):
        self.data, self.inode = bytearray(), 0

    def add(self, name, mode, content=b'', device=(0, 0)):
        self.inode += 1
        encoded = name.encode() + b'\0'
        fields = [self.inode, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0]
        self.data += b'070701' + b''.join(b'%08x' % f for f in fields) + encoded
        self._pad()
        self.data += content
        self._pad()

    def _pad(self):
        self.data += bytes(-len(self.data) % 4)

    def folder(self, name):
        self.add(name, stat.S_IFDIR | 0o755)

    def file(self, name, content, mode=0o644):
        self.add(name, stat.S_IFREG | mode, content)

    def node(self, name, major, minor):
        self.add(name, stat.S_IFCHR | 0o600, device=(major, minor))

    def finish(self):
        self.add('TRAILER!!!', 0)
        return bytes(self.data)


def write_initramfs(path, folder, init):
    archive = Cpio()
    for name in ('bin', 'sbin', 'usr', 'usr/bin', 'usr/sbin', 'dev', 'proc', 'sys', 'root',
                 'modules'):
        archive.folder(name)
    archive.file('bin/busybox', pathlib.Path('/bin/busybox').read_bytes(), 0o755)
    archive.file('init', init, 0o755)
    modules = module_files(folder, MODULES)
    archive.file('modules/order', ''.join(f'{p.name}\n' for p in modules).encode())
    for module in modules:
        archive.file(f'modules/{module.name}', module.read_bytes())
    path.write_bytes(archive.finish())


def vmlinux():
    """The uncompressed kernel, which has a PVH entry of its own."""
    compressed, _ = kernel()
    data = compressed.read_bytes()
    # Linux's boot protocol: the payload's place in the protected-mode part.
    setup_sectors = data[0x1f1] or 4
    offset, length = struct.unpack_from('<II', data, 0x248)
    start = (setup_sectors + 1) * 512 + offset

    def unpack(path):
        # LZ4's old format; the last 4 bytes are the size of what comes out.
        done = subprocess.run(['lz4', '-d', '-c', '-'], input=data[start:start + length - 4],
                              stdout=subprocess.PIPE, check=False)
        path.write_bytes(done.stdout)
        if not done.stdout.startswith(b'\x7fELF'):
            raise ImageError(f'{compressed}: cannot be unpacked with lz4')

    with locked(FOLDER):
        return made(FOLDER / f'vmlinux-{compressed.name}', unpack)


def kernel():
    """(kernel, initramfs): the paths of both, fetched and made when needed."""
    with locked(FOLDER):
        current = FOLDER / 'current'
        # The package is asked for once; `make clean` or removing build/linux looks again.
        if not current.exists():
            folder = fetch_package()
            current.symlink_to(folder.name)
        folder = current.resolve()
        vmlinuz = next(folder.glob('boot/vmlinuz-*'))
        key = key_of(folder.name, hash_file('/bin/busybox'), hash_file(__file__))
        initramfs = made(FOLDER / f'initramfs-{key}.cpio',
                         lambda path: write_initramfs(path, folder, INIT.encode()))
        return vmlinuz, initramfs
