# SPDX-License-Identifier: MIT
"""Reads KTAP (version 1) out of a program's or a machine's output and counts what it says.

Nothing is taken on trust: a block without a plan, with fewer or more results than planned, with
results out of order, or a test that says it passed though one in it failed, counts as a failure.
Lines that are not KTAP are diagnostics. Only tests without tests inside them are counted.
"""
import dataclasses
import re

VERSION = re.compile(r'^( *)K?TAP version \d+$')
PLAN = re.compile(r'^( *)1\.\.(\d+)(?: *# *SKIP *(.*))?$')
RESULT = re.compile(r'^( *)(ok|not ok)\b *(\d+)? *(?:- )?(.*?)'
                    r'(?: *# *(SKIP|TODO|XFAIL|TIMEOUT|ERROR)\b *(.*))?$')


@dataclasses.dataclass
class Outcome:
    """The tests counted, and what went wrong, one text each."""
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list = dataclasses.field(default_factory=list)
    skips: list = dataclasses.field(default_factory=list)

    def fail(self, what):
        self.failed += 1
        self.failures.append(what)

    def add(self, other, prefix=''):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += [prefix + f for f in other.failures]
        self.skips += [prefix + s for s in other.skips]


@dataclasses.dataclass
class _Block:
    indent: int
    plan: int = None
    seen: int = 0
    leaves_failed: int = 0


class _Reader:
    def __init__(self):
        self.outcome, self.blocks = Outcome(), []
        self.closed_child = None

    def open(self, indent):
        self.close_deeper(indent - 1)
        self.blocks.append(_Block(indent))

    def close_deeper(self, indent):
        """Ends the blocks indented more than `indent`; the outermost of them stands as a child."""
        self.closed_child = None
        while self.blocks and self.blocks[-1].indent > indent:
            block = self.blocks.pop()
            if block.plan is None:
                self.fail(block, 'the output has no plan (1..N)')
            elif block.seen != block.plan:
                self.fail(block, f'{block.plan} tests were planned, {block.seen} have a result')
            if self.blocks:
                self.blocks[-1].leaves_failed += block.leaves_failed
            self.closed_child = block

    def fail(self, block, what):
        block.leaves_failed += 1
        self.outcome.fail(what)

    def plan(self, indent, count, skip_reason):
        self.close_deeper(indent)
        if not self.blocks or self.blocks[-1].indent != indent:
            self.blocks.append(_Block(indent))
        block = self.blocks[-1]
        if block.plan is not None:
            self.fail(block, 'the output has two plans')
        block.plan = count
        if count == 0 and skip_reason is not None:
            self.outcome.skipped += 1
            self.outcome.skips.append(skip_reason or 'no reason given')

    def result(self, indent, good, number, name, directive, reason):
        self.close_deeper(indent)
        child = self.closed_child
        if not self.blocks:
            self.blocks.append(_Block(indent))
        block = self.blocks[-1]
        block.seen += 1
        if number is not None and number != block.seen:
            self.fail(block, f'{name}: has number {number}, should be {block.seen}')
        if child is not None:
            if good and child.leaves_failed:
                self.fail(block, f'{name}: says ok, though a test in it failed')
            elif not good and not child.leaves_failed:
                self.fail(block, name)
        elif directive in ('SKIP', 'TODO', 'XFAIL'):
            self.outcome.skipped += 1
            self.outcome.skips.append(f'{name}: {reason or "no reason given"}')
        elif good and directive is None:
            self.outcome.passed += 1
        else:
            self.fail(block, f'{name}{f" ({directive} {reason})" if directive else ""}')
        self.closed_child = None


def parse(text):
    """The Outcome of one program's or one machine's output (str)."""
    reader = _Reader()
    for line in text.replace('\r', '').split('\n'):
        if match := VERSION.match(line):
            reader.open(len(match[1]))
        elif match := PLAN.match(line):
            reader.plan(len(match[1]), int(match[2]), match[3])
        elif match := RESULT.match(line):
            reader.result(len(match[1]), match[2] == 'ok', int(match[3]) if match[3] else None,
                          match[4] or 'unnamed', match[5], match[6])
        elif line.startswith('Bail out!'):
            reader.outcome.fail(line)
    if not reader.blocks and not reader.outcome.failed:
        reader.outcome.fail('no KTAP in the output')
    reader.close_deeper(-1)
    return reader.outcome
