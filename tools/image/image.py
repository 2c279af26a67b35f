# SPDX-License-Identifier: MIT
"""Disk images: root file systems, ESPs and the GPT disks made of them.

Everything is found again by a key, the hash of all that goes into it: what has not changed is not
made again, and two images made of the same things are the same to the byte (SOURCE_DATE_EPOCH
stands in for the time). Images are made under a temporary name and renamed, so that an interrupted
run leaves none half made; a lock lets only one process make them.

A disk is a GPT with two partitions, an ESP (FAT32) and an x86-64 root (ext4). Their identifiers are
the same on every disk: the kernel's command line can name the root once and for all.
"""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
HERE = TOP / 'tools/image'
# Root file systems and what they are made of; disks lie in the build they belong to.
CACHE = pathlib.Path(os.environ.get('IMAGE_CACHE') or TOP / 'build/image').resolve()

SOURCE_DATE_EPOCH = os.environ.get('SOURCE_DATE_EPOCH', '1735689600')
DISK_GUID = '6c696e74-656c-4000-8000-000000000001'
ESP_PARTUUID = '6c696e74-656c-4000-8000-000000000002'
ROOT_PARTUUID = '6c696e74-656c-4000-8000-000000000003'
ROOT_UUID = '6c696e74-656c-4000-8000-000000000004'
ESP_VOLUME_ID = '6c696e74'

SECTOR = 512
MIB = 1 << 20
ESP_OFFSET = 1 * MIB
ESP_SIZE = 64 * MIB
ROOT_OFFSET = ESP_OFFSET + ESP_SIZE
BASE_OPTIONS = f'console=ttyS0,115200n8 root=PARTUUID={ROOT_PARTUUID} ro'

# Images of each kind that are kept; a Debian root takes hundreds of megabytes.
KEEP_IMAGES = 6


class ImageError(Exception):
    """Something that goes into an image is missing, or a tool failed; the text is for the user."""


def run(*argv, env=None, **kwargs):
    """Runs a tool; its output is shown only when it fails."""
    done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, 'SOURCE_DATE_EPOCH': SOURCE_DATE_EPOCH, **(env or {})},
                          check=False, **kwargs)
    if done.returncode:
        output = done.stdout.decode(errors='replace')
        raise ImageError(f'{" ".join(map(str, argv))}: status {done.returncode}\n{output}')
    return done.stdout


def hash_file(path):
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while block := file.read(MIB):
            digest.update(block)
    return digest.hexdigest()


def hash_tree(top):
    """A hash of a tree's names, types, modes, sizes, times and link targets."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(top):
        folders.sort()
        for name in sorted(files) + folders:
            path = os.path.join(folder, name)
            st = os.lstat(path)
            target = os.readlink(path) if os.path.islink(path) else ''
            digest.update(repr((os.path.relpath(path, top), st.st_mode, st.st_size, st.st_mtime_ns,
                                target)).encode())
    return digest.hexdigest()


def key_of(*parts):
    return hashlib.sha256('\0'.join(map(str, parts)).encode()).hexdigest()[:16]


@contextlib.contextmanager
def locked(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / '.lock', 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def made(path, make):
    """Returns path, calling make(temporary path) if it does not exist yet."""
    if not path.exists():
        temporary = path.with_name(f'.making-{path.name}')
        try:
            make(temporary)
            temporary.rename(path)
        finally:
            temporary.unlink(missing_ok=True)
    os.utime(path)
    return path


def prune(folder, pattern):
    """Removes all but the images used last. A machine that has one open is not disturbed."""
    images = sorted(folder.glob(pattern), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in images[KEEP_IMAGES:]:
        old.unlink(missing_ok=True)


def debian_tar(packages):
    """A tar of a Debian 12 minimal root with `packages` added, made by mmdebstrap; cached."""
    folder = CACHE
    names = sorted(set(filter(None, packages.replace(' ', ',').split(','))))

    def make(path):
        argv = ['mmdebstrap', '--variant=minbase', '--format=tar', '--quiet',
                '--aptopt=Acquire::Retries "3"', '--dpkgopt=path-exclude=/usr/share/doc/*',
                '--dpkgopt=path-include=/usr/share/doc/*/copyright',
                '--dpkgopt=path-exclude=/usr/share/man/*',
                '--dpkgopt=path-exclude=/usr/share/locale/*',
                '--dpkgopt=path-exclude=/usr/share/info/*']
        if names:
            argv.append('--include=' + ','.join(names))
        run(*argv, 'bookworm', path)

    path = made(folder / f'debian-{key_of("1", *names)}.tar', make)
    prune(folder, 'debian-*.tar')
    return path


def root_image(root, packages='', add=None):
    """The ext4 root file system: root is 'minimal' or 'debian', add a folder copied over it."""
    folder = CACHE
    if root not in ('minimal', 'debian'):
        raise ImageError(f'ROOT={root}: must be minimal or debian')
    if add and not os.path.isdir(add):
        raise ImageError(f'ADD={add}: not a directory')
    with locked(folder):
        base = debian_tar(packages) if root == 'debian' else None
        run_exec = build_guest_program('run-exec')
        key = key_of(root, base.name if base else '', hash_file('/bin/busybox'),
                     hash_file(HERE / 'fill-root'), hash_tree(HERE / 'skeleton'),
                     hash_file(run_exec), hash_tree(add) if add else '', SOURCE_DATE_EPOCH)

        def make(path):
            with tempfile.TemporaryDirectory(dir=folder, prefix='.root-') as work:
                env = {'ROOT': root, 'RUN_EXEC': run_exec, 'ADD': add or '',
                       'DEBIAN_TAR': str(base or ''), 'ROOT_UUID': ROOT_UUID,
                       'ROOT_SPARE_MIB': '512' if base else '32', 'LC_ALL': 'C',
                       'PATH': os.environ['PATH'] + ':/usr/sbin:/sbin'}
                fakeroot = [] if os.geteuid() == 0 else ['fakeroot']
                run(*fakeroot, HERE / 'fill-root', work, path, env=env)

        path = made(folder / f'root-{root}-{key}.ext4', make)
        prune(folder, 'root-*.ext4')
        return path


def build_guest_program(name):
    """Compiles a program of tools/image/guest statically against musl."""
    source, program = HERE / f'guest/{name}.c', TOP / f'build/guest/{name}'
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        program.parent.mkdir(parents=True, exist_ok=True)
        run('musl-gcc', '-static', '-O2', '-Wall', '-Wextra', '-o', program, source)
    return str(program)


class EspContent:
    """What goes onto an ESP: a list of (path on the ESP, bytes or path of a file)."""

    def __init__(self, build, secure_boot=False, options=''):
        loader = build / ('BOOTX64.signed.EFI' if secure_boot else 'BOOTX64.EFI')
        self.files = [('EFI/BOOT/BOOTX64.EFI', loader)]
        for name in ('lintel', 'lintel.sig', 'initrd.cpio', 'initrd.cpio.sig'):
            self.files.append((f'lintel/{name}', build / name))
        for _, path in self.files:
            if not path.exists():
                raise ImageError(f'{path} is missing')
        self.files.append(('loader/loader.conf', b'default lintel*\ntimeout 0\n'))
        self.files.append(('loader/entries/lintel.conf', entry(options)))

    def key(self):
        parts = []
        for name, content in self.files:
            parts.append(name)
            parts.append(content if isinstance(content, bytes) else hash_file(content))
        return key_of(*parts, SOURCE_DATE_EPOCH)


def entry(options=''):
    """The Boot Loader Specification entry that starts Lintel."""
    line = f'{BASE_OPTIONS} {options}'.rstrip()
    return (f'title   Lintel\nsort-key lintel\nlinux   /lintel/lintel\n'
            f'initrd  /lintel/initrd.cpio\noptions {line}\n').encode()


def write_esp(image, content, offset=0):
    """Makes the FAT32 file system in `image` at `offset`; the image has at least ESP_SIZE there."""
    at = f'{image}@@{offset}'
    run('mformat', '-i', at, '-F', '-T', ESP_SIZE // SECTOR, '-H', offset // SECTOR, '-v', 'ESP',
        '-N', ESP_VOLUME_ID, '::')
    folders = []
    for name, _ in content.files:
        parents = list(pathlib.PurePosixPath(name).parents)[:-1]
        folders += [str(p) for p in reversed(parents) if str(p) not in folders]
    run('mmd', '-i', at, *[f'::/{folder}' for folder in folders])
    with tempfile.TemporaryDirectory() as work:
        for name, source in content.files:
            if isinstance(source, bytes):
                literal = pathlib.Path(work) / pathlib.PurePosixPath(name).name
                literal.write_bytes(source)
                source = literal
            run('mcopy', '-i', at, source, f'::/{name}')


def esp_image(path, content):
    """A FAT ESP alone, without a partition table."""
    path.unlink(missing_ok=True)
    with open(path, 'wb') as file:
        file.truncate(ESP_SIZE)
    write_esp(path, content)


def copy_sparse(source, target, offset):
    """Copies a file into another at an offset, leaving out what is all zero."""
    with open(source, 'rb') as src, open(target, 'r+b') as dst:
        at, end = 0, os.fstat(src.fileno()).st_size
        while at < end:
            try:
                at = os.lseek(src.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            stop = os.lseek(src.fileno(), at, os.SEEK_HOLE)
            src.seek(at)
            dst.seek(offset + at)
            shutil.copyfileobj(_Limited(src, stop - at), dst, MIB)
            at = stop


class _Limited:
    """A file read up to a number of bytes."""

    def __init__(self, file, left):
        self.file, self.left = file, left

    def read(self, size):
        data = self.file.read(min(size, self.left))
        self.left -= len(data)
        return data


def write_disk(path, content, root):
    """Makes the GPT disk of an ESP's content (None: an empty partition) and a root file system."""
    root_size = root.stat().st_size
    size = ROOT_OFFSET + root_size + MIB
    path.unlink(missing_ok=True)
    with open(path, 'wb') as file:
        file.truncate(size)
    esp_first, root_first = ESP_OFFSET // SECTOR, ROOT_OFFSET // SECTOR
    root_last = root_first + root_size // SECTOR - 1
    run('sgdisk', '--clear', f'--disk-guid={DISK_GUID}',
        f'--new=1:{esp_first}:{root_first - 1}', '--typecode=1:ef00', '--change-name=1:ESP',
        f'--partition-guid=1:{ESP_PARTUUID}',
        f'--new=2:{root_first}:{root_last}', '--typecode=2:8304', '--change-name=2:root',
        f'--partition-guid=2:{ROOT_PARTUUID}', path,
        env={'PATH': os.environ['PATH'] + ':/usr/sbin:/sbin'})
    if content:
        write_esp(path, content, ESP_OFFSET)
    copy_sparse(root, path, ROOT_OFFSET)


def disk_image(build, content, root):
    """The cached disk for `build` (build/<config>), made if anything in it has changed."""
    folder = build / 'image'
    with locked(folder):
        name = f'disk-{key_of(content.key() if content else "", root.name)}.img'
        path = made(folder / name, lambda temporary: write_disk(temporary, content, root))
        prune(folder, 'disk-*.img')
        return path
