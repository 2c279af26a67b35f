#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What README.md and docs/mechanisms.md tell the reader to type works. KTAP.

Every `make run ... EXEC='...'` of README's table, and every command of the column "watch" of the
mechanisms (`make run` ones with EXEC as they are, others in the guest), must exit with 0. Commands
for the same machine share one boot.
"""
import os
import pathlib
import re
import shlex
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
DEBUG = os.environ.get('DEBUG', '1')
WATCH_CELL = 5
NEEDS = {'ROOT=debian': 'packages from the network', 'KERNEL=linux': 'packages from the network'}


def table_cells(document):
    """(line number, cells) of every row of the document's tables."""
    for number, line in enumerate((TOP / document).read_text().split('\n'), 1):
        if line.startswith('|') and not line.startswith('|-'):
            yield number, [c.strip().replace(r'\|', '|')
                           for c in re.split(r'(?<!\\)\|', line)[1:-1]]


def commands():
    """(name, variables of make, command in the guest) of everything that the documents show."""
    found = []
    for document in ('README.md', 'docs/mechanisms.md'):
        for number, cells in table_cells(document):
            shown = cells[WATCH_CELL - 1:WATCH_CELL] if 'mechanisms' in document else cells
            for text in re.findall(r'`([^`]+)`', ' '.join(shown)):
                if text.startswith('make '):
                    words = shlex.split(text)[2:]
                    guest = [w[5:] for w in words if w.startswith('EXEC=')]
                    others = tuple(w for w in words if not w.startswith('EXEC='))
                    if guest:
                        found.append((f'{document}:{number}', others, guest[0]))
                elif 'mechanisms' in document and ' ' in text:
                    found.append((f'{document}:{number}', (), text))
    return found


def run_together(variables, guest_commands):
    """Runs the commands in one guest: (exit status, output) of each one reached, by number."""
    script = '\n'.join(f'sh -c {shlex.quote(c)} >/tmp/out 2>&1; echo "status {n} $?"; '
                       f'head -n 20 /tmp/out' for n, c in enumerate(guest_commands))
    environment = {k: v for k, v in os.environ.items()
                   if not k.startswith('MAKE') and k != 'MFLAGS'}
    argv = ['make', '--no-print-directory', '-s', 'run', f'DEBUG={DEBUG}', *variables,
            f'EXEC={script}']
    done = subprocess.run(argv, cwd=TOP, env=environment, stdout=subprocess.PIPE, check=False,
                          stdin=subprocess.DEVNULL)
    output = done.stdout.decode(errors='replace')
    parts = re.split(r'^status (\d+) (\d+)\n', output, flags=re.M)
    return {int(n): (int(status), text)
            for n, status, text in zip(parts[1::3], parts[2::3], parts[3::3])}


def main():
    found = commands()
    print(f'KTAP version 1\n1..{len(found)}', flush=True)
    failed = number = 0
    for variables in dict.fromkeys(v for _, v, _ in found):
        group = [(name, command) for name, v, command in found if v == variables]
        reason = next((NEEDS[w] for w in variables if w in NEEDS), None)
        results = {} if reason else run_together(variables, [c for _, c in group])
        for at, (name, command) in enumerate(group):
            number += 1
            title = f'{name} {" ".join(variables)} {command}'.replace('#', '')
            if reason:
                print(f'ok {number} {title} # SKIP {reason}', flush=True)
                continue
            status, text = results.get(at, (None, 'the machine did not get there\n'))
            good = status == 0
            failed += not good
            if not good:
                print(f'# exit status {status}')
                print(re.sub('^(?=.)', '# ', text, flags=re.M), end='')
            print(f'{"ok" if good else "not ok"} {number} {title}', flush=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
