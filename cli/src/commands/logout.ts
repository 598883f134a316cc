import { rm } from 'node:fs/promises'
import type { Command } from 'commander'
import { contextFile } from '../endpoint/connection.ts'
import type { Output } from '../output.ts'

/** Removes the saved login; later commands use the endpoint that runs on this machine. */
export function logoutCommand(command: Command, output: Output): void {
  command.action(async () => {
    await rm(contextFile(), { force: true })
    output.line('logged out')
  })
}
