import { join } from 'node:path'
import { bundledProgram, runProgram, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'

test('without a free file descriptor nothing was sent, and the error says so', async (t) => {
  const program = bundledProgram(join(import.meta.dirname, 'few-descriptors-process.ts'))
  const script = 'ulimit -n 64; exec "$@"'
  const { stdout, stderr } = await runProgram('sh', ['-c', script, 'sh', process.execPath, program, tempFolder(t)])
  const [called, defined, listened] = JSON.parse(stdout || `[${JSON.stringify(stderr)}]`)
  t.match(called, /^PLUGIN_UNAVAILABLE: too many open files \(EMFILE\), so nothing was sent: try again/)
  t.match(defined, /could not be started: Error: spawn \/bin\/true EMFILE \(PLUGIN_UNAVAILABLE\)$/)
  t.match(listened, /could not be started: Error: spawn \/bin\/true EMFILE/)
})
