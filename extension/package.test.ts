import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LaunchArguments } from '../debug-adapter/protocol';
import { BOOT_KINDS, DEFAULT_LAUNCH, TIER1_SWITCHES, VIRTUALIZATION_METHODS } from '../hypervisor/launch-options';
import { exitReasons } from '../isa/vmx/exit-reasons';

/** What package.json must repeat from the tables, because VS Code reads it before any code of ours runs. */
const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
const [debuggerContribution] = manifest.contributes.debuggers;
const launch = debuggerContribution.configurationAttributes.launch.properties;
const settings = manifest.contributes.configuration.properties;

/** Every launch argument of the adapter; the compiler refuses a missing or superfluous one. */
const launchArguments: Record<keyof LaunchArguments, true> = {
  program: true,
  boot: true,
  virtualization: true,
  memory: true,
  cpus: true,
  floppy: true,
  disk: true,
  cdrom: true,
  virtioDisk: true,
  initrd: true,
  cmdline: true,
  stopOnEntry: true,
  stopOnEnd: true,
  breakOnExits: true,
  symbols: true,
  includePaths: true,
  defines: true,
  tier1: true,
};

describe("the extension's manifest", () => {
  it('describes exactly the launch arguments that the adapter takes', () => {
    expect(Object.keys(launch).sort()).toEqual(Object.keys(launchArguments).sort());
  });

  it('lists the virtualization methods, boot kinds and switches that there are, with their defaults', () => {
    expect(launch.virtualization.enum).toEqual(VIRTUALIZATION_METHODS);
    expect(launch.virtualization.default).toBe(DEFAULT_LAUNCH.virtualization);
    expect(launch.virtualization.enumDescriptions).toHaveLength(VIRTUALIZATION_METHODS.length);
    expect(settings['ringside.virtualization'].enum).toEqual(VIRTUALIZATION_METHODS);
    expect(launch.boot.enum).toEqual(BOOT_KINDS);
    expect(launch.boot.enumDescriptions).toHaveLength(BOOT_KINDS.length);
    expect(launch.boot.default).toBe(DEFAULT_LAUNCH.boot);
    expect(launch.tier1.enum).toEqual(TIER1_SWITCHES);
    expect(launch.memory.default).toBe(`${DEFAULT_LAUNCH.memory / 2 ** 20}M`);
    expect(launch.cpus.default).toBe(DEFAULT_LAUNCH.cpus);
  });

  it('offers the exit reasons that there are, each with a description', () => {
    const { enum: names, enumDescriptions } = launch.breakOnExits.items;
    expect(names).toEqual(exitReasons.map(({ name }) => name));
    expect(enumDescriptions).toEqual(exitReasons.map(({ summary }) => summary));
  });

  it('describes every launch argument and setting', () => {
    for (const [name, schema] of Object.entries<Record<string, unknown>>({ ...launch, ...settings })) {
      expect(schema.description ?? schema.markdownDescription, name).toMatch(/\.$/);
    }
  });
});
