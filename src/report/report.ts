// The reports' door for the command line.
export { reportFiles } from './files.ts';
export { manifestOf } from './manifest.ts';
export { summaryJson } from './summaryJson.ts';
export { summaryMarkdown } from './summaryMarkdown.ts';
export { terminalSummary } from './terminal.ts';
export { OutputError, writeReport } from './write.ts';
