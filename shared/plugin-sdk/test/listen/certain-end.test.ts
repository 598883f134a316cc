import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'tap'
import { fakeEndpoint } from '../fixture/fake-endpoint.ts'
import { builtDemo, call, launch, waitFor } from '../fixture/launched-plugin.ts'

/** Commands of the processes whose arguments have this text. */
function running(text: string): string[] {
  const lines = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n')
  return lines.filter((line) => line.includes(text))
}

test('a plugin whose exit hangs in a thread is gone some seconds later, and so is what watches it', async (t) => {
  const { folder, executable } = await builtDemo(t, 'stuck-main.ts')
  const [to, from, pipe] = [join(folder, 'to'), join(folder, 'from'), join(folder, 'pipe')]
  execFileSync('mkfifo', [pipe])
  const endpoint = await fakeEndpoint(from)
  t.teardown(() => endpoint.close())
  for (const end of [
    () => call(to, '/api-plugin/v4/stop').then(() => undefined),
    (child: { kill: (signal: 'SIGTERM') => boolean }) => child.kill('SIGTERM'),
  ]) {
    const { child, ended } = await launch(t, executable, [to, from], { RS_TOKEN: 'token', STUCK_PIPE: pipe })
    const begunMs = performance.now()
    await end(child)
    t.match(await ended, { signal: 'SIGKILL' }, 'the exit did hang')
    t.ok(performance.now() - begunMs < 15_000)
    await waitFor(() => running(`sh ${child.pid} `).length === 0, 'the end of the guards')
  }
})

test('a plugin that ends by itself is not killed, and leaves nothing that watches it', async (t) => {
  const { folder, executable } = await builtDemo(t)
  const [to, from] = [join(folder, 'to'), join(folder, 'from')]
  const endpoint = await fakeEndpoint(from)
  t.teardown(() => endpoint.close())
  const { child, ended } = await launch(t, executable, [to, from])
  await call(to, '/api-plugin/v4/stop')
  t.match(await ended, { code: 0, signal: null })
  await waitFor(() => running(`sh ${child.pid} `).length === 0, 'the end of the guards', 2000)
})
