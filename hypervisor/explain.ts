import type { TripleFault } from '../machine/cpu/system/exceptions';

const NAMES = [
  '#DE',
  '#DB',
  'NMI',
  '#BP',
  '#OF',
  '#BR',
  '#UD',
  '#NM',
  '#DF',
  '',
  '#TS',
  '#NP',
  '#SS',
  '#GP',
  '#PF',
  '',
  '#MF',
  '#AC',
  '#MC',
  '#XM',
  '#VE',
  '#CP',
];

const hex = (value: number | bigint): string => `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;

/** A triple fault in words: every fault of the chain, what it was found on, and why it could not be delivered. */
export function explainTripleFault(fault: TripleFault): string {
  const lines = fault.chain.map((link, i) => {
    const name = NAMES[link.vector] || `vector ${link.vector}`;
    const code = link.errorCode === undefined ? '' : ` (error code ${hex(link.errorCode)})`;
    const address = link.address === undefined ? '' : `, address ${hex(link.address)}`;
    const detail = link.detail === '' ? '' : `: ${link.detail}`;
    const failure = link.deliveryFailure === '' ? '' : `; its delivery failed: ${link.deliveryFailure}`;
    return `${i + 1}. ${name}${code} at ${hex(link.codeSelector)}:${hex(link.rip)}${address}${detail}${failure}`;
  });
  return `triple fault\n${lines.join('\n')}`;
}
