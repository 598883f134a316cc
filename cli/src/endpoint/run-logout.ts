import { rm } from 'node:fs/promises'
import type { Output } from '../output.ts'
import { contextFile } from './connection.ts'

/** Removes what `powerbus login` saved; the endpoint that runs here, if any, is used again. */
export async function runLogout(output: Output): Promise<void> {
  await rm(contextFile(), { force: true })
  output.line('logged out')
}
