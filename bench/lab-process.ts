import { startProcess, type TestScope } from '@powerbus/testkit'
import { executable } from './executables.ts'

export interface LabBmc {
  readonly address: string
  readonly port: number
  readonly username: string
  readonly password: string
}

/** Runs `powerbus lab` with so many BMCs on consecutive loopback addresses, and waits until all are announced. */
export async function startLab(scope: TestScope, count: number, first: string, port: number): Promise<LabBmc[]> {
  const lab = ['lab', '--count', String(count), '--address', first, '--port', String(port), '--json']
  const child = await startProcess(scope, executable('bin/powerbus'), lab)
  await child.waitForOutput(new RegExp(`^(?:.*\\n){${count}}`), { timeoutMs: 60_000 })
  return child.output.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}
