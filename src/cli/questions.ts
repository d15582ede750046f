// Questions on a terminal, so that tests can answer them.
import { isCancel, select, text } from '@clack/prompts';

export interface Questions {
  /** @param check `undefined`: the answer will do; else why not. @returns `null` when the user has had enough. */
  text(message: string, initial: string, check: (answer: string) => string | undefined): Promise<string | null>;
  /** One of `options`. */
  choose(
    message: string,
    options: readonly { readonly value: string; readonly label: string }[],
  ): Promise<string | null>;
}

/** Asked on stderr: what is printed on stdout stays the command's own. */
export const terminalQuestions: Questions = {
  async text(message, initial, check) {
    const answer = await text({
      message,
      initialValue: initial,
      validate: (said) => check(said ?? ''),
      output: process.stderr,
    });
    return isCancel(answer) ? null : answer;
  },
  async choose(message, options) {
    const answer = await select<string>({ message, options: [...options], output: process.stderr });
    return isCancel(answer) ? null : answer;
  },
};
