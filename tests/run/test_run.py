#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The promises of `make run` and of the images, as scripts of other people rely on them. KTAP.

KERNEL=linux in the environment runs the same against Debian's kernel.
"""
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
KERNEL = os.environ.get('KERNEL', 'lintel')
DEBUG = os.environ.get('DEBUG', '1')
BUILD = TOP / ('build/debug' if DEBUG == '1' else 'build/release')


class Failed(Exception):
    """What was promised does not hold."""


def make_run(command=None, stdin=None, **variables):
    """`make run`: (exit status, standard output)."""
    settings = {'BOOT': 'pvh', 'KERNEL': KERNEL, 'DEBUG': DEBUG, **variables}
    argv = ['make', '--no-print-directory', '-s', 'run']
    argv += [f'{key}={value}' for key, value in settings.items()]
    if command is not None:
        argv.append(f'EXEC={command}')
    environment = {k: v for k, v in os.environ.items()
                   if not k.startswith('MAKE') and k != 'MFLAGS'}
    done = subprocess.run(argv, cwd=TOP, env=environment, stdout=subprocess.PIPE, check=False,
                          input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL)
    return done.returncode, done.stdout


def want(got, wanted, what):
    if got != wanted:
        raise Failed(f'{what}: {got!r}, should be {wanted!r}')


def exit_status_is_the_commands():
    want(make_run('exit 7'), (7, b''), 'exit 7')
    want(make_run('true'), (0, b''), 'true')


def output_is_exact_and_in_order():
    command = r"printf 'a\nb\r\n\0\001\036\377'; echo err >&2; echo out"
    want(make_run(command), (0, b'a\nb\r\n\0\x01\x1e\xfferr\nout\n'), 'output')


def the_command_reaches_the_guest_as_it_is():
    want(make_run('x=1; echo "$x" $(echo two) `echo three` "#" \'$x\' \\\\ %'),
         (0, b'1 two three # $x \\ %\n'), 'output')


def standard_input_is_empty_and_nothing_is_a_terminal():
    command = 'wc -c; for i in 0 1 2; do [ -t $i ] && echo tty $i; done; id -u'
    want(make_run(command, stdin=b'not for the guest'), (0, b'0\n0\n'), 'output')


def a_long_command_arrives_whole():
    words = ' '.join(f'word{i}' for i in range(8000))
    status, output = make_run(f'set -- {words}; echo $# ${{8000}}')
    want((status, output), (0, b'8000 word7999\n'), 'output')


def background_processes_do_not_hold_it():
    want(make_run('sleep 1000 & echo started', TIMEOUT='60'), (0, b'started\n'), 'output')


def time_runs_out():
    want(make_run('echo before; sleep 1000', TIMEOUT='25'), (124, b'before\n'), 'status, output')


def death_by_signal_is_128_and_the_signal():
    want(make_run('kill -TERM $$')[0], 128 + 15, 'status')


def a_panic_is_shown():
    status, output = make_run('true', CMDLINE='rdinit=/nonexistent init=/nonexistent panic=-1',
                              TIMEOUT='60')
    want(status, 125, 'status')
    if b'panic' not in output:
        raise Failed(f'the panic is not in the output: {output[-400:]!r}')


def commands_can_be_piped_in():
    status, output = make_run(stdin=b'echo $((40+2))\ncat <<END\nhere $((1+1))\nEND\n')
    want(status, 0, 'status')
    for text in (b'\r\n42\r\n', b'\r\nhere 2\r\n'):
        if text not in output:
            raise Failed(f'{text!r} is not in the output: {output[-600:]!r}')


def wrong_variables_are_refused():
    for name, value in (('ROOT', 'gentoo'), ('DISK', 'tape'), ('BOOT', 'bios'), ('ICOUNT', 'x')):
        want(make_run('true', **{name: value})[0], 2, f'{name}={value}')


def added_files_are_on_the_root():
    with tempfile.TemporaryDirectory() as folder:
        tool = pathlib.Path(folder) / 'usr/local/bin/tool'
        tool.parent.mkdir(parents=True)
        tool.write_text('#!/bin/sh\necho "tool $*"\n', encoding='ascii')
        tool.chmod(0o755)
        want(make_run('tool x; stat -c %u:%g:%a $(which tool)', ADD=folder),
             (0, b'tool x\n0:0:755\n'), 'output')


def every_processor_is_there():
    want(make_run('grep -c ^processor /proc/cpuinfo', SMP='2'), (0, b'2\n'), 'output')


def a_run_leaves_the_image_alone():
    images = BUILD / 'image'
    make_run('true')
    newest = max(images.glob('disk-*.img'), key=lambda p: p.stat().st_mtime)
    before = hash_file(newest), newest.stat().st_ino
    make_run('echo x > /etc/x; sync')
    want((hash_file(newest), newest.stat().st_ino), before, 'the image')


def images_are_the_same_to_the_byte():
    digests = set()
    for _ in range(2):
        with tempfile.TemporaryDirectory() as folder:
            for product in ('BOOTX64.EFI', 'lintel', 'lintel.sig', 'initrd.cpio',
                            'initrd.cpio.sig'):
                shutil.copy(BUILD / product, folder)
            subprocess.run([TOP / 'tools/image/mkimage', 'disk', '--build', folder], check=True,
                           stdout=subprocess.DEVNULL, env={**os.environ, 'IMAGE_CACHE': folder})
            digests.add(hash_file(f'{folder}/disk.img'))
    want(len(digests), 1, 'different images')


def hash_file(path):
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def a_disk_of_ones_own_is_kept():
    with tempfile.TemporaryDirectory() as folder:
        disk = f'{folder}/mine.img'
        status, output = make_run('touch /root/kept && echo kept', KEEP=disk)
        if output == b'' or status:
            return 'the root is mounted read-only'
        want(make_run('ls /root', KEEP=disk), (0, b'kept\n'), 'second run')
        want(make_run('ls /root'), (0, b''), 'run without it')
    return None


def through_the_firmware_too():
    want(make_run('[ -n "$(cat /proc/cmdline)" ]; exit $((3+$?))', BOOT='ovmf', CMDLINE='quiet'),
         (3, b''), 'status, output')


TESTS = [exit_status_is_the_commands, output_is_exact_and_in_order,
         the_command_reaches_the_guest_as_it_is,
         standard_input_is_empty_and_nothing_is_a_terminal, a_long_command_arrives_whole,
         background_processes_do_not_hold_it, time_runs_out,
         death_by_signal_is_128_and_the_signal, a_panic_is_shown, commands_can_be_piped_in,
         wrong_variables_are_refused, added_files_are_on_the_root, every_processor_is_there,
         a_run_leaves_the_image_alone, images_are_the_same_to_the_byte,
         a_disk_of_ones_own_is_kept, through_the_firmware_too]


def main():
    failed = 0
    chosen = [t for t in TESTS if not sys.argv[1:] or t.__name__ in sys.argv[1:]]
    print(f'KTAP version 1\n1..{len(chosen)}', flush=True)
    for number, test in enumerate(chosen, 1):
        try:
            skip = test()
            print(f'ok {number} {test.__name__}' + (f' # SKIP {skip}' if skip else ''), flush=True)
        except (Failed, OSError, subprocess.SubprocessError) as error:
            failed += 1
            print(f'# {error}\nnot ok {number} {test.__name__}', flush=True)
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
