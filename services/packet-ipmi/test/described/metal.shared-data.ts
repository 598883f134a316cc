import { resolve } from 'node:path'
import { test } from 'tap'
import { everyCall, openDescribed } from './metal-suite.ts'

const description = resolve(import.meta.dirname, '../../../../../shared/data/openapi/metal.json')

test("every request and every answer of the emulated cloud is valid by the API's own description", async (t) => {
  const described = await openDescribed(t, description)
  await everyCall(t, described)
  t.same(described.prism.problems, [])
  t.ok(described.prism.exchanges > 30)
})
