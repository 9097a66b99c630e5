import type { Registers } from '../../hypervisor/target';
import type { BitLayout } from '../../isa/bit-fields';
import {
  cr0Layout,
  cr3Layout,
  cr4Layout,
  cr8Layout,
  dr6Layout,
  dr7Layout,
  eferLayout,
  rflagsLayout,
} from '../../isa/control-registers';
import { registerNamed, registerNames } from '../../isa/registers';

/** The value of a register, or of a part of one. */
export interface RegisterValue {
  readonly value: bigint;
  /** Bits. */
  readonly width: number;
}

/** Registers whose bits have names. */
export const registerLayouts: Readonly<Record<string, BitLayout>> = {
  rflags: rflagsLayout,
  cr0: cr0Layout,
  cr3: cr3Layout,
  cr4: cr4Layout,
  cr8: cr8Layout,
  efer: eferLayout,
  dr6: dr6Layout,
  dr7: dr7Layout,
};

/** Where a name stands in a whole register: its lowest bit there, and its width. */
interface Part {
  readonly whole: string;
  readonly shift: number;
  readonly width: number;
}

function partOf(name: string): Part {
  const aliases: Record<string, Part> = {
    eip: { whole: 'rip', shift: 0, width: 32 },
    ip: { whole: 'rip', shift: 0, width: 16 },
    eflags: { whole: 'rflags', shift: 0, width: 32 },
    flags: { whole: 'rflags', shift: 0, width: 16 },
  };
  if (aliases[name]) return aliases[name];
  const flag = rflagsLayout.find((f) => f.name.toLowerCase() === name);
  if (flag) return { whole: 'rflags', shift: flag.bit, width: flag.width };
  const register = registerNamed(name);
  if (register?.file.startsWith('gpr')) {
    const high = register.file === 'gpr8high';
    return { whole: registerNames.gpr64[register.index]!, shift: high ? 8 : 0, width: register.size };
  }
  return { whole: name, shift: 0, width: 64 };
}

function wholeRegister(registers: Registers, name: string): RegisterValue | undefined {
  const general = registerNames.gpr64.indexOf(name);
  if (general >= 0) return { value: registers.gpr[general]!, width: 64 };
  const segment = registers.segments.find((s) => s.name.toLowerCase() === name);
  if (segment) return { value: BigInt(segment.selector), width: 16 };
  const debug = debugRegister(registers, name);
  if (debug !== undefined) return { value: debug, width: 64 };
  switch (name) {
    case 'rip':
    case 'rflags':
    case 'cr0':
    case 'cr2':
    case 'cr3':
    case 'cr4':
    case 'cr8':
    case 'efer':
      return { value: registers[name], width: 64 };
    case 'cpl':
      return { value: BigInt(registers.cpl), width: 2 };
    default:
      return baseOrLimit(registers, name);
  }
}

function debugRegister(registers: Registers, name: string): bigint | undefined {
  const index = ['dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7'].indexOf(name);
  return registers.dr[index];
}

/** `gdtr.base`, `idtr.limit`, `fs.base`. */
function baseOrLimit(registers: Registers, name: string): RegisterValue | undefined {
  const [owner, part] = name.split('.');
  const table = owner === 'gdtr' || owner === 'idtr' ? registers[owner] : undefined;
  const found = table ?? registers.segments.find((s) => s.name.toLowerCase() === owner);
  if (!found) return undefined;
  if (part === 'base') return { value: found.base, width: 64 };
  return part === 'limit' ? { value: BigInt(found.limit), width: 32 } : undefined;
}

/**
 * A register by its name in any case: whole ones (`rax`, `cr0`, `efer`, `cs`), parts (`eax`, `ah`, `eip`), single flags
 * (`zf`, `iopl`), `cpl`, and `gdtr.base`, `fs.limit` and the like. `undefined` where there is none of that name.
 */
export function readRegister(registers: Registers, name: string): RegisterValue | undefined {
  const part = partOf(name.toLowerCase());
  const whole = wholeRegister(registers, part.whole);
  if (!whole) return undefined;
  if (part.whole === name.toLowerCase()) return whole;
  return { value: BigInt.asUintN(part.width, whole.value >> BigInt(part.shift)), width: part.width };
}

/**
 * How a register, or the named part of one, is given a value: the whole register to write and its new value.
 * `undefined` where there is no such register; an error text where the value does not fit.
 */
export function prepareWrite(
  registers: Registers,
  name: string,
  value: bigint,
): { name: string; value: bigint } | string | undefined {
  const part = partOf(name.toLowerCase());
  const whole = wholeRegister(registers, part.whole);
  if (!whole) return undefined;
  const width = Math.min(part.width, whole.width);
  const fits = value >= -(1n << BigInt(width - 1)) && value < 1n << BigInt(width);
  // Values come as unsigned 64 bits: a negative one that fits the part is meant too.
  const signed = BigInt.asIntN(64, value);
  const fitsSigned = signed < 0n && signed >= -(1n << BigInt(width - 1));
  if (!fits && !fitsSigned) return `${name} has ${width} bits: 0x${value.toString(16)} does not fit`;
  const mask = ((1n << BigInt(width)) - 1n) << BigInt(part.shift);
  const shifted = (BigInt.asUintN(width, value) << BigInt(part.shift)) & mask;
  return { name: part.whole, value: (whole.value & ~mask) | shifted };
}
