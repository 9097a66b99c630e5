import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workbench } from './workbench';

describe('packed and installed, as users get it', () => {
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await Workbench.open('packed');
  });

  afterAll(async () => {
    await workbench?.picture('packed-last');
    await workbench?.close();
  });

  it('boots the open file with the button in the editor title', async () => {
    await workbench.openFile('boot-sector/boot.asm');
    await workbench.page.locator('.editor-actions [aria-label^="Boot and Debug This File"]').click();
    await workbench.command('Debug Console: Focus on Debug Console View');
    await expect.poll(() => workbench.debugConsole()).toContain('Hello from the boot sector');
  });
});
