/** What differs between the host's result of a case and ours, and what was not looked at. */
import { COMPARED, exceptions, maskText, undefinedFlags } from './flag-masks';
import { imageDifferences } from './fx-image';
import type { Instance } from './instructions';
import { MEMORY_SIZE, RESULT_SIZE, ResultField } from './layout';

const PAGE_FAULT = 14;
/** From here on the kernel hides from programs whether a page is there (bit 0 of the error code). */
const KERNEL_START = 0x7ffffffff000n;
const ESP = 4;
/** Of a state: RCX is the second register. */
const CL = 8;
/** RCX, RSI, RDI. */
const counters = [1, 6, 7];

export const gprNames = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');
const segmentNames = 'es cs ss ds fs gs'.split(' ');

/** How often something differed that is not compared: flags by mnemonic and reason, the rest by exception. */
export interface Tally {
  flags: Map<string, number>;
  exceptions: Map<string, number>;
}

export const newTally = (): Tally => ({ flags: new Map(), exceptions: new Map() });

const count = (map: Map<string, number>, key: string): void => {
  map.set(key, (map.get(key) ?? 0) + 1);
};

/** One comparison. */
class Pair {
  readonly parts: string[] = [];
  readonly #h: DataView;
  readonly #o: DataView;
  /** The instruction was done: what ended the case is the HLT behind it. */
  readonly done: boolean;

  constructor(
    readonly instance: Instance,
    readonly host: Uint8Array,
    readonly ours: Uint8Array,
    /** CL before the instruction. */
    readonly cl: number,
    readonly tally: Tally,
  ) {
    this.#h = new DataView(host.buffer, host.byteOffset);
    this.#o = new DataView(ours.buffer, ours.byteOffset);
    this.done = this.#h.getBigUint64(ResultField.rip, true) !== 0n;
  }

  #words(at: number): [number, number] {
    return [this.#h.getUint32(at, true), this.#o.getUint32(at, true)];
  }

  #quads(at: number): [bigint, bigint] {
    return [this.#h.getBigUint64(at, true), this.#o.getBigUint64(at, true)];
  }

  #note(name: string, [host, ours]: readonly [bigint | number, bigint | number]): void {
    this.parts.push(`${name} ${host.toString(16)} not ${ours.toString(16)}`);
  }

  /** Notes that something of an exception's kind differs. */
  #excuse(kind: keyof typeof exceptions): void {
    count(this.tally.exceptions, kind);
  }

  /** Where the case ended; false if nothing more can be compared. */
  ending(): boolean {
    const [vector, ourVector] = this.#words(ResultField.vector);
    const [rip, ourRip] = this.#quads(ResultField.rip);
    if (vector === ourVector && rip === ourRip) {
      if (vector === PAGE_FAULT) this.#pageFault();
      else this.#error(0xffffffff);
      return true;
    }
    if (exceptions.maskedStores.forms.test(this.instance.form.mnemonic) && (rip === 0n || ourRip === 0n)) {
      this.#excuse('maskedStores');
      return false;
    }
    const where = (name: number, at: bigint): string => `exception ${name} at ${BigInt.asIntN(64, at)}`;
    this.parts.push(`${where(vector, rip)}, not ${where(ourVector, ourRip)}`);
    return false;
  }

  #error(mask: number): void {
    const [host, ours] = this.#words(ResultField.error);
    if ((host & mask) !== (ours & mask)) this.#note('error code', [host, ours]);
  }

  #pageFault(): void {
    const [address, ourAddress] = this.#quads(ResultField.cr2);
    const [error, ourError] = this.#words(ResultField.error);
    if (exceptions.address.forms.test(this.instance.form.mnemonic)) {
      if (address !== ourAddress || error !== ourError) this.#excuse('address');
      return;
    }
    if (address !== ourAddress) this.#note('cr2', [address, ourAddress]);
    this.#error(address >= KERNEL_START ? 0xfffffffe : 0xffffffff);
  }

  registers(): void {
    const { instance, done } = this;
    const { form, bits, decoded } = instance;
    const popped = !done && exceptions.popAll.forms.test(form.mnemonic);
    const [rcx, ourRcx] = this.#words(ResultField.gpr + 8);
    const counting =
      bits === 64 && form.repeat !== 'none' && decoded.addressSize === 32 && (!done || (rcx | ourRcx) === 0);
    for (let i = 0; i < 16; i++) {
      const at = ResultField.gpr + 8 * i;
      const [low, ourLow] = this.#words(at);
      const [high, ourHigh] = this.#words(at + 4);
      // 32-bit code leaves the upper halves undefined (SDM 1 3.4.1.1)
      if (low === ourLow && (bits === 32 || high === ourHigh)) continue;
      if (low === ourLow && counting && counters.includes(i)) this.#excuse('counters');
      else if (popped && i !== ESP) this.#excuse('popAll');
      else this.#note(gprNames[i], this.#quads(at));
    }
  }

  flags(): void {
    const { form } = this.instance;
    const [host, ours] = this.#words(ResultField.rflags);
    const differing = (host ^ ours) & COMPARED;
    if (differing === 0) return;
    // a fault at the instruction itself changes no flag
    const mask = undefinedFlags(this.instance, this.cl);
    const masked = this.done ? mask.flags : 0;
    if ((differing & ~masked) !== 0) this.#note('flags', [host & COMPARED, ours & COMPARED]);
    else count(this.tally.flags, `${form.mnemonic} ${maskText({ ...mask, flags: differing })}`);
  }

  segments(): void {
    for (let i = 0; i < 6; i++) {
      const at = ResultField.selectors + 2 * i;
      const [host, ours] = [this.#h.getUint16(at, true), this.#o.getUint16(at, true)];
      if (host === ours) continue;
      // the way out of the kernel makes 0 of all null selectors (SDM 2A IRET)
      if (((host | ours) & 0xfffc) === 0) this.#excuse('nullSelectors');
      else this.#note(segmentNames[i], [host, ours]);
    }
    if (!this.instance.segments) return;
    for (let i = 0; i < 2; i++) {
      const [host, ours] = this.#quads(ResultField.bases + 8 * i);
      if (host !== ours) this.#note(`${segmentNames[4 + i]} base`, [host, ours]);
    }
  }

  memory(): void {
    const { host, ours } = this;
    const end = ResultField.memory + MEMORY_SIZE;
    let at = ResultField.memory as number;
    while (at < end && host[at] === ours[at]) at++;
    if (at === end) return;
    const { mnemonic } = this.instance.form;
    if (!this.done && exceptions.longStores.forms.test(mnemonic)) this.#excuse('longStores');
    else if (!this.done && exceptions.call.forms.test(mnemonic)) this.#excuse('call');
    else this.#note(`memory +${at - ResultField.memory}:`, [host[at], ours[at]]);
  }

  float(): void {
    const { instance, host, ours } = this;
    if (!instance.float) return;
    const different = imageDifferences(host.subarray(RESULT_SIZE), ours.subarray(RESULT_SIZE), instance.form, (kind) =>
      this.#excuse(kind),
    );
    if (different.length === 0) return;
    const mmx = instance.form.operands.some((kind) => kind.startsWith('mm'));
    if (!this.done && mmx) this.#excuse('mmx');
    else this.parts.push(...different);
  }
}

/** What differs between two results, in a line; empty if nothing does. */
export function difference(
  instance: Instance,
  state: Uint8Array,
  host: Uint8Array,
  ours: Uint8Array,
  tally: Tally,
): string {
  const pair = new Pair(instance, host, ours, state[CL], tally);
  if (pair.ending()) {
    pair.registers();
    pair.flags();
    pair.segments();
    pair.memory();
    pair.float();
  }
  return pair.parts.join('; ');
}
