/** Moves, exchanges, the stack, conversions of width and byte order, and the atomic exchanges. */
import { conditions } from '../conditions';
import { type InstructionSource, instruction } from '../notation';

const hex = (byte: number): string => byte.toString(16).toUpperCase();

const conditionalMoves = conditions.flatMap(({ code, names, meaning, reads }) =>
  names.map((name, synonym) =>
    instruction(
      `cmov${name}`,
      `Moves the source if ${meaning}; a memory source is read either way.`,
      { reads, feature: 'CMOV' },
      `rv, rmv | 0F ${hex(0x40 + code)} /r | ${synonym ? 'encode' : ''}`,
    ),
  ),
);

const conditionalSets = conditions.flatMap(({ code, names, meaning, reads }) =>
  names.map((name, synonym) =>
    instruction(
      `set${name}`,
      `Sets the byte to 1 if ${meaning}, else to 0.`,
      { reads, feature: '386' },
      `rm8 | 0F ${hex(0x90 + code)} /r | ${synonym ? 'encode' : ''}`,
    ),
  ),
);

const farPointer = (mnemonic: string, segment: string, row: string): InstructionSource =>
  instruction(
    mnemonic,
    `Loads a far pointer from memory: its selector into ${segment}, its offset into the register.`,
    { exceptions: '#UD #GP #NP #SS', feature: row.includes('0F') ? '386' : '8086' },
    row,
  );

const pushAll = 'Pushes AX, CX, DX, BX, the old SP, BP, SI and DI, or the 32-bit registers.';
const popAll = 'Pops DI, SI, BP, BX, DX, CX and AX, or the 32-bit registers, and skips the saved SP.';
const pushFlags = 'Pushes the flags register, IF and IOPL with it: a guest kernel outside ring 0 sees the host’s.';
const popFlags = 'Pops the flags register; IF and IOPL silently keep their values where CPL and IOPL forbid a change.';
const pushFlagsMeaning = { reads: 'all', exceptions: '#GP(0)', class: 'hole' } as const;
const popFlagsMeaning = { reads: 'IOPL', writes: 'all', exceptions: '#GP(0)', class: 'hole' } as const;

export const dataMovement: readonly InstructionSource[] = [
  instruction(
    'mov',
    'Copies the source to the destination; no flag changes.',
    {},
    `
    al, moffs8     | A0 ow
    rAX, moffsv    | A1 ow
    moffs8, al     | A2 ow
    moffsv, rAX    | A3 ow
    rm8, r8        | 88 /r
    rmv, rv        | 89 /r
    r8, rm8        | 8A /r
    rv, rmv        | 8B /r
    r8, imm8       | B0+r ib
    r16, imm16     | o16 B8+r iw
    r32, imm32     | o32 B8+r id
    r64, imm32     | o32 B8+r id  | long encode
    rm64, simm32   | o64 C7 /0 id
    r64, imm64     | o64 B8+r iq
    rm8, imm8      | C6 /0 ib
    rm16, imm16    | o16 C7 /0 iw
    rm32, imm32    | o32 C7 /0 id`,
  ),
  instruction(
    'mov',
    'Copies a segment register to a register or memory; the selector shows the CPL in its low bits.',
    { class: 'hole' },
    `
    m16, sreg      | 8C /r        | encode
    m64, sreg      | REX.W 8C /r  | encode
    r64, sreg      | 8C /r        | long encode en:MR
    rvm16, sreg    | 8C /r`,
  ),
  instruction(
    'mov',
    'Loads a segment register and, in protected mode, its descriptor; after SS interrupts wait for one instruction.',
    { exceptions: '#UD #GP #NP #SS', class: 'hole' },
    `
    sreg, rm16     | 8E /r
    sreg, r32      | 8E /r      | encode
    sreg, r64      | 8E /r      | encode long
    sreg, m64      | REX.W 8E /r  | encode`,
  ),
  instruction(
    'mov',
    'Reads a control register: the machine’s modes, the page-fault address or the page-table root.',
    {
      privilege: 0,
      vmx: 'CR3-store exiting, CR8-store exiting',
      exceptions: '#UD #GP(0)',
      undefined: 'status',
      feature: '386',
    },
    `
    r32, creg      | 0F 20 /r   | legacy en:MR
    r64, creg      | 0F 20 /r   | long f64 en:MR`,
  ),
  instruction(
    'mov',
    'Writes a control register: switches modes and paging, or loads the page-table root and flushes the TLB.',
    {
      privilege: 0,
      vmx: 'CR0 guest/host mask, CR3-load exiting, CR4 guest/host mask, CR8-load exiting',
      exceptions: '#UD #GP(0)',
      undefined: 'status',
      feature: '386',
    },
    `
    creg, r32      | 0F 22 /r   | legacy
    creg, r64      | 0F 22 /r   | long f64`,
  ),
  instruction(
    'mov',
    'Reads a debug register: a breakpoint address, or why the last debug exception came.',
    { privilege: 0, vmx: 'MOV-DR exiting', exceptions: '#UD #GP(0) #DB', undefined: 'status', feature: '386' },
    `
    r32, dreg      | 0F 21 /r   | legacy en:MR
    r64, dreg      | 0F 21 /r   | long f64 en:MR`,
  ),
  instruction(
    'mov',
    'Writes a debug register: sets or clears hardware breakpoints.',
    { privilege: 0, vmx: 'MOV-DR exiting', exceptions: '#UD #GP(0) #DB', undefined: 'status', feature: '386' },
    `
    dreg, r32      | 0F 23 /r   | legacy
    dreg, r64      | 0F 23 /r   | long f64`,
  ),
  instruction(
    'mov',
    'Copies a test register of the 386 and 486; later processors have none and raise #UD.',
    { privilege: 0, exceptions: '#UD #GP(0)', feature: 'OBSOLETE' },
    `
    r32, treg      | 0F 24 /r   | legacy en:MR
    treg, r32      | 0F 26 /r   | legacy`,
  ),
  instruction(
    'movzx',
    'Copies a narrower value and fills the upper bits with zeros.',
    { feature: '386' },
    `
    rv, rm8        | 0F B6 /r
    r32, rm16      | o32 0F B7 /r
    r64, rm16      | o64 0F B7 /r
    r16, rm16      | o16 0F B7 /r | decode`,
  ),
  instruction(
    'movsx',
    'Copies a narrower signed value and fills the upper bits with its sign.',
    { feature: '386' },
    `
    rv, rm8        | 0F BE /r
    r32, rm16      | o32 0F BF /r
    r64, rm16      | o64 0F BF /r
    r16, rm16      | o16 0F BF /r | decode
    r64, rm32      | o64 63 /r  | encode`,
  ),
  instruction(
    'movsxd',
    'Copies a 32-bit signed value into a 64-bit register and fills the upper half with its sign.',
    { feature: 'X86_64' },
    `
    r64, rm32      | o64 63 /r
    r32, rm32      | o32 63 /r  | long decode
    r16, rm16      | o16 63 /r  | long decode`,
  ),
  instruction(
    'lea',
    'Stores the effective address of its memory operand, without reading memory.',
    { exceptions: '#UD' },
    'rv, m | 8D /r',
  ),
  farPointer('les', 'ES', 'r16, m16:16 | o16 C4 /r | legacy\nr32, m16:32 | o32 C4 /r | legacy'),
  farPointer('lds', 'DS', 'r16, m16:16 | o16 C5 /r | legacy\nr32, m16:32 | o32 C5 /r | legacy'),
  farPointer('lss', 'SS', 'rv, m16:v | 0F B2 /r'),
  farPointer('lfs', 'FS', 'rv, m16:v | 0F B4 /r'),
  farPointer('lgs', 'GS', 'rv, m16:v | 0F B5 /r'),
  instruction(
    'xchg',
    'Swaps its two operands; with memory the bus is locked, LOCK prefix or not.',
    {},
    `
    rAX, rv        | 90+r
    rv, rAX        | 90+r    | encode
    r8, rm8        | 86 /r   | lock encode
    rv, rmv        | 87 /r   | lock encode
    rm8, r8        | 86 /r   | lock
    rmv, rv        | 87 /r   | lock`,
  ),
  instruction(
    'bswap',
    'Reverses the bytes of a register: little-endian to big-endian and back.',
    { feature: '486' },
    `
    r32            | o32 0F C8+r
    r64            | o64 0F C8+r
    r16            | o16 0F C8+r | decode`,
  ),
  instruction(
    'movbe',
    'Moves between register and memory with the bytes reversed.',
    { feature: 'MOVBE' },
    `
    rv, mv         | 0F 38 F0 /r
    mv, rv         | 0F 38 F1 /r`,
  ),
  instruction(
    'xadd',
    'Adds, and leaves the destination’s old value in the source; with LOCK an atomic fetch-and-add.',
    { writes: 'status', feature: '486' },
    `
    rm8, r8        | 0F C0 /r | lock
    rmv, rv        | 0F C1 /r | lock`,
  ),
  instruction(
    'cmpxchg',
    'If the destination equals the accumulator, replaces it by the source; else loads it into the accumulator.',
    { writes: 'status', feature: '486' },
    `
    rm8, r8        | 0F B0 /r | lock
    rmv, rv        | 0F B1 /r | lock`,
  ),
  instruction(
    'cmpxchg486',
    'CMPXCHG with the opcode of the first 486 steppings, which later processors gave to others.',
    { writes: 'status', feature: 'OBSOLETE' },
    `
    rm8, r8        | 0F A6 /r | lock encode
    rm16, r16      | o16 0F A7 /r | lock encode
    rm32, r32      | o32 0F A7 /r | lock encode`,
  ),
  instruction(
    'cmpxchg8b',
    'Compares EDX:EAX with 64 bits of memory; if equal stores ECX:EBX there, else loads them.',
    { writes: 'ZF', exceptions: '#UD', feature: 'CX8' },
    'm64 | W0 0F C7 /1 | lock',
  ),
  instruction(
    'cmpxchg16b',
    'Compares RDX:RAX with 128 aligned bits of memory; if equal stores RCX:RBX there, else loads them.',
    { writes: 'ZF', exceptions: '#UD #GP(0)', feature: 'CMPXCHG16B' },
    'm128 | REX.W 0F C7 /1 | lock',
  ),
  instruction(
    'push',
    'Lowers the stack pointer and stores the operand there.',
    {},
    `
    rv             | 50+r         | d64
    rmv            | FF /6        | d64
    simm8          | ov 6A ib     | d64 feature:186
    immz           | 68 iz        | d64 feature:186`,
  ),
  instruction(
    'push',
    'Pushes a segment register; the selector shows the CPL in its low bits.',
    { class: 'hole' },
    `
    es             | oz 06        | legacy
    cs             | oz 0E        | legacy
    ss             | oz 16        | legacy
    ds             | oz 1E        | legacy
    fs             | ov 0F A0     | d64 feature:386
    gs             | ov 0F A8     | d64 feature:386`,
  ),
  instruction(
    'pop',
    'Loads the operand from the top of the stack and raises the stack pointer.',
    {},
    `
    rv             | 58+r         | d64
    rmv            | 8F /0        | d64`,
  ),
  instruction(
    'pop',
    'Pops a segment register and loads its descriptor; after SS interrupts wait for one instruction.',
    { exceptions: '#GP #NP #SS', class: 'hole' },
    `
    es             | oz 07        | legacy
    ss             | oz 17        | legacy
    ds             | oz 1F        | legacy
    fs             | ov 0F A1     | d64 feature:386
    gs             | ov 0F A9     | d64 feature:386`,
  ),
  instruction('pusha', pushAll, { feature: '186' }, '| 60 | legacy encode'),
  instruction('pushaw', pushAll, { feature: '186' }, '| o16 60 | legacy'),
  instruction('pushad', pushAll, { feature: '386' }, '| o32 60 | legacy'),
  instruction('popa', popAll, { feature: '186' }, '| 61 | legacy encode'),
  instruction('popaw', popAll, { feature: '186' }, '| o16 61 | legacy'),
  instruction('popad', popAll, { feature: '386' }, '| o32 61 | legacy'),
  instruction('pushf', pushFlags, pushFlagsMeaning, '| 9C | encode'),
  instruction('pushfw', pushFlags, pushFlagsMeaning, '| o16 9C'),
  instruction('pushfd', pushFlags, pushFlagsMeaning, '| o32 9C | legacy'),
  instruction('pushfq', pushFlags, pushFlagsMeaning, '| o64 9C | d64'),
  instruction('popf', popFlags, popFlagsMeaning, '| 9D | encode'),
  instruction('popfw', popFlags, popFlagsMeaning, '| o16 9D'),
  instruction('popfd', popFlags, popFlagsMeaning, '| o32 9D | legacy'),
  instruction('popfq', popFlags, popFlagsMeaning, '| o64 9D | d64'),
  instruction('lahf', 'Copies SF, ZF, AF, PF and CF into AH.', { reads: 'SF ZF AF PF CF' }, '| 9F'),
  instruction('sahf', 'Sets SF, ZF, AF, PF and CF from AH.', { writes: 'SF ZF AF PF CF' }, '| 9E'),
  ...conditionalMoves,
  ...conditionalSets,
];
