#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The KTAP reader must not let a failure through. Prints KTAP itself."""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'tools/run'))
import ktap  # pylint: disable=wrong-import-position

# name, output, (passed, failed, skipped)
CASES = [
    ('two_passed', 'KTAP version 1\n1..2\nok 1 a\nok 2 b\n', (2, 0, 0)),
    ('carriage_returns', 'KTAP version 1\r\n1..1\r\nok 1 a\r\n', (1, 0, 0)),
    ('one_failed', 'KTAP version 1\n1..2\nok 1 a\nnot ok 2 b\n', (1, 1, 0)),
    ('plan_at_the_end', 'KTAP version 1\nok 1 a\n1..1\n', (1, 0, 0)),
    ('empty', '', (0, 1, 0)),
    ('only_noise', 'hello\nworld\n', (0, 1, 0)),
    ('missing_plan', 'KTAP version 1\nok 1 a\n', (1, 1, 0)),
    ('cut_short', 'KTAP version 1\n1..3\nok 1 a\n', (1, 1, 0)),
    ('too_many', 'KTAP version 1\n1..1\nok 1 a\nok 2 b\n', (2, 1, 0)),
    ('wrong_number', 'KTAP version 1\n1..2\nok 1 a\nok 3 b\n', (2, 1, 0)),
    ('skip', 'KTAP version 1\n1..1\nok 1 a # SKIP no device\n', (0, 0, 1)),
    ('skip_all', '1..0 # SKIP nothing here\n', (0, 0, 1)),
    ('todo_is_no_failure', 'KTAP version 1\n1..1\nnot ok 1 a # TODO later\n', (0, 0, 1)),
    ('timeout_is_a_failure', 'KTAP version 1\n1..1\nok 1 a # TIMEOUT\n', (0, 1, 0)),
    ('bail_out', 'KTAP version 1\n1..1\nok 1 a\nBail out! no disk\n', (1, 1, 0)),
    ('nested', 'KTAP version 1\n1..1\n    KTAP version 1\n    1..2\n    ok 1 a\n    ok 2 b\n'
     'ok 1 suite\n', (2, 0, 0)),
    ('nested_by_two', 'KTAP version 1\n1..2\n  KTAP version 1\n  1..1\n  ok 1 a\nok 1 s\nok 2 t\n',
     (2, 0, 0)),
    ('nested_failure_counts_once', 'KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n  not ok 1 a\n'
     'not ok 1 suite\n', (0, 1, 0)),
    ('nested_failure_hidden', 'KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n  not ok 1 a\n'
     'ok 1 suite\n', (0, 2, 0)),
    ('nested_cut_short', 'KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n  ok 1 a\nok 1 suite\n',
     (1, 2, 0)),
    ('suite_failed_by_itself', 'KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n  ok 1 a\n'
     'not ok 1 suite\n', (1, 1, 0)),
    ('outer_cut_after_nested', 'KTAP version 1\n1..2\n  KTAP version 1\n  1..1\n  ok 1 a\n',
     (1, 1, 0)),
    ('noise_between', 'boot\nKTAP version 1\n1..1\n# note\nlog line\nok 1 a\npowering off\n',
     (1, 0, 0)),
]


def main():
    failed = 0
    print(f'KTAP version 1\n1..{len(CASES)}')
    for number, (name, output, wanted) in enumerate(CASES, 1):
        got = ktap.parse(output)
        counts = (got.passed, got.failed, got.skipped)
        if counts != wanted:
            failed += 1
            print(f'# passed, failed, skipped: {counts}, should be {wanted}: {got.failures}')
        print(f'{"ok" if counts == wanted else "not ok"} {number} {name}')
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
