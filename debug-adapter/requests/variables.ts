import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Guest } from '../guest';
import { hexOfWidth } from '../inspect/addresses';
import { evaluate } from '../inspect/expression';
import { decodedBits, registerGroups } from '../inspect/register-groups';
import { prepareWrite, registerLayouts } from '../inspect/registers';
import { vmcsGroups } from '../inspect/vmcs';
import type { DecodedBit, RegisterView } from '../protocol';
import { RequestError } from './request-error';

type Variable = DebugProtocol.Variable;

/** Something that can be unfolded: what is in it, and of which vCPU. */
interface Container {
  readonly cpu: number;
  readonly list: () => Variable[];
  /** The names in it are registers that can be set. */
  readonly settable: boolean;
}

/** Segments are shown with their cached descriptors: only the selector has a value of its own. */
const SCOPES = ['General', 'Flags', 'Segments', 'Control', 'System', 'Debug'] as const;
const SETTABLE: readonly string[] = ['General', 'Flags', 'Control', 'Debug'];

/** Scopes and variables: registers and VMCS as trees. References are good until the guest goes on. */
export class Variables {
  #containers = new Map<number, Container>();
  #next = 1;

  constructor(private readonly guest: Guest) {}

  /** Forgets all references. */
  clear(): void {
    this.#containers.clear();
  }

  scopes(cpu: number): DebugProtocol.Scope[] {
    const scopes: DebugProtocol.Scope[] = SCOPES.map((name) => ({
      name,
      presentationHint: 'registers',
      variablesReference: this.#add(cpu, () => this.#group(name, cpu), SETTABLE.includes(name)),
      expensive: false,
    }));
    if (!this.guest.target.vmcs(cpu)) return scopes;
    const reference = this.#add(cpu, () => this.#vmcs(cpu), false);
    return [...scopes, { name: 'VMCS', variablesReference: reference, expensive: true }];
  }

  variables(reference: number): Variable[] {
    return this.#container(reference).list();
  }

  /** The vCPU whose variables these are. */
  cpuOf(reference: number): number {
    return this.#container(reference).cpu;
  }

  /** Sets a register by the name it has in its scope; gives the new value as shown. */
  set(reference: number, name: string, text: string): string {
    const { cpu, settable } = this.#container(reference);
    if (!settable) throw new RequestError(`${name} cannot be set`);
    return this.setRegister(name, evaluate(text, this.guest.evaluationContext(cpu)).value, cpu);
  }

  /** Sets a register, or a named part of one, with a value of up to 64 bits. */
  setRegister(name: string, value: bigint, cpu: number): string {
    const write = prepareWrite(this.guest.registers(cpu), name, value);
    if (write === undefined) throw new RequestError(`there is no register \`${name}\``);
    if (typeof write === 'string') throw new RequestError(write);
    let written = false;
    this.guest.controller.edit((target) => {
      written = target.writeRegister(write.name, write.value, cpu);
    });
    if (!written) throw new RequestError(`${write.name} cannot be set`);
    const { value: now, width } = evaluate(name, this.guest.evaluationContext(cpu));
    return width === 1 ? now.toString() : hexOfWidth(now, width ?? 64);
  }

  /** The bits of a register as children, 0 where it has none with names. */
  bitsOf(register: string, cpu: number): number {
    const layout = registerLayouts[register];
    if (!layout) return 0;
    const list = () => {
      const { value } = evaluate(register, this.guest.evaluationContext(cpu));
      return bitVariables(decodedBits(layout, value));
    };
    return this.#add(cpu, list, false);
  }

  #container(reference: number): Container {
    const container = this.#containers.get(reference);
    if (!container) throw new RequestError(`variables reference ${reference} is not, or no longer, valid`);
    return container;
  }

  #add(cpu: number, list: () => Variable[], settable: boolean): number {
    const reference = this.#next++;
    this.#containers.set(reference, { cpu, list, settable });
    return reference;
  }

  #bits(bits: readonly DecodedBit[] | undefined, cpu: number): number {
    return bits && bits.length > 0 ? this.#add(cpu, () => bitVariables(bits), false) : 0;
  }

  #group(name: string, cpu: number): Variable[] {
    const groups = registerGroups(this.guest.registers(cpu), this.guest.before(cpu)?.registers);
    if (name === 'Flags') {
      const rflags = groups[0]!.registers.find((r) => r.name === 'RFLAGS')!;
      // Bit 1 is always set: no flag.
      return bitVariables((rflags.bits ?? []).filter((bit) => !bit.name.startsWith('fixed')));
    }
    const group = groups.find((g) => g.name === name);
    return (group?.registers ?? []).map((register) => this.#register(register, cpu));
  }

  #register(register: RegisterView, cpu: number): Variable {
    const words = register.text ? ` ${register.text}` : this.#named(register);
    return {
      name: register.name,
      value: register.value + words,
      evaluateName: evaluateName(register.name),
      variablesReference: this.#bits(register.bits, cpu),
      ...(register.width >= 32 && { memoryReference: register.value }),
    };
  }

  /** The symbol that a register points at. */
  #named(register: RegisterView): string {
    const name = this.guest.name(BigInt(register.value), 0x40n);
    return name && register.name !== 'RFLAGS' && BigInt(register.value) !== 0n ? ` ${name}` : '';
  }

  #vmcs(cpu: number): Variable[] {
    const fields = this.guest.target.vmcs(cpu) ?? [];
    return vmcsGroups(fields, this.guest.before(cpu)?.vmcs).map((group) => ({
      name: group.name,
      value: '',
      variablesReference: this.#add(
        cpu,
        () =>
          group.fields.map((field) => ({
            name: field.name,
            value: field.text === '' ? field.value : `${field.value} ${field.text}`,
            type: field.summary,
            variablesReference: this.#bits(field.bits, cpu),
          })),
        false,
      ),
    }));
  }
}

function bitVariables(bits: readonly DecodedBit[]): Variable[] {
  return bits.map((bit) => ({
    name: bit.name,
    value: bit.text,
    type: bit.summary,
    variablesReference: 0,
  }));
}

/** The expression that gives a register's value. */
function evaluateName(register: string): string {
  const name = register.toLowerCase();
  return name === 'gdtr' || name === 'idtr' ? `${name}.base` : name;
}
