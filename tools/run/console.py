# SPDX-License-Identifier: MIT
"""A running machine with its serial console on pipes: read, wait for text, send, and end it."""
import os
import queue
import re
import subprocess
import threading
import time

# How a kernel's last words begin, at the start of a line: ours and Linux's.
PANIC = re.compile(rb'^(?:\[[ 0-9.]+\] )?(?:lintel: panic:|Kernel panic - )', re.M)
# After the first line of a panic, how long silence must last before it counts as complete.
PANIC_SILENCE_S = 2.0


class Console:
    """QEMU as a child process whose standard input and output are the machine's serial port.

    A thread collects the output into `log`; `seen` is how much of it has been consumed by expect().
    """

    def __init__(self, machine, sink=None):
        self.machine = machine
        self.log = bytearray()
        self.seen = 0
        self.sink = sink
        self._chunks = queue.Queue()
        self.last_output = time.monotonic()
        self.process = subprocess.Popen(machine.argv(), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while chunk := os.read(self.process.stdout.fileno(), 65536):
            self._chunks.put(chunk)
        self._chunks.put(None)

    def pump(self, timeout_s):
        """Takes in one piece of output; False when the output has ended, None when none came."""
        try:
            chunk = self._chunks.get(timeout=max(timeout_s, 0))
        except queue.Empty:
            return None
        if chunk is None:
            self._chunks.put(None)
            return False
        self.log += chunk
        self.last_output = time.monotonic()
        if self.sink:
            self.sink(chunk)
        return True

    def expect(self, pattern, deadline):
        """Waits until `pattern` (compiled, bytes) matches in what was not consumed yet.

        Returns the match, or None at the deadline or when the machine has ended.
        """
        while True:
            match = pattern.search(self.log, self.seen)
            if match:
                self.seen = match.end()
                return match
            if self.pump(deadline - time.monotonic()) is False or time.monotonic() >= deadline:
                match = pattern.search(self.log, self.seen)
                self.seen = match.end() if match else self.seen
                return match

    def wait_end(self, deadline):
        """Takes in output until the machine has ended by itself: True, or False at the deadline."""
        while (got := self.pump(min(deadline - time.monotonic(), 1))) is not False:
            if got is None and time.monotonic() >= deadline:
                return False
        try:
            self.process.wait(max(deadline - time.monotonic(), 1))
        except subprocess.TimeoutExpired:
            return False
        return True

    def finish_panic(self, deadline):
        """After a panic has begun: takes in the rest of it."""
        while time.monotonic() < deadline:
            if self.pump(PANIC_SILENCE_S) is not True:
                return

    def panic_text(self):
        """The panic in the log, from its first line on, or None."""
        match = PANIC.search(self.log.replace(b'\r', b''))
        return bytes(self.log.replace(b'\r', b'')[match.start():]) if match else None

    def send(self, data):
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass

    def close(self):
        """Ends the machine if it still runs; returns QEMU's exit status and its own messages."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(2)
        while self.pump(0):
            pass
        messages = self.process.stderr.read().decode(errors='replace')
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass
        self.machine.close()
        return self.process.returncode, messages
