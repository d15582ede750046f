import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { diskFiles, includeFrom, readTextFile } from '../../src/scenario/files.ts';
import { filesOf } from '../support/scenarios.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetfall-files-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test.each<readonly [what: string, make: () => string, why: string]>([
  ['a missing file', () => join(folder, 'nothing'), 'no such file.'],
  ['a directory', () => folder, 'is a directory, not a file.'],
  ['a device', () => '/dev/null', 'is no regular file.'],
  ['a binary file', () => write('binary', 'ab\0c'), 'is a binary file (a zero byte at 2).'],
  ['Latin-1', () => write('latin1', Uint8Array.of(0x67, 0xfc)), 'is no UTF-8 text.'],
  ['UTF-16', () => write('utf16', Uint8Array.of(0xff, 0xfe, 0x61, 0x00)), 'is a binary file (a zero byte at 3).'],
  ['a path through a file', () => join(write('file', 'text'), 'below'), 'a part of the path is no directory.'],
  ['a name that is too long', () => join(folder, 'x'.repeat(300)), 'the name is too long.'],
  ['a huge file', () => write('huge', Buffer.alloc(16 * 1024 * 1024 + 1, ' ')), 'is larger than 16 MiB.'],
  [
    'a link to itself',
    () => {
      symlinkSync('loop', join(folder, 'loop'));
      return join(folder, 'loop');
    },
    'too many symbolic links.',
  ],
])('%s is refused with the reason', (_, make, why) => {
  const path = make();
  expect(() => readTextFile(path)).toThrow(new Error(why));
});

test.skipIf(process.getuid?.() === 0)('a file that may not be read is said to be that', () => {
  const path = write('secret', 'text');
  chmodSync(path, 0);
  expect(() => readTextFile(path)).toThrow(new Error('permission denied.'));
});

test('a byte order mark is no part of the text', () => {
  expect(readTextFile(write('bom', '\uFEFFfleetfall: 1'))).toBe('fleetfall: 1');
});

test('a balancer’s configuration is read as it is: Latin-1 too, with its byte order mark', () => {
  const read = (name: string, content: string | Uint8Array): string =>
    readTextFile(write(name, content), undefined, 'configuration');

  expect(read('latin1', Uint8Array.of(0x23, 0xfc, 0x0a))).toBe('#\u00fc\n');
  expect(read('both', Uint8Array.of(0xef, 0xbb, 0xbf, 0x23, 0xfc, 0x0a))).toBe('\ufeff#\u00fc\n');
  expect(read('bom', '\uFEFF# ü\n')).toBe('\uFEFF# ü\n');
  expect(() => read('binary', 'a\0')).toThrow('is a binary file');
});

test('files are found beside the scenario, or by an absolute path', () => {
  mkdirSync(join(folder, 'configs'));
  const absolute = write('configs/nginx.conf', 'events {}');
  const files = diskFiles(folder);

  expect(files.read('configs/nginx.conf')).toBe('events {}');
  expect(files.read(absolute)).toBe('events {}');
  expect(files.list('configs')).toEqual(['nginx.conf']);
  expect(files.list('nowhere')).toEqual([]);
});

test('an include names files from the directory of the main configuration, with patterns in any part', () => {
  const include = includeFrom(
    {
      ...filesOf({ 'configs/a.conf': 'a', 'configs/b.conf': 'b', '/etc/c.conf': 'c' }),
      list: (directory) => (directory === 'configs' ? ['.hidden.conf', 'a.conf', 'b.conf', 'c.txt'] : []),
    },
    'configs/nginx.conf',
    true,
  );

  expect(include('a.conf', 'anywhere')).toEqual([{ file: 'configs/a.conf', text: 'a' }]);
  expect(include('/etc/c.conf', '')).toEqual([{ file: '/etc/c.conf', text: 'c' }]);
  expect(include('*.conf', '').map(({ file }) => file)).toEqual(['configs/a.conf', 'configs/b.conf']);
  expect(include('[b-z].con?', '').map(({ file }) => file)).toEqual(['configs/b.conf']);
  expect(include('sites/*.conf', '')).toEqual([]);
  expect(() => include('z.conf', '')).toThrow('no such file.');
});

test.each<readonly [confPath: string, pattern: string, isBelow: boolean]>([
  ['configs/nginx.conf', 'stream.d/a.conf', true],
  ['configs/nginx.conf', './stream.d/../a.conf', true],
  ['configs/nginx.conf', '../a.conf', false],
  ['configs/nginx.conf', 'stream.d/../../a.conf', false],
  ['configs/nginx.conf', '/etc/nginx/a.conf', false],
  ['nginx.conf', 'a.conf', true],
  ['nginx.conf', '../a.conf', false],
  ['nginx.conf', '../*.conf', false],
  ['../nginx.conf', '../a.conf', true],
  ['/etc/nginx/nginx.conf', '/etc/nginx/stream.d/*.conf', true],
  ['/etc/nginx/nginx.conf', 'stream.d/*.conf', true],
  ['/etc/nginx/nginx.conf', '/etc/nginx-other/a.conf', false],
  ['/etc/nginx/nginx.conf', '/etc/nginx/../passwd', false],
])('of %s the include %s is below its folder: %s', (confPath, pattern, isBelow) => {
  const files = { read: () => '', list: () => [] };
  const read = (outside: boolean) => () => includeFrom(files, confPath, outside)(pattern, '');

  expect(read(true)).not.toThrow();
  if (isBelow) expect(read(false)).not.toThrow();
  else expect(read(false)).toThrow(`it lies outside the folder of ${confPath}.`);
});

test('a pattern is read as glob(3) reads it', () => {
  const tree: Readonly<Record<string, readonly string[]>> = {
    sites: ['b', 'a', 'a-b', '.git', 'note.txt'],
    'sites/a': ['server.conf'],
    'sites/a-b': ['server.conf'],
    'sites/b': ['other.conf'],
    'sites/.git': ['server.conf'],
  };
  const include = includeFrom({ read: () => '', list: (directory) => tree[directory] ?? [] }, 'nginx.conf');
  const names = (pattern: string): string[] => include(pattern, '').map(({ file }) => file);

  expect(names('sites/*/server.conf')).toEqual(['sites/a-b/server.conf', 'sites/a/server.conf']);
  expect(names('sites/[!a]*/*.conf')).toEqual(['sites/b/other.conf']);
  expect(names('sites/[^a]*/*.conf')).toEqual(['sites/b/other.conf']);
  expect(names('sites/.*/server.conf')).toEqual(['sites/.git/server.conf']);
  expect(names('sites/a+/*')).toEqual([]);
});
