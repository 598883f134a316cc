import { rm } from 'node:fs/promises'
import type { Command } from 'commander'
import { contextFile, savedConnection } from '../endpoint/connection.ts'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import type { Output } from '../output.ts'

/** Revokes and removes the saved login; later commands use the endpoint that runs on this machine. */
export function logoutCommand(command: Command, output: Output): void {
  command.action(async () => {
    const failure = await revokeSaved()
    await rm(contextFile(), { force: true })
    output.line('logged out')
    if (failure !== undefined) {
      output.line(`the endpoint was not reached or refused, so the token may still be valid: ${failure}`)
      output.line("revoke it with 'powerbus tokens revoke ID' where the endpoint runs")
    }
  })
}

/** Why the token could not be revoked; undefined where it was, or none is saved. */
async function revokeSaved(): Promise<string | undefined> {
  try {
    const connection = await savedConnection(contextFile())
    if (connection !== undefined) await withEndpoint((drp) => drp.tokens.revoke(), connection)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
