// Test guests in guests/*.asm: each prints one line a check on COM1. What they must print stands beside them, as Bochs 2.7
// (model corei7_icelake_u) printed it; set PEERS=1 to run Bochs again and compare.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Machine } from '../../machine';

const guests = fileURLToPath(new URL('guests/', import.meta.url));
const nasm = spawnSync('nasm', ['-v']).status === 0;
const peers = process.env.PEERS !== undefined && spawnSync('bochs', ['--help', 'cpu']).error === undefined;
const names = readdirSync(guests)
  .filter((name) => name.endsWith('.asm'))
  .map((name) => name.slice(0, -4));

const folder = mkdtempSync(join(tmpdir(), 'ringside-guests-'));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * Where this machine answers otherwise than Bochs, by guest and start of line, with its own answer.
 */
// SDM 3A 4.8: an entry that was used as part of a translation gets its accessed flag, also where the walk ends in a fault
// below it (QEMU does so too); Bochs sets the flags of all levels together, after the rights were checked.
const accessed = {
  'flags after a write that is not allowed': 'flags after a write that is not allowed: 0003 PDE=0027 PTE=0001',
};

const DIFFERENT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'paging-32bit': accessed,
  'paging-pae': accessed,
  'paging-4level': {
    ...accessed,
    // SDM 3A 4.10.1: translations belong to their PCID. Bochs has no PCIDs in its TLB and drops more.
    'PCIDs keep translations apart': 'PCIDs keep translations apart: AA BB AA BB BB 0000000000030001',
    'MOV to CR3 leaves other PCIDs': 'MOV to CR3 leaves other PCIDs: AA AA AA',
    'INVLPG is for the present PCID': 'INVLPG is for the present PCID: AA BB AA BB',
    'INVPCID of one address': 'INVPCID of one address: AA AA/AA BB/AA AA/AA',
    'INVPCID of one address of another PCID': 'INVPCID of one address of another PCID: AA AA/AA AA/AA BB/AA',
    'INVPCID of one global address': 'INVPCID of one global address: AA AA/AA AA/AA AA/AA',
    'INVPCID of one PCID': 'INVPCID of one PCID: AA AA/AA BB/AA AA/AA',
    'INVPCID of another PCID': 'INVPCID of another PCID: AA AA/AA AA/AA BB/AA',
    // SDM 3A 4.6.2: keys hold for supervisor-mode accesses to user-mode addresses too, and not for supervisor-mode
    // addresses; QEMU gives the same.
    'key forbids access': 'key forbids access: 0021 0023 - 0025 0027 -',
    'key forbids access, read-only page': 'key forbids access, read-only page: 0021 0023 - 0025 0027 -',
    'key of a supervisor page': 'key of a supervisor page: - - - 0005 0007 0015',
    'key forbids access, WP=0': 'key forbids access, WP=0: 0021 0023 - 0025 0027 -',
    'PKRU changes without a flush': 'PKRU changes without a flush: - 0021 - 00000000',
  },
  'long-mode': {
    // SDM 2A INT: the error code is EXT alone
    'IST that is not canonical': 'IST that is not canonical: #0C e=0000 +001A cs=0008 fl=0100 ss=0010',
    // SDM 2A IRET: what began in 64-bit mode pops SS:RSP, whatever the operand size; QEMU does so too
    IRETD: 'IRETD: ok 0000000000000000',
    // Bochs is set to ignore them
    'RDMSR of an unknown register': 'RDMSR of an unknown register: #0D e=0000 +0005 cs=0008 fl=0100 ss=0010',
    'WRMSR of an unknown register': 'WRMSR of an unknown register: #0D e=0000 +0005 cs=0008 fl=0100 ss=0010',
    // bit 11 belongs to restricted transactional memory, which this processor has not
    'fixed bits of DR7': 'fixed bits of DR7: ok 0000000000000400',
    // SDM 3B 17.3.1.1: RF is pushed as 1 by every fault but the instruction breakpoint
    'DR7.GD': 'DR7.GD: #01 +000D cs=0008 fl=0100 ss=0010',
  },
};

const DISKETTE = 1474560;

function image(name: string): string {
  const path = join(folder, `${name}.img`);
  if (existsSync(path)) return path;
  execFileSync('nasm', ['-f', 'bin', '-w-number-overflow', `${name}.asm`, '-o', path], { cwd: guests });
  const bytes = Buffer.alloc(DISKETTE);
  readFileSync(path).copy(bytes);
  writeFileSync(path, bytes);
  return path;
}

const expected = (name: string): string[] => readFileSync(join(guests, `${name}.expected.txt`), 'latin1').split('\n');

function runHere(name: string, tier1: 'off' | 'always'): string[] {
  const machine = new Machine({ memory: 64 << 20, tier1, floppy: new Uint8Array(readFileSync(image(name))) });
  let serial = '';
  machine.platform.onSerial = (byte) => {
    if (byte !== 13) serial += String.fromCharCode(byte);
  };
  const stop = machine.run(20e6, false);
  if (stop.kind !== 'ended') serial += `stopped: ${stop.kind}`;
  return serial.split('\n');
}

async function runBochs(name: string): Promise<string[]> {
  const out = join(folder, `${name}.out`);
  const settings = [
    'cpu: model=corei7_icelake_u, count=1, ips=50000000, reset_on_triple_fault=0',
    'memory: guest=64, host=64',
    'romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot',
    'vgaromimage: file=/usr/share/vgabios/vgabios.bin',
    `floppya: 1_44=${image(name)}, status=inserted`,
    'boot: floppy',
    'display_library: term',
    `com1: enabled=1, mode=file, dev=${out}`,
    `log: ${join(folder, 'log')}`,
    'panic: action=fatal',
    'clock: sync=none, time0=local',
    'plugin_ctrl: unmapped=1, biosdev=1, speaker=0, extfpuirq=1, parallel=0, serial=1, iodebug=1',
  ];
  writeFileSync(join(folder, 'rc'), settings.join('\n'));
  writeFileSync(join(folder, 'go'), 'c\n');
  const command = `exec bochs -q -f ${join(folder, 'rc')} -rc ${join(folder, 'go')}`;
  // Bochs wants a terminal to draw on
  const bochs = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm' },
    detached: true,
  });
  const read = (): string => (existsSync(out) ? readFileSync(out, 'latin1') : '');
  for (let i = 0; i < 150 && !read().includes('DONE'); i++) await new Promise((resolve) => setTimeout(resolve, 200));
  // `script`; Bochs ends with its terminal
  if (bochs.pid !== undefined) process.kill(-bochs.pid, 'SIGKILL');
  return read().replaceAll('\r', '').split('\n');
}

describe.skipIf(!nasm)('test guests', () => {
  for (const name of names) {
    it.each(['off', 'always'] as const)(`${name}: every check gives what Bochs gives, translation %s`, (tier1) => {
      const lines = expected(name).map((line) => DIFFERENT[name]?.[line.split(':')[0]] ?? line);
      expect(runHere(name, tier1)).toEqual(lines);
    });

    it.skipIf(!peers)(`${name}: the expectation is what Bochs prints`, async () => {
      expect(await runBochs(name)).toEqual(expected(name));
    });
  }
});
