import { expect, it } from 'vitest';
import { endingOf } from '../debug-adapter/exit-status';
import { assembleText, powerOn, runToEnd } from '../test/guests';
import { resultObject } from './run';

it.each(['none', 'ept'] as const)('--json has the faults of a triple fault as data, %s', (virtualization) => {
  const program = assembleText('bits 16\norg 0x7C00\nxor ax, ax\nmov ds, ax\nlidt [none]\nud2\nnone: dw 0\ndd 0\n');
  const target = powerOn(program, { boot: 'flat', entryBits: 16, virtualization });
  const ending = endingOf(runToEnd(target, 100_000))!;
  const { status, autopsy } = JSON.parse(JSON.stringify(resultObject('crash', target, ending)));
  expect(status).toBe(101);
  expect(autopsy.faults.map(({ role, name }: { role: string; name: string }) => `${role} ${name}`)).toEqual([
    'first #UD',
    'further #GP',
    'second #GP',
    'double #DF',
    'third #GP',
  ]);
  expect(autopsy.faults[0]).toMatchObject({
    instruction: { bytes: '0f 0b', text: 'ud2' },
    delivery: { idtr: { limit: '0x0' } },
  });
});
