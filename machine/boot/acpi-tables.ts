/** ACPI tables of the PC (ACPI Specification 6.4, chapter 5): RSDP, RSDT, XSDT, FADT, FACS, MADT and DSDT. */
import { PM_BASE, PM_TIMER, PM1_CONTROL, PM1_STATUS, SLEEP_TYPE_S5 } from '../devices/acpi-pm';
import { IO_APIC_BASE, TIMER_INPUT } from '../devices/io-apic';
import { APIC_DEFAULT_BASE } from '../devices/local-apic-registers';
import { PCI_MEMORY, PIRQ_DEFAULT, pirqOf } from '../devices/pci-chipset';
import type { GuestMemory } from '../memory-view';
import { type Aml, device, eisaId, integer, io, irq, named, pack, range, resources, scope } from './aml';
import { ByteBuilder } from './file-view';

/** Where the tables are put: the root pointer is looked for in E0000h..FFFFFh at multiples of 16. */
export const ACPI_BASE = 0xe0000;

const OEM_ID = 'RINGSD';
const OEM_TABLE_ID = 'RINGSIDE';
const CREATOR_ID = 'RSDE';
const HEADER = 36;
const CHECKSUM = 9;
const SCI = 9;
const RESET_PORT = 0xcf9;
const RESET_VALUE = 0x06;

function sum(bytes: Uint8Array): number {
  return bytes.reduce((all, byte) => (all + byte) & 0xff, 0);
}

/** A table: the common header, `body`, and the checksum that makes the sum of all bytes 0. */
function table(signature: string, revision: number, body: Uint8Array): Uint8Array {
  const b = new ByteBuilder()
    .text(signature)
    .u32(HEADER + body.length)
    .u8(revision)
    .u8(0);
  b.text(OEM_ID).text(OEM_TABLE_ID).u32(1).text(CREATOR_ID).u32(1).append(body);
  const bytes = b.bytes();
  bytes[CHECKSUM] = -sum(bytes) & 0xff;
  return bytes;
}

/** Generic address structure of a system I/O port. */
function port(b: ByteBuilder, address: number, bits: number): void {
  b.u8(address === 0 ? 0 : 1)
    .u8(bits)
    .u8(0)
    .u8(address === 0 ? 0 : Math.min(3, Math.log2(bits / 8) + 1))
    .u64(address);
}

function fadt(facs: number, dsdt: number): Uint8Array {
  const b = new ByteBuilder();
  b.u32(facs).u32(dsdt).u8(0).u8(0); // preferred profile: unspecified
  b.u16(SCI).u32(0).u8(0).u8(0).u8(0).u8(0); // no SMI command port: always in ACPI mode
  b.u32(PM_BASE + PM1_STATUS)
    .u32(0)
    .u32(PM_BASE + PM1_CONTROL)
    .u32(0)
    .u32(0)
    .u32(PM_BASE + PM_TIMER)
    .u32(0)
    .u32(0);
  b.u8(4).u8(2).u8(0).u8(4).u8(0).u8(0).u8(0).u8(0); // lengths of the register blocks
  b.u16(0xffff).u16(0xffff); // C2 and C3 are not there
  b.u16(0).u16(0).u8(0).u8(0); // flush sizes, duty cycle
  b.u8(0).u8(0).u8(0x32); // day alarm, month alarm, century of the RTC
  b.u16(0x0003).u8(0); // legacy devices and an 8042 are there
  // WBINVD works; C1; power button as fixed hardware; RTC wake not fixed; 32-bit timer; reset register
  b.u32(0x0001 | 0x0004 | 0x0020 | 0x0040 | 0x0100 | 0x0400);
  port(b, RESET_PORT, 8);
  b.u8(RESET_VALUE).u16(0).u8(0);
  b.u64(0).u64(dsdt); // the FACS is given by its 32-bit field
  port(b, PM_BASE + PM1_STATUS, 32);
  port(b, 0, 0);
  port(b, PM_BASE + PM1_CONTROL, 16);
  port(b, 0, 0);
  port(b, 0, 0);
  port(b, PM_BASE + PM_TIMER, 32);
  port(b, 0, 0);
  port(b, 0, 0);
  return table('FACP', 3, b.bytes());
}

/** Multiple APIC description: processors, I/O APIC, IRQ 0 at input 2, IRQ 9..11 level-triggered, NMI on LINT1. */
function madt(cpus: number): Uint8Array {
  const b = new ByteBuilder().u32(APIC_DEFAULT_BASE).u32(1); // 8259A pair is there too
  for (let cpu = 0; cpu < cpus; cpu++) b.u8(0).u8(8).u8(cpu).u8(cpu).u32(1);
  b.u8(1).u8(12).u8(cpus).u8(0).u32(IO_APIC_BASE).u32(0);
  b.u8(2).u8(10).u8(0).u8(0).u32(TIMER_INPUT).u16(0);
  for (const source of [SCI, 10, 11]) b.u8(2).u8(10).u8(0).u8(source).u32(source).u16(0x000d);
  b.u8(4).u8(6).u8(0xff).u16(0).u8(1);
  return table('APIC', 3, b.bytes());
}

/** Interrupts of PCI slots 0..31: address, pin, no link device, global interrupt number. */
function interruptRouting(): Aml {
  const entries: Aml[] = [];
  for (let slot = 1; slot < 32; slot++) {
    for (let pin = 1; pin <= 4; pin++) {
      const gsi = PIRQ_DEFAULT[pirqOf(slot, pin)];
      entries.push(pack(integer(slot * 0x10000 + 0xffff), integer(pin - 1), integer(0), integer(gsi)));
    }
  }
  return pack(...entries);
}

function isaDevice(name: string, id: string, ...descriptors: Aml[]): Aml {
  return device(name, named('_HID', eisaId(id)), named('_CRS', resources(...descriptors)));
}

function uart(name: string, unit: number, base: number, line: number): Aml {
  const crs = named('_CRS', resources(io(base, 8), irq(line)));
  return device(name, named('_HID', eisaId('PNP0501')), named('_UID', integer(unit)), crs);
}

function dsdt(): Uint8Array {
  const bridge = resources(
    range('bus', 0, 0xff),
    range('io', 0, 0xcf7),
    io(0xcf8, 8),
    range('io', 0xd00, 0xffff),
    range('memory', 0xa0000, 0xbffff),
    range('memory', PCI_MEMORY, IO_APIC_BASE - 1),
  );
  const pci = device(
    'PCI0',
    named('_HID', eisaId('PNP0A03')),
    named('_ADR', integer(0)),
    named('_UID', integer(0)),
    named('_CRS', bridge),
    named('_PRT', interruptRouting()),
    device(
      'ISA',
      named('_ADR', integer(0x10000)),
      isaDevice('RTC', 'PNP0B00', io(0x70, 2), irq(8)),
      isaDevice('KBD', 'PNP0303', io(0x60, 1), io(0x64, 1), irq(1)),
      isaDevice('MOU', 'PNP0F13', irq(12)),
      uart('COM1', 1, 0x3f8, 4),
      uart('COM2', 2, 0x2f8, 3),
    ),
  );
  const s5 = pack(integer(SLEEP_TYPE_S5), integer(SLEEP_TYPE_S5), integer(0), integer(0));
  return table('DSDT', 2, Uint8Array.from([...scope('_SB', pci), ...named('_S5', s5)]));
}

function facs(): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set(new ByteBuilder().text('FACS').u32(64).bytes());
  bytes[32] = 2;
  return bytes;
}

/** Writes all tables to {@link ACPI_BASE}; `next` is the first free byte after them, `rsdp` the root pointer's bytes. */
export function placeAcpi(memory: GuestMemory, cpus: number): { rsdp: Uint8Array; address: number; next: number } {
  const rsdpSize = 36;
  let next = ACPI_BASE + 64;
  const put = (bytes: Uint8Array, alignment = 16): number => {
    const address = Math.ceil(next / alignment) * alignment;
    memory.write(address, bytes);
    next = address + bytes.length;
    return address;
  };
  const facsAt = put(facs(), 64);
  const dsdtAt = put(dsdt());
  const tables = [put(fadt(facsAt, dsdtAt)), put(madt(cpus))];
  const rsdtBody = new ByteBuilder();
  const xsdtBody = new ByteBuilder();
  for (const address of tables) {
    rsdtBody.u32(address);
    xsdtBody.u64(address);
  }
  const rsdt = put(table('RSDT', 1, rsdtBody.bytes()));
  const xsdt = put(table('XSDT', 1, xsdtBody.bytes()));
  const b = new ByteBuilder().text('RSD PTR ').u8(0).text(OEM_ID).u8(2).u32(rsdt).u32(rsdpSize).u64(xsdt).u32(0);
  const rsdp = b.bytes();
  rsdp[8] = -sum(rsdp.subarray(0, 20)) & 0xff;
  rsdp[32] = -sum(rsdp) & 0xff;
  memory.write(ACPI_BASE, rsdp);
  return { rsdp, address: ACPI_BASE, next };
}
