import { models } from '@powerbus/drp'
import { MemoryStore, type Store, StoreError } from '@powerbus/store'
import { test } from 'tap'
import { Collection } from '../../src/inventory/collection.ts'
import { unshared } from '../../src/inventory/sharing.ts'
import type { StoredObject } from '../../src/inventory/stored-object.ts'

const WRITE_MS = 10

/** Machines over a store whose writes take a while, and fail for objects whose description says so, once. */
function machines() {
  const memory = new MemoryStore()
  const failed = new Set<string>()
  const figures = { writing: 0, most: 0, changes: [] as string[] }
  const set: Store['set'] = async (key, value, options) => {
    figures.writing += 1
    figures.most = Math.max(figures.most, figures.writing)
    await new Promise((resolve) => setTimeout(resolve, WRITE_MS))
    figures.writing -= 1
    const { Description } = value as { Description?: string }
    if (Description?.startsWith('fail') && !failed.has(Description)) {
      failed.add(Description)
      throw new StoreError('STORE_UNAVAILABLE', 'the disk is full')
    }
    await memory.set(key, value, options)
  }
  const store = new Proxy<Store>(memory, {
    get: (target, name) => {
      if (name === 'set') return set
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  const collection = new Collection<StoredObject>({
    model: models.machines,
    store,
    sharing: unshared(store, undefined),
    complete: (value) => ({ Uuid: `uuid-of-${value.Name}`, ...value }),
    onChange: ({ action, object }) => figures.changes.push(`${action} ${object.Name}`),
  })
  return { collection, figures, store }
}

const named = (Name: string, more: object = {}) => ({ Name, Params: {}, ...more })

test('new objects are written side by side, and each is in the store when it is answered', async (t) => {
  const { collection, figures, store } = machines()
  const names = Array.from({ length: 100 }, (_, index) => `n${index}`)
  await Promise.all(
    names.map(async (name) => {
      await collection.create(named(name))
      t.ok(await store.get(`machines/uuid-of-${name}`))
    }),
  )
  t.ok(figures.most > 10, `${figures.most} at a time`)
  t.same(
    figures.changes,
    names.map((name) => `create ${name}`),
    'their events are in order',
  )
  t.equal(collection.list().length, 100)
})

test('of new objects with one name or one key the first is made', async (t) => {
  const { collection } = machines()
  const ends = await Promise.allSettled([
    collection.create(named('a')),
    collection.create(named('other', { Uuid: 'x' })),
    collection.create(named('a', { Uuid: 'y' })),
    collection.create(named('another', { Uuid: 'x' })),
    collection.create(named('a', { Uuid: 'z' })),
  ])
  t.same(
    ends.map((end) => (end.status === 'rejected' ? end.reason.code : end.value.Name)),
    ['a', 'other', 'OBJECT_CONFLICT', 'OBJECT_CONFLICT', 'OBJECT_CONFLICT'],
  )
  t.equal(collection.list().length, 2)
})

test('a name whose object could not be stored goes to the next one, and the others are made', async (t) => {
  const { collection, figures } = machines()
  const ends = await Promise.allSettled([
    collection.create(named('a', { Description: 'fail' })),
    collection.create(named('b')),
    collection.create(named('a')),
    collection.create({ Name: '../bad', Params: {} }),
  ])
  t.same(
    ends.map((end) => (end.status === 'rejected' ? end.reason.code : end.value.Name)),
    ['STORE_UNAVAILABLE', 'b', 'a', 'REQUEST_INVALID'],
  )
  t.same(figures.changes.toSorted(), ['create a', 'create b'])
})

test('a change of an object waits for the new ones before it, and sees them', async (t) => {
  const { collection } = machines()
  const made = collection.create(named('a'))
  const changed = collection.update('Name:a', (was) => ({ ...was, Description: 'changed' }))
  await made
  t.equal((await changed).Description, 'changed')
})
