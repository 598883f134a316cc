import { test } from 'tap'
import { eventLine } from '../src/commands/events.ts'

const event = {
  Time: '2030-01-02T03:04:05Z',
  Type: 'machines',
  Action: 'poweron',
  Key: 'u1',
  Principal: 'user:x',
  Original: null,
}

test('an event is one line: time, subject, machine, phase and principal', async (t) => {
  const action = { Phase: 'end', Machine: { Uuid: 'u1', Name: 'node-03' } }
  t.match(eventLine({ ...event, Object: action }), /^\d\d:\d\d:\d\d machines\.poweron\.u1 node-03 end by user:x$/)
  t.match(eventLine({ ...event, Object: { Name: 'node-04' } }), /^\S+ machines\.poweron\.u1 node-04 by user:x$/)
  t.match(eventLine({ ...event, Principal: '', Object: 7 }), /^\S+ machines\.poweron\.u1$/)
})

test('control characters of an event never reach the terminal', async (t) => {
  t.notMatch(eventLine({ ...event, Key: 'a\u001b[2Jb\nc', Object: null }), /[\u001b\n]/)
})
