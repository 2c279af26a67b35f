# SPDX-License-Identifier: MIT
# For `make run GDB=1`, from the top of the tree: gdb -x tools/run/lintel.gdb
#
# Connects to the waiting machine and loads symbols by itself: those of the kernel at the first stop
# in it, wherever it was slid to, and those of the loader with
#     lintel-loader      once the loader runs (its place is searched for in the machine's memory)
#     lintel-kernel      the kernel's symbols again, e.g. after a reset
# A breakpoint before the kernel runs: `make run GDB=1 BOOT=pvh` (or CMDLINE=nokaslr), then
#     lintel-kernel 0
#     hbreak kernel_entry
#     continue
set architecture i386:x86-64
set pagination off
set confirm off
set disassembly-flavor intel

python
import os
import struct
import tempfile

WINDOW = 0xffffffff80000000
ALIGN = 0x200000


def build_folder():
    """The build that `make run GDB=1` started last."""
    try:
        with open('build/gdb-build', encoding='ascii') as file:
            return file.read().strip()
    except OSError:
        return 'build/release'


def elf_first_bytes(path, count=64):
    """The first bytes of the file's first PT_LOAD segment: how the image is known in memory."""
    with open(path, 'rb') as file:
        head = file.read(64)
        phoff, = struct.unpack_from('<Q', head, 32)
        phentsize, phnum = struct.unpack_from('<HH', head, 54)
        for index in range(phnum):
            file.seek(phoff + index * phentsize)
            kind, _, offset, vaddr = struct.unpack_from('<IIQQ', file.read(phentsize))
            if kind == 1:
                file.seek(offset)
                return file.read(count), vaddr
    raise gdb.GdbError(f'{path} has no segment')


def section_bytes(path, name, count=64):
    """The first bytes of a section, and its address."""
    with open(path, 'rb') as file:
        data = file.read()
    shoff, = struct.unpack_from('<Q', data, 40)
    size, number, names = struct.unpack_from('<HHH', data, 58)
    names_at, = struct.unpack_from('<Q', data, shoff + names * size + 24)
    for index in range(number):
        at = shoff + index * size
        name_at, = struct.unpack_from('<I', data, at)
        address, offset = struct.unpack_from('<QQ', data, at + 16)
        end = data.index(b'\0', names_at + name_at)
        if data[names_at + name_at:end].decode() == name:
            return data[offset:offset + count], address
    raise gdb.GdbError(f'{path} has no section {name}')


class Kernel(gdb.Command):
    """lintel-kernel [SLIDE]: the kernel's symbols; without SLIDE it is found around $rip."""

    loaded = None

    def __init__(self):
        super().__init__('lintel-kernel', gdb.COMMAND_FILES)

    def invoke(self, argument, from_tty):
        path = f'{build_folder()}/lintel.debug'
        slide = int(argument, 0) if argument else self.find(path)
        if slide is None:
            raise gdb.GdbError('$rip is not in the kernel')
        if Kernel.loaded is not None:
            gdb.execute(f'remove-symbol-file -a {Kernel.loaded}', to_string=True)
        gdb.execute(f'add-symbol-file {path} -o {slide:#x}', to_string=True)
        address = int(gdb.parse_and_eval('(unsigned long)&kernel_entry'))
        Kernel.loaded = f'{address:#x}'
        print(f'lintel: kernel symbols, slide {slide:#x}')

    @staticmethod
    def find(path):
        rip = int(gdb.parse_and_eval('(unsigned long)$rip'))
        if rip < WINDOW:
            return None
        wanted, vaddr = elf_first_bytes(path)
        start = rip & ~(ALIGN - 1)
        while start >= WINDOW:
            try:
                if bytes(gdb.selected_inferior().read_memory(start, len(wanted))) == wanted:
                    return start - vaddr
            except gdb.MemoryError:
                pass
            start -= ALIGN
        return None


class Loader(gdb.Command):
    """lintel-loader: the loader's symbols, found by its code in the first 4 GiB of memory."""

    def __init__(self):
        super().__init__('lintel-loader', gdb.COMMAND_FILES)

    def invoke(self, argument, from_tty):
        path = f'{build_folder()}/efi/loader.so'
        wanted, address = section_bytes(path, '.text')
        with tempfile.TemporaryDirectory() as folder:
            size = 0x20000000
            dump = f'{folder}/memory'
            gdb.execute(f'monitor pmemsave 0 {size} "{dump}"', to_string=True)
            with open(dump, 'rb') as file:
                memory = file.read()
        # The file as it was read lies in memory too; only the image as it runs is page aligned.
        at = -1
        while (at := memory.find(wanted, at + 1)) >= 0:
            if (at - address) % 4096 == 0:
                gdb.execute(f'add-symbol-file {path} -o {at - address:#x}', to_string=True)
                print(f'lintel: loader symbols at {at - address:#x}')
                return
        raise gdb.GdbError('the loader is not in memory (yet)')


def stopped(_):
    if Kernel.loaded is None and Kernel.find(f'{build_folder()}/lintel.debug') is not None:
        gdb.execute('lintel-kernel')


Kernel()
Loader()
gdb.events.stop.connect(stopped)
end

target remote 127.0.0.1:1234
