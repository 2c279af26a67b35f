#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The scenario format is read as README.md says, and damage is done where it says. KTAP."""
import pathlib
import sys
import tempfile
import zlib

sys.dont_write_bytecode = True
TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / 'tools/image'), str(TOP / 'tools/run')]
# pylint: disable=wrong-import-position
import image
import scenario


class Files:
    """An ESP's content that needs no build."""

    files = [('EFI/BOOT/BOOTX64.EFI', b'loader'), ('lintel/lintel', bytes(range(256)) * 40),
             ('loader/entries/lintel.conf', image.entry('added words'))]


def make_disk(folder):
    root = folder / 'root.ext4'
    with open(root, 'wb') as file:
        file.truncate(4 * image.MIB)
        file.seek(image.MIB)
        file.write(b'in the root')
    disk = folder / 'disk.img'
    image.write_disk(disk, Files, root)
    return scenario.DiskFile(disk, folder, False)


def parsed(text):
    with tempfile.NamedTemporaryFile('w', suffix='.scenario') as file:
        file.write(text)
        file.flush()
        return scenario.parse(file.name)


def refused(text):
    try:
        parsed(text)
    except scenario.ScenarioError:
        return True
    return False


def a_scenario_is_read():
    got = parsed('# note\ntitle what holds\nmachine smp=2 tpm memory=1G\ncmdline a b\nlimit 7\n'
                 'disk zero gpt-primary\nexpect 5s x.y\nsend \\r\nnever bad\nends exit 3\n')
    assert got.title == 'what holds' and got.limit_s == 7 and got.cmdline == 'a b'
    assert got.machine == {'smp': '2', 'tpm': '1', 'memory': '1G'}
    assert got.damage == [('zero', ['gpt-primary'])] and len(got.never) == 1
    assert got.steps == [('expect', '5s x.y'), ('send', '\\r'), ('ends', 'exit 3')]


def what_is_wrong_is_refused():
    assert refused('expect x\n'), 'no end'
    assert refused('machine color=red\nends poweroff\n')
    assert refused('disk melt esp\nends poweroff\n')
    assert refused('expect (\nends poweroff\n')
    assert refused('excpect x\nends poweroff\n')


def every_scenario_of_the_tree_is_read():
    for path in (TOP / 'tests/boot/scenarios').glob('*.scenario'):
        assert scenario.parse(path).title, f'{path.name} has no title'


def the_disk_is_a_gpt_with_both_partitions():
    with tempfile.TemporaryDirectory() as name:
        disk = make_disk(pathlib.Path(name))
        header = bytearray(disk.read('gpt-primary'))
        assert header[:8] == b'EFI PART'
        crc = int.from_bytes(header[16:20], 'little')
        header[16:20] = bytes(4)
        assert zlib.crc32(header[:92]) == crc, 'header CRC'
        assert disk.read('gpt-backup')[:8] == b'EFI PART'
        assert disk.read('root')[image.MIB:image.MIB + 11] == b'in the root'
        assert disk.read('esp:/lintel/lintel') == bytes(range(256)) * 40
        assert b'added words' in disk.read('esp:/loader/entries/lintel.conf')


def damage_is_done_where_it_says():
    with tempfile.TemporaryDirectory() as name:
        disk = make_disk(pathlib.Path(name))
        disk.zero('gpt-primary')
        assert disk.read('gpt-primary') == bytes(512)
        assert disk.read('gpt-backup')[:8] == b'EFI PART'
        disk.flip('esp:/lintel/lintel', '-1')
        assert disk.read('esp:/lintel/lintel')[-1] == 255 ^ 16
        disk.truncate('esp:/lintel/lintel', 'half')
        assert len(disk.read('esp:/lintel/lintel')) == 128 * 40
        disk.poke('root', str(image.MIB), '58595a')
        assert disk.read('root')[image.MIB:image.MIB + 11] == b'XYZthe root'
        disk.edit('esp:/loader/entries/lintel.conf', 'added', 'other')
        assert b'other words' in disk.read('esp:/loader/entries/lintel.conf')
        disk.rename('esp:/lintel/lintel', 'esp:/lintel/moved')
        assert len(disk.read('esp:/lintel/moved')) == 128 * 40
        try:
            disk.read('esp:/lintel/lintel')
            assert False, 'the old name is still there'
        except image.ImageError:
            pass


TESTS = [a_scenario_is_read, what_is_wrong_is_refused, every_scenario_of_the_tree_is_read,
         the_disk_is_a_gpt_with_both_partitions, damage_is_done_where_it_says]


def main():
    failed = 0
    print(f'KTAP version 1\n1..{len(TESTS)}')
    for number, test in enumerate(TESTS, 1):
        try:
            test()
            print(f'ok {number} {test.__name__}')
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print(f'# {type(error).__name__}: {error}\nnot ok {number} {test.__name__}')
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
