import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { RingsideApi } from '../../../extension/activate';
import type { VmcsNode } from '../../../extension/views/vmcs-view';
import { lineOf, open, picture, poll, ringside, Watched } from './support';

/** What samples/long-mode/README.md promises on the serial port, but for the processor's own answer. */
const serialText = [
  'Ringside long-mode sample',
  'paging: one page at two addresses',
  'memory: far pages add up to 0x0000000000000024',
  'breakpoint: handled',
  'page fault: mapped on demand at 0x00000000001FF018',
  'timer: ticks 0x000000000000000A',
  'done',
];

describe('debugging the long-mode sample', () => {
  let api: RingsideApi;
  let watched: Watched;

  before(async () => {
    api = await ringside();
  });

  beforeEach(() => {
    watched = new Watched();
  });

  afterEach(async () => {
    await vscode.debug.stopDebugging();
    await poll('the end of the session', () => vscode.debug.activeDebugSession === undefined);
    watched.dispose();
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
  });

  const start = (program: vscode.Uri, more: object) =>
    vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], {
      type: 'ringside',
      request: 'launch',
      name: 'suite',
      program: program.fsPath,
      ...more,
    });

  const fieldOf = (name: string): (VmcsNode & { kind: 'field' }) | undefined =>
    api.vmcs
      .getChildren()
      .flatMap((group) => api.vmcs.getChildren(group))
      .find((node): node is VmcsNode & { kind: 'field' } => node.kind === 'field' && node.field.name === name);

  it('stops with F5 at a breakpoint, with no launch.json; RAX follows a step, and a step back', async () => {
    const { document } = await open('long-mode/kernel.asm');
    const line = lineOf(document, 'mov rax, 0x1122334455667788');
    vscode.debug.addBreakpoints([
      new vscode.SourceBreakpoint(new vscode.Location(document.uri, new vscode.Position(line, 0))),
    ]);
    await vscode.commands.executeCommand('workbench.action.debug.start');

    assert.equal((await watched.stop()).reason, 'breakpoint');
    const before = {
      frame: await watched.top(),
      rax: await watched.register('rax'),
      rip: await watched.register('rip'),
    };
    assert.equal(before.frame.line, line + 1);

    await vscode.commands.executeCommand('workbench.action.debug.stepOver');
    await watched.stop();
    assert.equal((await watched.top()).line, line + 2);
    assert.equal(await watched.register('rax'), 0x1122334455667788n);

    await vscode.commands.executeCommand('workbench.action.debug.stepBack');
    await watched.stop();
    assert.equal((await watched.top()).line, line + 1);
    assert.equal(await watched.register('rax'), before.rax);
    assert.equal(await watched.register('rip'), before.rip);

    // Everything comes again as it was: the guest cannot tell that it was taken back.
    await vscode.commands.executeCommand('workbench.action.debug.stepOver');
    await watched.stop();
    assert.equal(await watched.register('rax'), 0x1122334455667788n);
  });

  it('stops on a CPUID exit, and the VMCS tree has GUEST_RIP at that instruction', async () => {
    const { document } = await open('long-mode/kernel.asm');
    const cpuid = lineOf(document, '                cpuid');
    await start(document.uri, { breakOnExits: ['CPUID'] });
    await watched.stop();

    const field = await poll('GUEST_RIP in the tree', () => fieldOf('Guest RIP'));
    const exit = await poll('the exit in the log', () => {
      const [last] = api.exits.getChildren();
      return last?.kind === 'exit' && last.exit;
    });
    assert.equal(exit.reason, 'CPUID');
    assert.match(exit.instruction, /cpuid/i);
    const { instructions } = await watched.request('disassemble', { memoryReference: exit.rip, instructionCount: 1 });
    assert.match(instructions[0].instruction, /cpuid/i);
    assert.equal(instructions[0].line, cpuid + 1);
    assert.equal(BigInt(field.field.value), BigInt((await watched.top()).instructionPointerReference ?? -1));
    await vscode.commands.executeCommand('ringside.vmcs.focus');
    await picture('exit');
  });

  it('runs to the end; what the guest printed is in the Debug Console, and the exits are in the log', async () => {
    const { document } = await open('long-mode/kernel.asm');
    await start(document.uri, { stopOnEnd: true });
    await watched.stop();
    for (const line of serialText) assert.ok(watched.printed.includes(line), `no "${line}" in:\n${watched.printed}`);
    const reasons = await poll('exits', () => {
      const nodes = api.exits.getChildren();
      return nodes.length > 0 && new Set(nodes.map((node) => (node.kind === 'exit' ? node.exit.reason : '')));
    });
    for (const reason of ['CPUID', 'EPT_VIOLATION', 'IO_INSTRUCTION'])
      assert.ok(reasons.has(reason), `no ${reason} in ${[...reasons]}`);
    await vscode.commands.executeCommand('workbench.action.debug.continue');
    await poll('the end', () => watched.ended);
  });

  it('does the same on bare metal, where there is no VMCS and no exit', async () => {
    const { document } = await open('long-mode/kernel.asm');
    await start(document.uri, { virtualization: 'none', stopOnEnd: true });
    await watched.stop();
    for (const line of serialText) assert.ok(watched.printed.includes(line), `no "${line}" in:\n${watched.printed}`);
    assert.deepEqual(api.vmcs.getChildren(), []);
    assert.deepEqual(api.exits.getChildren(), []);
  });

  it('empties the views when the session ends', async () => {
    const { document } = await open('long-mode/kernel.asm');
    await start(document.uri, { breakOnExits: ['CPUID'] });
    await watched.stop();
    await poll('the tree', () => api.vmcs.getChildren().length > 0);
    await vscode.debug.stopDebugging();
    await poll('an empty tree', () => api.vmcs.getChildren().length === 0 && api.exits.getChildren().length === 0);
  });

  it('takes a triple fault apart; data breakpoints and fault stops lead back to what came before it', async () => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    const uri = vscode.Uri.joinPath(folder.uri, 'crash.asm');
    const source = [
      'org 0x7C00',
      'bits 16',
      'xor ax, ax',
      'mov ds, ax',
      'mov word [count], 7',
      'lidt [none]',
      'ud2',
      'none: dw 0',
      'dd 0',
      'count: dw 0',
      'times 510-($-$$) db 0',
      'dw 0xAA55',
    ];
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(`${source.join('\n')}\n`));
    await open('crash.asm');
    await start(uri, {});
    assert.equal((await watched.stop()).description, 'Triple fault');
    const faults = await poll('the faults', () => {
      const nodes = api.autopsy.getChildren();
      return nodes.length > 0 && nodes;
    });
    assert.deepEqual(
      faults.map(({ label }) => label.split(' ')[0]),
      ['#UD', '#GP', '#GP', '#DF', '#GP'],
    );
    const [first] = faults;
    const delivery = api.autopsy.getChildren(first).find(({ label }) => label === 'Delivery failed');
    assert.equal(delivery?.description, 'vector 0x6 is beyond the IDT limit');
    assert.ok(api.autopsy.getChildren(first).some(({ label }) => label === 'What to do'));
    const instruction = api.autopsy.getChildren(first).find((node) => node.instruction);
    await vscode.commands.executeCommand('ringside.revealFault', instruction);
    assert.equal(vscode.window.activeTextEditor?.selection.active.line, source.indexOf('ud2'));

    const { dataId } = await watched.request('dataBreakpointInfo', { name: 'word [count]' });
    await watched.request('setDataBreakpoints', { breakpoints: [{ dataId }] });
    await vscode.commands.executeCommand('workbench.action.debug.reverseContinue');
    assert.equal((await watched.stop()).reason, 'data breakpoint');
    assert.equal((await watched.top()).line, source.indexOf('mov word [count], 7') + 1);
    await poll('an empty view', () => api.autopsy.getChildren().length === 0);

    await watched.request('setDataBreakpoints', { breakpoints: [] });
    await watched.request('setExceptionBreakpoints', { filters: ['fault:UD'] });
    await vscode.commands.executeCommand('workbench.action.debug.continue');
    assert.equal((await watched.stop()).description, 'Invalid opcode (#UD)');
    assert.equal((await watched.top()).line, source.indexOf('ud2') + 1);
    await vscode.workspace.fs.delete(uri);
  });

  it('starts nothing where the source has errors, and shows them', async () => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    const uri = vscode.Uri.joinPath(folder.uri, 'broken.asm');
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode('bits 16\n\tmovv ax, 1\n\tmov ax, nowhere\n'));
    await open('broken.asm');
    assert.equal(await start(uri, {}), false);
    assert.equal(watched.session, undefined);
    const lines = vscode.languages.getDiagnostics(uri).map(({ range }) => range.start.line);
    assert.deepEqual([...new Set(lines)].sort(), [1, 2]);
    assert.equal(vscode.window.activeTextEditor?.selection.active.line, 1);
    await vscode.workspace.fs.delete(uri);
  });

  it('starts nothing where the program does not exist', async () => {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.equal(await start(vscode.Uri.joinPath(folder.uri, 'nowhere.asm'), {}), false);
    assert.equal(watched.session, undefined);
  });
});
