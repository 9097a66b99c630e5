/**
 * Local APIC (Intel SDM volume 3A, chapter 11, "Advanced Programmable Interrupt Controller"): xAPIC by memory at
 * FEE00000h, x2APIC by MSRs 800h..8FFh, timer in one-shot, periodic and TSC-deadline mode. Its timer counts ticks of
 * the clock divided by the divide configuration. One per CPU; messages between them and from the I/O APIC go over
 * {@link ApicBus}.
 *
 * After reset LINT0 of the boot processor is in ExtINT mode and LINT1 in NMI mode: the "virtual wire" that PC firmware
 * sets up (MultiProcessor Specification 3.6.2.2).
 */
import type { Alarm, Clock } from '../clock';
import type { AccessSize, Device, InterruptController, MemoryDevice } from './device';

export const APIC_DEFAULT_BASE = 0xfee00000;
/** Version 14h, LVT entries 0..5. */
const VERSION_VALUE = 0x0005_0014;

// Register offsets
const ID = 0x020;
const VERSION = 0x030;
const TPR = 0x080;
const APR = 0x090;
const PPR = 0x0a0;
const EOI = 0x0b0;
const LDR = 0x0d0;
const DFR = 0x0e0;
const SVR = 0x0f0;
const ISR = 0x100;
const TMR = 0x180;
const IRR = 0x200;
const ESR = 0x280;
const ICR_LOW = 0x300;
const ICR_HIGH = 0x310;
const LVT_TIMER = 0x320;
const LVT_THERMAL = 0x330;
const LVT_PERFORMANCE = 0x340;
const LVT_LINT0 = 0x350;
const LVT_LINT1 = 0x360;
const LVT_ERROR = 0x370;
const INITIAL_COUNT = 0x380;
const CURRENT_COUNT = 0x390;
const DIVIDE = 0x3e0;
/** x2APIC only. */
const SELF_IPI = 0x3f0;

const LVT_MASKED = 0x10000;
const LVT_WRITABLE: Readonly<Record<number, number>> = {
  [LVT_TIMER]: 0x700ff,
  [LVT_THERMAL]: 0x107ff,
  [LVT_PERFORMANCE]: 0x107ff,
  [LVT_LINT0]: 0x1a7ff,
  [LVT_LINT1]: 0x1a7ff,
  [LVT_ERROR]: 0x100ff,
};
const TIMER_MODE_SHIFT = 17;
const TIMER_PERIODIC = 1;
const TIMER_TSC_DEADLINE = 2;
const SVR_ENABLED = 0x100;
const BASE_BSP = 0x100;
const BASE_X2APIC = 0x400;
const BASE_ENABLED = 0x800;

const ESR_SEND_ILLEGAL = 0x20;
const ESR_RECEIVE_ILLEGAL = 0x40;
const ESR_ILLEGAL_REGISTER = 0x80;

/** Delivery modes of interrupt command, LVT and redirection entries. */
export const DeliveryMode = { fixed: 0, lowest: 1, smi: 2, nmi: 4, init: 5, startup: 6, extInt: 7 } as const;

export interface ApicMessage {
  destination: number;
  logical: boolean;
  mode: number;
  vector: number;
  levelTriggered: boolean;
}

/** What a local APIC does to its processor besides INTR. */
export interface ProcessorPins {
  nmi(): void;
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
  lvt: Record<number, number>;
  divide: number;
  initialCount: number;
  /** Tick at which the timer stood at its initial count. */
  start: number;
  /** Tick of the TSC-deadline, 0 if disarmed. */
  deadline: number;
}

function highest(bits: Uint32Array): number {
  for (let i = 7; i >= 0; i--) if (bits[i] !== 0) return i * 32 + 31 - Math.clz32(bits[i]);
  return -1;
}

export class LocalApic implements Device, InterruptController {
  readonly name: string;
  onChange: () => void = () => {};
  /** The 8259A on LINT0, if it is wired to this processor. */
  externalController: InterruptController | undefined;
  pins: ProcessorPins = { nmi() {}, init() {}, startup() {} };
  #s: ApicState;
  #alarm: Alarm | undefined;

  constructor(
    readonly index: number,
    private readonly clock: Clock,
    private readonly bus: ApicBus,
  ) {
    this.name = `lapic${index}`;
    this.#s = this.#powerOn();
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
      lvt: {
        [LVT_TIMER]: LVT_MASKED,
        [LVT_THERMAL]: LVT_MASKED,
        [LVT_PERFORMANCE]: LVT_MASKED,
        [LVT_LINT0]: virtualWire ? DeliveryMode.extInt << 8 : LVT_MASKED,
        [LVT_LINT1]: virtualWire ? DeliveryMode.nmi << 8 : LVT_MASKED,
        [LVT_ERROR]: LVT_MASKED,
      },
      divide: 0,
      initialCount: 0,
      start: 0,
      deadline: 0,
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
    const { base, id } = this.#s;
    this.clock.cancel(this.#alarm);
    this.#alarm = undefined;
    this.#s = { ...this.#powerOn(), base, id };
  }

  reset(): void {
    this.clock.cancel(this.#alarm);
    this.#alarm = undefined;
    this.#s = this.#powerOn();
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
    const lint0 = this.#s.lvt[LVT_LINT0];
    return (lint0 & LVT_MASKED) === 0 && ((lint0 >> 8) & 7) === DeliveryMode.extInt;
  }

  pending(): boolean {
    if (this.#request() >= 0) return true;
    return this.externalController?.pending() === true && this.acceptsExternal();
  }

  acknowledge(): number {
    const vector = this.#request();
    if (vector >= 0) {
      this.#s.irr[vector >> 5] &= ~(1 << (vector & 31));
      this.#s.isr[vector >> 5] |= 1 << (vector & 31);
      return vector;
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
      this.#error(ESR_RECEIVE_ILLEGAL);
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

  #error(bits: number): void {
    this.#s.errors |= bits;
    const lvt = this.#s.lvt[LVT_ERROR];
    if ((lvt & LVT_MASKED) === 0) this.accept(lvt & 0xff, false);
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
    if (this.#s.tmr[vector >> 5] & bit) this.bus.endOfInterrupt(vector);
    this.#changed();
  }

  /** 32-bit register at an offset in the APIC page. */
  readRegister(offset: number): number {
    const s = this.#s;
    if (offset >= ISR && offset < IRR + 0x80) {
      const bank = offset < TMR ? s.isr : offset < IRR ? s.tmr : s.irr;
      return bank[(offset >> 4) & 7];
    }
    switch (offset) {
      case ID:
        return this.x2apic ? s.id : (s.id << 24) >>> 0;
      case VERSION:
        return VERSION_VALUE;
      case TPR:
        return s.tpr;
      case APR:
      case PPR:
        return this.#processorPriority();
      case LDR:
        return this.x2apic ? this.#logicalX2() : s.ldr;
      case DFR:
        return s.dfr;
      case SVR:
        return s.svr;
      case ESR:
        return s.esr;
      case ICR_LOW:
        return s.icrLow;
      case ICR_HIGH:
        return s.icrHigh;
      case INITIAL_COUNT:
        return s.initialCount;
      case CURRENT_COUNT:
        return this.#currentCount();
      case DIVIDE:
        return s.divide;
      case EOI:
        return 0;
      default:
        if (offset in s.lvt) return s.lvt[offset];
        this.#error(ESR_ILLEGAL_REGISTER);
        return 0;
    }
  }

  writeRegister(offset: number, value: number): void {
    const s = this.#s;
    switch (offset) {
      case ID:
        if (!this.x2apic) s.id = value >>> 24;
        break;
      case TPR:
        s.tpr = value & 0xff;
        this.#changed();
        break;
      case EOI:
        this.#endOfInterrupt();
        break;
      case LDR:
        s.ldr = (value & 0xff000000) >>> 0;
        break;
      case DFR:
        s.dfr = (value | 0x0fffffff) >>> 0;
        break;
      case SVR:
        s.svr = value & 0x3ff;
        if ((value & SVR_ENABLED) === 0) for (const entry of Object.keys(s.lvt)) s.lvt[Number(entry)] |= LVT_MASKED;
        this.#scheduleTimer();
        this.#changed();
        break;
      case ESR:
        s.esr = s.errors;
        s.errors = 0;
        break;
      case ICR_LOW:
        s.icrLow = value & 0xcdfff;
        this.#send(this.x2apic ? s.icrHigh : s.icrHigh >>> 24);
        break;
      case ICR_HIGH:
        s.icrHigh = value;
        break;
      case INITIAL_COUNT:
        if (this.#timerMode() === TIMER_TSC_DEADLINE) break;
        s.initialCount = value;
        s.start = this.clock.now();
        this.#scheduleTimer();
        break;
      case DIVIDE: {
        const elapsed = this.#elapsed();
        s.divide = value & 0x0b;
        s.start = this.clock.now() - elapsed * this.#divisor();
        this.#scheduleTimer();
        break;
      }
      default:
        if (offset in s.lvt) this.#writeLvt(offset, value);
        else this.#error(ESR_ILLEGAL_REGISTER);
    }
  }

  #writeLvt(offset: number, value: number): void {
    const s = this.#s;
    const before = this.#timerMode();
    s.lvt[offset] = value & LVT_WRITABLE[offset];
    if ((s.svr & SVR_ENABLED) === 0) s.lvt[offset] |= LVT_MASKED;
    if (offset === LVT_TIMER) {
      // Going into or out of TSC-deadline mode disarms the timer (SDM 3A 11.5.4.1).
      if ((before === TIMER_TSC_DEADLINE) !== (this.#timerMode() === TIMER_TSC_DEADLINE)) {
        s.initialCount = 0;
        s.deadline = 0;
      }
      this.#scheduleTimer();
    }
    this.#changed();
  }

  /** Sends what the interrupt command register says. */
  #send(destination: number): void {
    const { icrLow } = this.#s;
    const mode = (icrLow >> 8) & 7;
    const vector = icrLow & 0xff;
    const assert = (icrLow & 0x4000) !== 0;
    const levelTriggered = (icrLow & 0x8000) !== 0;
    if (mode === DeliveryMode.init && levelTriggered && !assert) return; // INIT level de-assert does nothing since the Pentium 4
    if ((mode === DeliveryMode.fixed || mode === DeliveryMode.lowest) && vector < 16) {
      this.#error(ESR_SEND_ILLEGAL);
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

  // ---- timer

  #timerMode(): number {
    return (this.#s.lvt[LVT_TIMER] >> TIMER_MODE_SHIFT) & 3;
  }

  #divisor(): number {
    const code = (this.#s.divide & 3) | ((this.#s.divide >> 1) & 4);
    return code === 7 ? 1 : 2 << code;
  }

  /** Counts since the initial count was written. */
  #elapsed(): number {
    return Math.floor((this.clock.now() - this.#s.start) / this.#divisor());
  }

  #currentCount(): number {
    const { initialCount } = this.#s;
    const mode = this.#timerMode();
    if (initialCount === 0 || mode === TIMER_TSC_DEADLINE) return 0;
    const elapsed = this.#elapsed();
    return mode === TIMER_PERIODIC ? initialCount - (elapsed % initialCount) : Math.max(0, initialCount - elapsed);
  }

  /** Asks for the alarm of the next timer interrupt; none while its entry is masked. */
  #scheduleTimer(): void {
    const s = this.#s;
    let at: number | undefined;
    const now = this.clock.now();
    if ((s.lvt[LVT_TIMER] & LVT_MASKED) === 0) {
      if (this.#timerMode() === TIMER_TSC_DEADLINE) at = s.deadline > 0 ? s.deadline : undefined;
      else if (s.initialCount > 0) {
        const period = s.initialCount * this.#divisor();
        const periods = this.#timerMode() === TIMER_PERIODIC ? Math.floor((now - s.start) / period) + 1 : 1;
        at = s.start + periods * period;
        if (at <= now) at = undefined;
      }
    }
    if (this.#alarm?.at === at) return;
    this.clock.cancel(this.#alarm);
    this.#alarm = undefined;
    if (at !== undefined) this.#alarm = this.clock.schedule(at, () => this.#timerExpired());
  }

  #timerExpired(): void {
    this.#alarm = undefined;
    const s = this.#s;
    if (this.#timerMode() === TIMER_TSC_DEADLINE) s.deadline = 0;
    this.accept(s.lvt[LVT_TIMER] & 0xff, false);
    this.#scheduleTimer();
  }

  /** Tick of the armed TSC deadline, 0 if disarmed. */
  get deadline(): number {
    return this.#timerMode() === TIMER_TSC_DEADLINE ? this.#s.deadline : 0;
  }

  /**
   * IA32_TSC_DEADLINE, as a tick (the CPU takes off its TSC's offset); 0 disarms. Ignored unless the timer is in that
   * mode. A time that is past fires at once.
   */
  setDeadline(tick: number): void {
    if (this.#timerMode() !== TIMER_TSC_DEADLINE) return;
    this.#s.deadline = tick;
    this.#scheduleTimer();
  }

  // ---- x2APIC

  /** RDMSR 800h..8FFh; undefined where that is #GP(0). */
  readMsr(index: number): bigint | undefined {
    const offset = (index - 0x800) << 4;
    if (!this.x2apic || !this.#hasMsr(offset) || offset === EOI || offset === SELF_IPI) return undefined;
    if (offset === ICR_LOW) return (BigInt(this.#s.icrHigh) << 32n) | BigInt(this.#s.icrLow);
    return BigInt(this.readRegister(offset) >>> 0);
  }

  /** WRMSR 800h..8FFh; false where that is #GP(0). */
  writeMsr(index: number, value: bigint): boolean {
    const offset = (index - 0x800) << 4;
    if (!this.x2apic || !this.#hasMsr(offset)) return false;
    const low = Number(value & 0xffffffffn);
    const high = Number(value >> 32n);
    if (offset === ICR_LOW) {
      this.#s.icrHigh = high;
      this.writeRegister(ICR_LOW, low);
      return true;
    }
    if (high !== 0) return false;
    const readOnly = [ID, VERSION, PPR, LDR, CURRENT_COUNT];
    if (readOnly.includes(offset) || (offset >= ISR && offset < ESR)) return false;
    if ((offset === EOI || offset === ESR) && low !== 0) return false;
    if (offset === SELF_IPI) this.accept(low & 0xff, false);
    else this.writeRegister(offset, low);
    return true;
  }

  #hasMsr(offset: number): boolean {
    if (offset >= ISR && offset <= ESR) return true;
    const registers = [ID, VERSION, TPR, PPR, EOI, LDR, SVR, ICR_LOW, INITIAL_COUNT, CURRENT_COUNT, DIVIDE, SELF_IPI];
    return registers.includes(offset) || offset in this.#s.lvt;
  }

  save(): unknown {
    const s = this.#s;
    return { ...s, isr: s.isr.slice(), tmr: s.tmr.slice(), irr: s.irr.slice(), lvt: { ...s.lvt } };
  }

  load(state: unknown): void {
    const s = state as ApicState;
    this.#s = { ...s, isr: s.isr.slice(), tmr: s.tmr.slice(), irr: s.irr.slice(), lvt: { ...s.lvt } };
    this.#alarm = undefined;
    this.#scheduleTimer();
    this.bus.onBaseChange();
  }
}

/** What carries interrupt messages: every local APIC, and the I/O APICs that want to hear of ends of interrupt. */
export class ApicBus {
  readonly processors: LocalApic[] = [];
  /** A processor's local APIC was moved, switched on or off, or changed between xAPIC and x2APIC. */
  onBaseChange: () => void = () => {};
  onEndOfInterrupt: (vector: number) => void = () => {};

  send(message: ApicMessage): void {
    this.sendTo(
      message,
      this.processors.filter((apic) => apic.matches(message.destination, message.logical)),
    );
  }

  /** Delivers to all of them or, in lowest-priority mode, to the one of lowest processor priority (the first of several). */
  sendTo(message: ApicMessage, targets: readonly LocalApic[]): void {
    if (message.mode !== DeliveryMode.lowest || targets.length < 2) this.deliver(message, targets);
    else {
      const lowest = targets.reduce((a, b) => (b.processorPriority < a.processorPriority ? b : a));
      this.deliver(message, [lowest]);
    }
  }

  deliver(message: ApicMessage, targets: readonly LocalApic[]): void {
    for (const apic of targets) {
      switch (message.mode) {
        case DeliveryMode.fixed:
        case DeliveryMode.lowest:
          apic.accept(message.vector, message.levelTriggered);
          break;
        case DeliveryMode.nmi:
          apic.pins.nmi();
          break;
        case DeliveryMode.init:
          apic.pins.init();
          break;
        case DeliveryMode.startup:
          apic.pins.startup(message.vector);
          break;
        // SMI has no handler in this machine; ExtINT comes over LINT0 only
      }
    }
  }

  endOfInterrupt(vector: number): void {
    this.onEndOfInterrupt(vector);
  }
}

/** The page at which a processor sees its own local APIC. */
export class LocalApicMemory implements MemoryDevice {
  readonly name = 'lapic-memory';

  /** `current` gives the local APIC of the processor that makes the access. */
  constructor(private readonly current: () => LocalApic) {}

  get regions(): { base: number; size: number }[] {
    const { base, enabled, x2apic } = this.current();
    return enabled && !x2apic ? [{ base: base - (base % 4096), size: 4096 }] : [];
  }

  /** Registers are 32 bits at multiples of 16; other accesses are undefined and read as 0 here. */
  readMemory(address: number, size: AccessSize): number {
    const offset = address % 4096;
    const value = this.current().readRegister(offset & 0xff0);
    const shift = (offset & 15) * 8;
    return shift >= 32 ? 0 : size === 4 ? value >>> shift : (value >>> shift) & ((1 << (8 * size)) - 1);
  }

  writeMemory(address: number, _size: AccessSize, value: number): void {
    const offset = address % 4096;
    if ((offset & 15) === 0) this.current().writeRegister(offset, value);
  }

  reset(): void {}
  save(): unknown {
    return null;
  }
  load(): void {}
}
