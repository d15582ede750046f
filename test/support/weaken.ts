// Loaded in front of the command line (`node --import`): a model of the simulator with a part taken out of it. The sources stay as they are.
import { registerHooks } from 'node:module';

/** Text to be replaced in a source file; every run of it has to be there. */
export interface Weakening {
  /** Below src/. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const { FLEETFALL_TEST_WEAKENING: wanted } = process.env;
if (wanted !== undefined) {
  const { file, from, to } = JSON.parse(wanted) as Weakening;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(`/src/${file}`)) return loaded;
      const text = Buffer.from(loaded.source as Uint8Array).toString('utf8');
      if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
      return { ...loaded, source: text.replace(from, to) };
    },
  });
}
