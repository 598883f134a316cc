import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { commandsSuite, eventsSuite, openSuite, type SeenVm } from './fixtures/plugin-suite.ts'

const user = { 'virtualbox/user': 'nobody-in-particular' }

test('the built plugin does all that it promises with VMs that are files', async (t) => {
  const folder = tempFolder(t)
  const vm = (id: string): SeenVm | undefined => {
    const file = readdirSync(folder).find((name) => name.toUpperCase() === `${id}.JSON`)
    if (file === undefined) return undefined
    const { state, next, bootOrder, counts } = JSON.parse(readFileSync(join(folder, file), 'utf8'))
    return { state: next && next.atMs <= Date.now() ? next.state : state, bootOrder, starts: counts.starts }
  }
  const params = { ...user, 'virtualbox/backend': 'file', 'virtualbox/vm-path': folder }
  const suite = await openSuite(t, { params, vm })
  await commandsSuite(suite)
  await eventsSuite(suite)
})
