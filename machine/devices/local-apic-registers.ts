/** Registers of the local APIC and their bits (Intel SDM volume 3A, 11.4 to 11.12): offsets in its page, multiples of 16. */
export const APIC_DEFAULT_BASE = 0xfee00000;
/** Version 14h, LVT entries 0..5. */
export const VERSION_VALUE = 0x0005_0014;

export const Register = {
  id: 0x020,
  version: 0x030,
  tpr: 0x080,
  apr: 0x090,
  ppr: 0x0a0,
  eoi: 0x0b0,
  remoteRead: 0x0c0,
  ldr: 0x0d0,
  dfr: 0x0e0,
  svr: 0x0f0,
  isr: 0x100,
  tmr: 0x180,
  irr: 0x200,
  esr: 0x280,
  icrLow: 0x300,
  icrHigh: 0x310,
  lvtTimer: 0x320,
  lvtThermal: 0x330,
  lvtPerformance: 0x340,
  lvtLint0: 0x350,
  lvtLint1: 0x360,
  lvtError: 0x370,
  initialCount: 0x380,
  currentCount: 0x390,
  divide: 0x3e0,
  /** x2APIC only. */
  selfIpi: 0x3f0,
} as const;

/** Bits of an LVT entry. */
export const LVT_MASKED = 0x10000;
export const LVT_LEVEL = 0x8000;
/** An interrupt by level was accepted and its EOI has not come. */
export const LVT_REMOTE_IRR = 0x4000;
export const LVT_WRITABLE: Readonly<Record<number, number>> = {
  [Register.lvtTimer]: 0x700ff,
  [Register.lvtThermal]: 0x107ff,
  [Register.lvtPerformance]: 0x107ff,
  [Register.lvtLint0]: 0x1a7ff,
  [Register.lvtLint1]: 0x1a7ff,
  [Register.lvtError]: 0x100ff,
};

export const SVR_ENABLED = 0x100;

/** Bits of IA32_APIC_BASE. */
export const BASE_BSP = 0x100;
export const BASE_X2APIC = 0x400;
export const BASE_ENABLED = 0x800;

/** Error status register (SDM 3A 11.5.3). */
export const ApicError = { sendIllegalVector: 0x20, receiveIllegalVector: 0x40, illegalRegister: 0x80 } as const;

/** Interrupt command register: status of a remote read, 10b valid. */
export const ICR_REMOTE_READ_STATUS = 0x30000;
export const ICR_REMOTE_READ_VALID = 0x20000;

/** Delivery modes of interrupt command, LVT and redirection entries. Remote read is a command of the P6 family. */
export const DeliveryMode = {
  fixed: 0,
  lowest: 1,
  smi: 2,
  remoteRead: 3,
  nmi: 4,
  init: 5,
  startup: 6,
  extInt: 7,
} as const;

/** Delivery mode of an LVT entry, redirection entry or interrupt command. */
export const modeOf = (entry: number): number => (entry >> 8) & 7;
