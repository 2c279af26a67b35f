# SPDX-License-Identifier: MIT
"""QEMU's machine protocol, as far as the tests need it: commands, and why the machine ended."""
import json
import socket
import threading
import time


class Qmp:
    """A connection to a running QEMU; a thread collects what it says."""

    def __init__(self, path, patience_s=10):
        self.events, self._replies = [], []
        self._news = threading.Condition()
        self._socket = socket.socket(socket.AF_UNIX)
        deadline = time.monotonic() + patience_s
        while True:
            try:
                self._socket.connect(str(path))
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        self._file = self._socket.makefile('rwb')
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.command('qmp_capabilities')

    def _read(self):
        try:
            for line in self._file:
                message = json.loads(line)
                with self._news:
                    if 'event' in message:
                        self.events.append(message)
                    elif 'return' in message or 'error' in message:
                        self._replies.append(message)
                    self._news.notify_all()
        except (OSError, ValueError):
            pass

    def command(self, name, timeout_s=10, **arguments):
        """Runs a command and returns its answer ({'return': ...} or {'error': ...}), or None."""
        request = {'execute': name, 'arguments': arguments}
        with self._news:
            try:
                self._file.write(json.dumps(request).encode() + b'\n')
                self._file.flush()
            except OSError:
                return None
            if not self._news.wait_for(lambda: self._replies, timeout_s):
                return None
            return self._replies.pop(0)

    def end_reason(self):
        """Why the machine ended, in QEMU's words ('guest-shutdown', 'guest-reset'), or None."""
        self._thread.join(2)
        for event in reversed(self.events):
            if event['event'] == 'SHUTDOWN':
                return event['data'].get('reason')
        return None

    def close(self):
        self._socket.close()
