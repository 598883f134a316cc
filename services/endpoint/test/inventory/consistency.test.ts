import { test } from 'tap'
import { type Collections, Consistency } from '../../src/inventory/consistency.ts'
import type { ParamDefinitions } from '../../src/inventory/param-definitions.ts'

/** Machines of which each look at them is counted, and each that is checked again noted. */
function machinesWithProfile() {
  const machines = [{ Name: 'node-1', Profiles: ['rack-1'] }, { Name: 'node-2' }]
  const checked: string[] = []
  let looks = 0
  const collection = {
    list: () => {
      looks += 1
      return machines
    },
    get index() {
      looks += 1
      return { byName: machines }
    },
    keyOf: ({ Name }: { Name: string }) => Name,
    recheck: (key: string) => checked.push(key),
  }
  const kinds = new Map([['machines', collection]]) as unknown as Collections
  const consistency = new Consistency(kinds, {} as ParamDefinitions)
  return { consistency, checked, looks: () => looks }
}

test('a machine that comes or goes costs the same however many there are, since nothing names a machine', (t) => {
  const { consistency, looks } = machinesWithProfile()
  consistency.changed('machines', 'node-2', true)
  consistency.together(() => consistency.changed('machines', 'node-3', true))
  t.equal(consistency.userOf('machines', 'node-2'), undefined)
  t.equal(looks(), 0)
  t.end()
})

test('what names a profile, a stage, a task or a template is checked again when that comes or goes', (t) => {
  const { consistency, checked } = machinesWithProfile()
  consistency.changed('profiles', 'rack-1', true)
  t.strictSame(checked, ['node-1'])
  t.equal(consistency.userOf('profiles', 'rack-1'), 'machines node-1')
  for (const kind of ['workflows', 'stages', 'bootenvs', 'contexts', 'tasks', 'templates', 'roles']) {
    const { consistency: other, looks } = machinesWithProfile()
    other.changed(kind, 'x', true)
    t.ok(looks() > 0, kind)
  }
  t.end()
})
