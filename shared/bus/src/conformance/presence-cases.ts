import { deepEqual } from 'node:assert/strict'
import type { PresenceChange } from '../bus.ts'
import { type ConformanceCase, until } from './world.ts'

export const presenceCases: readonly ConformanceCase[] = [
  {
    name: 'who announces is there for everyone, at once and later, until it stops',
    async run({ bus, peer, name }) {
      const one = { kind: name, name: 'ipmi', instance: '1', version: '1.2.3', detail: { actions: ['poweron'] } }
      const two = { kind: name, name: 'ipmi', instance: '2 ä.*', version: '1.2.3' }
      const changes: PresenceChange[] = []
      const first = await bus.announce(one)
      const watching = await peer.watchPresence((change) => {
        if (change.presence.kind === name) changes.push(change)
      })
      const second = await bus.announce(two)
      await until('both', () => changes.length === 2)
      deepEqual(changes, [
        { change: 'here', presence: one },
        { change: 'here', presence: two },
      ])
      const list = async () => (await peer.present(name)).toSorted((a, b) => (a.instance < b.instance ? -1 : 1))
      deepEqual(await list(), [one, two])
      deepEqual(await peer.present(`${name}-other`), [])
      await first.stop()
      await first.stop()
      await until('one to go', () => changes.length === 3)
      deepEqual(changes[2], { change: 'gone', presence: one })
      deepEqual(await list(), [two])
      await watching.stop()
      await second.stop()
      await until('nobody', async () => (await list()).length === 0)
      deepEqual(changes.length, 3)
    },
  },
]
