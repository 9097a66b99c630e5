/** The opcode column of a row: prefixes, map, opcode bytes, ModRM, immediates. */
import type { Opcode } from '../form';

export type Immediate = Opcode['immediates'][number];
const immediateWords = new Set('ib iw id iq iz iv cb cw cd cz ow cp16 cp32 cpz'.split(' '));
/** What the opcode column says, before sizes. */
export interface ParsedOpcode {
  opcode: Opcode;
  /** Immediates, possibly templates. */
  immediates: string[];
}

/** The value of a hexadecimal digit's character code, -1 for others; lower case is none in this notation. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 65 && code <= 70 ? code - 55 : -1;
}

/** Reads the opcode column. */
export function readOpcode(text: string): ParsedOpcode {
  const opcode: Opcode = {
    space: 'legacy',
    map: 0,
    byte: -1,
    fixedModrm: -1,
    mandatory: -1,
    operandSize: 0,
    addressSize: 0,
    defaultSize64: false,
    w: -1,
    l: -1,
    digit: -1,
    plusRegister: false,
    suffix: -1,
    immediates: [],
  };
  const immediates: string[] = [];
  const tokens = text.split(' ');
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === '') continue;
    const high = hexDigit(token.charCodeAt(0));
    const low = high < 0 ? -1 : hexDigit(token.charCodeAt(1));
    if (low >= 0) {
      readByte(opcode, high * 16 + low);
      if (token.length === 4) opcode.plusRegister = true;
    } else if (token === '/r') opcode.digit = 8;
    else if (token === '/is4') immediates.push('is4');
    else if (token.charCodeAt(0) === 47 /* / */) opcode.digit = (token.charCodeAt(1) - 48) as Opcode['digit'];
    else if (immediateWords.has(token)) immediates.push(token);
    else if (token.charCodeAt(0) === 61 /* = */) opcode.suffix = Number.parseInt(token.slice(1), 16);
    else if (token.length > 5) readVex(opcode, token);
    else readOpcodeWord(opcode, token);
  }
  if (opcode.byte < 0) escapeAsOpcode(opcode, text);
  return { opcode, immediates };
}

/** What begins the long maps today was an opcode of its own once: POP CS was 0F, Cyrix's SMINT 0F 38. */
function escapeAsOpcode(opcode: Opcode, text: string): void {
  if (opcode.map === 0) throw new Error(`no opcode byte in row: ${text}`);
  opcode.byte = opcode.map === 1 ? 0x0f : opcode.map === 2 ? 0x38 : 0x3a;
  opcode.map = opcode.map === 1 ? 0 : 1;
}

/** A byte of the opcode column: mandatory prefix, map escape, opcode, or fixed ModRM, by what came before. */
function readByte(opcode: Opcode, byte: number): void {
  if (opcode.space === 'legacy' && opcode.byte < 0 && opcode.map === 0 && opcode.mandatory === -1) {
    if (byte === 0x66 || byte === 0xf2 || byte === 0xf3) {
      opcode.mandatory = byte;
      return;
    }
  }
  if (opcode.space === 'legacy' && opcode.byte < 0) {
    if (opcode.map === 0 && byte === 0x0f) {
      opcode.map = 1;
      return;
    }
    if (opcode.map === 1 && byte === 0x38) {
      opcode.map = 2;
      return;
    }
    if (opcode.map === 1 && byte === 0x3a) {
      opcode.map = 3;
      return;
    }
  }
  if (opcode.byte < 0) opcode.byte = byte;
  else opcode.fixedModrm = byte;
}

function readOpcodeWord(opcode: Opcode, token: string): void {
  switch (token) {
    case 'NP':
      opcode.mandatory = 0;
      break;
    case 'NFx':
      opcode.mandatory = -2;
      break;
    case 'REX.W':
      opcode.w = 1;
      break;
    case 'W0':
      opcode.w = 0;
      break;
    case 'o16':
    case 'o32':
    case 'o64':
      opcode.operandSize = Number(token.slice(1)) as 16 | 32 | 64;
      break;
    case 'a16':
    case 'a32':
    case 'a64':
      opcode.addressSize = Number(token.slice(1)) as 16 | 32 | 64;
      break;
    case 'ov':
    case 'oz':
      // Forms for each size: Row.sizes.
      break;
    default:
      throw new Error(`unknown word in an opcode: ${token}`);
  }
}

/** `VEX.256.66.0F38.W0`: the parts may stand in any order. */
function readVex(opcode: Opcode, token: string): void {
  const parts = token.split('.');
  opcode.space = parts[0] === 'VEX' ? 'vex' : 'evex';
  opcode.mandatory = 0;
  for (let i = 1; i < parts.length; i++) {
    switch (parts[i]) {
      case '128':
      case 'LZ':
      case 'L0':
        opcode.l = 0;
        break;
      case '256':
      case 'L1':
        opcode.l = 1;
        break;
      case 'LIG':
        opcode.l = -1;
        break;
      case 'NP':
        opcode.mandatory = 0;
        break;
      case '66':
        opcode.mandatory = 0x66;
        break;
      case 'F2':
        opcode.mandatory = 0xf2;
        break;
      case 'F3':
        opcode.mandatory = 0xf3;
        break;
      case '0F':
        opcode.map = 1;
        break;
      case '0F38':
        opcode.map = 2;
        break;
      case '0F3A':
        opcode.map = 3;
        break;
      case 'W0':
        opcode.w = 0;
        break;
      case 'W1':
        opcode.w = 1;
        break;
      case 'WIG':
        opcode.w = -1;
        break;
      default:
        throw new Error(`unknown part of a VEX prefix: ${token}`);
    }
  }
}
