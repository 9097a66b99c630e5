/** What `vscode` means to every room but extension/ (see tsconfig.base.json): nothing. */
export {};
