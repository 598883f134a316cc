import type { Command } from '../commands/command.ts'
import { completionMeaning } from '../spec/completion-code.ts'

/**
 * Text for a completion code: command name, meaning and hexadecimal code. A command-specific meaning goes before a
 * generic one.
 */
export function describeCompletion(
  { name, completionCodes }: Pick<Command<never, unknown>, 'name' | 'completionCodes'>,
  completionCode: number,
): string {
  const code = `${completionCode.toString(16).padStart(2, '0').toUpperCase()}h`
  return `${name}: ${completionCodes?.[completionCode] ?? completionMeaning(completionCode)} (${code})`
}
