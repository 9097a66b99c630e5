import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workbench } from './workbench';

describe('debugging a sample with keyboard and mouse', () => {
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await Workbench.open();
  });

  afterAll(async () => {
    await workbench?.picture('last');
    await workbench?.close();
  });

  it('sets a breakpoint with F9', async () => {
    await workbench.openFile('boot-sector/boot.asm');
    await workbench.setBreakpoint(36);
    await workbench.picture('breakpoint');
  });

  it('shows what the Ringside views are for, before there is a guest', async () => {
    await workbench.showContainer('Ringside');
    await expect.poll(() => workbench.view('VMCS').textContent()).toContain('While a guest is stopped');
    await workbench.picture('welcome');
  });
});
