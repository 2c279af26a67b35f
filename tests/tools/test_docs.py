#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The checker of documents must find what is not true, and nothing else. Prints KTAP itself."""
import pathlib
import subprocess
import sys
import tempfile

CHECKER = pathlib.Path(__file__).resolve().parents[2] / 'tools/check/docs'
ROW = '| {} | a | `efi/boot.c` | `tests/run/test_run.py` | | {} |\n'

# name, file name, text, what a problem says (None: there is none)
CASES = [
    ('a_file_that_is_there', 'a.md', '`kernel/init/main.c`, `init/main.c`, `BOOT.md`', None),
    ('a_file_that_is_not_there', 'a.md', '`kernel/init/no.c`', 'there is no kernel/init/no.c'),
    ('a_folder_that_is_not_there', 'a.md', '`kernel/nowhere/`', 'there is no kernel/nowhere/'),
    ('a_name_that_no_file_has', 'a.md', '`no-such.scenario`', 'no file of the tree'),
    ('patterns_and_placeholders', 'a.md', '`tests/host/AREA/test_*.c`, `sys_<family>.c`', None),
    ('a_pattern_without_a_match', 'a.md', '`efi/no-*.c`', 'there is no efi/no-'),
    ('a_function_that_is_there', 'a.md', '`init/main.c:start_kernel`', None),
    ('a_function_that_is_not_there', 'a.md', '`init/main.c:no_such`', 'has no no_such'),
    ('headers', 'a.md', '`<abi/boot.h>`, `<kernel/mm/page.h>`, `<pci/pci.h>`', None),
    ('a_header_that_is_not_there', 'a.md', '`<kernel/mm/no.h>`', 'there is no header'),
    ('commands', 'a.md', "`make run SMP=4 EXEC='make it'`\n\n    make bench    prose", None),
    ('a_rule_that_is_not_there', 'a.md', '    make everything', 'no rule everything'),
    ('a_variable_that_is_not_there', 'a.md', '`make run DISC=nvme`', 'no variable DISC'),
    ('paths_of_the_guest_and_products', 'a.md', '`/proc/mounts`, `build/release/disk.img`', None),
    ('a_transcript_is_not_looked_at', 'a.md', '```\n`kernel/no.c`\n```', None),
    ('rows_in_order', 'mechanisms.md', ROW.format(1, 'works') + ROW.format(2, 'partly: x'), None),
    ('a_row_is_missing', 'mechanisms.md', ROW.format(1, 'works') + ROW.format(3, 'works'), 'row 3'),
    ('an_unknown_state', 'mechanisms.md', ROW.format(1, 'nearly'), 'the state is'),
    ('what_works_has_a_test', 'mechanisms.md', '| 1 | a | `efi/boot.c` | | | works |', 'no test'),
]


def main():
    print(f'KTAP version 1\n1..{len(CASES)}')
    failed = 0
    for number, (name, file, text, wanted) in enumerate(CASES, 1):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / file
            path.write_text(text)
            done = subprocess.run([CHECKER, path], stdout=subprocess.PIPE, check=False)
        output = done.stdout.decode()
        good = done.returncode == 0 and not output if wanted is None else \
            done.returncode == 1 and wanted in output
        failed += not good
        if not good:
            print(f'# exit status {done.returncode}, output: {output!r}')
        print(f'{"ok" if good else "not ok"} {number} {name}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
