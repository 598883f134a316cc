import { test } from 'tap'
import { UsageError } from '../src/cli-error.ts'
import { listShortly, selectTargets } from '../src/targets.ts'

const machines = ['node-01', 'node-02', 'node-03'].map((Name, index) => ({
  Name,
  Uuid: `00000000-0000-4000-8000-00000000000${index}`,
}))
const names = (found: readonly { Name: string }[]) => found.map(({ Name }) => Name)

test('targets are names, ranges or UUIDs; each machine is selected once, in the given order', (t) => {
  t.same(names(selectTargets(['node-03', 'node-[01-03]'], false, machines)), ['node-03', 'node-01', 'node-02'])
  t.same(names(selectTargets(['00000000-0000-4000-8000-000000000001', 'node-02'], false, machines)), ['node-02'])
  t.end()
})

test('all machines are selected only with --all', (t) => {
  t.same(names(selectTargets([], true, machines)), names(machines))
  t.throws(() => selectTargets([], false, machines), UsageError)
  t.throws(() => selectTargets(['node-01'], true, machines), UsageError)
  t.end()
})

test('an unknown name is reported, and nothing is selected', (t) => {
  t.throws(() => selectTargets(['node-[02-04]', 'rack'], false, machines), /node-04, rack/)
  t.throws(() => selectTargets(['constructor'], false, machines), UsageError)
  t.end()
})

test('a long list of names is shortened', (t) => {
  t.equal(listShortly(['a', 'b', 'c', 'd', 'e', 'f', 'g']), 'a, b, c, d, e and 2 more')
  t.end()
})
