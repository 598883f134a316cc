import { sharedBundle } from '@powerbus/plugin-sdk'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import type { Output } from '../output.ts'

/** Prints the bundle `powerbus` as YAML, for `drpcli contents upload`. */
export function contentCommand(command: Command, output: Output): void {
  command.action(() => output.line(stringify(sharedBundle(), { lineWidth: 0 }).trimEnd()))
}
