/** The autopsy of a triple fault as a Markdown document: to be read at full width, searched, and put into a bug report. */
import type { AutopsyFaultView, DecodedBit } from '../../debug-adapter/protocol';
import { bitText } from './words';

const bits = (list: readonly DecodedBit[]): string[] => {
  const width = Math.max(0, ...list.map(({ name }) => name.length));
  return list.map((bit) => `    ${bit.name.padEnd(width)}  ${bitText(bit)}`);
};

function faultLines(fault: AutopsyFaultView, index: number): string[] {
  const { role, mnemonic, name, vector, errorCode, cr2, cs, rip, instruction, cause, section, delivery, advice } =
    fault;
  const lines = [`## ${index + 1}. ${mnemonic} ${name} (vector ${vector}, ${role} fault)`, ''];
  lines.push(`- Cause: ${cause} (${section})`);
  if (instruction) {
    const { address, where, source, bytes, text } = instruction;
    const place = [address, where, source && `${source.path}:${source.line}`].filter(Boolean).join(' ');
    lines.push(`- Instruction: \`${text}\` at ${place}, bytes ${bytes}, CS:RIP ${cs}:${rip}`);
  } else lines.push(`- Instruction: at CS:RIP ${cs}:${rip}; its bytes cannot be read`);
  if (errorCode) lines.push(`- Error code ${errorCode.value}: ${errorCode.text}`, ...spaced(bits(errorCode.bits)));
  if (cr2) lines.push(`- CR2 ${cr2.value}: ${cr2.text}`);
  if (delivery) {
    lines.push(`- Delivery failed: ${delivery.failure} (${delivery.section})`);
    for (const register of delivery.registers) lines.push(`  - ${register.name}: ${register.text}`);
    for (const { name: entry, address, physical, bytes, text, fields } of delivery.entries) {
      lines.push(`  - ${entry}: ${text}`, `    at GVA ${address}, ${physical ? `GPA ${physical}` : 'not mapped'}`);
      if (bytes) lines.push(`    bytes ${bytes}`);
      lines.push(...spaced(bits(fields).map((line) => `    ${line}`)));
    }
  }
  for (const line of advice) lines.push(`- What to do: ${line}`);
  return lines;
}

/** An indented block needs an empty line on both sides. */
const spaced = (lines: string[]): string[] => (lines.length === 0 ? [] : ['', ...lines, '']);

export function autopsyReport(faults: readonly AutopsyFaultView[]): string {
  if (faults.length === 0) return 'The guest does not stand at a triple fault.\n';
  const parts = faults.map((fault, i) => faultLines(fault, i).join('\n'));
  return ['# Triple fault', '', parts.join('\n\n'), ''].join('\n');
}
