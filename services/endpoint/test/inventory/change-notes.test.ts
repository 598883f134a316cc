import { EmbeddedStore } from '@powerbus/store'
import { tempFolder } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import type { Change } from '../../src/inventory/change.ts'
import { ChangeNotes } from '../../src/inventory/change-notes.ts'

let number = 0

function change(action: Change['action'], object: Change['object'], original?: Change['original']): Change {
  number += 1
  const about = { id: `c-${number}`, time: '2026-01-02T03:04:05Z', key: String(object.Uuid) }
  return { ...about, kind: 'machines', action, object, original, principal: 'user:a' }
}

async function open(t: Test, folder: string) {
  const store = await EmbeddedStore.open({ folder })
  t.teardown(() => store.close())
  return { store, ...(await ChangeNotes.open(store)) }
}

test('a change that was made and not published is published once by the next process', async (t) => {
  const folder = tempFolder(t)
  const first = await open(t, folder)
  t.same(first.pending, [])
  const [a, b] = [
    { Uuid: 'a', Name: 'one', Params: { x: 1 } },
    { Uuid: 'b', Name: 'two' },
  ]
  const [published, pending] = [change('create', a), change('create', b)]
  for (const made of [published, pending]) {
    await Promise.all([
      first.notes.add(`machines/${made.key}`, made),
      first.store.set(`machines/${made.key}`, made.object as never),
    ])
  }
  await first.notes.remove(published.id)
  await first.store.close()
  const second = await open(t, folder)
  t.match(second.pending, [{ id: pending.id, action: 'create', object: b, principal: 'user:a' }])
  t.equal(second.pending.length, 1)
  await second.notes.remove(pending.id)
  await second.store.close()
  t.same((await open(t, folder)).pending, [])
})

test('a note without its change is dropped; a note before a later change of the object stays', async (t) => {
  const folder = tempFolder(t)
  const first = await open(t, folder)
  const [old, next, last] = [
    { Uuid: 'a', Name: 'one' },
    { Uuid: 'a', Name: 'two' },
    { Uuid: 'a', Name: 'three' },
  ]
  await first.notes.add('machines/a', change('create', old))
  await first.notes.add('machines/a', change('update', next, old))
  await first.notes.add('machines/a', change('update', last, next))
  await first.store.set('machines/a', next)
  await first.notes.add('machines/b', change('delete', { Uuid: 'b' }, { Uuid: 'b' }))
  await first.notes.add('machines/c', change('delete', { Uuid: 'c' }, { Uuid: 'c' }))
  await first.store.set('machines/c', { Uuid: 'c' })
  await first.store.close()
  const second = await open(t, folder)
  t.same(
    second.pending.map(({ action, object }) => [action, object.Name ?? object.Uuid]),
    [
      ['create', 'one'],
      ['update', 'two'],
      ['delete', 'b'],
    ],
  )
})
