# SPDX-License-Identifier: MIT
"""The virtual machine: a description of one, and the QEMU command line for it.

Always software emulation (-accel tcg): /dev/kvm may exist and be of no use, and emulation gives the
same machine everywhere.
"""
import dataclasses
import pathlib
import shlex
import shutil
import subprocess
import time

from image import ImageError

QEMU = 'qemu-system-x86_64'
OVMF = pathlib.Path('/usr/share/OVMF')
GDB_ADDRESS = '127.0.0.1:1234'
DISK_KINDS = ('virtio', 'nvme', 'ahci', 'usb')


@dataclasses.dataclass
class Disk:
    """A disk of the machine. scratch: writes go to a temporary file and are dropped at the end."""
    path: pathlib.Path
    kind: str = 'virtio'
    format: str = 'raw'
    scratch: bool = True
    readonly: bool = False


@dataclasses.dataclass
class Machine:
    """What the machine is made of. `folder` is a private folder for its sockets and variables."""
    folder: pathlib.Path
    disks: list = dataclasses.field(default_factory=list)
    smp: str = '1'
    memory: str = '512M'
    cpu: str = 'max'
    boot: str = 'ovmf'
    kernel: pathlib.Path = None
    initrd: pathlib.Path = None
    cmdline: str = ''
    icount: bool = False
    secure_boot: bool = False
    tpm: bool = False
    gdb: bool = False
    reboot: bool = False
    extra: list = dataclasses.field(default_factory=list)
    serial: str = 'stdio'
    log: pathlib.Path = None
    children: list = dataclasses.field(default_factory=list)

    def check(self):
        """Refuses what cannot work, with the variable's name in the message."""
        for disk in self.disks:
            if disk.kind not in DISK_KINDS:
                raise ImageError(f'DISK={disk.kind}: must be one of {", ".join(DISK_KINDS)}')
        if self.boot not in ('ovmf', 'pvh'):
            raise ImageError(f'BOOT={self.boot}: must be ovmf or pvh')
        if self.icount and self.smp != '1':
            raise ImageError(f'ICOUNT=1 needs SMP=1, not SMP={self.smp}')
        if self.boot == 'pvh' and (self.secure_boot or self.tpm):
            raise ImageError('SECUREBOOT=1 and TPM=1 need BOOT=ovmf')

    def argv(self):
        """The QEMU command line. Starts the TPM when there is one, so call it once."""
        self.check()
        argv = [QEMU, '-name', 'lintel', '-no-user-config', '-nodefaults', '-display', 'none',
                '-accel', 'tcg', '-machine', 'q35' + (',smm=on' if self.secure_boot else ''),
                '-cpu', self.cpu, '-smp', self.smp, '-m', self.memory]
        argv += [] if self.reboot else ['-no-reboot']
        argv += self._clock() + self._firmware() + self._serial()
        for number, disk in enumerate(self.disks):
            argv += self._disk(number, disk)
        if self.tpm:
            argv += self._tpm()
        argv += ['-device', 'isa-debug-exit,iobase=0xf4,iosize=4']
        argv += ['-qmp', f'unix:{self.folder}/qmp,server=on,wait=off']
        if self.gdb:
            argv += ['-gdb', f'tcp:{GDB_ADDRESS}', '-S']
        return argv + self.extra

    def _clock(self):
        if not self.icount:
            return ['-rtc', 'base=utc']
        return ['-icount', 'shift=0,sleep=off', '-rtc', 'base=2025-01-01T00:00:00,clock=vm',
                '-seed', '1']

    def _firmware(self):
        argv = []
        if self.boot == 'ovmf':
            code, variables = self._ovmf_files()
            argv += ['-drive', f'if=pflash,format=raw,unit=0,readonly=on,file={code}',
                     '-drive', f'if=pflash,format=raw,unit=1,file={variables}']
        if self.secure_boot:
            argv += ['-global', 'driver=cfi.pflash01,property=secure,value=on',
                     '-global', 'ICH9-LPC.disable_s3=1']
        if self.kernel:
            argv += ['-kernel', str(self.kernel), '-append', self.cmdline]
            argv += ['-initrd', str(self.initrd)] if self.initrd else []
        return argv

    def _ovmf_files(self):
        """The firmware, and a copy of its variables that this machine may write.

        The 2 MB build is the quickest; Secure Boot and the TPM need the 4 MB one.
        """
        if self.secure_boot:
            code, variables = 'OVMF_CODE_4M.secboot.fd', 'OVMF_VARS_4M.snakeoil.fd'
        elif self.tpm or not (OVMF / 'OVMF_CODE.fd').exists():
            code, variables = 'OVMF_CODE_4M.fd', 'OVMF_VARS_4M.fd'
        else:
            code, variables = 'OVMF_CODE.fd', 'OVMF_VARS.fd'
        copy = self.folder / 'ovmf-vars.fd'
        shutil.copyfile(OVMF / variables, copy)
        return OVMF / code, copy

    def _serial(self):
        logging = f',logfile={escape(self.log)}' if self.log else ''
        if self.serial == 'terminal':
            return ['-chardev', f'stdio,id=console,mux=on,signal=off{logging}',
                    '-serial', 'chardev:console', '-mon', 'chardev=console']
        if self.serial == 'none':
            return ['-serial', 'none']
        return ['-chardev', f'stdio,id=console,signal=off{logging}', '-serial', 'chardev:console']

    def _disk(self, number, disk):
        name = f'disk{number}'
        drive = (f'if=none,id={name},format={disk.format},cache=unsafe,file={escape(disk.path)}'
                 if disk.scratch else
                 f'if=none,id={name},format={disk.format},file={escape(disk.path)}')
        drive += ',snapshot=on' if disk.scratch else ''
        drive += ',readonly=on' if disk.readonly else ''
        boot = ',bootindex=0' if number == 0 and not self.kernel else ''
        devices = {
            'virtio': ['-device', f'virtio-blk-pci,drive={name},disable-legacy=on{boot}'],
            'nvme': ['-device', f'nvme,drive={name},serial=lintel{number}{boot}'],
            'ahci': ['-device', f'ide-hd,drive={name},bus=ide.{number}{boot}'],
            'usb': ['-device', f'qemu-xhci,id=xhci{number}',
                    '-device', f'usb-storage,bus=xhci{number}.0,drive={name}{boot}'],
        }
        return ['-drive', drive] + devices[disk.kind]

    def _tpm(self):
        """Starts a software TPM, which ends when QEMU closes its socket."""
        state = (self.folder / 'tpm').resolve()
        state.mkdir(exist_ok=True)
        socket = state / 'socket'
        self.children.append(subprocess.Popen(
            ['swtpm', 'socket', '--tpm2', '--tpmstate', f'dir={state}',
             '--ctrl', f'type=unixio,path={socket}', '--terminate'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        for _ in range(100):
            if socket.exists():
                break
            time.sleep(0.05)
        return ['-chardev', f'socket,id=tpmsocket,path={socket}',
                '-tpmdev', 'emulator,id=tpm0,chardev=tpmsocket', '-device', 'tpm-tis,tpmdev=tpm0']

    def close(self):
        """Ends the helpers that argv() started."""
        for child in self.children:
            if child.poll() is None:
                child.terminate()
            child.wait()
        self.children.clear()


def escape(path):
    """A path inside one of QEMU's comma-separated options."""
    return str(path).replace(',', ',,')


def extra_arguments(text):
    """Arguments for QEMU from the variable QEMU_ARGS."""
    return shlex.split(text or '')
