import type { Command } from '../commands/command.ts'
import { completionMeaning } from '../spec/completion-code.ts'

/** A command's completion code in words: the command's own meaning first, then the generic one. */
export function describeCompletion(
  { name, completionCodes }: Pick<Command<never, unknown>, 'name' | 'completionCodes'>,
  completionCode: number,
): string {
  const code = `${completionCode.toString(16).padStart(2, '0').toUpperCase()}h`
  return `${name}: ${completionCodes?.[completionCode] ?? completionMeaning(completionCode)} (${code})`
}
