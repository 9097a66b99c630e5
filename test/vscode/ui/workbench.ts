/** A VS Code workbench in a browser, driven as a person does it: keys, clicks, and looking at what is there. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { browserArguments } from '../../../scripts/browser.mjs';
import { installExtension, startServer, workbenchAddress } from '../../../scripts/vscode-server.mjs';

const root = join(import.meta.dirname, '../../..');
const pictures = join(root, '.cache', 'vscode-suite');

export class Workbench {
  private constructor(
    readonly page: Page,
    /** A copy of samples/: files may be edited. */
    readonly folder: string,
    readonly close: () => Promise<void>,
  ) {}

  /**
   * `host`: where the extension runs: from its folder as in a desktop VS Code or as in VS Code for the Web, or packed and
   * installed as users get it.
   */
  static async open(
    host: 'node' | 'web' | 'packed' = 'node',
    settings: Record<string, unknown> = {},
  ): Promise<Workbench> {
    const executablePath = process.env.RINGSIDE_BROWSER;
    if (!executablePath) throw new Error('RINGSIDE_BROWSER is not set: start this through npm run test:vscode');
    const folder = mkdtempSync(join(tmpdir(), 'ringside-ui-'));
    cpSync(join(root, 'samples'), folder, { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
    const userData = mkdtempSync(join(tmpdir(), 'ringside-vscode-'));
    if (host === 'packed') await installExtension(pack(userData), userData);
    const server = await startServer({ userData, settings });
    const browser = await chromium.launch({ executablePath, args: browserArguments });
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const extension = host === 'node' ? root : undefined;
    const address = workbenchAddress({ port: server.port, folder, extension });
    if (host === 'web') await openWithWebExtension(page, address);
    else await page.goto(address);
    await page
      .locator('.monaco-workbench .explorer-folders-view .monaco-list-row')
      .first()
      .waitFor({ timeout: 60_000 });
    const close = async () => {
      await browser.close();
      await server.stop();
      for (const each of [userData, folder]) rmSync(each, { recursive: true, force: true });
    };
    return new Workbench(page, folder, close);
  }

  /** Leaves a picture in .cache/vscode-suite/, and with RINGSIDE_IMAGES set one that docs/ shows in docs/images/ too. */
  async picture(name: string, { inDocs = false } = {}): Promise<void> {
    mkdirSync(pictures, { recursive: true });
    const path = join(pictures, `${name}.png`);
    // While something is still being painted two pictures differ.
    let [before, now] = [await this.page.screenshot(), await this.page.screenshot({ path })];
    for (let i = 0; i < 10 && !before.equals(now); i++) [before, now] = [now, await this.page.screenshot({ path })];
    if (inDocs && process.env.RINGSIDE_IMAGES) {
      cpSync(path, join(root, 'docs', 'images', `${name}.png`));
    }
  }

  /** Drags the side bar's edge until it is as wide. */
  async widenSideBar(width: number): Promise<void> {
    const { x, y, height } = await box(this.page.locator('.part.sidebar'));
    const { width: before } = await box(this.page.locator('.part.sidebar'));
    await this.drag([x + before, y + height / 2], [x + width, y + height / 2]);
  }

  /** Drags the upper edge of a view in the side bar. */
  async moveViewDown(title: string, distance: number): Promise<void> {
    const { x, y } = await box(this.view(title));
    await this.drag([x + 100, y], [x + 100, y + distance]);
  }

  private async drag([fromX, fromY]: [number, number], [toX, toY]: [number, number]): Promise<void> {
    await this.page.mouse.move(fromX, fromY);
    await this.page.mouse.down();
    await this.page.mouse.move(toX, toY, { steps: 10 });
    await this.page.mouse.up();
  }

  async press(keys: string): Promise<void> {
    await this.page.keyboard.press(keys);
  }

  /** Runs a command by its title. */
  async command(title: string): Promise<void> {
    await this.quickInput('F1', `>${title}`);
  }

  async openFile(name: string): Promise<void> {
    await this.quickInput('Control+P', name);
    await this.page.locator(`.tab.active[data-resource-name="${name.split('/').at(-1)}"]`).waitFor();
    await this.page.locator('.editor-instance .monaco-editor .view-line').first().waitFor();
  }

  /** Puts the cursor on a line, counted from 1. */
  async goToLine(line: number, column = 1): Promise<void> {
    await this.quickInput('Control+G', `:${line}:${column}`);
    await expect
      .poll(() => this.page.locator('#status\\.editor\\.selection').textContent())
      .toContain(`Ln ${line}, Col ${column}`);
  }

  /** Waits until the cursor is on a line. */
  async cursorAt(line: number): Promise<void> {
    const position = this.page.locator('#status\\.editor\\.selection');
    await expect.poll(() => position.textContent()).toContain(`Ln ${line},`);
  }

  private async quickInput(keys: string, text: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input[type="text"]');
    await expect
      .poll(async () => {
        if (!(await input.isVisible())) await this.press(keys);
        return input.isVisible();
      })
      .toBe(true);
    await input.fill(text);
    // The list answers with a delay: its first row must be the answer to what was typed.
    const row = this.page.locator('.quick-input-list .monaco-list-row').first();
    if (!text.startsWith(':')) {
      const wanted = text.replace(/^>/, '').split('/').at(-1) ?? '';
      await expect.poll(() => row.getAttribute('aria-label')).toContain(wanted);
    }
    await this.press('Enter');
    await input.waitFor({ state: 'hidden' });
  }

  /** Types an answer to what is asked in the box at the top, and takes the first that fits. */
  async answer(text: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input[type="text"]');
    await input.waitFor();
    await input.fill(text);
    await this.page.waitForTimeout(500);
    await this.press('Enter');
  }

  /** Sets a breakpoint with F9. */
  async setBreakpoint(line: number): Promise<void> {
    await this.toggleBreakpoint(line, 1);
  }

  async removeBreakpoint(line: number): Promise<void> {
    await this.toggleBreakpoint(line, -1);
  }

  /** Right after opening a file F9 may do nothing, so it is pressed until the number of breakpoints in sight has changed. */
  private async toggleBreakpoint(line: number, change: 1 | -1): Promise<void> {
    await this.goToLine(line);
    const glyphs = this.page.locator('.monaco-editor [class*="codicon-debug-breakpoint"]');
    const before = await glyphs.count();
    await expect
      .poll(
        async () => {
          if ((await glyphs.count()) === before) await this.press('F9');
          return glyphs.count();
        },
        { interval: 500 },
      )
      .toBe(before + change);
  }

  /** Line (from 1) of the yellow arrow, once there is one in the open editor. */
  async stoppedLine(): Promise<number> {
    const line = this.page.locator('.monaco-editor .debug-top-stack-frame-line').first();
    await line.waitFor();
    const arrow = this.page.locator('.monaco-editor .codicon-debug-stackframe').first();
    await arrow.waitFor();
    const { y } = (await arrow.boundingBox()) ?? { y: 0 };
    const numbers = this.page.locator('.monaco-editor .margin .line-numbers');
    for (const each of await numbers.all()) {
      const box = await each.boundingBox();
      if (box && Math.abs(box.y - y) < 4) return Number(await each.textContent());
    }
    throw new Error('no line number beside the arrow');
  }

  /** Shows a view container by its name in the activity bar. */
  async showContainer(name: string): Promise<void> {
    const title = this.page.locator('.sidebar .composite.title h2');
    if ((await title.textContent())?.toLowerCase() === name.toLowerCase()) return;
    await this.command(`View: Show ${name}`);
    await expect.poll(async () => (await title.textContent())?.toLowerCase()).toBe(name.toLowerCase());
  }

  /** A view of the side bar, by its title. */
  view(title: string): Locator {
    return this.page.locator(`.sidebar .pane:has(.pane-header[aria-label^="${title}"])`);
  }

  /** A row of a tree, by the beginning of its label. */
  row(view: Locator, label: string): Locator {
    const name = this.page.locator('.label-name', { hasText: new RegExp(`^${label}`) });
    return view.locator('.monaco-list-row').filter({ has: name }).first();
  }

  /** Opens a row of a tree if it is shut. */
  async expand(row: Locator): Promise<void> {
    await row.waitFor();
    if ((await row.getAttribute('aria-expanded')) === 'false') await row.locator('.monaco-tl-twistie').click();
    await expect.poll(() => row.getAttribute('aria-expanded')).toBe('true');
  }

  /** A row of a long tree, of which only what is on the screen exists: the wheel is turned until it comes. */
  async scrollTo(view: Locator, label: string): Promise<Locator> {
    const row = this.row(view, label);
    await view.hover();
    await this.page.mouse.wheel(0, -100_000);
    await expect
      .poll(async () => {
        if (await row.isVisible()) return true;
        await this.page.mouse.wheel(0, 100);
        return false;
      })
      .toBe(true);
    return row;
  }

  /** What the Variables view shows beside a name; its group is opened if it is shut. */
  async variable(name: string): Promise<string> {
    await this.showContainer('Run and Debug');
    const view = this.view('Variables');
    const row = view.locator('.monaco-list-row', {
      has: this.page.locator('.expression .name', { hasText: new RegExp(`^${name}`) }),
    });
    const scopes = view.locator('.monaco-list-row[aria-level="1"][aria-expanded="false"]');
    if (!(await row.first().isVisible()) && (await scopes.first().isVisible())) await scopes.first().click();
    return (await row.first().locator('.value').textContent()) ?? '';
  }

  /** Ticks or unticks an exception breakpoint in the Breakpoints view. */
  async toggleExceptionBreakpoint(label: string): Promise<void> {
    await this.showContainer('Run and Debug');
    const row = this.view('Breakpoints').locator('.monaco-list-row').filter({ hasText: label });
    const box = row.locator('input[type="checkbox"]');
    const was = await box.isChecked();
    await box.click();
    await expect.poll(() => box.isChecked()).toBe(!was);
  }

  /** What stands in the Debug Console. */
  async debugConsole(): Promise<string> {
    const lines = await this.page.locator('.repl .monaco-list-row').allInnerTexts();
    return lines.join('\n').replace(/\u00a0/g, ' ');
  }
}

/** Packs what is built in dist/; returns the package's path. */
function pack(folder: string): string {
  const vsix = join(folder, 'ringside.vsix');
  const options = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', '--out', vsix];
  execFileSync(process.execPath, [join(root, 'node_modules/@vscode/vsce/vsce'), 'package', ...options], {
    cwd: root,
    stdio: 'pipe',
  });
  return vsix;
}

async function box(locator: Locator) {
  const found = await locator.boundingBox();
  if (!found) throw new Error(`${locator} is not to be seen`);
  return found;
}

/**
 * Opens the workbench with the extension in the web extension host, as VS Code for the Web has it: the page's configuration
 * names it, and its files come over HTTP from the workbench's own origin (only then may it start workers).
 */
async function openWithWebExtension(page: Page, address: string): Promise<void> {
  const { origin } = new URL(address);
  const prefix = '/extension-under-test';
  await page.route(`${origin}${prefix}/**`, (route) => {
    const path = join(root, new URL(route.request().url()).pathname.slice(prefix.length));
    return existsSync(path) ? route.fulfill({ path }) : route.fulfill({ status: 404 });
  });
  const extension = { scheme: 'http', authority: new URL(address).host, path: prefix };
  await page.addInitScript(addToConfiguration, { developmentOptions: { extensions: [extension] } });
  await page.goto(address);
}

/** Runs in the page: adds to what the workbench reads from an attribute when it starts. */
function addToConfiguration(more: object): void {
  // The types of the DOM are not among those of this project.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  const { prototype } = (globalThis as any).Element;
  const original = prototype.getAttribute;
  prototype.getAttribute = function (name: string) {
    const value = original.call(this, name);
    if (name !== 'data-settings' || this.id !== 'vscode-workbench-web-configuration') return value;
    return JSON.stringify({ ...JSON.parse(value), ...more });
  };
}
