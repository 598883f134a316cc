import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { conformance } from '../src/conformance.ts'
import { EmbeddedStore } from '../src/index.ts'

for (const { name, run } of conformance) {
  test(`embedded: ${name}`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'store-'))
    const store = await EmbeddedStore.open({ folder, compactBytes: 512 })
    t.teardown(async () => {
      await store.close()
      await rm(folder, { recursive: true })
    })
    await run(store)
  })
}
