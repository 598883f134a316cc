import type { Command } from '../../src/commands/command.ts'
import * as all from '../../src/commands/index.ts'

/** Every command of the specification that the package exports. */
export const commands = Object.values(all).filter(
  (value): value is Command<never, never> & typeof value => typeof value === 'object' && 'netFn' in value,
)
