// Brings the page to life: everything it shows comes from the one document in it.
import { startCharts } from './charts.js';
import { readData } from './data.js';
import { startReplay } from './replay.js';
import { startTables } from './tables.js';
import { startTheme } from './theme.js';

const pageData = readData();
startTheme();
startTables(pageData);
startReplay(pageData);
await startCharts(pageData);
