/** What Node's module `url` is in a browser: @vscode/debugadapter needs this one class of it. */
export const URL = globalThis.URL;
