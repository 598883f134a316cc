import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultTimes, startLab } from '@powerbus/lab'
import type { ChildProcessHandle, TestScope } from '@powerbus/testkit'
import type { BuiltCommand, CommandOptions } from './built-command.ts'

const credentials = { username: 'admin', password: 'correct-horse-9' }

/** Starts the built endpoint, and adds the machine `m1` to it, whose emulated BMC is in this process. */
export async function startWithOneMachine(
  scope: TestScope,
  powerbus: BuiltCommand,
  { params = [], ...options }: CommandOptions & { readonly params?: readonly string[] } = {},
) {
  const lab = await startLab({ count: 1, address: '127.0.0.1', port: 0, credentials, times: defaultTimes })
  scope.teardown(() => lab.close())
  const [machine] = lab.bmcs
  if (!machine) throw new Error('the lab has no BMC')
  const { bmc, address, port } = machine
  const up: ChildProcessHandle = await powerbus.start(['up', '--port', '0'], options)
  await up.waitForOutput(/Ctrl-C stops/, { timeoutMs: 60_000 })
  const file = join(powerbus.folder, 'password')
  await writeFile(file, `${credentials.password}\n`, { mode: 0o600 })
  const place = ['--address', address, '--port', String(port)]
  const login = ['--username', credentials.username, '--password-file', file]
  const given = params.flatMap((param) => ['--param', param])
  const added = await powerbus.run(['machines', 'add', 'm1', ...place, ...login, ...given])
  return { bmc, up, added }
}
