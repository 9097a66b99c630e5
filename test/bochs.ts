/** Machines to compare with, as processes that write what a guest prints on COM1 into a file. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Runs a peer until it has printed DONE into a file, or its time (milliseconds) is over. */
export async function watch(
  command: string,
  args: readonly string[],
  output: string,
  patience: number,
): Promise<string> {
  const peer = spawn(command, args, { env: { ...process.env, TERM: 'xterm' }, detached: true, stdio: 'ignore' });
  let running = true;
  peer.on('exit', () => {
    running = false;
  });
  const read = (): string => (existsSync(output) ? readFileSync(output, 'latin1') : '');
  const end = Date.now() + patience;
  while (running && Date.now() < end && !read().includes('DONE\r')) await new Promise((done) => setTimeout(done, 100));
  // the group: Bochs runs under `script`, which gives it the terminal it wants
  if (running && peer.pid !== undefined) process.kill(-peer.pid, 'SIGKILL');
  return read();
}

/**
 * Boots a diskette image on Bochs 2.7, with the processor model whose features come nearest to this one's.
 * @param folder for its files @returns what came on COM1, carriage returns and all
 */
export function runBochs(image: string, folder: string, name: string, patience: number): Promise<string> {
  const file = (suffix: string): string => join(folder, `${name}.${suffix}`);
  const output = file('bochs');
  const settings = [
    'cpu: model=corei7_icelake_u, count=1, ips=50000000, reset_on_triple_fault=0',
    'memory: guest=64, host=64',
    'romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot',
    'vgaromimage: file=/usr/share/vgabios/vgabios.bin',
    `floppya: 1_44=${image}, status=inserted`,
    'boot: floppy',
    'display_library: term',
    `com1: enabled=1, mode=file, dev=${output}`,
    `log: ${file('log')}`,
    'panic: action=fatal',
    'clock: sync=none, time0=local',
    'plugin_ctrl: unmapped=1, biosdev=1, speaker=0, extfpuirq=1, parallel=0, serial=1, iodebug=1',
  ];
  writeFileSync(file('rc'), settings.join('\n'));
  writeFileSync(file('go'), 'c\n');
  const command = `exec bochs -q -f ${file('rc')} -rc ${file('go')}`;
  return watch('script', ['-qec', command, '/dev/null'], output, patience);
}
