/**
 * Local APIC (Intel SDM volume 3A, chapter 11, "Advanced Programmable Interrupt Controller"): xAPIC by memory at
 * FEE00000h, x2APIC by MSRs 800h..8FFh. One per CPU; messages between them and from the I/O APIC go over
 * {@link ApicBus}.
 *
 * After reset LINT0 of the boot processor is in ExtINT mode and LINT1 in NMI mode: the "virtual wire" that PC firmware
 * sets up (MultiProcessor Specification 3.6.2.2). SMIs are taken note of by nobody: there is no system-management mode.
 */
import type { Clock } from '../clock';
import type { ApicBus } from './apic-bus';
import type { Device, InterruptController } from './device';
import {
  APIC_DEFAULT_BASE,
  ApicError,
  BASE_BSP,
  BASE_ENABLED,
  BASE_X2APIC,
  DeliveryMode,
  ICR_REMOTE_READ_STATUS,
  ICR_REMOTE_READ_VALID,
  LVT_LEVEL,
  LVT_MASKED,
  LVT_REMOTE_IRR,
  LVT_WRITABLE,
  modeOf,
  Register,
  SVR_ENABLED,
  VERSION_VALUE,
} from './local-apic-registers';
import { LocalApicTimer } from './local-apic-timer';

/** What a local APIC does to its processor besides INTR. */
export interface ProcessorPins {
  nmi(): void;
  smi(): void;
  /** INIT: once the processor does it, it calls {@link LocalApic.init}. */
  init(): void;
  /** Start-up IPI: the processor, if it waits for it, begins at CS:IP = vector * 100h : 0. */
  startup(vector: number): void;
}

interface ApicState {
  base: number;
  id: number;
  tpr: number;
  ldr: number;
  dfr: number;
  svr: number;
  isr: Uint32Array;
  tmr: Uint32Array;
  irr: Uint32Array;
  esr: number;
  errors: number;
  icrLow: number;
  icrHigh: number;
  /** What the last remote read gave. */
  remoteRead: number;
  /** An ExtINT message has come: the 8259A gives the vector. */
  external: boolean;
  /** Levels of LINT0 and LINT1. */
  pins: [boolean, boolean];
  lvt: Record<number, number>;
}

const LINT = [Register.lvtLint0, Register.lvtLint1] as const;

function highest(bits: Uint32Array): number {
  for (let i = 7; i >= 0; i--) if (bits[i] !== 0) return i * 32 + 31 - Math.clz32(bits[i]);
  return -1;
}

export class LocalApic implements Device, InterruptController {
  readonly name: string;
  onChange: () => void = () => {};
  /** The 8259A on LINT0, if it is wired to this processor. */
  externalController: InterruptController | undefined;
  pins: ProcessorPins = { nmi() {}, smi() {}, init() {}, startup() {} };
  #s: ApicState;
  readonly #timer: LocalApicTimer;

  constructor(
    readonly index: number,
    clock: Clock,
    private readonly bus: ApicBus,
  ) {
    this.name = `lapic${index}`;
    this.#s = this.#powerOn();
    this.#timer = new LocalApicTimer(
      clock,
      () => this.#s.lvt[Register.lvtTimer],
      () => this.accept(this.#s.lvt[Register.lvtTimer] & 0xff, false),
    );
    bus.processors.push(this);
  }

  #powerOn(): ApicState {
    const virtualWire = this.index === 0;
    return {
      base: APIC_DEFAULT_BASE + BASE_ENABLED + (this.index === 0 ? BASE_BSP : 0),
      id: this.index,
      tpr: 0,
      ldr: 0,
      dfr: 0xffffffff,
      svr: 0xff,
      isr: new Uint32Array(8),
      tmr: new Uint32Array(8),
      irr: new Uint32Array(8),
      esr: 0,
      errors: 0,
      icrLow: 0,
      icrHigh: 0,
      remoteRead: 0,
      external: false,
      pins: [false, false],
      lvt: {
        [Register.lvtTimer]: LVT_MASKED,
        [Register.lvtThermal]: LVT_MASKED,
        [Register.lvtPerformance]: LVT_MASKED,
        [Register.lvtLint0]: virtualWire ? DeliveryMode.extInt << 8 : LVT_MASKED,
        [Register.lvtLint1]: virtualWire ? DeliveryMode.nmi << 8 : LVT_MASKED,
        [Register.lvtError]: LVT_MASKED,
      },
    };
  }

  get enabled(): boolean {
    return (this.#s.base & BASE_ENABLED) !== 0;
  }

  get x2apic(): boolean {
    return (this.#s.base & BASE_X2APIC) !== 0;
  }

  get id(): number {
    return this.#s.id;
  }

  /** IA32_APIC_BASE (MSR 1Bh). */
  get base(): number {
    return this.#s.base;
  }

  /** Writes IA32_APIC_BASE; false where that is #GP(0): SDM 3A 11.12.5, "x2APIC State Transitions". */
  setBase(value: number): boolean {
    if (value % 0x1000000000 !== value) return false;
    const enable = value & (BASE_ENABLED | BASE_X2APIC);
    const now = this.#s.base & (BASE_ENABLED | BASE_X2APIC);
    if (enable === BASE_X2APIC) return false;
    if (now === (BASE_ENABLED | BASE_X2APIC) && enable === BASE_ENABLED) return false;
    if (now === 0 && enable === (BASE_ENABLED | BASE_X2APIC)) return false;
    if (enable === 0 && now !== 0) this.#softReset();
    if (enable & BASE_X2APIC) this.#s.id = this.index;
    this.#s.base = value - (value % 4096) + (enable | (this.#s.base & BASE_BSP));
    this.bus.onBaseChange();
    this.#changed();
    return true;
  }

  /** CR8: the upper half of the task priority. */
  get taskPriority(): number {
    return this.#s.tpr >> 4;
  }

  set taskPriority(value: number) {
    this.#s.tpr = (value & 15) << 4;
    this.#changed();
  }

  /** What INIT does to the registers (SDM 3A 11.4.7.3): all but the APIC ID. */
  #softReset(): void {
    const { base, id, pins } = this.#s;
    this.#timer.reset();
    this.#s = { ...this.#powerOn(), base, id, pins };
  }

  reset(): void {
    this.#timer.reset();
    this.#s = { ...this.#powerOn(), pins: this.#s.pins };
    this.bus.onBaseChange();
    this.#changed();
  }

  /** The processor does an INIT: registers as after reset but for the APIC ID and IA32_APIC_BASE. */
  init(): void {
    this.#softReset();
    this.#changed();
  }

  #processorPriority(): number {
    const service = highest(this.#s.isr);
    return Math.max(this.#s.tpr, service < 0 ? 0 : service & 0xf0);
  }

  get processorPriority(): number {
    return this.#processorPriority();
  }

  /** The vector that would be taken now, -1 if none. */
  #request(): number {
    if (!this.enabled || (this.#s.svr & SVR_ENABLED) === 0) return -1;
    const vector = highest(this.#s.irr);
    return vector >= 0 && (vector & 0xf0) > (this.#processorPriority() & 0xf0) ? vector : -1;
  }

  /** LINT0 lets the 8259A through: no local APIC, or its entry is unmasked and says ExtINT. */
  acceptsExternal(): boolean {
    if (!this.enabled) return true;
    const lint0 = this.#s.lvt[Register.lvtLint0];
    return (lint0 & LVT_MASKED) === 0 && modeOf(lint0) === DeliveryMode.extInt;
  }

  pending(): boolean {
    if (this.#request() >= 0 || this.#s.external) return true;
    return this.externalController?.pending() === true && this.acceptsExternal();
  }

  acknowledge(): number {
    const vector = this.#request();
    if (vector >= 0) {
      this.#s.irr[vector >> 5] &= ~(1 << (vector & 31));
      this.#s.isr[vector >> 5] |= 1 << (vector & 31);
      return vector;
    }
    if (this.#s.external && this.bus.externalController) {
      this.#s.external = false;
      return this.bus.externalController.acknowledge();
    }
    if (this.externalController?.pending() && this.acceptsExternal()) return this.externalController.acknowledge();
    return this.#s.svr & 0xff;
  }

  #changed(): void {
    this.onChange();
  }

  /** A fixed interrupt arrived. */
  accept(vector: number, levelTriggered: boolean): void {
    if (vector < 16) {
      this.#error(ApicError.receiveIllegalVector);
      return;
    }
    // SDM 3A 11.4.7.2: while it is disabled by software only INIT, NMI, SMI and start-up get through
    if ((this.#s.svr & SVR_ENABLED) === 0) return;
    const bit = 1 << (vector & 31);
    this.#s.irr[vector >> 5] |= bit;
    if (levelTriggered) this.#s.tmr[vector >> 5] |= bit;
    else this.#s.tmr[vector >> 5] &= ~bit;
    this.#changed();
  }

  /** An ExtINT message arrived: the processor is to ask the 8259A for a vector. */
  acceptExternal(): void {
    if (!this.enabled || (this.#s.svr & SVR_ENABLED) === 0) return;
    this.#s.external = true;
    this.#changed();
  }

  /** The level of pin LINT0 or LINT1: what it does its LVT entry says (SDM 3A 11.5.1). */
  setPin(pin: 0 | 1, level: boolean): void {
    const rose = level && !this.#s.pins[pin];
    this.#s.pins[pin] = level;
    // SDM 3A 11.4.3: without the local APIC they are INTR, which the processor looks at itself, and NMI
    if (!this.enabled) {
      if (rose && pin === 1) this.pins.nmi();
      return;
    }
    const entry = this.#s.lvt[LINT[pin]];
    if ((entry & LVT_MASKED) !== 0) return;
    const mode = modeOf(entry);
    if (mode === DeliveryMode.fixed && (entry & LVT_LEVEL) !== 0) this.#levelPin(pin);
    else if (!rose) return;
    else if (mode === DeliveryMode.fixed) this.accept(entry & 0xff, false);
    else if (mode === DeliveryMode.nmi) this.pins.nmi();
    else if (mode === DeliveryMode.smi) this.pins.smi();
    else if (mode === DeliveryMode.init) this.pins.init();
  }

  /** A pin that asks by its level is accepted once until the EOI. */
  #levelPin(pin: 0 | 1): void {
    const { lvt, pins } = this.#s;
    const entry = lvt[LINT[pin]];
    const asks = pins[pin] && (entry & (LVT_MASKED | LVT_LEVEL | LVT_REMOTE_IRR)) === LVT_LEVEL;
    if (!asks || modeOf(entry) !== DeliveryMode.fixed) return;
    lvt[LINT[pin]] |= LVT_REMOTE_IRR;
    this.accept(entry & 0xff, true);
  }

  #error(bits: number): void {
    this.#s.errors |= bits;
    const entry = this.#s.lvt[Register.lvtError];
    if ((entry & LVT_MASKED) !== 0) return;
    // an illegal vector of its own is noted and goes nowhere
    if ((entry & 0xff) < 16) this.#s.errors |= ApicError.receiveIllegalVector;
    else this.accept(entry & 0xff, false);
  }

  /** Whether a message's destination means this processor: SDM 3A 11.6.2. */
  matches(destination: number, logical: boolean): boolean {
    if (!this.enabled) return false;
    if (this.x2apic) {
      if (destination === 0xffffffff || (destination === 0xff && !logical)) return true;
      if (!logical) return destination === this.#s.id;
      const ldr = this.#logicalX2();
      return destination >>> 16 === ldr >>> 16 && (destination & ldr & 0xffff) !== 0;
    }
    if (!logical) return (destination & 0xff) === 0xff || (destination & 0xff) === this.#s.id;
    const logicalId = this.#s.ldr >>> 24;
    if (this.#s.dfr >>> 28 === 0xf) return (logicalId & destination) !== 0;
    return logicalId >> 4 === (destination >> 4) % 16 && (logicalId & destination & 15) !== 0;
  }

  #logicalX2(): number {
    return ((this.#s.id >>> 4) << 16) | (1 << (this.#s.id & 15));
  }

  #endOfInterrupt(): void {
    const vector = highest(this.#s.isr);
    if (vector < 0) return;
    const bit = 1 << (vector & 31);
    this.#s.isr[vector >> 5] &= ~bit;
    if (this.#s.tmr[vector >> 5] & bit) {
      this.bus.endOfInterrupt(vector);
      for (const pin of [0, 1] as const) {
        const entry = LINT[pin];
        if ((this.#s.lvt[entry] & 0xff) === vector) this.#s.lvt[entry] &= ~LVT_REMOTE_IRR;
        this.#levelPin(pin);
      }
    }
    this.#changed();
  }

  /** 32-bit register at an offset in the APIC page; one that is not there is an error. */
  readRegister(offset: number): number {
    const value = this.peekRegister(offset);
    if (value === undefined) this.#error(ApicError.illegalRegister);
    return value ?? 0;
  }

  /** {@link readRegister} without effect; undefined if it is not there. */
  peekRegister(offset: number): number | undefined {
    const s = this.#s;
    if (offset >= Register.isr && offset < Register.irr + 0x80) {
      const bank = offset < Register.tmr ? s.isr : offset < Register.irr ? s.tmr : s.irr;
      return bank[(offset >> 4) & 7];
    }
    switch (offset) {
      case Register.id:
        return this.x2apic ? s.id : (s.id << 24) >>> 0;
      case Register.version:
        return VERSION_VALUE;
      case Register.tpr:
        return s.tpr;
      case Register.apr:
      case Register.ppr:
        return this.#processorPriority();
      case Register.ldr:
        return this.x2apic ? this.#logicalX2() : s.ldr;
      case Register.dfr:
        return s.dfr;
      case Register.svr:
        return s.svr;
      case Register.esr:
        return s.esr;
      case Register.icrLow:
        return s.icrLow;
      case Register.icrHigh:
        return s.icrHigh;
      case Register.remoteRead:
        return s.remoteRead;
      case Register.initialCount:
        return this.#timer.initialCount;
      case Register.currentCount:
        return this.#timer.currentCount;
      case Register.divide:
        return this.#timer.divide;
      case Register.eoi:
        return 0;
      default:
        return s.lvt[offset];
    }
  }

  writeRegister(offset: number, value: number): void {
    const s = this.#s;
    switch (offset) {
      case Register.id:
        if (!this.x2apic) s.id = value >>> 24;
        break;
      case Register.tpr:
        s.tpr = value & 0xff;
        this.#changed();
        break;
      case Register.eoi:
        this.#endOfInterrupt();
        break;
      case Register.ldr:
        s.ldr = (value & 0xff000000) >>> 0;
        break;
      case Register.dfr:
        s.dfr = (value | 0x0fffffff) >>> 0;
        break;
      case Register.svr:
        s.svr = value & 0x3ff;
        if ((value & SVR_ENABLED) === 0) for (const entry of Object.keys(s.lvt)) s.lvt[Number(entry)] |= LVT_MASKED;
        this.#timer.schedule();
        this.#changed();
        break;
      case Register.esr:
        s.esr = s.errors;
        s.errors = 0;
        break;
      case Register.icrLow:
        s.icrLow = value & 0xcdfff;
        this.#send(this.x2apic ? s.icrHigh : s.icrHigh >>> 24);
        break;
      case Register.icrHigh:
        s.icrHigh = this.x2apic ? value : (value & 0xff000000) >>> 0;
        break;
      case Register.initialCount:
        this.#timer.initialCount = value;
        break;
      case Register.divide:
        this.#timer.divide = value;
        break;
      case Register.remoteRead:
      case Register.apr:
        break; // SDM 3A table 11-1: no illegal register where they are not supported
      default:
        if (offset in s.lvt) this.#writeLvt(offset, value);
        else this.#error(ApicError.illegalRegister);
    }
  }

  #writeLvt(offset: number, value: number): void {
    const s = this.#s;
    const before = s.lvt[offset];
    s.lvt[offset] = (value & LVT_WRITABLE[offset]) | (value & before & LVT_LEVEL ? before & LVT_REMOTE_IRR : 0);
    if ((s.svr & SVR_ENABLED) === 0) s.lvt[offset] |= LVT_MASKED;
    if (offset === Register.lvtTimer) this.#timer.entryChanged(before);
    for (const pin of [0, 1] as const) if (offset === LINT[pin]) this.#levelPin(pin);
    this.#changed();
  }

  /** Sends what the interrupt command register says. */
  #send(destination: number): void {
    const { icrLow } = this.#s;
    const mode = modeOf(icrLow);
    const vector = icrLow & 0xff;
    const assert = (icrLow & 0x4000) !== 0;
    const levelTriggered = (icrLow & 0x8000) !== 0;
    if (mode === DeliveryMode.init && levelTriggered && !assert) return; // INIT level de-assert does nothing since the Pentium 4
    if (mode === DeliveryMode.remoteRead) {
      this.#readRemotely(destination, vector);
      return;
    }
    if ((mode === DeliveryMode.fixed || mode === DeliveryMode.lowest) && vector < 16) {
      this.#error(ApicError.sendIllegalVector);
      return;
    }
    const message = { destination, logical: (icrLow & 0x800) !== 0, mode, vector, levelTriggered: false };
    const shorthand = (icrLow >> 18) & 3;
    if (shorthand === 0) this.bus.send(message);
    else if (shorthand === 1) this.bus.deliver(message, [this]);
    else
      this.bus.sendTo(
        message,
        this.bus.processors.filter((other) => other.enabled && (shorthand === 2 || other !== this)),
      );
  }

  /**
   * Remote read, as local APICs of the P6 family have it; later ones reserve the command, and nothing else uses it. The "vector" is the
   * register's offset / 16.
   */
  #readRemotely(destination: number, register: number): void {
    const s = this.#s;
    const logical = (s.icrLow & 0x800) !== 0;
    const value = this.x2apic ? undefined : this.bus.remoteRead(destination, logical, register & 0x3f);
    s.icrLow &= ~ICR_REMOTE_READ_STATUS;
    if (value === undefined) return;
    s.icrLow |= ICR_REMOTE_READ_VALID;
    s.remoteRead = value;
  }

  /** Tick of the armed TSC deadline, 0 if disarmed. */
  get deadline(): number {
    return this.#timer.deadline;
  }

  /** IA32_TSC_DEADLINE, as a tick: see {@link LocalApicTimer.deadline}. */
  setDeadline(tick: number): void {
    this.#timer.deadline = tick;
  }

  // ---- x2APIC

  /** RDMSR 800h..8FFh; undefined where that is #GP(0). */
  readMsr(index: number): bigint | undefined {
    const offset = (index - 0x800) << 4;
    if (!this.x2apic || !this.#hasMsr(offset) || offset === Register.eoi || offset === Register.selfIpi)
      return undefined;
    if (offset === Register.icrLow) return (BigInt(this.#s.icrHigh) << 32n) | BigInt(this.#s.icrLow);
    return BigInt(this.readRegister(offset) >>> 0);
  }

  /** WRMSR 800h..8FFh; false where that is #GP(0). */
  writeMsr(index: number, value: bigint): boolean {
    const offset = (index - 0x800) << 4;
    if (!this.x2apic || !this.#hasMsr(offset)) return false;
    const low = Number(value & 0xffffffffn);
    const high = Number(value >> 32n);
    if (offset === Register.icrLow) {
      this.#s.icrHigh = high;
      this.writeRegister(Register.icrLow, low);
      return true;
    }
    if (high !== 0) return false;
    const readOnly: number[] = [Register.id, Register.version, Register.ppr, Register.ldr, Register.currentCount];
    if (readOnly.includes(offset) || (offset >= Register.isr && offset < Register.esr)) return false;
    if ((offset === Register.eoi || offset === Register.esr) && low !== 0) return false;
    if (offset === Register.selfIpi) this.accept(low & 0xff, false);
    else this.writeRegister(offset, low);
    return true;
  }

  #hasMsr(offset: number): boolean {
    if (offset >= Register.isr && offset <= Register.esr) return true;
    const registers: number[] = [
      Register.id,
      Register.version,
      Register.tpr,
      Register.ppr,
      Register.eoi,
      Register.ldr,
      Register.svr,
      Register.icrLow,
      Register.initialCount,
      Register.currentCount,
      Register.divide,
      Register.selfIpi,
    ];
    return registers.includes(offset) || offset in this.#s.lvt;
  }

  save(): unknown {
    return { ...copy(this.#s), timer: this.#timer.save() };
  }

  load(state: unknown): void {
    const { timer, ...s } = state as ApicState & { timer: unknown };
    this.#s = copy(s);
    this.#timer.load(timer);
    this.bus.onBaseChange();
  }
}

function copy(s: ApicState): ApicState {
  return {
    ...s,
    isr: s.isr.slice(),
    tmr: s.tmr.slice(),
    irr: s.irr.slice(),
    pins: [s.pins[0], s.pins[1]],
    lvt: { ...s.lvt },
  };
}
