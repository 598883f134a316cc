import { rm } from 'node:fs/promises'
import type { Command } from 'commander'
import { contextFile } from '../endpoint/connection.ts'
import type { Output } from '../output.ts'

/** Removes what `powerbus login` saved; the endpoint that runs here, if any, is used again. */
export function logoutCommand(command: Command, output: Output): void {
  command.action(async () => {
    await rm(contextFile(), { force: true })
    output.line('logged out')
  })
}
