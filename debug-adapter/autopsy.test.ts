/** A triple fault as a client sees it. */
import { expect, it } from 'vitest';
import { coreToolchain } from './core-toolchain';
import { DapClient, filesOf } from './testing/dap-client';

const PATH = '/guests/crash.asm';
const PROGRAM = `        org 0x7C00
        bits 16
        xor ax, ax
        mov ds, ax
        lidt [none]
        ud2
none:   dw 0
        dd 0
        times 510-($-$$) db 0
        dw 0xAA55
`;

it.each(['none', 'ept'])('exceptionInfo nests the faults, the last outermost, %s', async (virtualization) => {
  const c = new DapClient(filesOf({ [PATH]: PROGRAM }), coreToolchain);
  await c.start({ program: PATH, virtualization, memory: '1M' });
  const stopped = await c.event('stopped');
  expect(stopped).toMatchObject({ reason: 'exception', description: 'Triple fault' });
  expect(stopped).not.toHaveProperty('details');
  const { details } = await c.request('exceptionInfo', { threadId: 1 });
  const names: string[] = [];
  for (let at = details; at !== undefined; at = at.innerException?.[0]) names.push(at.typeName ?? '');
  // SDM 3A 6.13: error codes name the IDT entry, with EXT
  expect(names.map((name) => name.replace(/:.*\)/, ')'))).toEqual([
    '#GP (0x43)',
    '#DF (0x0)',
    '#GP (0x6b)',
    '#GP (0x33)',
    '#UD',
  ]);
  expect(details?.message).toBe('vector 0x8 is beyond the IDT limit');
  expect(details?.stackTrace).toContain('ud2 (0f 0b)');
});
