/** Fills in what a launch configuration leaves out, so that F5 in a source needs none, and refuses to start what cannot run. */
import * as vscode from 'vscode';
import { DEFAULT_LAUNCH } from '../../hypervisor/launch-options';
import { pathOf, resolvePath } from './paths';
import type { ProgramCheck } from './program-check';

const sourceFile = /\.(asm|nasm)$/i;
/** Launch arguments beside `program` that name a file. */
const otherFiles = ['floppy', 'disk', 'cdrom', 'virtioDisk', 'initrd', 'symbols'];

export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  readonly #check: ProgramCheck;

  constructor(check: ProgramCheck) {
    this.#check = check;
  }

  /** F5 without launch.json comes here with an empty configuration. Returning `undefined` starts nothing. */
  resolveDebugConfiguration(
    _folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): vscode.DebugConfiguration | undefined {
    if (config.type || config.request || config.name) return config;
    const document = vscode.window.activeTextEditor?.document;
    if (document?.languageId !== 'nasm') {
      void vscode.window.showErrorMessage(
        'Open the .asm file to be booted, or write a launch configuration that names a program.',
      );
      return undefined;
    }
    return configurationFor(document.uri);
  }

  async resolveDebugConfigurationWithSubstitutedVariables(
    folder: vscode.WorkspaceFolder | undefined,
    config: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    if (typeof config.program !== 'string' || config.program === '') {
      void vscode.window.showErrorMessage('The launch configuration names no "program" to boot.');
      return undefined;
    }
    const program = resolvePath(config.program, folder);
    if (sourceFile.test(program.path) && !(await this.#check.mayStart(program))) return undefined;
    // The method is filled in for the views, which have other words for a guest on bare metal.
    const { virtualization = DEFAULT_LAUNCH.virtualization } = config;
    const resolved: vscode.DebugConfiguration = { ...config, program: pathOf(program), virtualization };
    for (const key of otherFiles) {
      if (typeof config[key] === 'string') resolved[key] = pathOf(resolvePath(config[key], folder));
    }
    if (Array.isArray(config.includePaths)) {
      resolved.includePaths = config.includePaths.map((path: string) => pathOf(resolvePath(path, folder)));
    }
    return resolved;
  }

  /** Shown by "Show all automatic debug configurations" and in the Run and Debug picker. */
  dynamicConfigurations(): vscode.DebugConfiguration[] {
    const document = vscode.window.activeTextEditor?.document;
    if (document?.languageId !== 'nasm') return [];
    const file = vscode.workspace.asRelativePath(document.uri);
    return (['ept', 'none'] as const).map((virtualization) => ({
      ...configurationFor(document.uri),
      name: `Boot ${file} ${virtualization === 'none' ? 'on bare metal' : 'under EPT'}`,
      virtualization,
    }));
  }
}

/** The configuration that F5 in a source means, from the user's settings. */
export function configurationFor(source: vscode.Uri): vscode.DebugConfiguration {
  const settings = vscode.workspace.getConfiguration('ringside', source);
  return {
    type: 'ringside',
    request: 'launch',
    name: `Boot ${vscode.workspace.asRelativePath(source, false)}`,
    program: pathOf(source),
    virtualization: settings.get<string>('virtualization', 'ept'),
    memory: settings.get<string>('memory', '64M'),
    stopOnEntry: settings.get<boolean>('stopOnEntry', false),
    includePaths: settings.get<string[]>('includePaths', []),
    defines: settings.get<string[]>('defines', []),
  };
}
