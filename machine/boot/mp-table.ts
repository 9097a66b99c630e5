/** The MultiProcessor Specification's floating pointer and configuration table (version 1.4, chapter 4). */
import { IO_APIC_BASE, TIMER_INPUT } from '../devices/io-apic';
import { APIC_DEFAULT_BASE } from '../devices/local-apic-registers';
import { PIRQ_DEFAULT, pirqOf } from '../devices/pci-chipset';
import type { GuestMemory } from '../memory-view';
import { ByteBuilder } from './file-view';

const PCI_BUS = 0;
const ISA_BUS = 1;
const LOCAL_APIC_VERSION = 0x14;
const IO_APIC_VERSION = 0x20;
/** Family 6 and what CPUID.1:EDX says of FPU and APIC. */
const CPU_SIGNATURE = 0x600;
const CPU_FEATURES = 0x201;
// Interrupt types
const INT = 0;
const NMI = 1;
const EXT_INT = 3;
/** Active low, level-triggered: PCI. */
const PCI_FLAGS = 0x0f;

function checksum(bytes: Uint8Array, at: number): Uint8Array {
  bytes[at] = -bytes.reduce((all, byte) => (all + byte) & 0xff, 0) & 0xff;
  return bytes;
}

/** Writes pointer and table at a multiple of 16 in E0000h..FFFFFh; gives the first byte after them. */
export function placeMpTable(memory: GuestMemory, address: number, cpus: number): number {
  const entries = new ByteBuilder();
  let count = 0;
  for (let cpu = 0; cpu < cpus; cpu++, count++) {
    entries
      .u8(0)
      .u8(cpu)
      .u8(LOCAL_APIC_VERSION)
      .u8(cpu === 0 ? 3 : 1)
      .u32(CPU_SIGNATURE)
      .u32(CPU_FEATURES)
      .u64(0);
  }
  entries.u8(1).u8(PCI_BUS).text('PCI   ').u8(1).u8(ISA_BUS).text('ISA   ');
  entries.u8(2).u8(cpus).u8(IO_APIC_VERSION).u8(1).u32(IO_APIC_BASE);
  count += 3;
  const interrupt = (
    entry: number,
    type: number,
    flags: number,
    bus: number,
    source: number,
    apic: number,
    input: number,
  ) => {
    entries.u8(entry).u8(type).u16(flags).u8(bus).u8(source).u8(apic).u8(input);
    count++;
  };
  for (let slot = 1; slot < 8; slot++) {
    for (let pin = 1; pin <= 4; pin++) {
      interrupt(3, INT, PCI_FLAGS, PCI_BUS, (slot << 2) | (pin - 1), cpus, PIRQ_DEFAULT[pirqOf(slot, pin)]);
    }
  }
  for (let irq = 0; irq < 16; irq++) {
    if (irq === 2 || PIRQ_DEFAULT.some((pirq) => pirq === irq)) continue;
    interrupt(3, INT, 0, ISA_BUS, irq, cpus, irq === 0 ? TIMER_INPUT : irq);
  }
  interrupt(4, EXT_INT, 0, ISA_BUS, 0, 0xff, 0);
  interrupt(4, NMI, 0, ISA_BUS, 0, 0xff, 1);

  const table = address + 16;
  const header = new ByteBuilder()
    .text('PCMP')
    .u16(44 + entries.length)
    .u8(4)
    .u8(0);
  header.text('RINGSIDE').text('PC          ').u32(0).u16(0).u16(count).u32(APIC_DEFAULT_BASE).u16(0).u8(0).u8(0);
  memory.write(table, checksum(header.append(entries.bytes()).bytes(), 7));
  const pointer = new ByteBuilder().text('_MP_').u32(table).u8(1).u8(4).u8(0).append(new Uint8Array(5));
  memory.write(address, checksum(pointer.bytes(), 10));
  return table + header.length;
}
