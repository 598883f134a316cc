import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type IpmiToolTarget, runIpmiTool } from '../ipmi-tools.ts'
import type { StandIn } from './program-calls.ts'

/** What `ipmitool exec FILE` was given. */
export interface ExecutedFile {
  readonly mode: number
  readonly text: string
}

/** ipmitool as on the machine itself: what it is asked goes to a BMC on the network, by the real ipmitool. */
export function forwardIpmitool(target: IpmiToolTarget, files: ExecutedFile[]): StandIn {
  return async ({ args, folder }) => {
    const absolute = args.map((word, at) => (args[at - 1] === 'exec' ? resolve(folder, word) : word))
    if (args[0] === 'exec') files.push(executedFile(absolute[1] ?? ''))
    const { code, stdout, stderr } = await runIpmiTool(target, absolute)
    return { code: code ?? 1, stdout, stderr }
  }
}

/** Mode and text of a file that a program was given. */
export function executedFile(path: string): ExecutedFile {
  return { mode: statSync(path).mode & 0o777, text: readFileSync(path, 'utf8') }
}
