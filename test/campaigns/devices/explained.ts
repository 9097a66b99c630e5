/** Lines that are not the same here and on QEMU, and why: what the data sheet says. */
const outAtControlWord =
  '8254, mode definitions: a control word sets OUT to its initial level; QEMU goes on with the old count';
const loopDelta =
  'PC16550D 8.6.7: the change bits of MSR are of its inputs, which in loop mode are the outputs of MCR; QEMU sets none there';

export const explained: Readonly<Record<string, { here: string; qemu: string; why: string }>> = {
  'pit: mode 0 sets OUT low': { here: '00000000', qemu: '00000020', why: outAtControlWord },
  'pit: mode 1 sets OUT high': { here: '00000020', qemu: '00000000', why: outAtControlWord },
  'pit: mode 2 sets OUT high': { here: '00000020', qemu: '00000000', why: outAtControlWord },
  'pit: mode 4 sets OUT high': { here: '00000020', qemu: '00000000', why: outAtControlWord },
  'rtc: the periodic flag is set without an interrupt': {
    here: '00000040',
    qemu: '00000000',
    why: 'MC146818A, "Register C": PF is set whether PIE is or not; QEMU only counts while somebody listens',
  },
  'uart: loop, DTR becomes DSR': { here: '00000022', qemu: '00000020', why: loopDelta },
  "uart: loop, OUT2 becomes DCD, RI's trailing edge": { here: '0000008C', qemu: '00000080', why: loopDelta },
  'uart: modem status asks': { here: '000000C0', qemu: '000000C1', why: loopDelta },
  'pci: configuration address, the low bits are zero': {
    here: '80123454',
    qemu: '80123456',
    why: 'PCI 3.0, 3.2.2.3.2: bits 1 and 0 of CONFIG_ADDRESS are read-only zeros',
  },
};
