# SPDX-License-Identifier: MIT
"""Scenarios: a machine, its disks, what is typed and what must be seen. tests/boot/README.md
describes the text format; this module reads it, prepares the disk and runs it."""
import codecs
import dataclasses
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import time

import image
from console import Console, PANIC
from image import ImageError
from machine import Disk, Machine, extra_arguments
from qmp import Qmp

SECTOR = 512
DEFAULT_LIMIT_S = 300
DEFAULT_EXPECT_S = 120
PROMPT = r'^\S+@\S+:\S* ?[#$] |^/?\S* ?# '
PAYLOAD_GOOD = 33
# How QEMU names the ways in which a guest ends its machine.
ENDS = {'poweroff': 'guest-shutdown', 'reset': 'guest-reset'}

# A step that stands for several.
MACROS = {
    'boots': [('expect', PROMPT), ('type', 'echo alive-$((40+2))'), ('expect', 'alive-42'),
              ('type', 'poweroff'), ('ends', 'poweroff')],
    'boots-payload': [('expect', 'payload: verdict good'), ('ends', f'exit {PAYLOAD_GOOD}')],
}


class ScenarioError(Exception):
    """The scenario's text is wrong, or what it names does not exist."""


class ScenarioFailed(Exception):
    """What must be seen was not, or what must not be was."""


@dataclasses.dataclass
class Scenario:
    """A scenario as its file says it."""
    name: str
    title: str = ''
    machine: dict = dataclasses.field(default_factory=dict)
    kernel: str = 'lintel'
    root: str = 'minimal'
    cmdline: str = ''
    qemu: str = ''
    limit_s: float = DEFAULT_LIMIT_S
    damage: list = dataclasses.field(default_factory=list)
    never: list = dataclasses.field(default_factory=list)
    steps: list = dataclasses.field(default_factory=list)


def parse(path):
    scenario = Scenario(pathlib.Path(path).stem)
    text = pathlib.Path(path).read_text(encoding='utf-8')
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith('#'):
            continue
        word, _, rest = line.partition(' ')
        try:
            parse_line(scenario, word, rest.strip())
        except (ValueError, KeyError, re.error) as error:
            raise ScenarioError(f'{path}:{number}: {line}: {error}') from error
    if not any(verb == 'ends' for verb, _ in scenario.steps):
        raise ScenarioError(f'{path}: no `ends`: what must become of the machine?')
    return scenario


def parse_line(scenario, word, rest):
    if word in ('title', 'kernel', 'root', 'cmdline', 'qemu'):
        setattr(scenario, word, rest)
    elif word == 'limit':
        scenario.limit_s = float(rest)
    elif word == 'machine':
        for setting in rest.split():
            key, _, value = setting.partition('=')
            if key not in ('smp', 'memory', 'cpu', 'disk', 'boot', 'secureboot', 'tpm', 'icount',
                           'readonly'):
                raise ValueError(f'unknown machine setting {key}')
            scenario.machine[key] = value or '1'
    elif word == 'disk':
        verb, *arguments = shlex.split(rest)
        if verb not in DAMAGE:
            raise ValueError(f'unknown disk step {verb}')
        scenario.damage.append((verb, arguments))
    elif word == 'never':
        scenario.never.append(re.compile(rest.encode(), re.M))
    elif word in MACROS:
        name = 'boots-payload' if word == 'boots' and scenario.kernel == 'payload' else word
        scenario.steps += MACROS[name]
    elif word in ('expect', 'type', 'send', 'ends', 'wait'):
        if word == 'expect':
            re.compile(rest.encode())
        scenario.steps.append((word, rest))
    else:
        raise ValueError(f'unknown word {word}')


class DiskFile:
    """The scenario's own copy of the disk, and what can be done to it."""

    def __init__(self, path, build, secure_boot):
        self.path, self.build, self.secure_boot = path, build, secure_boot
        self.at = f'{path}@@{image.ESP_OFFSET}'
        self.size = path.stat().st_size

    def place(self, where):
        """(offset, size) of a place on the disk that has a name, or a byte offset."""
        backup = self.size - SECTOR
        places = {
            'gpt-primary': (SECTOR, SECTOR),
            'gpt-primary-entries': (2 * SECTOR, 32 * SECTOR),
            'gpt-backup': (backup, SECTOR),
            'gpt-backup-entries': (backup - 32 * SECTOR, 32 * SECTOR),
            'esp': (image.ESP_OFFSET, image.ESP_SIZE),
            'root': (image.ROOT_OFFSET, self.size - image.MIB - image.ROOT_OFFSET),
        }
        if where in places:
            return places[where]
        return int(where, 0), self.size - int(where, 0)

    def read(self, where):
        if where.startswith('esp:'):
            return image.run('mtype', '-i', self.at, '::' + where[4:])
        offset, size = self.place(where)
        with open(self.path, 'rb') as file:
            file.seek(offset)
            return file.read(size)

    def put(self, where, data):
        if where.startswith('esp:'):
            with tempfile.NamedTemporaryFile() as file:
                file.write(data)
                file.flush()
                image.run('mcopy', '-o', '-i', self.at, file.name, '::' + where[4:])
            return
        offset, _ = self.place(where)
        with open(self.path, 'r+b') as file:
            file.seek(offset)
            file.write(data)

    # What a `disk` line of a scenario can say; the names are those of the format.

    def zero(self, where):
        _, size = self.place(where)
        self.put(where, bytes(size))

    def flip(self, where, at):
        """Flips one bit of the byte at an offset; negative ones count from the end."""
        data = bytearray(self.read(where))
        data[int(at, 0)] ^= 0x10
        self.put(where, bytes(data))

    def poke(self, where, at, hexadecimal):
        data = bytearray(self.read(where)) if where.startswith('esp:') else None
        new = bytes.fromhex(hexadecimal)
        if data is not None:
            data[int(at, 0):int(at, 0) + len(new)] = new
            self.put(where, bytes(data))
            return
        offset, _ = self.place(where)
        self.put(str(offset + int(at, 0)), new)

    def remove(self, where):
        image.run('mdel', '-i', self.at, '::' + where.removeprefix('esp:'))

    def truncate(self, where, size):
        data = self.read(where)
        self.put(where, data[:len(data) // 2 if size == 'half' else int(size, 0)])

    def write(self, where, text):
        self.put(where, codecs.decode(text, 'unicode_escape').encode('latin-1'))

    def copy(self, where, to):
        self.put(to, self.read(where))

    def rename(self, where, to):
        self.copy(where, to)
        self.remove(where)

    def mkdir(self, where):
        image.run('mmd', '-i', self.at, '::' + where.removeprefix('esp:'))

    def install(self, where, product):
        """Puts a product of the build onto the ESP."""
        self.put(where, (self.build / product).read_bytes())

    def edit(self, where, old, new):
        """Replaces a text in a file; it is an error if it is not there."""
        data = self.read(where).decode()
        if old not in data:
            raise ScenarioError(f'disk edit: {where} does not have {old!r}')
        self.put(where, data.replace(old, new).encode())

    def quirks(self, *words):
        """Puts the misbehaving firmware in front of the loader, with these quirks."""
        self.copy('esp:/EFI/BOOT/BOOTX64.EFI', 'esp:/EFI/BOOT/LOADER.EFI')
        self.install('esp:/EFI/BOOT/BOOTX64.EFI', 'hostile.EFI')
        self.put('esp:/EFI/BOOT/QUIRKS.TXT', ' '.join(words).encode())

    def root_type(self, guid):
        self._sgdisk(f'--typecode=2:{guid}')

    def root_partuuid(self, guid):
        self._sgdisk(f'--partition-guid=2:{guid}')

    def _sgdisk(self, *arguments):
        image.run('sgdisk', *arguments, self.path,
                  env={'PATH': os.environ['PATH'] + ':/usr/sbin:/sbin'})


DAMAGE = ('zero', 'flip', 'poke', 'remove', 'truncate', 'write', 'copy', 'rename', 'mkdir',
          'install', 'edit', 'quirks', 'root_type', 'root_partuuid')


def prepare_disk(scenario, build, folder, secure_boot, options):
    root = image.root_image(scenario.root)
    content = image.EspContent(build, secure_boot, options)
    if scenario.kernel == 'payload':
        replaced = {'lintel/lintel': build / 'payload', 'lintel/lintel.sig': build / 'payload.sig'}
        content.files = [(name, replaced.get(name, source)) for name, source in content.files]
    made = image.disk_image(build, content, root)
    copy = folder / 'disk.img'
    subprocess.run(['cp', '--sparse=always', made, copy], check=True)
    disk = DiskFile(copy, build, secure_boot)
    for verb, arguments in scenario.damage:
        getattr(disk, verb)(*arguments)
    return copy


def configure(scenario, build, folder):
    setting = scenario.machine.get
    icount = setting('icount') == '1'
    machine = Machine(folder, smp=setting('smp', '1'), memory=setting('memory', '512M'),
                      cpu=setting('cpu', 'max'), boot=setting('boot', 'pvh' if icount else 'ovmf'),
                      secure_boot=setting('secureboot') == '1', tpm=setting('tpm') == '1',
                      icount=icount, extra=extra_arguments(scenario.qemu))
    direct = machine.boot == 'pvh'
    disk = prepare_disk(scenario, build, folder, machine.secure_boot,
                        '' if direct else scenario.cmdline)
    machine.disks.append(Disk(disk, kind=setting('disk', 'virtio'), scratch=False,
                              readonly=setting('readonly') == '1'))
    if direct:
        machine.kernel, machine.initrd = build / 'lintel', build / 'initrd.cpio'
        machine.cmdline = f'{image.BASE_OPTIONS} {scenario.cmdline}'.rstrip()
    machine.check()
    return machine


class Run:
    """One run of a scenario. `log` has what the serial port said."""

    def __init__(self, scenario, build):
        self.scenario, self.build, self.qmp = scenario, build, None
        self.log = b''
        self.seconds = 0.0

    def run(self):
        """Raises ScenarioFailed with the reason when it does not go as the scenario says."""
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix='lintel-') as folder:
            machine = configure(self.scenario, self.build, pathlib.Path(folder))
            console = Console(machine)
            messages = ''
            try:
                self.qmp = Qmp(machine.folder / 'qmp')
                self._follow(console, time.monotonic() + self.scenario.limit_s)
            except OSError as error:
                raise ScenarioFailed(f'QEMU did not start: {error}') from error
            finally:
                if self.qmp:
                    self.qmp.close()
                _, messages = console.close()
                self.log = bytes(console.log)
                if messages:
                    self.log += b'\n[QEMU] ' + messages.encode()
                self.seconds = time.monotonic() - start
        self._check_never()

    def _check_never(self):
        for pattern in self.scenario.never:
            if match := pattern.search(self.log):
                raise ScenarioFailed(f'never {pattern.pattern.decode()}: but the log has '
                                     f'{match[0][:120]!r}')

    def _follow(self, console, limit):
        expects_panic = any('panic' in rest for verb, rest in self.scenario.steps
                            if verb == 'expect')
        for verb, rest in self.scenario.steps:
            if verb == 'expect':
                self._expect(console, rest, limit, expects_panic)
            elif verb == 'type':
                console.send(rest.encode() + b'\n')
            elif verb == 'send':
                console.send(codecs.decode(rest, 'unicode_escape').encode('latin-1'))
            elif verb == 'wait':
                time.sleep(float(rest))
            else:
                self._ends(console, rest, limit)

    @staticmethod
    def _expect(console, rest, limit, expects_panic):
        within = re.match(r'(\d+)s (.*)', rest)
        seconds, text = (float(within[1]), within[2]) if within else (DEFAULT_EXPECT_S, rest)
        deadline = min(limit, time.monotonic() + seconds)
        stop = b'(?P<wanted_>' + text.encode() + b')'
        if not expects_panic:
            stop += b'|(?P<panic_>' + PANIC.pattern + b')'
        match = console.expect(re.compile(stop, re.M), deadline)
        if match and match['wanted_'] is not None:
            return
        if match:
            console.finish_panic(time.monotonic() + 5)
            raise ScenarioFailed(f'the kernel panicked while waiting for: {text}')
        ended = time.monotonic() < deadline
        raise ScenarioFailed(f'{"the machine ended" if ended else "time was up"} before: {text}')

    def _ends(self, console, rest, limit):
        if rest == 'running':
            if console.process.poll() is not None:
                raise ScenarioFailed('the machine ended, and should be running')
            return
        if not console.wait_end(limit):
            raise ScenarioFailed(f'time was up before the machine ended ({rest})')
        status, reason = console.process.returncode, self.qmp.end_reason()
        if rest in ENDS:
            if status != 0 or reason != ENDS[rest]:
                raise ScenarioFailed(f'should end by {rest}: QEMU says {reason}, status {status}')
        elif status != int(rest.removeprefix('exit ')):
            raise ScenarioFailed(f'QEMU ended with status {status} ({reason}), should be {rest}')


def run_file(path, build, kernel=None):
    """Runs one scenario file: (title, reason of failure or None, log, seconds)."""
    scenario = parse(path)
    if kernel:
        scenario = parse_with_kernel(path, kernel)
    run = Run(scenario, build)
    try:
        run.run()
        reason = None
    except (ScenarioFailed, ScenarioError, ImageError) as error:
        reason = str(error)
    return scenario, reason, run.log, run.seconds


def parse_with_kernel(path, kernel):
    """The scenario with another program in the kernel's place, whose end `boots` then means."""
    scenario = parse(path)
    if scenario.kernel == 'lintel':
        lines = pathlib.Path(path).read_text(encoding='utf-8').splitlines()
        scenario = Scenario(scenario.name, kernel=kernel)
        for line in lines:
            line = line.strip()
            if line and not line.startswith('#') and not line.startswith('kernel '):
                word, _, rest = line.partition(' ')
                parse_line(scenario, word, rest.strip())
    return scenario
