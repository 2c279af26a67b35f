# SPDX-License-Identifier: MIT
"""One command in the guest, as `make run EXEC=` runs it.

The command travels on a small disk of its own, so that the image stays the same for every command;
the guest's half and the format are in tools/image/guest/run-exec.c. What stands on the console
between that program's two marks is the command's output.
"""
import hashlib
import os
import re
import secrets
import signal
import sys
import time

from console import Console, PANIC
from image import ImageError
from machine import Disk

STATUS_TIMEOUT = 124
STATUS_MACHINE = 125
EXEC_TEXT_OFFSET = 4096
EXEC_TEXT_MAX = 120 * 1024


def write_exec_disk(path, nonce, text):
    data = text.encode(errors='surrogateescape')
    if len(data) > EXEC_TEXT_MAX:
        raise ImageError(f'EXEC is longer than {EXEC_TEXT_MAX >> 10} KiB')
    head = f'LINTEL-EXEC 1 {nonce} {len(data)}\n'.encode()
    whole = head.ljust(EXEC_TEXT_OFFSET, b'\0') + data
    path.write_bytes(whole.ljust((len(whole) + 65535) // 65536 * 65536, b'\0'))


def printer(stream):
    """Writes to a stream as it comes. A reader that went away (`| head`) does not end the run."""
    def write(chunk):
        try:
            stream.write(chunk)
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return write


def run_exec(machine, text, timeout_s, out):
    """Runs the command in the guest, giving its output to out(bytes); returns its status.

    STATUS_TIMEOUT when the time has passed, STATUS_MACHINE when the kernel panicked (the panic is
    given to out) or the machine stopped before the command had ended.
    """
    # Deterministic runs get the same mark each time.
    nonce = (hashlib.sha256(text.encode(errors='surrogateescape')).hexdigest()[:32]
             if machine.icount else secrets.token_hex(16))
    disk = machine.folder / 'exec.img'
    write_exec_disk(disk, nonce, text)
    machine.disks.append(Disk(disk, readonly=True, scratch=False))
    deadline = time.monotonic() + timeout_s
    console = Console(machine)
    try:
        return follow_exec(console, nonce.encode(), deadline, out)
    finally:
        status, messages = console.close()
        if status not in (0, -signal.SIGTERM, 143) or not console.log:
            sys.stderr.write(messages)


def follow_exec(console, nonce, deadline, out):
    """Passes on what stands between the marks, as it comes."""
    begin = re.compile(b'\x1e' + nonce + rb' begin (raw|cooked)\r?\n')
    end = re.compile(b'\x1e' + nonce + rb' end (\d+)\r?\n')
    # The end of what has come so far may be the beginning of a mark.
    longest_mark = len(nonce) + 16
    printed, raw = None, True

    def show(upto):
        nonlocal printed
        piece = bytes(console.log[printed:upto])
        printed = upto
        out(piece if raw else piece.replace(b'\r\n', b'\n'))

    while True:
        alive = console.pump(min(deadline - time.monotonic(), 1))
        if printed is None and (match := begin.search(console.log)):
            printed, raw = match.end(), match[1] == b'raw'
        if printed is not None:
            if match := end.search(console.log, printed):
                show(match.start())
                console.wait_end(min(deadline, time.monotonic() + 5))
                return int(match[1])
            mark = console.log.find(b'\x1e', max(printed, len(console.log) - longest_mark))
            show(mark if mark >= 0 else len(console.log))
        if PANIC.search(console.log, max(0, len(console.log) - 65536)):
            # Its beginning may be out already, as part of the command's output.
            console.finish_panic(deadline)
            out(b'\n' + console.panic_text() if printed is None else bytes(console.log[printed:]))
            return STATUS_MACHINE
        if alive is False:
            sys.stderr.write('run: the machine stopped before the command had ended; '
                             'see last-boot.log\n')
            return STATUS_MACHINE
        if time.monotonic() >= deadline:
            return STATUS_TIMEOUT
