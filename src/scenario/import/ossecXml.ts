// The XML of ossec.conf as Wazuh reads it, which is not quite XML: several roots, a backslash keeps a "<" from opening
// a tag, text outside of leaves is skipped, white space belongs to the value, comments end with "-->" or "!>", entities stay
// as they are. Source: Wazuh 4.14.7, src/os_xml/os_xml.c (_ReadElem, _getattributes, _oscomment). Own: positions, and
// reading on after a mistake to find the next one.
import type { Problem } from '../problem.ts';
import type { SourcePosition } from '../scenario.ts';
import { quote } from '../wording.ts';

export interface OssecElement {
  readonly name: string;
  /** Where its "<" stands. */
  readonly offset: number;
  /** What stands between the tags; of an element with children, what stands behind the last of them. */
  readonly content: string;
  /** Where the content starts. */
  readonly contentOffset: number;
  readonly attributes: readonly OssecAttribute[];
  readonly children: readonly OssecElement[];
  /** First text among the children, which the product skips; `null`: none. */
  readonly strayOffset: number | null;
  /** False when its end was not found: what is missing in it may have been cut off. */
  readonly closed: boolean;
}

export interface OssecAttribute {
  readonly name: string;
  readonly value: string;
  readonly offset: number;
}

export interface OssecDocument {
  readonly roots: readonly OssecElement[];
  /** Mistakes of form, in the order of the text. The roots hold what could be read nevertheless. */
  readonly problems: readonly Problem[];
  readonly position: (offset: number) => SourcePosition;
}

// src/os_xml/os_xml_internal.h, XML_MAXSIZE and XML_MAX_ATTR_DEPTH; _ReadElem(), recursion_level.
const maxLength = 20_480;
const maxAttributes = 49;
const maxDepth = 1024;

/** Ours: a real ossec.conf has some kilobytes. */
const maxFileLength = 8_000_000;
/** Ours: behind so many mistakes the text is something else. */
const maxProblems = 20;

interface OpenElement {
  name: string;
  offset: number;
  content: string;
  contentOffset: number;
  attributes: OssecAttribute[];
  children: OssecElement[];
  strayOffset: number | null;
  closed: boolean;
}

export function readOssecXml(file: string, text: string): OssecDocument {
  const position = positions(file, text);
  const unreadable = whyUnreadable(text);
  if (unreadable !== null) {
    return { roots: [], problems: [{ position: position(unreadable.offset), text: unreadable.text }], position };
  }
  const parser = new OssecXmlParser(text, position);
  parser.read();
  return { roots: parser.roots, problems: parser.problems, position };
}

/** A lookup from offsets into `text` to lines and columns. */
export function positions(file: string, text: string): (offset: number) => SourcePosition {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { file, line: low + 1, column: offset - starts[low]! + 1 };
  };
}

/** What keeps a text from being read at all: it is binary, or far too long. */
export function whyUnreadable(text: string): { readonly offset: number; readonly text: string } | null {
  if (text.length > maxFileLength) {
    return { offset: 0, text: `has ${text.length} characters: this is no configuration file. Name the right file.` };
  }
  const control = /[\0-\x08\x0e-\x1a\x1c-\x1f]/.exec(text);
  if (control === null) return null;
  const code = control[0].charCodeAt(0).toString(16).padStart(4, '0').toUpperCase();
  return { offset: control.index, text: `is no text: character U+${code} stands here. Name the right file.` };
}

const Character = { Less: 60, Greater: 62, Bang: 33, Slash: 47, Backslash: 92, Equals: 61 } as const;

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13); // C's isspace()
}

class OssecXmlParser {
  readonly roots: OssecElement[] = [];
  readonly problems: Problem[] = [];
  readonly #text: string;
  readonly #position: (offset: number) => SourcePosition;
  readonly #open: OpenElement[] = [];
  #at = 0;

  constructor(text: string, position: (offset: number) => SourcePosition) {
    this.#text = text;
    this.#position = position;
  }

  read(): void {
    const text = this.#text;
    /** An odd number of backslashes stands before this character. */
    let escaped = false;
    while (this.#at < text.length && this.problems.length < maxProblems) {
      const code = text.charCodeAt(this.#at);
      if (code === Character.Backslash) escaped = !escaped;
      else if (code !== Character.Less) escaped = false;
      if (code === Character.Backslash) {
        this.#plain(this.#at + 1);
      } else if (code !== Character.Less) {
        const next = /[<\\]/g;
        next.lastIndex = this.#at;
        this.#plain(next.exec(text)?.index ?? text.length);
      } else if (text.charCodeAt(this.#at + 1) === Character.Bang) {
        if (!this.#skipComment()) return;
      } else if (escaped) {
        escaped = false;
        this.#plain(this.#at + 1);
      } else if (text.charCodeAt(this.#at + 1) === Character.Slash) {
        if (!this.#closingTag()) return;
      } else if (!this.#openingTag()) {
        return;
      }
    }
    if (this.problems.length < maxProblems) this.#endOfFile();
  }

  /** Takes the text up to `end` into the innermost open element. */
  #plain(end: number): void {
    const element = this.#open.at(-1);
    if (element !== undefined) {
      const added = this.#text.slice(this.#at, end);
      if (element.strayOffset === null && /\S/.test(added)) element.strayOffset = this.#at;
      // One character too many is kept: it shows that the value is too long.
      if (element.content.length <= maxLength) element.content += added;
    }
    this.#at = end;
  }

  /** @returns the offset behind the comment that starts at `at`; `null` after reporting that it never ends. */
  #commentEnd(at: number): number | null {
    const end = /-->|!>/g;
    end.lastIndex = at + 2;
    const match = end.exec(this.#text);
    if (match !== null) return match.index + match[0].length;
    this.#problem(at, 'the comment that starts here never ends. Close it with "-->".');
    return null;
  }

  #skipComment(): boolean {
    const end = this.#commentEnd(this.#at);
    if (end !== null) this.#at = end;
    else this.#abandonOpen();
    return end !== null;
  }

  /**
   * A name up to ">", or up to white space where attributes may follow. Comments inside vanish, as everywhere.
   * @returns `null` after reporting that it never ends.
   */
  #nameFrom(start: number, tagOffset: number, spaceEnds: boolean): { name: string; end: number } | null {
    const text = this.#text;
    let name = '';
    let from = start;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === Character.Greater || (spaceEnds && isSpace(code))) {
        return { name: name + text.slice(from, at), end: at };
      }
      if (code === Character.Less && text.charCodeAt(at + 1) === Character.Bang) {
        name += text.slice(from, at);
        const end = this.#commentEnd(at);
        if (end === null) return null;
        from = end;
        at = end - 1;
      }
      if (at - start > maxLength) break;
    }
    this.#problem(tagOffset, 'the tag that starts here has no ">". Is the file cut off?');
    return null;
  }

  #openingTag(): boolean {
    const offset = this.#at;
    const parent = this.#open.at(-1);
    const tag = this.#nameFrom(offset + 1, offset, true);
    if (tag === null) return this.#cutHere();
    if (this.#open.length >= maxDepth) {
      this.#problem(offset, `elements are nested more than ${maxDepth} deep: the agent refuses to read that.`);
      return this.#abandonOpen();
    }
    let closed = tag.name.endsWith('/');
    const element: OpenElement = {
      name: closed ? tag.name.slice(0, -1) : tag.name,
      offset,
      content: '',
      contentOffset: 0,
      attributes: [],
      children: [],
      strayOffset: null,
      closed: false,
    };
    this.#at = tag.end + 1;
    if (this.#text.charCodeAt(tag.end) !== Character.Greater) {
      const ended = this.#attributesOf(element);
      if (ended === null) return this.#cutHere();
      if (ended === 'closed') closed = true;
    }
    element.contentOffset = this.#at;
    (parent?.children ?? this.roots).push(element);
    if (closed) {
      element.closed = true;
      this.#resumeParent();
    } else {
      this.#open.push(element);
    }
    return true;
  }

  /** Behind a child the content of its parent starts anew. */
  #resumeParent(): void {
    const parent = this.#open.at(-1);
    if (parent === undefined) return;
    parent.content = '';
    parent.contentOffset = this.#at;
  }

  /** @returns how the tag ended; `null` after reporting that the file ended first. */
  #attributesOf(element: OpenElement): 'open' | 'closed' | null {
    const text = this.#text;
    for (;;) {
      while (this.#at < text.length && isSpace(text.charCodeAt(this.#at))) this.#at += 1;
      const start = this.#at;
      let end = start;
      while (end < text.length && !/[\s=>/]/.test(text[end]!)) end += 1;
      const code = text.charCodeAt(end);
      const name = text.slice(start, end);
      if (end >= text.length) return this.#cutTag(element);
      if (code === Character.Greater || code === Character.Slash) {
        this.#at = end + 1;
        if (name !== '') this.#attributeProblem(start, element, name, 'has no value');
        return this.#tagEnd(code);
      }
      if (code !== Character.Equals) {
        this.#attributeProblem(start, element, name, 'is not followed by "=" at once');
        return this.#skipTag(element, end);
      }
      if (element.attributes.some((other) => other.name === name)) {
        this.#attributeProblem(start, element, name, 'is given twice');
        return this.#skipTag(element, end);
      }
      let opening = end + 1;
      while (opening < text.length && isSpace(text.charCodeAt(opening))) opening += 1;
      const mark = text[opening];
      if (mark !== '"' && mark !== "'") {
        this.#attributeProblem(start, element, name, 'has a value without quotation marks');
        return this.#skipTag(element, opening);
      }
      let closing = opening + 1;
      while (closing < text.length && text[closing] !== mark && text[closing] !== '>') closing += 1;
      if (closing >= text.length) return this.#cutTag(element);
      if (text[closing] === '>') {
        this.#attributeProblem(start, element, name, `has a value that no ${mark} ends before ">"`);
        return this.#skipTag(element, closing);
      }
      element.attributes.push({ name, value: text.slice(opening + 1, closing), offset: start });
      if (element.attributes.length > maxAttributes) {
        this.#problem(
          start,
          `<${element.name}> has more than ${maxAttributes} attributes: the agent refuses to read that.`,
        );
        return this.#skipTag(element, closing);
      }
      const next = text.charCodeAt(closing + 1);
      this.#at = closing + 2;
      if (next === Character.Greater || next === Character.Slash) return this.#tagEnd(next);
      if (!isSpace(next)) {
        if (element.name === '?xml') {
          this.#problem(element.offset, 'the agent’s reader refuses an XML declaration ("<?xml …?>"). Remove it.');
          this.#at = endOfTag(text, closing);
          return 'closed';
        }
        this.#attributeProblem(start, element, name, 'is not followed by white space or the end of the tag');
        return this.#skipTag(element, closing + 1);
      }
    }
  }

  #tagEnd(code: number): 'open' | 'closed' {
    if (code === Character.Greater) return 'open';
    // The product leaves this ">" to the text that follows, where nothing reads it.
    if (this.#text.charCodeAt(this.#at) === Character.Greater) this.#at += 1;
    return 'closed';
  }

  #cutTag(element: OpenElement): null {
    this.#problem(
      element.offset,
      `the tag <${shorten(element.name)} that starts here has no ">". Is the file cut off?`,
    );
    return null;
  }

  /** Ours: behind a wrong attribute reading goes on after the tag. */
  #skipTag(element: OpenElement, from: number): 'open' | 'closed' | null {
    const end = endOfTag(this.#text, from);
    if (end > this.#text.length) return this.#cutTag(element);
    this.#at = end;
    return this.#text[end - 2] === '/' ? 'closed' : 'open';
  }

  #attributeProblem(offset: number, element: OpenElement, name: string, what: string): void {
    const example = name.includes('<')
      ? 'Is a ">" missing before it?'
      : `Write ${/^[\w-]+$/.test(name) ? shorten(name) : 'name'}="value".`;
    this.#problem(offset, `attribute ${quote(name)} of <${shorten(element.name)}> ${what}. ${example}`);
  }

  #closingTag(): boolean {
    const offset = this.#at;
    const tag = this.#nameFrom(offset + 2, offset, false);
    if (tag === null) return this.#cutHere();
    this.#at = tag.end + 1;
    const innermost = this.#open.at(-1);
    if (innermost === undefined) {
      this.#problem(offset, `</${shorten(tag.name)}> closes nothing: no element is open here. Remove it.`);
      return true;
    }
    if (tag.name === innermost.name) {
      this.#close(innermost);
      return true;
    }
    const opened = this.#position(innermost.offset);
    const expected = `<${shorten(innermost.name)}> opened at ${opened.line}:${opened.column}`;
    if (tag.name.trim() === innermost.name) {
      this.#problem(
        offset,
        `write </${innermost.name}> without white space: to the agent this does not close ${expected}.`,
      );
      this.#close(innermost);
      return true;
    }
    const depth = this.#open.findLastIndex((element) => element.name === tag.name);
    if (depth === -1) {
      this.#problem(offset, `</${shorten(tag.name)}> does not close ${expected}. Write </${shorten(innermost.name)}>.`);
      this.#close(innermost);
      return true;
    }
    const here = this.#position(offset);
    const { name } = innermost;
    this.#problem(
      innermost.offset,
      `<${shorten(name)}> is not closed before </${shorten(tag.name)}> at ${here.line}:${here.column}. ` +
        `Close it with </${shorten(name)}>.`,
    );
    this.#open.length = depth + 1;
    this.#close(this.#open[depth]!);
    return true;
  }

  #close(element: OpenElement): void {
    element.closed = true;
    if (element.content.length >= maxLength && element.children.length === 0) {
      const name = shorten(element.name);
      this.#problem(
        element.offset,
        `<${name}> holds more than ${maxLength - 1} characters: the agent refuses to read that.`,
      );
    }
    this.#open.pop();
    this.#resumeParent();
  }

  #endOfFile(): void {
    const innermost = this.#open.at(-1);
    if (innermost === undefined) return;
    const around = this.#open
      .slice(0, -1)
      .reverse()
      .map((element) => {
        const { line, column } = this.#position(element.offset);
        return `<${shorten(element.name)}> opened at ${line}:${column}`;
      });
    const shown = around.length > 5 ? [...around.slice(0, 4), `${around.length - 4} more`] : around;
    const also = shown.length === 0 ? '' : ` Also open: ${shown.join(', ')}.`;
    const last = this.#position(this.#text.length);
    this.#problem(
      innermost.offset,
      `<${shorten(innermost.name)}> opened here is never closed: the file ends at ${last.line}:${last.column}. ` +
        `Is it cut off?${also}`,
    );
  }

  /** The text ended inside a tag: name what is open around it, too. */
  #cutHere(): false {
    this.#endOfFile();
    return this.#abandonOpen();
  }

  /** What is open stays unclosed; its end has been reported in other words. */
  #abandonOpen(): false {
    this.#open.length = 0;
    this.#at = this.#text.length;
    return false;
  }

  #problem(offset: number, text: string): void {
    this.problems.push({ position: this.#position(offset), text });
  }
}

/** Offset behind the next ">"; beyond the text's end when there is none. */
function endOfTag(text: string, from: number): number {
  const end = text.indexOf('>', from);
  return end === -1 ? text.length + 1 : end + 1;
}

/** A name as a message repeats it: hostile ones are cut, and stay on one line. */
export function shorten(name: string): string {
  const oneLine = name.replace(/\s+/g, ' ');
  return oneLine.length > 40 ? `${oneLine.slice(0, 37)}...` : oneLine;
}
