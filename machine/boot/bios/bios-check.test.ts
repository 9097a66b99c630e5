// The same diskette of BIOS calls on this machine and on QEMU with SeaBIOS: bios-check.expected.txt is what the latter
// printed.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Machine } from '../../machine';

const nasm = spawnSync('nasm', ['-v']).status === 0;
const qemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0;

const folder = mkdtempSync(join(tmpdir(), 'bios-check-'));
afterAll(() => rmSync(folder, { recursive: true }));
const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'latin1');

/**
 * Where this BIOS answers otherwise than SeaBIOS, by the start of the line, with its own answer: SeaBIOS keeps a hard
 * disk's last cylinder (and what is beyond whole cylinders) to itself, and tells of a drive 7Fh that there is one.
 */
const DIFFERENT: Readonly<Record<string, string>> = {
  '13/15 no floppy': '13/15 no floppy: h=0000',
  '13/15 hard disk': '13/15 hard disk: h=0300 c=0000 d=4000 f=0',
  '13/08 hard disk': '13/08 hard disk: h=0000 c=103f d=0f01 f=0',
  'size, geometry': 'size, geometry: a=001a b=0011 c=0010 d=003f',
};

function diskette(source = 'bios-check.asm'): string {
  const path = join(folder, `${source}.img`);
  execFileSync('nasm', ['-f', 'bin', source, '-o', path], { cwd: new URL('.', import.meta.url) });
  return path;
}

/** 8 MiB whose sectors begin with their number. */
function hardDisk(): Uint8Array {
  const bytes = new Uint8Array(8 << 20);
  const view = new DataView(bytes.buffer);
  for (let sector = 0; sector < bytes.length / 512; sector++) view.setUint32(sector * 512, sector, true);
  return bytes;
}

describe.skipIf(!nasm)('BIOS services', () => {
  it.each(['off', 'on'] as const)('answer as SeaBIOS does, translation %s', (tier1) => {
    const floppy = new Uint8Array(readFileSync(diskette()));
    const machine = new Machine({ memory: 64 << 20, tier1, floppy, disk: hardDisk() });
    let serial = '';
    machine.platform.onSerial = (byte) => {
      serial += String.fromCharCode(byte);
    };
    while (machine.retired < 20e6 && machine.run(machine.retired + 1e6, false).kind === 'limit');
    const expected = read('bios-check.expected.txt')
      .split('\n')
      .map((line) => DIFFERENT[line.split(':')[0]] ?? line);
    expect(serial.split('\n')).toEqual(expected);
  });

  it.skipIf(!qemu)('are what SeaBIOS in QEMU prints', () => {
    const disk = join(folder, 'disk.img');
    writeFileSync(disk, hardDisk());
    const { stdout } = spawnSync(
      'qemu-system-x86_64',
      [
        ...['-M', 'pc', '-m', '64', '-nic', 'none', '-display', 'none', '-serial', 'stdio', '-no-reboot', '-boot', 'a'],
        ...['-drive', `file=${diskette()},format=raw,if=floppy`, '-drive', `file=${disk},format=raw,if=ide`],
        ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'],
      ],
      { timeout: 170_000, encoding: 'latin1' },
    );
    // How long things take there is up to the host's load.
    const timeless = (transcript: string) => transcript.replace(/^(waited|tick): .*$/gm, '');
    expect(timeless(stdout)).toBe(timeless(read('bios-check.expected.txt')));
  });
});

describe.skipIf(!nasm)('VBE', () => {
  function run(videoMemory: number) {
    const floppy = new Uint8Array(readFileSync(diskette('vbe-check.asm')));
    const machine = new Machine({ memory: 32 << 20, videoMemory, tier1: 'on', floppy });
    const words: string[] = [];
    let line = '';
    machine.platform.onSerial = (byte) => {
      if (byte !== 10) line += String.fromCharCode(byte);
      else {
        words.push(line);
        line = '';
      }
    };
    machine.run(10e6, false);
    return { machine, words };
  }

  it('lists modes that fit, describes and sets them as SeaBIOS does', () => {
    const { machine, words } = run(4 << 20);
    const end = words.indexOf('ffff');
    expect(words.slice(0, 3)).toEqual(['004f', '4556', '0040']);
    expect(words.slice(3, end)).toContain('0144');
    expect(words.slice(3, end)).not.toContain('0145'); // 1280x1024x32 is 5 MiB
    const information = words.slice(end + 2, end + 34);
    // pitch, width, height; bits, banks, memory model; masks of red, green, blue: what QEMU's card answered
    expect(information.slice(8, 11)).toEqual(['0960', '0320', '0258']);
    expect(information.slice(12, 14)).toEqual(['1801', '0601']);
    expect(information.slice(15, 18)).toEqual(['0801', '0810', '0808']);
    expect(information[21]).toBe('01c0'); // the frame buffer: the last 4 of 32 MiB
    expect(words.slice(end + 34)).toEqual(['004f', '4143', '0c80', '0320', '051e', '0003']);
    const address = 28 << 20;
    expect(machine.platform.display()).toEqual({ width: 800, height: 600, bitsPerPixel: 32, address, pitch: 3200 });
  });

  it('is not there without a frame buffer', () => {
    expect(run(0).words[0]).toBe('4f00');
  });
});

describe.skipIf(!nasm)('reset', () => {
  it('comes by keyboard controller, port 92h and CF9h, resumes by shutdown code, and S5 ends it all', () => {
    const floppy = new Uint8Array(readFileSync(diskette('reset-check.asm')));
    const machine = new Machine({ memory: 2 << 20, tier1: 'on', floppy });
    let serial = '';
    machine.platform.onSerial = (byte) => {
      serial += String.fromCharCode(byte);
    };
    const stop = machine.run(200_000, false);
    expect([serial, stop]).toEqual(['abcdRef', { kind: 'ended', reason: 'power-off', value: 0 }]);
  });
});

describe('power-on self test', () => {
  it('gives control to the boot sector within five thousand instructions', () => {
    const floppy = new Uint8Array(512);
    floppy.set([0xeb, 0xfe]); // jmp $
    floppy.set([0x55, 0xaa], 510);
    const machine = new Machine({ memory: 16 << 20, tier1: 'on', floppy });
    machine.run(5_000, false);
    expect(machine.processor.state.linearIp).toBe(0x7c00);
    expect(machine.processor.state.gpr32(2)).toBe(0x00);
  });

  it('says when there is nothing to boot, and waits for ever without taking time', () => {
    const machine = new Machine({ memory: 16 << 20, tier1: 'on' });
    expect(machine.run(20_000, false)).toEqual({ kind: 'idle' });
    expect(machine.platform.screenText()[0]).toBe('No bootable disk: no drive has a boot sector that ends in 55 AA.');
  });
});
