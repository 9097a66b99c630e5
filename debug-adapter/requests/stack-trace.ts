import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Guest } from '../guest';
import { hex } from '../inspect/addresses';
import type { Frame } from '../inspect/call-stack';
import { baseName } from '../program/paths';

/** Frame ids carry their thread: they stay meaningful as long as the guest is stopped. */
const FRAMES_PER_THREAD = 1000;

export function frameId(threadId: number, level: number): number {
  return threadId * FRAMES_PER_THREAD + level;
}

export function threadOfFrame(id: number): number {
  return Math.floor(id / FRAMES_PER_THREAD);
}

const NOTES: Readonly<Record<Frame['found'], string>> = {
  current: '',
  'frame pointer': '',
  'plausible return address': ' (plausible return address)',
  interrupted: ' (interrupted here)',
};

export function stackFrames(
  guest: Guest,
  threadId: number,
  toClientLine: (line: number) => number,
): DebugProtocol.StackFrame[] {
  return guest.callStack.frames(threadId - 1).map((frame, level) => {
    // A return address stands behind the call; the line to show is that of the call itself.
    const returned = frame.found === 'frame pointer' || frame.found === 'plausible return address';
    const code = returned ? frame.address - 1n : frame.address;
    const line = guest.program.lines.lineAt(code);
    const macro = guest.program.lines.macroLineAt(code);
    const inMacro = macro ? ` in macro at ${baseName(macro.file)}:${macro.line + 1}` : '';
    return {
      id: frameId(threadId, level),
      name: `${guest.name(frame.address) ?? hex(frame.address)}${inMacro}${NOTES[frame.found]}`,
      line: line ? toClientLine(line.line) : 0,
      column: line ? 1 : 0,
      ...(line && { source: { name: baseName(line.file), path: line.file } }),
      instructionPointerReference: hex(frame.address),
      ...(frame.found === 'plausible return address' && { presentationHint: 'subtle' as const }),
    };
  });
}
