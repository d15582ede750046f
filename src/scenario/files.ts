// Reading what users name: text files only, with a reason when it cannot be.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, posix } from 'node:path';
import { IncludeOutside, type IncludedFile } from './import/nginxSyntax.ts';

/**
 * `configuration`: of a balancer, which reads bytes. What is no UTF-8 (comments, mostly) is read as Latin-1, and a byte order mark stays:
 * it may be a mistake.
 */
export type TextKind = 'text' | 'configuration';

/** Files a scenario may name. Paths are as the user wrote them, relative to the scenario's directory or absolute. */
export interface Files {
  /** @param largest bytes; 16 MiB when absent. @throws Error whose message is the reason, e.g. `no such file.` */
  read(path: string, largest?: number, kind?: TextKind): string;
  /** Names in a directory, in order; empty when there is none. */
  list(directory: string): readonly string[];
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
const mebibyte = 1024 * 1024;
const usualLargest = 16 * mebibyte;

/** The text of a file. @throws Error whose message is the reason. */
export function readTextFile(path: string, largest = usualLargest, kind: TextKind = 'text'): string {
  let bytes: Buffer;
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) throw new Error('is a directory, not a file.');
    if (!stat.isFile()) throw new Error('is no regular file.');
    if (stat.size > largest) throw new Error(`is larger than ${largest / mebibyte} MiB.`);
    bytes = readFileSync(path);
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
  const nul = bytes.indexOf(0);
  if (nul >= 0) throw new Error(`is a binary file (a zero byte at ${nul}).`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: kind === 'configuration' }).decode(bytes);
  } catch {
    if (kind === 'configuration') {
      const mark = bytes.subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
      return `${mark > 0 ? '\uFEFF' : ''}${bytes.subarray(mark).toString('latin1')}`;
    }
    throw new Error('is no UTF-8 text.');
  }
}

/** Why the file system refused, in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
      return 'no such file.';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied.';
    case 'ENOTDIR':
      return 'a part of the path is no directory.';
    case 'ELOOP':
      return 'too many symbolic links.';
    case 'ENAMETOOLONG':
      return 'the name is too long.';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** Hears of everything that is looked at, before it is: files, and folders whose lists are asked for. */
export type Onlooker = (path: string, what: 'file' | 'folder') => void;

/** Files relative to a directory of the disk. */
export function diskFiles(directory: string, seen: Onlooker = () => undefined): Files {
  const resolve = (path: string): string => (isAbsolute(path) ? path : join(directory, path));
  return {
    read: (path, largest, kind) => {
      seen(resolve(path), 'file');
      return readTextFile(resolve(path), largest, kind);
    },
    list: (path) => {
      seen(resolve(path), 'folder');
      try {
        return readdirSync(resolve(path)).sort();
      } catch {
        return [];
      }
    },
  };
}

/** Names the flag that allows it. */
export const includesOutsideFlag = '--allow-includes-outside';

/**
 * `include` of nginx: relative to the configuration's own directory; `*`, `?` and `[…]` in the last parts are patterns.
 * @param outside files that are not below that directory may be read, too: what they hold differs from machine to machine.
 */
export function includeFrom(
  files: Files,
  confPath: string,
  outside = false,
): (pattern: string, from: string) => readonly IncludedFile[] {
  const base = dirname(confPath);
  return (pattern) => {
    const path = isAbsolute(pattern) ? posix.normalize(pattern) : posix.join(base, pattern);
    if (!outside && !isBelow(path, base)) {
      throw new IncludeOutside(
        `it lies outside the folder of ${confPath}. Copy it there and name it relative to it, or allow it: ${includesOutsideFlag}.`,
      );
    }
    if (!/[*?[]/.test(path)) return [{ file: path, text: files.read(path, undefined, 'configuration') }];
    let paths = [isAbsolute(path) ? '/' : ''];
    let behindPattern = false;
    for (const part of path.split('/').filter((piece) => piece !== '')) {
      const matcher = /[*?[]/.test(part) ? globPattern(part) : null;
      paths = paths.flatMap((known) => {
        const directory = known === '' ? '.' : known;
        if (!matcher) return !behindPattern || files.list(directory).includes(part) ? [posix.join(known, part)] : [];
        const hidden = part.startsWith('.');
        return files
          .list(directory)
          .filter((name) => matcher.test(name) && name.startsWith('.') === hidden)
          .map((name) => posix.join(known, name));
      });
      behindPattern ||= matcher !== null;
      if (paths.length > 1000) throw new Error('the pattern stands for more than 1000 files.');
    }
    return paths.sort().map((file) => ({ file, text: files.read(file, undefined, 'configuration') }));
  };
}

function isBelow(path: string, folder: string): boolean {
  const base = posix.normalize(folder);
  if (base === '.') return !isAbsolute(path) && path !== '..' && !path.startsWith('../');
  return path.startsWith(base.endsWith('/') ? base : `${base}/`);
}

function globPattern(part: string): RegExp {
  const source = part
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\[(?:!|\\\^)/g, '[^')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    return /^$/;
  }
}
