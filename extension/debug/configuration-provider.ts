/** Fills in what a launch configuration leaves out, so that F5 in a source needs none, and refuses to start what cannot run. */
import * as vscode from 'vscode';
import type { ProgramCheck } from './program-check';

const sourceFile = /\.(asm|nasm)$/i;

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
    const program = resolveProgram(config.program, folder);
    if (sourceFile.test(program.path) && !(await this.#check.mayStart(program))) return undefined;
    return { ...config, program: programName(program) };
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
    program: programName(source),
    virtualization: settings.get<string>('virtualization', 'ept'),
    memory: settings.get<string>('memory', '64M'),
    stopOnEntry: settings.get<boolean>('stopOnEntry', false),
    includePaths: settings.get<string[]>('includePaths', []),
    defines: settings.get<string[]>('defines', []),
  };
}

/** A path where there are paths; elsewhere (a repository opened in the browser) the whole URI. */
function programName(uri: vscode.Uri): string {
  return uri.scheme === 'file' ? uri.fsPath : uri.toString();
}

function resolveProgram(program: string, folder: vscode.WorkspaceFolder | undefined): vscode.Uri {
  if (/^[a-z][a-z0-9+.-]+:/i.test(program) && !/^[a-z]:[\\/]/i.test(program)) return vscode.Uri.parse(program, true);
  const base = folder ?? vscode.workspace.workspaceFolders?.[0];
  const absolute = /^([\\/]|[a-z]:[\\/])/i.test(program);
  if (!base) return vscode.Uri.file(program);
  // In a virtual workspace `${file}` is a path of the workspace's own file system.
  if (absolute) return base.uri.scheme === 'file' ? vscode.Uri.file(program) : base.uri.with({ path: program });
  return vscode.Uri.joinPath(base.uri, program);
}
