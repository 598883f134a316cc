import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const deadlineMs = 600_000

for (const name of ['define', 'action', 'sweep', 'bus', 'lock', 'replicas', 'slack']) {
  const script = join(import.meta.dirname, `${name}.ts`)
  const child = spawn(process.execPath, [...process.execArgv, script, ...process.argv.slice(2)], {
    stdio: 'inherit',
    timeout: deadlineMs,
  })
  const [code] = await once(child, 'close')
  if (code !== 0) process.exitCode = 1
}
