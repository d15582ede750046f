import { expect, test } from 'vitest';
import { nginxChooser } from '../../../src/scenario/assign.ts';
import { haproxyChooser } from '../../../src/scenario/assignHaproxy.ts';
import { ScenarioError } from '../../../src/scenario/problem.ts';

const words = ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf'];
const common = { file: 'a.conf', port: undefined, down: [], resolve: new Map<string, readonly string[]>() };

/** What is wrong with a text. */
function problemsOf(read: () => unknown): string {
  try {
    read();
    return '';
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
}

test.each(words)('"%s" is no directive of nginx, wherever it stands', (word) => {
  for (const at of ['main', 'stream', 'upstream', 'server']) {
    const here = (context: string): string => (context === at ? `${word} on;` : '');
    const text = `events {} ${here('main')} stream { ${here('stream')} upstream u { ${here('upstream')} server 10.0.0.1:1514; } server { listen 1514; proxy_pass u; ${here('server')} } }`;
    const asked = { ...common, text, upstream: undefined, version: undefined, readInclude: () => [] };

    expect(problemsOf(() => nginxChooser(asked, []))).toContain(`unknown directive "${word}"`);
  }
});

test.each(words)('"%s" is no keyword of HAProxy, no option, no time-out, no word of a server or a bind', (word) => {
  for (const line of [word, `option ${word}`, `timeout ${word} 5s`, `server s 10.0.0.1:1514 ${word}`]) {
    const text = `global\n  ${word} 1\nlisten l\n  mode tcp\n  bind :1514 ${word}\n  ${line}\n`;
    const asked = { ...common, text, backend: undefined, env: new Map<string, string>() };
    const said = problemsOf(() => haproxyChooser(asked, []));

    for (const at of ['2:3', '5:14', '6:']) expect(said, line).toContain(at);
  }
});
