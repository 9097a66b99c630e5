/** What desktop and web share: everything but how the language server and the debug adapter are started. */
import * as vscode from 'vscode';
import type { BaseLanguageClient, LanguageClientOptions } from 'vscode-languageclient';
import { registerCommands } from './commands';
import { ConfigurationProvider } from './debug/configuration-provider';
import { GuestSessions } from './debug/guest-sessions';
import { ProgramCheck } from './debug/program-check';
import { answerFileRequests } from './server-files';
import { AutopsyView } from './views/autopsy-view';
import { ExitLogView } from './views/exit-log-view';
import { VmcsView } from './views/vmcs-view';

export interface Platform {
  client: BaseLanguageClient;
  adapter(session: vscode.DebugSession): vscode.DebugAdapterDescriptor;
}

/** What the extension exports: for its tests, and for other extensions that want to look at a guest. */
export interface RingsideApi {
  sessions: GuestSessions;
  vmcs: VmcsView;
  exits: ExitLogView;
  autopsy: AutopsyView;
}

export function clientOptions(): LanguageClientOptions {
  return {
    documentSelector: [{ language: 'nasm' }],
    synchronize: {
      configurationSection: 'ringside',
      fileEvents: vscode.workspace.createFileSystemWatcher('**/*.{asm,nasm,inc}'),
    },
  };
}

export function activateRingside(context: vscode.ExtensionContext, platform: Platform): RingsideApi {
  answerFileRequests(platform.client);
  const sessions = new GuestSessions();
  const vmcs = new VmcsView(sessions);
  const exits = new ExitLogView(sessions);
  const autopsy = new AutopsyView(sessions);
  const configurations = new ConfigurationProvider(new ProgramCheck(platform.client));
  context.subscriptions.push(
    sessions,
    vmcs,
    exits,
    autopsy,
    vscode.debug.registerDebugAdapterDescriptorFactory('ringside', {
      createDebugAdapterDescriptor: (session) => platform.adapter(session),
    }),
    vscode.debug.registerDebugConfigurationProvider('ringside', configurations),
    vscode.debug.registerDebugConfigurationProvider(
      'ringside',
      { provideDebugConfigurations: () => configurations.dynamicConfigurations() },
      vscode.DebugConfigurationProviderTriggerKind.Dynamic,
    ),
    ...registerCommands(),
  );
  return { sessions, vmcs, exits, autopsy };
}
